//! Noise, silence, restarts, and calls that are dropped.

use super::*;

#[test]
fn a_setting_that_is_refused_for_a_moment_is_sent_again() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CGDCONT=1,\"IP\",\"internet\"", &[ERROR, "\r\n+CME ERROR: 14\r\n", OK]);
    assert!(bench.bring_up(&apn()).is_ok());
    assert_eq!(bench.count("AT+CGDCONT=1,\"IP\",\"internet\""), 3);

    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CGDCONT=1,\"IP\",\"internet\"", &[ERROR]);
    let failed = bench.bring_up(&apn());
    assert!(matches!(failed, Err(BringUpError::Failed(Error::Refused { .. }))), "{failed:?}");
    assert!(bench.now() < Duration::from_secs(15));
}

#[test]
fn each_setting_is_given_its_own_time() {
    let mut bench = Bench::new(Family::Sim7600);
    let refusals = [ERROR, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR, OK];
    bench.on("AT+CGDCONT=1,\"IP\",\"internet\"", &refusals);
    bench.on("AT+CGAUTH=1,1,\"secret\",\"me\"", &refusals);
    assert!(bench.bring_up(&apn().credentials(Credentials::pap("me", "secret"))).is_ok());
}

#[test]
fn urcs_can_arrive_anywhere() {
    let noise = std::format!(
        "\r\n+CPIN: READY\r\n\r\n*ISIMAID: \"A0000000871002\"\r\n\r\n+MSTK: 11, \"{}\"\r\n\
         \r\n+CGEV: EPS PDN ACT 1\r\n\r\n+CGEV: ME PDN ACT 8,4\r\n\r\nPB DONE\r\n\r\nSMS DONE\r\n\
         \r\n+CREG: 2\r\n\r\n+CGPADDR: 2,0.0.0.0,0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\r\n",
        "D0".repeat(125)
    );
    for order in [
        |noise: &str, answer: &str| noise.to_string() + answer,
        |noise: &str, answer: &str| answer.replace("\r\nOK\r\n", &std::format!("{noise}\r\nOK\r\n")),
    ] {
        let mut bench = Bench::new(Family::A76xx);
        for answers in bench.answers.values_mut() {
            answers.iter_mut().for_each(|answer| *answer = order(&noise, answer));
        }
        for command in ["ATE0", "AT+CGDCONT=1,\"IP\",\"internet\"", "AT+CGACT=1,1"] {
            bench.on(command, &[&order(&noise, OK)]);
        }
        let attachment = bench.bring_up(&apn()).unwrap();
        assert_eq!(attachment.address.ipv4, Some(Ipv4Addr::new(10, 49, 14, 68)));
        assert_eq!(attachment.rssi.map(Rssi::dbm), Some(-67));
        assert!(bench.now() < Duration::from_secs(1), "nothing was waited for: {:?}", bench.sent);
    }
}

#[test]
fn the_echo_is_no_answer() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("ATE0", &["ATE0\r\r\nOK\r\n"]);
    bench.on("AT+CPIN?", &["AT+CPIN?\r\r\n+CPIN: READY\r\n\r\nOK\r\n"]);
    bench.on("AT+CGPADDR=1", &["AT+CGPADDR=1\r\r\n+CGPADDR: 1,10.49.14.68\r\n\r\nOK\r\n"]);
    assert!(bench.bring_up(&apn()).is_ok());
}

#[test]
fn a_module_that_starts_is_waited_for() {
    for start in [
        &["\r\nRDY\r\n", "\r\n+CPIN: READY\r\n", "\r\nSMS DONE\r\n", "\r\nPB DONE\r\n"][..],
        &["\r\n*ATREADY: 1\r\n", "\r\n*ISIMAID: \"A0\"\r\n", "\r\nPB DONE\r\n", "\r\nSMS DONE\r\n"],
        // A module whose first lines were lost.
        &[],
    ] {
        let mut bench = Bench::new(Family::Sim7600);
        for (index, line) in start.iter().enumerate() {
            bench.says(15_000 + index as u64 * 2_000, line);
        }
        bench.on("AT", &[SILENCE, SILENCE, OK]);
        for command in ["AT+CSQ", "AT+CREG?", "AT+CPIN?"] {
            let answer = bench.answers[command][0].clone();
            bench.on(command, &[SILENCE, SILENCE, &answer]);
        }
        assert!(bench.bring_up(&apn()).is_ok(), "{start:?}");
    }
}

