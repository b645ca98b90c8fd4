use super::*;

/// What arrives of `bytes`, a millisecond each.
fn arrive(faults: &mut Faults, bytes: &[u8]) -> Vec<u8> {
    let arrivals = bytes.iter().zip(0u64..).map(|(&byte, ms)| faults.put(Duration::from_millis(ms), byte));
    arrivals.flat_map(|arrival| vec![arrival.byte; arrival.copies]).collect()
}

#[test]
fn each_fault_strikes_its_own_byte() {
    for (fault, expected) in [
        (Fault::Lose, &b"AT\r"[..]),
        (Fault::Double, b"ATTT\r"),
        (Fault::Flip(1), b"ATU\r"),
        (Fault::Silence(Duration::from_millis(2)), b"AT"),
        (Fault::Error(ErrorKind::Other), b"ATT\r"),
    ] {
        let mut faults = Faults::default();
        faults.plan(2, fault);
        assert_eq!(arrive(&mut faults, b"ATT\r"), expected, "{fault}");
        assert_eq!(faults.take_strikes(), [Strike { at: Duration::from_millis(2), position: 2, byte: b'T', fault }]);
        assert_eq!(faults.not_reached().count(), 0);
    }
}

#[test]
fn a_silence_ends_with_its_time() {
    let mut faults = Faults::default();
    faults.plan(1, Fault::Silence(Duration::from_millis(3)));
    assert_eq!(arrive(&mut faults, b"abcdef"), b"aef");
}

#[test]
fn faults_of_one_byte_take_effect_together() {
    let mut faults = Faults::default();
    faults.plan(0, Fault::Error(ErrorKind::InvalidData));
    faults.plan(0, Fault::Lose);
    let arrival = faults.put(Duration::ZERO, b'x');
    assert_eq!((arrival.error, arrival.copies), (Some(ErrorKind::InvalidData), 0));
}

#[test]
fn a_hold_is_asked_for_once_and_leaves_the_byte_as_it_is() {
    let mut faults = Faults::default();
    faults.plan(0, Fault::Hold(Duration::from_secs(1)));
    assert_eq!(faults.hold(Duration::ZERO, b'x'), Some(Duration::from_secs(1)));
    assert_eq!(faults.hold(Duration::ZERO, b'x'), None);
    assert_eq!(arrive(&mut faults, b"x"), b"x");
}

#[test]
fn a_fault_beyond_the_end_of_the_dialogue_is_reported_separately() {
    let mut faults = Faults::default();
    faults.plan(4, Fault::Lose);
    arrive(&mut faults, b"abc");
    assert_eq!(faults.not_reached().collect::<Vec<_>>(), [(4, Fault::Lose)]);
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    let rates = Rates { lose: 0.1, double: 0.1, flip: 0.1 };
    let run = |seed| {
        let mut faults = Faults::default();
        faults.set_rates(seed, rates);
        (arrive(&mut faults, &[b'x'; 1000]), faults.take_strikes())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let (_, strikes) = run(7);
    let count = |wanted: fn(&Fault) -> bool| strikes.iter().filter(|strike| wanted(&strike.fault)).count();
    for kind in
        [|it: &Fault| *it == Fault::Lose, |it: &Fault| *it == Fault::Double, |it: &Fault| matches!(it, Fault::Flip(_))]
    {
        assert!((60..140).contains(&count(kind)), "{} of 1000", count(kind));
    }
}

#[test]
fn a_strike_reads_as_a_sentence() {
    let strike = Strike { at: Duration::ZERO, position: 12, byte: b'\r', fault: Fault::Flip(4) };
    assert_eq!(strike.to_string(), "byte 12 '\\r' changed by 0x04");
}
