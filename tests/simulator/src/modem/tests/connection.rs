//! CONNECT and DISC.

use super::*;
use crate::broker::TlsOptions;

const CONNECT: &str = "AT+CMQTTCONNECT=0,\"tcp://broker.example:1884\",60,1";

fn acquired(switches: &[(&str, &str)]) -> Rig {
    let mut rig = Rig::with(Family::A76xx, switches);
    rig.modem.preset_acquired(0, "device-7", false);
    rig
}

#[test]
fn connect_answers_ok_then_its_outcome() {
    let mut rig = acquired(&[]);
    assert_eq!(rig.send(CONNECT), "\r\nOK\r\n");
    assert_eq!(rig.event(Event::Connected { client: 0 }), "\r\n+CMQTTCONNECT: 0,0\r\n");
    assert!(rig.modem.client(0).connected);
}

#[test]
fn connect_asks_for_all_that_was_set() {
    let mut rig = Rig::new(Family::A76xx);
    rig.modem.preset_acquired(1, "device-7", true);
    rig.send("AT+CMQTTCFG=\"version\",1,4");
    rig.enter("AT+CMQTTWILLTOPIC=1,10", b"device/off");
    rig.enter("AT+CMQTTWILLMSG=1,3,2", b"\0\r\n");
    rig.send("AT+CMQTTCONNECT=1,\"tcp://broker.example\",64800,0,\"user\",\"pass,word\"");
    let expected = Connection {
        version: 4,
        keep_alive: 64800,
        clean_session: false,
        user: Some("user".to_owned()),
        password: Some("pass,word".to_owned()),
        will: Some(crate::broker::Will { topic: b"device/off".to_vec(), message: b"\0\r\n".to_vec(), qos: 2 }),
        tls: true,
        ..connection("device-7")
    };
    let local_time = rig.modem.network().time.unwrap() + 10;
    let tls = Box::new(TlsOptions { index: 1, local_time, ..TlsOptions::default() });
    assert_eq!(rig.requests(), [Request::Connect { client: 1, connection: expected, tls: Some(tls) }]);
}

#[test]
fn a_failing_connect_answers_in_each_order() {
    for (value, at_once, later) in [
        ("late", "\r\nOK\r\n", "\r\n+CMQTTCONNECT: 0,26\r\n"),
        ("early", "", "\r\n+CMQTTCONNECT: 0,26\r\n\r\nERROR\r\n"),
        ("error-first", "", "\r\nERROR\r\n\r\n+CMQTTCONNECT: 0,26\r\n"),
    ] {
        let mut rig = acquired(&[("connect-failure", value)]);
        rig.send("AT+CMQTTSSLCFG=0,0");
        assert_eq!(rig.send(CONNECT), at_once, "{value}");
        assert_eq!(rig.event(Event::ConnectFailed { client: 0, code: 26 }), later, "{value}");
        assert_eq!(rig.modem.client(0).ssl_context, None, "a failed CONNECT clears SSLCFG");
        assert_eq!(rig.send("AT"), "\r\nOK\r\n", "{value}");
    }
}

#[test]
fn a_successful_connect_answers_ok_first_whatever_order_failures_have() {
    for value in ["early", "error-first"] {
        let mut rig = acquired(&[("connect-failure", value)]);
        assert_eq!(rig.send(CONNECT), "");
        assert_eq!(rig.event(Event::Connected { client: 0 }), "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n");
    }
}

#[test]
fn a_malformed_connect_answers_error_or_12() {
    let long = format!("AT+CMQTTCONNECT=0,\"tcp://{}\",60,1", "b".repeat(251));
    for line in [
        "AT+CMQTTCONNECT=0,\"tcp://ab\",60,1",
        "AT+CMQTTCONNECT=0,\"mqtt://broker.example\",60,1",
        "AT+CMQTTCONNECT=0,\"tcp://broker.example:0\",60,1",
        "AT+CMQTTCONNECT=0,\"tcp://broker.example:65536\",60,1",
        "AT+CMQTTCONNECT=0,\"tcp://broker.example\",0,1",
        "AT+CMQTTCONNECT=0,\"tcp://broker.example\",64801,1",
        "AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,2",
        "AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1,\"\"",
        long.as_str(),
    ] {
        for (value, answer) in [("error", "\r\nERROR\r\n"), ("12", "\r\n+CMQTTCONNECT: 0,12\r\n\r\nERROR\r\n")] {
            let mut rig = acquired(&[("connect-bad-arguments", value)]);
            assert_eq!(rig.send(line), answer, "{line}");
            assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange], "{line}");
        }
    }
    let mut rig = acquired(&[]);
    assert_eq!(rig.send("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::MissingParameter]);
}

#[test]
fn connect_of_a_connected_client_answers_13() {
    for (value, answer) in
        [("13", "\r\n+CMQTTCONNECT: 0,13\r\n\r\nERROR\r\n"), ("ok-13", "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,13\r\n")]
    {
        let mut rig = Rig::connected(Family::A76xx, &[("connect-again", value)]);
        assert_eq!(rig.send(CONNECT), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::AlreadyConnected]);
    }
}