#[test]
fn a_module_that_is_not_there_is_given_up_at_the_time_limit() {
    let mut bench = Bench::new(Family::Sim7600);
    for command in ["AT", "", "AT+CSQ", "AT+CREG?", "AT+CPIN?"] {
        bench.on(command, &[SILENCE]);
    }
    let timed_out = BringUpError::TimedOut { stage: BringUpStage::Module, refusal: None };
    assert_eq!(bench.bring_up(&apn()), Err(timed_out));
    assert!((180..210).contains(&bench.now().as_secs()), "{:?}", bench.now());
}

#[test]
fn a_restart_begins_it_again_wherever_it_was() {
    let commands = [
        "ATE0",
        "AT+CPIN?",
        "AT+CGDCONT=1,\"IP\",\"internet\"",
        "AT+CREG?",
        "AT+CGACT=1,1",
        "AT+CGPADDR=1",
        "AT+CPSI?",
    ];
    for command in commands {
        let mut bench = Bench::new(Family::Sim7600);
        let answer = bench.answers.get(command).map_or(OK.to_string(), |answers| answers[0].clone());
        bench.on(command, &["\r\n*ATREADY: 1\r\n", &answer]);
        assert!(bench.bring_up(&apn()).is_ok(), "{command}");
        assert_eq!(bench.count("ATE0"), 2, "{command}");
        assert_eq!(bench.dialogue.events(), [Event::ModemRestarted]);
    }
}

#[test]
fn a_restart_during_a_pause_begins_it_again() {
    let mut bench = Bench::new(Family::Sim7600);
    let searching = "\r\n+CREG: 0,2\r\n\r\nOK\r\n";
    bench.on("AT+CREG?", &[searching, searching, "\r\n+CREG: 0,1\r\n\r\nOK\r\n"]);
    bench.on("AT+CGREG?", &[ERROR]);
    bench.on("AT+CEREG?", &[ERROR]);
    bench.says(500, "\r\nRDY\r\n");
    assert!(bench.bring_up(&apn()).is_ok());
    assert_eq!(bench.count("AT+CPIN?"), 2);
    assert_eq!(bench.stages.iter().filter(|stage| **stage == BringUpStage::Module).count(), 2);
}

#[test]
fn an_answer_that_is_lost_costs_time_but_not_the_call() {
    for command in
        ["AT+CPIN?", "AT+CGDCONT=1,\"IP\",\"internet\"", "AT+CREG?", "AT+CGACT=1,1", "AT+CGPADDR=1", "AT+CPSI?"]
    {
        let mut bench = Bench::new(Family::Sim7600);
        let answer = bench.answers.get(command).map_or(OK.to_string(), |answers| answers[0].clone());
        bench.on(command, &[SILENCE, &answer]);
        assert!(bench.bring_up(&apn()).is_ok(), "{command}");
        assert_eq!(bench.count("ATE0"), 1, "it went on where it was: {command}");
    }
}

#[test]
fn messages_and_losses_during_a_pause_are_not_lost() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CREG?", &["\r\n+CREG: 0,2\r\n\r\nOK\r\n", "\r\n+CREG: 0,1\r\n\r\nOK\r\n"]);
    bench.on("AT+CGREG?", &[ERROR]);
    bench.on("AT+CEREG?", &[ERROR]);
    bench.says(
        400,
        "\r\n+CMQTTRXSTART: 0,5,2\r\n+CMQTTRXTOPIC: 0,5\r\nd-7/c\r\n+CMQTTRXPAYLOAD: 0,2\r\nOK\r\n+CMQTTRXEND: 0\r\n",
    );
    bench.says(700, "\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n");
    assert!(bench.bring_up(&apn()).is_ok());
    let events = bench.dialogue.events();
    assert_eq!(events[0], Event::Message(ClientIndex::First));
    assert!(events.contains(&Event::NetworkLost));
    assert_eq!(bench.dialogue.record.messages, [(ClientIndex::First, "d-7/c".into(), b"OK".into())]);
}

