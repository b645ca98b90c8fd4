//! Commands of the other client and outside MQTT while an outcome is pending, and a module that is mute.

use super::*;

const CSQ: &str = "\r\n+CSQ: 23,0\r\n\r\nOK\r\n";
const BUSY: &str = "\r\n+CMQTTTOPIC: 1,14\r\n\r\nERROR\r\n";
const ERROR: &str = "\r\nERROR\r\n";

/// Two connected clients; the outcome of client 0's publish is pending.
fn publishing(value: &str) -> Rig {
    let mut rig = Rig::connected(Family::A76xx, &[("while-pending", value)]);
    rig.modem.preset_connected(1, connection("device-8"));
    rig.enter("AT+CMQTTTOPIC=0,5", b"state");
    assert_eq!(rig.send("AT+CMQTTPUB=0,1,60"), "\r\nOK\r\n");
    rig.requests();
    rig
}

#[test]
fn other_commands_run_while_an_outcome_is_pending() {
    let mut rig = publishing("carried-out");
    rig.enter("AT+CMQTTTOPIC=1,5", b"other");
    assert_eq!(rig.send("AT+CMQTTPUB=1,0,60"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CSQ"), CSQ);
    assert_eq!(rig.send("AT+CREG?"), "\r\n+CREG: 0,1\r\n\r\nOK\r\n");
    assert_eq!(rig.event(Event::Published { client: 1 }), "\r\n+CMQTTPUB: 1,0\r\n");
    assert_eq!(rig.event(Event::Published { client: 0 }), "\r\n+CMQTTPUB: 0,0\r\n");
}

#[test]
fn only_the_other_client_is_busy_too() {
    let mut rig = publishing("other-client-busy");
    assert_eq!(rig.send("AT+CMQTTTOPIC=1,5"), BUSY);
    assert_eq!(rig.severities(), [Severity::Warning], "no host can know");
    assert_eq!(rig.send("AT+CSQ"), CSQ);
    rig.event(Event::Published { client: 0 });
    rig.enter("AT+CMQTTTOPIC=1,5", b"other");
}

#[test]
fn every_other_command_is_refused_until_the_outcome_has_come() {
    let mut rig = publishing("refused");
    assert_eq!(rig.send("AT+CMQTTTOPIC=1,5"), BUSY);
    for line in ["AT+CSQ", "AT+CREG?", "AT", "AT+CMQTTDISC?", "AT+CMQTTSTOP"] {
        assert_eq!(rig.send(line), ERROR, "{line}");
    }
    assert_eq!(rig.severities(), [Severity::Warning; 6], "no host can know");
    rig.event(Event::Published { client: 0 });
    assert_eq!(rig.send("AT+CSQ"), CSQ);
}

#[test]
fn every_other_command_is_held_until_the_outcome_has_come() {
    for (line, answer) in [("AT+CSQ", CSQ), ("AT", "\r\nOK\r\n"), ("AT+CMQTTTOPIC=1,5", "\r\n>")] {
        let mut rig = publishing("held");
        rig.modem.preset_echo(true);
        assert_eq!(rig.send(line), format!("{line}\r"), "only the echo");
        assert_eq!(rig.pass(Duration::from_secs(30)), "");
        assert_eq!(rig.event(Event::Published { client: 0 }), format!("\r\n+CMQTTPUB: 0,0\r\n{answer}"));
    }
}

#[test]
fn a_held_command_waits_for_the_outcomes_of_both_clients() {
    let mut rig = publishing("carried-out");
    rig.enter("AT+CMQTTTOPIC=1,5", b"other");
    rig.send("AT+CMQTTPUB=1,1,60");
    rig.set("while-pending", "held");
    assert_eq!(rig.send("AT+CSQ"), "");
    assert_eq!(rig.event(Event::Published { client: 1 }), "\r\n+CMQTTPUB: 1,0\r\n");
    assert_eq!(rig.event(Event::Published { client: 0 }), format!("\r\n+CMQTTPUB: 0,0\r\n{CSQ}"));
}

#[test]
fn the_same_client_is_refused_with_14_in_any_case() {
    for value in ["carried-out", "other-client-busy", "refused", "held"] {
        let mut rig = publishing(value);
        assert_eq!(rig.send("AT+CMQTTPAYLOAD=0,5"), "\r\n+CMQTTPAYLOAD: 0,14\r\n\r\nERROR\r\n", "{value}");
        assert_eq!(rig.severities(), [Severity::Error], "{value}");
    }
}

#[test]
fn start_and_stop_count_as_pending() {
    for (value, at_once, later) in [("carried-out", CSQ, ""), ("refused", ERROR, ""), ("held", "", CSQ)] {
        let mut rig =
            Rig::with(Family::A7600, &[("while-pending", value), ("start-delay", "5000"), ("stop-delay", "5000")]);
        for (command, outcome) in [("AT+CMQTTSTART", "+CMQTTSTART: 0"), ("AT+CMQTTSTOP", "+CMQTTSTOP: 0")] {
            assert_eq!(rig.send(command), "\r\nOK\r\n");
            assert_eq!(rig.send("AT+CSQ"), at_once, "{value}");
            assert_eq!(rig.pass(A_WHILE), format!("\r\n{outcome}\r\n{later}"), "{value}");
        }
        assert_eq!(rig.severities().len(), if value == "refused" { 2 } else { 0 });
    }
}

#[test]
fn a_restart_forgets_a_held_command() {
    let mut rig = publishing("held");
    assert_eq!(rig.send("AT+CSQ"), "");
    rig.modem.restart(rig.now);
    assert!(!rig.pass(10 * A_WHILE).contains("CSQ"));
    rig.send("ATE0");
    assert_eq!(rig.send("AT+CSQ"), CSQ);
}

#[test]
fn an_unanswered_operation_can_end_without_an_outcome() {
    let mut rig = publishing("held");
    rig.set("timeout-outcome", "nothing");
    rig.modem.lose_network_silently(rig.now, false);
    assert_eq!(rig.send("AT+CSQ"), "");
    assert_eq!(rig.pass(Duration::from_secs(60)), "\r\n+CSQ: 99,99\r\n\r\nOK\r\n", "it is held no longer");
    assert!(!rig.modem.client(0).is_busy());
    assert!(rig.modem.client(0).connected, "the module has not noticed");
}

#[test]
fn a_mute_module_neither_receives_nor_sends() {
    let mut rig = publishing("carried-out");
    rig.modem.set_mute(rig.now, true);
    assert_eq!(rig.send("AT"), "");
    assert_eq!(rig.event(Event::Published { client: 0 }), "", "its outcome is lost");
    rig.modem.set_mute(rig.now, false);
    assert_eq!(rig.pass(A_WHILE), "");
    assert_eq!(rig.send("AT"), "\r\nOK\r\n");
}

#[test]
fn a_reset_ends_muteness() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.set_mute(rig.now, true);
    rig.modem.reset_key(rig.now, true);
    rig.pass(2 * A_WHILE);
    rig.modem.reset_key(rig.now, false);
    assert!(!rig.modem.is_mute());
    rig.pass(2 * A_WHILE);
    assert_eq!(rig.send("AT"), "AT\r\r\nOK\r\n");
}