#[test]
fn connect_without_acquire_answers_20() {
    let mut rig = Rig::new(Family::A76xx);
    rig.modem.preset_started();
    assert_eq!(rig.send(CONNECT), "\r\n+CMQTTCONNECT: 0,20\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotAcquired]);
}

#[test]
fn an_unanswered_connect_ends_with_17_after_the_operation_timeout() {
    let mut rig = acquired(&[]);
    rig.send("AT+CMQTTCFG=\"optimeout\",0,20");
    rig.send(CONNECT);
    assert_eq!(rig.pass(Duration::from_secs(20)), "\r\n+CMQTTCONNECT: 0,17\r\n");
    assert_eq!(rig.requests().last(), Some(&Request::Drop { client: 0 }));
}

#[test]
fn the_read_form_shows_address_and_credentials() {
    let mut rig = acquired(&[]);
    rig.send("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1,\"user\",\"word\"");
    rig.event(Event::Connected { client: 0 });
    assert_eq!(
        rig.send("AT+CMQTTCONNECT?"),
        "\r\n+CMQTTCONNECT: 0,\"tcp://broker.example\",60,1,\"user\",\"word\"\r\n+CMQTTCONNECT: 1\r\n\r\nOK\r\n"
    );
    assert_eq!(rig.send("AT+CMQTTDISC?"), "\r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n");
}

#[test]
fn disconnect_answers_in_each_order_and_clears_the_ssl_context() {
    for (value, at_once, later) in [
        ("ok-first", "\r\nOK\r\n", "\r\n+CMQTTDISC: 0,0\r\n"),
        ("result-first", "", "\r\n+CMQTTDISC: 0,0\r\n\r\nOK\r\n"),
    ] {
        let mut rig = acquired(&[("disconnect-order", value)]);
        rig.send("AT+CMQTTSSLCFG=0,0");
        rig.send(CONNECT);
        rig.event(Event::Connected { client: 0 });
        assert_eq!(rig.modem.client(0).ssl_context, Some(0));
        assert_eq!(rig.send("AT+CMQTTDISC=0,60"), at_once);
        assert_eq!(rig.event(Event::Disconnected { client: 0 }), later);
        assert_eq!(rig.modem.client(0).ssl_context, None);
        assert!(!rig.modem.client(0).connected);
    }
}

#[test]
fn disconnect_of_a_client_that_is_not_connected_is_refused() {
    for (value, answer) in [("11", "\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n"), ("error", "\r\nERROR\r\n")] {
        let mut rig = acquired(&[("disconnect-not-connected", value)]);
        assert_eq!(rig.send("AT+CMQTTDISC=0,60"), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::NotConnected]);
    }
}

#[test]
fn disconnect_needs_a_timeout_of_the_family() {
    for (family, timeout) in
        [(Family::A7600, "59"), (Family::A76xx, "181"), (Family::Sim7600, "1"), (Family::Sim767x, "0")]
    {
        let mut rig = Rig::connected(family, &[]);
        assert_eq!(rig.send(&format!("AT+CMQTTDISC=0,{timeout}")), "\r\nERROR\r\n");
        assert_eq!(rig.send("AT+CMQTTDISC=0"), "\r\nERROR\r\n");
        assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange, ComplaintKind::MissingParameter], "{family}");
    }
}

#[test]
fn tearing_down_a_live_session_reboots_the_module_that_does_so() {
    for line in ["AT+CMQTTDISC=0,60", "AT+CMQTTSTOP", CONNECT] {
        let mut rig = Rig::connected(Family::A76xx, &[("live-session-reboots", "on"), ("boot-lines", "off")]);
        assert_eq!(rig.send(line), "\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n\r\n*ATREADY: 1\r\n", "{line}");
        assert_eq!(rig.requests(), [Request::Drop { client: 0 }]);
        assert!(rig.modem.echoes());
    }
}

#[test]
fn a_connection_closed_before_its_outcome_is_reported_as_26_or_lost_right_behind_it() {
    for (value, report) in
        [("26", "\r\n+CMQTTCONNECT: 0,26\r\n"), ("connlost", "\r\n+CMQTTCONNECT: 0,0\r\n\r\n+CMQTTCONNLOST: 0,1\r\n")]
    {
        for order in ["late", "early", "error-first"] {
            let mut rig = acquired(&[("connect-cut", value), ("connect-failure", order)]);
            rig.modem.receive(rig.now, format!("{CONNECT}\r").as_bytes());
            rig.modem.event(rig.now, Event::Connected { client: 0 });
            rig.modem.event(rig.now, Event::Message { client: 0, topic: b"cmd".to_vec(), payload: b"on".to_vec() });
            let answer = rig.event(Event::ConnectionLost { client: 0, cause: 1 });
            let expected = match value {
                "connlost" => report.replace(
                    "\r\n+CMQTTCONNLOST",
                    "\r\n+CMQTTRXSTART: 0,3,2\r\n+CMQTTRXTOPIC: 0,3\r\ncmd\r\n+CMQTTRXPAYLOAD: 0,2\r\non\r\n+CMQTTRXEND: 0\r\n\r\n+CMQTTCONNLOST",
                ),
                _ => report.to_owned(),
            };
            assert_eq!(answer, format!("\r\nOK\r\n{expected}"), "{value} {order}");
            assert!(!rig.modem.client(0).connected);
            assert_eq!(rig.send("AT+CMQTTDISC?"), "\r\n+CMQTTDISC: 0,1\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n");
        }
    }
}

