//! Errors and warnings of the referee.

use super::*;

#[test]
fn questions_of_a_host_that_knows_nothing_are_warnings() {
    let mut rig = Rig::new(Family::Sim767x);
    for line in ["AT+CMQTTACCQ?", "AT+CMQTTDISC?", "AT+CMQTTCONNECT?", "AT+CMQTTSUBTOPIC=?", "AT+CFOO?"] {
        assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.severities(), [Severity::Warning], "{line}");
    }
}

#[test]
fn taking_over_and_tearing_down_what_may_have_outlived_the_host_are_warnings() {
    let mut rig = Rig::new(Family::A76xx);
    for line in ["AT+CMQTTDISC=0,60", "AT+CMQTTREL=0", "AT+CMQTTSTOP"] {
        rig.send(line);
        assert_eq!(rig.severities(), [Severity::Warning], "{line}");
    }
    rig.modem.preset_acquired(0, "device-7", false);
    for line in ["AT+CMQTTSTART", "AT+CMQTTACCQ=0,\"device-7\"", "AT+CMQTTDISC=0,60", "AT+CMQTTREL=1"] {
        rig.send(line);
        assert_eq!(rig.severities(), [Severity::Warning], "{line}");
    }
}

#[test]
fn commands_that_a_host_should_know_better_than_to_send_are_errors() {
    let mut rig = Rig::connected(Family::A76xx, &[]);
    for line in ["AT+CMQTTSTOP", "AT+CMQTTREL=0", "AT+CMQTTTOPIC=1,3", "AT+CMQTTPUB=0,1,60", "AT+CMQTTDISC=0,999"] {
        rig.send(line);
        assert_eq!(rig.severities(), [Severity::Error], "{line}");
    }
    let mut rig = Rig::new(Family::A76xx);
    rig.send("AT+CMQTTACCQ=0,\"device-7\"");
    assert_eq!(rig.severities(), [Severity::Error]);
}

#[test]
fn a_command_that_crosses_a_loss_on_the_wire_is_a_warning_and_an_error_later() {
    for (pass, severity) in [(999, Severity::Warning), (1000, Severity::Error)] {
        let mut rig = Rig::connected(Family::A76xx, &[]);
        rig.modem.event(rig.now, Event::ConnectionLost { client: 0, cause: 1 });
        rig.pass(Duration::from_millis(pass));
        rig.send("AT+CMQTTTOPIC=0,3");
        assert_eq!(rig.severities(), [severity]);
    }
}

#[test]
fn a_command_that_crosses_a_ready_line_on_the_wire_is_a_warning_and_an_error_later() {
    for (pass, severity) in
        [(600, Severity::Warning), (2500, Severity::Warning), (3499, Severity::Warning), (3500, Severity::Error)]
    {
        let switches = [("ready-line-delay", "2000"), ("boot-lines", "off")];
        let mut rig = Rig::connected(Family::A76xx, &switches);
        rig.modem.restart(rig.now);
        rig.pass(Duration::from_millis(pass));
        rig.send("AT+CMQTTTOPIC=0,3");
        assert_eq!(rig.severities(), [severity], "{pass} ms after the restart");
    }
}

#[test]
fn a_loss_excuses_no_mistake_of_another_kind() {
    let mut rig = Rig::connected(Family::A76xx, &[]);
    rig.modem.event(rig.now, Event::ConnectionLost { client: 0, cause: 1 });
    rig.send("AT+CMQTTDISC=0,999");
    assert_eq!(rig.severities(), [Severity::Error]);
}

#[test]
fn what_an_earlier_host_has_begun_is_not_attributed_to_the_next_one() {
    let mut rig = Rig::new(Family::A76xx);
    rig.modem.receive(rig.now, b"AT+CMQTTPUB=0,1,");
    rig.modem.host_replaced(rig.now);
    assert_eq!(rig.send("AT"), "\r\nERROR\r\n");
    assert_eq!(rig.severities(), [Severity::Warning]);
    assert_eq!(rig.send("AT+CMQTTPUB=0,1,AT"), "\r\nERROR\r\n");
    assert_eq!(rig.severities(), [Severity::Error]);
}

#[test]
fn missing_data_of_an_earlier_host_excuse_no_line_after_them() {
    let mut rig = Rig::connected(Family::A76xx, &[]);
    rig.modem.preset_prompt("AT+CMQTTTOPIC=0,3", b"a");
    rig.modem.host_replaced(rig.now);
    assert_eq!(rig.send_bytes(b"#\0"), "\r\nOK\r\n");
    rig.send("state");
    assert_eq!(rig.severities(), [Severity::Warning, Severity::Error]);
}

#[test]
fn a_host_that_is_replaced_between_two_commands_excuses_nothing() {
    let mut rig = Rig::new(Family::A76xx);
    rig.modem.host_replaced(rig.now);
    rig.send("state");
    assert_eq!(rig.severities(), [Severity::Error]);
}
