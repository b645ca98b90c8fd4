//! Losses, restarts, and state that outlives the host.

use super::*;
use crate::modem::Service;

#[test]
fn a_lost_connection_is_reported_and_needs_a_connect() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    assert_eq!(rig.event(Event::ConnectionLost { client: 0, cause: 2 }), "\r\n+CMQTTCONNLOST: 0,2\r\n");
    assert_eq!(rig.send("AT+CMQTTDISC?"), "\r\n+CMQTTDISC: 0,1\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CMQTTTOPIC=0,3"), "\r\n+CMQTTTOPIC: 0,11\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotConnected]);
    assert_eq!(rig.send("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1"), "\r\nOK\r\n");
    assert_eq!(rig.event(Event::Connected { client: 0 }), "\r\n+CMQTTCONNECT: 0,0\r\n");
}

#[test]
fn ping_precedes_connection_lost_where_the_switch_says() {
    let mut rig = Rig::connected(Family::Sim7600, &[("ping-urc", "on")]);
    assert_eq!(
        rig.event(Event::ConnectionLost { client: 0, cause: 1 }),
        "\r\n+CMQTTPING: 0,6\r\n\r\n+CMQTTCONNLOST: 0,1\r\n"
    );
}

#[test]
fn a_lost_network_stops_the_service() {
    let mut rig = Rig::connected(Family::Sim767x, &[]);
    rig.modem.network_lost(rig.now);
    assert_eq!(rig.pass(A_WHILE), "\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n");
    assert_eq!(rig.modem.service(), Service::Stopped);
    assert_eq!(rig.requests(), [Request::Drop { client: 0 }]);
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n");
}

#[test]
fn a_lost_network_ends_the_operation_under_way_first() {
    let mut rig = Rig::connected(Family::Sim767x, &[]);
    rig.enter("AT+CMQTTTOPIC=0,5", b"state");
    rig.modem.receive(rig.now, b"AT+CMQTTPUB=0,1,60\r");
    rig.modem.network_lost(rig.now);
    assert_eq!(rig.pass(A_WHILE), "\r\nOK\r\n\r\n+CMQTTPUB: 0,6\r\n\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n");
}

#[test]
fn a_service_can_survive_the_loss_of_the_network() {
    let mut rig = Rig::connected(Family::Sim7600, &[("nonet-keeps-service", "on")]);
    rig.modem.network_lost(rig.now);
    rig.pass(A_WHILE);
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n");
    assert_eq!(rig.send("AT+CMQTTACCQ=0,\"device-7\""), "\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::AlreadyStarted, ComplaintKind::AlreadyAcquired]);
}

#[test]
fn a7600_does_not_know_nonet() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.network_lost(rig.now);
    assert_eq!(rig.pass(A_WHILE), "\r\n+CMQTTCONNLOST: 0,3\r\n");
    assert_eq!(rig.modem.service(), Service::Started);
}

#[test]
fn without_network_start_fails_and_the_signal_is_unknown() {
    let mut rig = Rig::new(Family::Sim7600);
    rig.modem.network_mut().attached = false;
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\nOK\r\n\r\n+CMQTTSTART: 1\r\n");
    assert_eq!(rig.send("AT+CSQ"), "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CREG?"), "\r\n+CREG: 0,2\r\n\r\nOK\r\n");
}

#[test]
fn a_silent_radio_death_shows_in_probes_only() {
    for (noticed, state) in [(true, 1), (false, 0)] {
        let mut rig = Rig::connected(Family::A7600, &[]);
        rig.modem.lose_network_silently(rig.now, noticed);
        assert_eq!(rig.pass(A_WHILE), "");
        assert_eq!(rig.send("AT+CSQ"), "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
        let answer = format!("\r\n+CMQTTDISC: 0,{state}\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n");
        assert_eq!(rig.send("AT+CMQTTDISC?"), answer);
    }
}

#[test]
fn an_unnoticed_radio_death_lets_publishes_time_out() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.enter("AT+CMQTTTOPIC=0,5", b"state");
    rig.modem.lose_network_silently(rig.now, false);
    rig.requests();
    assert_eq!(rig.send("AT+CMQTTPUB=0,1,60"), "\r\nOK\r\n");
    assert_eq!(rig.requests(), []);
    assert_eq!(rig.pass(Duration::from_secs(60)), "\r\n+CMQTTPUB: 0,17\r\n");
    rig.modem.restore_network(rig.now);
    assert_eq!(rig.pass(A_WHILE), "\r\n+CMQTTCONNLOST: 0,2\r\n");
}

#[test]
fn a_restart_forgets_everything_and_prints_the_boot_lines() {
    for (family, lines) in [
        (Family::Sim7600, "\r\nRDY\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n"),
        (
            Family::A76xx,
            "\r\n*ATREADY: 1\r\n\r\n*ISIMAID: \"A0000000871004FF86FF1289\"\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n",
        ),
    ] {
        let mut rig = Rig::connected(family, &[]);
        rig.send("AT+CMQTTSSLCFG=1,1");
        rig.modem.restart(rig.now);
        rig.modem.receive(rig.now, b"AT\r");
        assert_eq!(rig.pass(2 * A_WHILE), format!("\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n{lines}"));
        assert_eq!(rig.requests(), [Request::Drop { client: 0 }]);
        assert_eq!(rig.modem.service(), Service::Stopped);
        assert_eq!(rig.modem.client(0).acquired, None);
        assert_eq!(rig.modem.client(1).ssl_context, None);
        assert_eq!(rig.send("AT"), "AT\r\r\nOK\r\n", "echo is on again");
    }
}

#[test]
fn a_restart_cuts_off_pending_answers() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.receive(rig.now, b"AT+CMQTTSTART\r");
    rig.modem.power_on(rig.now);
    assert!(rig.pass(A_WHILE).starts_with("\r\n*ATREADY: 1\r\n"));
    assert_eq!(rig.modem.service(), Service::Stopped);
}

#[test]
fn a_module_restarts_on_command() {
    let mut rig = Rig::with(Family::Sim7600, &[("boot-lines", "off")]);
    assert_eq!(rig.send("AT+CRESET"), "\r\nOK\r\n\r\nRDY\r\n");
}

#[test]
fn a_prompt_can_have_outlived_the_host() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.preset_prompt("AT+CMQTTPAYLOAD=0,10", b"1234");
    assert_eq!(rig.modem.awaited_data(), Some(6));
    assert_eq!(rig.send_bytes(b"567890"), "\r\nOK\r\n");
    assert_eq!(rig.modem.client(0).payload.as_deref(), Some(&b"1234567890"[..]));
}

#[test]
fn half_a_command_line_can_have_outlived_the_host() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.preset_half_line(b"AT+CMQTTPUB=0,1,");
    assert_eq!(rig.send("AT"), "\r\nERROR\r\n");
    assert_eq!(rig.send("AT"), "\r\nOK\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::Malformed]);
}

#[test]
fn a_message_can_be_half_delivered() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.preset_message(rig.now, 0, b"cmd", b"on", 60);
    assert_eq!(rig.pass(A_WHILE), "LOAD: 0,2\r\non\r\n+CMQTTRXEND: 0\r\n");
}
