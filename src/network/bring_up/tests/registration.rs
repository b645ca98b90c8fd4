//! Waiting for a network.

use super::*;

#[test]
fn any_of_the_three_domains_will_do() {
    for (domain, name) in ["AT+CREG?", "AT+CGREG?", "AT+CEREG?"].into_iter().zip(["CREG", "CGREG", "CEREG"]) {
        let mut bench = Bench::new(Family::Sim767x);
        bench.on("AT+CREG?", &["\r\n+CREG: 0,3\r\n\r\nOK\r\n"]);
        bench.on("AT+CGREG?", &[ERROR]);
        bench.on("AT+CEREG?", &["\r\n+CEREG: 0,2\r\n\r\nOK\r\n"]);
        let state = |state: u8| std::format!("\r\n+{name}: 0,{state}\r\n\r\nOK\r\n");
        bench.on(domain, &[&state(0), &state(2), &state(5)]);
        assert!(bench.bring_up(&apn()).is_ok(), "{domain}");
        assert_eq!(bench.count(domain), 3);
    }
}

#[test]
fn it_reports_the_progress_of_the_search() {
    let mut bench = Bench::new(Family::Sim7600);
    let states = |name: &str| [0, 2, 2, 3, 2, 1].map(|state| std::format!("\r\n+{name}: 0,{state}\r\n\r\nOK\r\n"));
    for (command, name) in [("AT+CREG?", "CREG"), ("AT+CGREG?", "CGREG"), ("AT+CEREG?", "CEREG")] {
        bench.on(command, &states(name).each_ref().map(String::as_str));
    }
    assert!(bench.bring_up(&apn()).is_ok());
    let stages: Vec<_> = bench
        .stages
        .iter()
        .filter_map(|stage| match stage {
            BringUpStage::Registration(state) => *state,
            _ => None,
        })
        .collect();
    let (searching, denied) = (Registration::Searching, Registration::Denied);
    assert_eq!(stages, [Registration::NotSearching, searching, denied, searching]);
}

#[test]
fn denial_is_an_error_after_30_seconds() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CREG?", &["\r\n+CREG: 0,3\r\n\r\nOK\r\n"]);
    bench.on("AT+CGREG?", &["\r\n+CGREG: 0,3\r\n\r\nOK\r\n"]);
    bench.on("AT+CEREG?", &["\r\n+CEREG: 0,0\r\n\r\nOK\r\n"]);
    assert_eq!(bench.bring_up(&apn()), Err(BringUpError::Denied));
    assert!((30..40).contains(&bench.now().as_secs()), "{:?}", bench.now());
}

#[test]
fn without_a_network_the_time_limit_ends_it() {
    for (apn, limit) in [(apn(), 180_000), (apn().time_limit(Duration::from_millis(25_555)), 25_555)] {
        let mut bench = Bench::new(Family::Sim7600);
        bench.on("AT+CREG?", &["\r\n+CREG: 0,2\r\n\r\nOK\r\n"]);
        bench.on("AT+CGREG?", &[ERROR]);
        bench.on("AT+CEREG?", &["\r\n+CEREG: 0,4\r\n\r\nOK\r\n"]);
        let stage = BringUpStage::Registration(Some(Registration::Searching));
        let timed_out = BringUpError::TimedOut { stage, refusal: Some(Refusal::Error) };
        assert_eq!(bench.bring_up(&apn), Err(timed_out));
        assert!((limit..limit + 100).contains(&bench.now().as_millis()), "{:?}", bench.now());
    }
}

#[test]
fn denial_between_searches_is_no_error() {
    let mut bench = Bench::new(Family::Sim7600);
    let state = |state: u8| std::format!("\r\n+CREG: 0,{state}\r\n\r\nOK\r\n");
    let states: Vec<String> =
        (0..60).map(|round| state(if round % 20 == 19 { 2 } else { 3 })).chain([state(1)]).collect();
    bench.on("AT+CREG?", &states.iter().map(String::as_str).collect::<Vec<_>>());
    bench.on("AT+CGREG?", &[ERROR]);
    bench.on("AT+CEREG?", &[ERROR]);
    assert!(bench.bring_up(&apn()).is_ok());
    assert!(bench.now() > Duration::from_secs(59));
}

#[test]
fn what_an_earlier_stage_was_refused_does_not_explain_a_later_one() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CGDCONT=1,\"IP\",\"internet\"", &[ERROR, OK]);
    for (command, answer) in [
        ("AT+CREG?", "\r\n+CREG: 0,2\r\n\r\nOK\r\n"),
        ("AT+CGREG?", "\r\n+CGREG: 0,2\r\n\r\nOK\r\n"),
        ("AT+CEREG?", "\r\n+CEREG: 0,2\r\n\r\nOK\r\n"),
    ] {
        bench.on(command, &[answer]);
    }
    let stage = BringUpStage::Registration(Some(Registration::Searching));
    assert_eq!(bench.bring_up(&apn()), Err(BringUpError::TimedOut { stage, refusal: None }));
}
