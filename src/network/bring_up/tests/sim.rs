//! The SIM card, and its PIN.

use super::*;

#[test]
fn a_busy_or_failing_sim_card_is_asked_again_whatever_the_words() {
    let mut bench = Bench::new(Family::A76xx);
    let failures = [
        "\r\n+CME ERROR: SIM busy\r\n",
        "\r\n+CME ERROR: SIM failure\r\n",
        "\r\n+CME ERROR: 13\r\n",
        "\r\n+CME ERROR: 14\r\n",
        "\r\n+CME ERROR: 313\r\n",
        ERROR,
        "\r\n+CPIN: NOT READY\r\n\r\nOK\r\n",
        OK,
        "\r\n+CPIN: READY\r\n\r\nOK\r\n",
    ];
    bench.on("AT+CPIN?", &failures);
    assert!(bench.bring_up(&apn()).is_ok());
    assert_eq!(bench.count("AT+CPIN?"), failures.len());
    assert!(bench.now() > Duration::from_secs(8), "with a pause between two");
}

#[test]
fn a_sim_card_that_never_answers_is_an_error_after_30_seconds() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CPIN?", &["\r\n+CME ERROR: 10\r\n"]);
    assert_eq!(bench.bring_up(&apn()), Err(BringUpError::SimFailure(equipment(10))));
    assert!((30..40).contains(&bench.now().as_secs()), "{:?}", bench.now());
}

#[test]
fn a_pin_is_sent_once_and_the_card_is_given_time() {
    let mut bench = Bench::new(Family::Sim7600);
    let pin = "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n";
    bench.on("AT+CPIN?", &[pin, pin, "\r\n+CME ERROR: SIM busy\r\n", "\r\n+CPIN: READY\r\n\r\nOK\r\n"]);
    assert!(bench.bring_up(&apn().pin("1234")).is_ok());
    assert_eq!(bench.count("AT+CPIN=\"1234\""), 1);
    assert!(bench.bring_up(&apn().pin("1234")).is_ok());
    assert_eq!(bench.count("AT+CPIN=\"1234\""), 1, "an unlocked card needs none");
}

#[test]
fn a_refused_pin_is_never_sent_again() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CPIN?", &["\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n"]);
    bench.on("AT+CPIN=\"1234\"", &["\r\n+CME ERROR: 16\r\n"]);
    for _ in 0..5 {
        assert_eq!(bench.bring_up(&apn().pin("1234")), Err(BringUpError::PinRefused));
    }
    assert_eq!(bench.count("AT+CPIN=\"1234\""), 1);
    bench.on("AT+CPIN?", &["\r\n+CPIN: READY\r\n\r\nOK\r\n"]);
    assert!(bench.bring_up(&apn().pin("1234")).is_ok(), "unlocked by another hand");
    bench.on("AT+CPIN?", &["\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n"]);
    assert_eq!(bench.bring_up(&apn().pin("1234")), Err(BringUpError::PinRefused));
    assert_eq!(bench.count("AT+CPIN=\"1234\""), 2, "an unlocked card has its tries again");
}

#[test]
fn a_pin_whose_fate_is_unknown_is_not_sent_again() {
    let pin = "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n";
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CPIN?", &[pin]);
    bench.on("AT+CPIN=\"1234\"", &[SILENCE]);
    assert_eq!(bench.bring_up(&apn().pin("1234")), Err(BringUpError::PinRefused));
    assert_eq!(bench.count("AT+CPIN=\"1234\""), 1);

    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CPIN?", &[pin, "\r\n+CPIN: READY\r\n\r\nOK\r\n"]);
    bench.on("AT+CPIN=\"1234\"", &[SILENCE]);
    assert!(bench.bring_up(&apn().pin("1234")).is_ok(), "it was accepted after all");
}

#[test]
fn a_pin_that_was_accepted_is_sent_again_after_a_restart() {
    let pin = "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n";
    let ready = "\r\n+CPIN: READY\r\n\r\nOK\r\n";
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CPIN?", &[pin, ready, pin, ready]);
    bench.on("AT+CGDCONT=1,\"IP\",\"internet\"", &["\r\nRDY\r\n", OK]);
    assert!(bench.bring_up(&apn().pin("1234")).is_ok());
    assert_eq!(bench.count("AT+CPIN=\"1234\""), 2);
}

#[test]
fn what_no_pin_can_unlock_is_an_error_at_once() {
    for (code, error) in [("SIM PIN", BringUpError::PinMissing), ("SIM PUK", BringUpError::SimLocked(SimState::Puk))] {
        let mut bench = Bench::new(Family::Sim7600);
        bench.on("AT+CPIN?", &[&std::format!("\r\n+CPIN: {code}\r\n\r\nOK\r\n")]);
        assert_eq!(bench.bring_up(&apn()), Err(error));
        assert!(bench.now() < Duration::from_secs(1));
    }
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CPIN?", &["\r\n+CPIN: PH-NET PIN\r\n\r\nOK\r\n"]);
    assert_eq!(bench.bring_up(&apn().pin("1234")), Err(BringUpError::SimLocked(SimState::Other)));
}