#[test]
fn a_dropped_call_is_gone_on_with_by_the_next() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CREG?", &["\r\n+CREG: 0,2\r\n\r\nOK\r\n", "\r\n+CREG: 0,1\r\n\r\nOK\r\n"]);
    bench.on("AT+CGREG?", &[ERROR]);
    bench.on("AT+CEREG?", &[ERROR]);
    let (apn, mut pin_unconfirmed, mut on_stage) = (apn(), false, |_| {});
    let mut dropped = BringUp::new(&apn, &mut pin_unconfirmed, &mut on_stage, bench.now());
    bench.begin(&dropped).unwrap();
    // Runs up to the pause before the first query is repeated.
    loop {
        match bench.dialogue.wanted(&mut dropped).unwrap() {
            Wanted::Send(bytes) => bench.send(&bytes, &mut dropped),
            Wanted::Nothing if bench.sent.last().is_some_and(|line| line == "AT+CEREG?") => break,
            Wanted::Nothing => bench.wait(&mut dropped),
            other => panic!("{other:?}"),
        }
    }
    let dropped_at = bench.now();
    assert!(bench.bring_up(&apn).is_ok());
    assert!(bench.now() - dropped_at < Duration::from_secs(1), "the pause of the dropped call is not waited for");
}

#[test]
fn a_restart_after_a_lost_answer_begins_it_again() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CREG?", &[SILENCE, "\r\n+CREG: 0,1\r\n\r\nOK\r\n"]);
    // The queries of the resync come after 9 s.
    bench.on("AT", &[OK, SILENCE]);
    bench.says(9_500, "\r\nRDY\r\n");
    assert!(bench.bring_up(&apn()).is_ok());
    assert_eq!((bench.count("ATE0"), bench.count("AT+CPIN?")), (2, 2), "{:?}", bench.sent);
}

#[test]
fn a_restart_is_noticed_though_the_module_keeps_its_echo() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("ATE0", &[ERROR]);
    bench.on("AT+CREG?", &["\r\nRDY\r\n", "\r\n+CREG: 0,1\r\n\r\nOK\r\n"]);
    assert!(bench.bring_up(&apn()).is_ok());
    assert_eq!(bench.count("AT+CPIN?"), 2);
}

#[test]
fn what_was_known_before_a_restart_does_not_count() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CGACT=1,1", &["\r\nRDY\r\n", OK]);
    bench.on("AT+CPIN?", &["\r\n+CPIN: READY\r\n\r\nOK\r\n", OK, "\r\n+CPIN: READY\r\n\r\nOK\r\n"]);
    let registered = "\r\n+CREG: 0,1\r\n\r\nOK\r\n";
    bench.on("AT+CREG?", &[registered, OK, registered]);
    bench.on("AT+CGREG?", &[OK]);
    bench.on("AT+CEREG?", &[OK]);
    assert!(bench.bring_up(&apn()).is_ok());
    assert_eq!((bench.count("AT+CPIN?"), bench.count("AT+CREG?")), (3, 3));
}

#[test]
fn an_address_in_an_answer_without_an_end_does_not_count() {
    let mut bench = Bench::new(Family::Sim7600);
    let answers = [
        "\r\n+CGPADDR: 1,10.0.0.7\r\n",
        "\r\n+CGPADDR: 1,0.0.0.0\r\n\r\nOK\r\n",
        "\r\n+CGPADDR: 1,10.0.0.8\r\n\r\nOK\r\n",
    ];
    bench.on("AT+CGPADDR=1", &answers);
    assert_eq!(bench.bring_up(&apn()).unwrap().address.ipv4, Some(Ipv4Addr::new(10, 0, 0, 8)));
}
