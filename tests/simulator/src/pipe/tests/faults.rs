use embedded_io_async::{BufRead, Write};

use super::*;

/// What the host reads until `end`, errors of the receiver as their names in brackets.
async fn read_with_errors(receiver: &mut Receiver, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        match receiver.fill_buf().await {
            Ok(bytes) => {
                let count = bytes.len();
                text.push_str(str::from_utf8(bytes).unwrap());
                receiver.consume(count);
            }
            Err(kind) => text.push_str(&format!("[{kind:?}]")),
        }
    }
    text
}

/// The answer to `AT` on a line with a fault.
fn answer_with(plan: impl FnOnce(&Bench)) -> String {
    let bench = Bench::new(Family::A7600);
    plan(&bench);
    let (mut receiver, mut transmitter) = bench.host();
    bench.block_on(async {
        transmitter.write_all(b"AT\r").await.unwrap();
        read_with_errors(&mut receiver, "K\r\n").await
    })
}

#[test]
fn bytes_to_the_host_are_lost_doubled_changed_and_held() {
    let to_host = |position, fault| move |bench: &Bench| bench.plan_fault(Direction::ToHost, position, fault);
    assert_eq!(answer_with(to_host(1, Fault::Lose)), "A\r\r\nOK\r\n");
    assert_eq!(answer_with(to_host(5, Fault::Double)), "AT\r\r\nOOK\r\n");
    assert_eq!(answer_with(to_host(0, Fault::Flip(0x20))), "aT\r\r\nOK\r\n");
    assert_eq!(answer_with(to_host(0, Fault::Silence(Duration::from_millis(1)))), "\r\nOK\r\n");
    assert_eq!(answer_with(to_host(3, Fault::Hold(Duration::from_secs(5)))), "AT\r\r\nOK\r\n");
}

#[test]
fn an_error_of_the_receiver_stands_at_its_byte_inside_a_chunk() {
    let error = |bench: &Bench| bench.plan_fault(Direction::ToHost, 6, Fault::Error(ErrorKind::Other));
    assert_eq!(answer_with(error), "AT\r\r\nO[Other]K\r\n");
    assert_eq!(answer_with(|bench| bench.plan_overrun(1, 4, ErrorKind::Other)), "A[Other]OK\r\n");
}

#[test]
fn a_held_byte_and_what_follows_come_later() {
    let bench = Bench::new(Family::A7600);
    bench.plan_fault(Direction::ToHost, 7, Fault::Hold(Duration::from_secs(5)));
    let (mut receiver, mut transmitter) = bench.host();
    bench.block_on(async {
        transmitter.write_all(b"AT\r").await.unwrap();
        read_with_errors(&mut receiver, "OK\r\n").await;
    });
    assert!(bench.now() >= Duration::from_secs(5));
    let (_, at, last) = bench.transcript().pop().unwrap();
    assert_eq!((at, last), (bench.now(), b"\r\n".to_vec()));
}

#[test]
fn bytes_to_the_module_are_lost_doubled_and_changed() {
    for (position, fault, expected) in
        [(1, Fault::Lose, &b"A\r\rAT\r"[..]), (2, Fault::Double, b"AT\r\r\rAT\r"), (1, Fault::Flip(1), b"AU\r\rAT\r")]
    {
        let bench = Bench::new(Family::A7600);
        bench.plan_fault(Direction::ToModem, position, fault);
        let (_receiver, mut transmitter) = bench.host();
        bench.block_on(transmitter.write_all(b"AT\r\rAT\r")).unwrap();
        assert_eq!(bench.sent(), expected);
        assert_eq!(
            bench.strikes(),
            [(Direction::ToModem, Strike { at: Duration::ZERO, position, byte: b"AT\r"[position], fault })]
        );
    }
}

#[test]
fn faults_strike_by_chance_and_the_transcript_shows_them() {
    let bench = Bench::new(Family::A7600);
    bench.set_fault_rates(Direction::ToHost, 1, Rates { lose: 0.2, double: 0.2, flip: 0.2 });
    bench.modem(|modem, now| modem.emit(now, &[b'x'; 100]));
    bench.carry();
    let strikes = bench.strikes();
    assert!((30..90).contains(&strikes.len()), "{strikes:?}");
    let lost = strikes.iter().filter(|(_, strike)| strike.fault == Fault::Lose).count();
    let doubled = strikes.iter().filter(|(_, strike)| strike.fault == Fault::Double).count();
    assert_eq!(bench.received().len(), 100 - lost + doubled);
    assert!(bench.transcript_text().contains("<- fault: byte"), "{}", bench.transcript_text());
}

#[test]
fn a_fault_beyond_the_end_of_the_dialogue_can_be_found() {
    let bench = Bench::new(Family::A7600);
    bench.plan_fault(Direction::ToHost, 1000, Fault::Lose);
    bench.plan_fault(Direction::ToModem, 3, Fault::Lose);
    let (_receiver, mut transmitter) = bench.host();
    bench.block_on(transmitter.write_all(b"AT\r")).unwrap();
    assert_eq!(bench.faults_not_reached(Direction::ToHost), [(1000, Fault::Lose)]);
    assert_eq!(bench.faults_not_reached(Direction::ToModem), [(3, Fault::Lose)]);
}

#[test]
fn bytes_take_their_time_in_both_directions() {
    let bench = Bench::new(Family::A7600);
    bench.set_baud(NonZeroU32::new(9_600));
    let (mut receiver, mut transmitter) = bench.host();
    let byte = Duration::from_secs(10) / 9_600;
    bench.block_on(async {
        transmitter.write_all(b"AT\r").await.unwrap();
        assert_eq!(bench.now(), Duration::ZERO, "the transmit buffer takes them at once");
        transmitter.flush().await.unwrap();
        assert_eq!(bench.now(), byte * 3);
        assert_eq!(receiver.fill_buf().await.unwrap(), b"A");
        assert_eq!(bench.now(), byte * 4);
        receiver.consume(1);
        read_with_errors(&mut receiver, "OK\r\n").await;
    });
    let result = bench.modem(|modem, _| modem.behaviour().timing.result);
    assert_eq!(bench.now(), byte * 3 + result + byte * 6, "a result of six bytes after the line has come");
}

#[test]
fn a_paced_transmitter_waits_for_room() {
    let bench = Bench::new(Family::A7600);
    bench.set_baud(NonZeroU32::new(115_200));
    let (_receiver, mut transmitter) = bench.host();
    bench.block_on(async {
        assert_eq!(transmitter.write(&[b'x'; 100]).await, Ok(64));
        assert_eq!(transmitter.write(&[b'x'; 36]).await, Ok(1));
        transmitter.flush().await.unwrap();
    });
    assert_eq!(bench.sent().len(), 65);
    assert_eq!(bench.now(), Duration::from_secs(10) / 115_200 * 65);
}