/// Every delay of the module.
const DELAYS: [&str; 9] = [
    "prompt-delay",
    "result-delay",
    "start-delay",
    "stop-delay",
    "connect-delay",
    "subscribe-delay",
    "publish-delay",
    "disconnect-delay",
    "boot-delay",
];

#[test]
fn delays_and_orders_that_change_while_a_connect_is_held_are_for_later_commands() {
    for (order, changed) in [("early", "late"), ("error-first", "early"), ("late", "early")] {
        for milliseconds in ["0", "60000", "18446744073709551615"] {
            for event in [Event::Connected { client: 0 }, Event::ConnectFailed { client: 0, code: 3 }] {
                let mut rig = acquired(&[("connect-failure", order)]);
                rig.modem.receive(rig.now, format!("{CONNECT}\r").as_bytes());
                DELAYS.iter().for_each(|delay| rig.set(delay, milliseconds));
                rig.modem.event(rig.now, event);
                rig.set("connect-failure", changed);
                let answer = rig.pass(A_WHILE);
                let finals = answer.matches("OK\r\n").count() + answer.matches("ERROR\r\n").count();
                assert_eq!((finals, answer.matches("+CMQTTCONNECT: 0,").count()), (1, 1), "{answer}");
            }
        }
    }
}

#[test]
fn no_delay_is_too_long() {
    for name in DELAYS {
        let mut rig = acquired(&[(name, "18446744073709551615")]);
        rig.modem.behaviour_mut().timing.boot = Duration::MAX;
        rig.modem.behaviour_mut().timing.result = Duration::MAX;
        rig.now = Duration::from_secs(1 << 60);
        rig.send(CONNECT);
        rig.modem.restart(rig.now);
        rig.pass(A_WHILE);
        assert!(rig.modem.next_deadline().is_some());
        rig.complaints();
    }
}

#[test]
fn an_address_of_ssl_is_refused_with_12_whatever_the_switch_says() {
    let mut rig = acquired(&[("connect-bad-arguments", "error")]);
    let line = "AT+CMQTTCONNECT=0,\"ssl://broker.example\",60,1";
    assert_eq!(rig.send(line), "\r\n+CMQTTCONNECT: 0,12\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
}

#[test]
fn the_outcome_of_a_successful_connect_can_be_lost() {
    let mut rig = acquired(&[("connect-outcome", "lost")]);
    assert_eq!(rig.send(CONNECT), "\r\nOK\r\n");
    assert_eq!(rig.event(Event::Connected { client: 0 }), "");
    assert_eq!(rig.pass(Duration::from_secs(330)), "");
    assert_eq!(rig.send("AT+CMQTTDISC?"), "\r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CMQTTSUB=0,3,1"), "\r\n>");
    let mut rig = acquired(&[("connect-outcome", "lost")]);
    rig.send(CONNECT);
    assert_eq!(rig.event(Event::ConnectFailed { client: 0, code: 3 }), "\r\n+CMQTTCONNECT: 0,3\r\n");
}

#[test]
fn a_session_that_is_taken_over_is_refused_with_11_after_every_connect() {
    for (value, state) in [("noticed", 1), ("unnoticed", 0)] {
        let mut rig = acquired(&[("taken-over", value)]);
        for _ in 0..2 {
            rig.send(CONNECT);
            assert_eq!(rig.event(Event::Connected { client: 0 }), "\r\n+CMQTTCONNECT: 0,0\r\n");
            assert_eq!(rig.requests().last(), Some(&Request::Drop { client: 0 }));
            assert_eq!(rig.send("AT+CMQTTSUB=0,3,1"), "\r\n+CMQTTSUB: 0,11\r\n\r\nERROR\r\n");
            assert_eq!(rig.severities(), [Severity::Warning], "no host can know");
            let answer = format!("\r\n+CMQTTDISC: 0,{state}\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n");
            assert_eq!(rig.send("AT+CMQTTDISC?"), answer);
            if value == "unnoticed" {
                rig.send("AT+CMQTTDISC=0,60");
                assert_eq!(rig.event(Event::Disconnected { client: 0 }), "\r\n+CMQTTDISC: 0,0\r\n");
            }
        }
    }
}
