//! START, STOP, ACCQ and REL.

use super::*;
use crate::modem::Service;

#[test]
fn start_answers_ok_first_or_result_first() {
    for (family, answer) in [
        (Family::A7600, "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
        (Family::A76xx, "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
        (Family::Sim767x, "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
        (Family::Sim7600, "\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n"),
    ] {
        let mut rig = Rig::new(family);
        assert_eq!(rig.send("AT+CMQTTSTART"), answer);
        assert_eq!(rig.modem.service(), Service::Started);
    }
}

#[test]
fn sim767x_starts_on_a_context_and_names_it_in_the_outcome() {
    let mut rig = Rig::new(Family::Sim767x);
    assert_eq!(rig.send("AT+CMQTTSTART=2"), "\r\nOK\r\n\r\n+CMQTTSTART: 1,2\r\n", "it is not active");
    assert_eq!(rig.send("AT+CMQTTSTART=1"), "\r\nOK\r\n\r\n+CMQTTSTART: 0,1\r\n");
    assert_eq!(rig.modem.service(), Service::Started);
    assert_eq!(rig.complaints(), []);
    let mut rig = Rig::new(Family::A76xx);
    assert_eq!(rig.send("AT+CMQTTSTART=1"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotInFamily]);
}

#[test]
fn start_of_a_started_service_is_refused() {
    for (value, answer) in [("error", "\r\nERROR\r\n"), ("23", "\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n")] {
        let mut rig = Rig::with(Family::A76xx, &[("start-again", value)]);
        rig.modem.preset_started();
        assert_eq!(rig.send("AT+CMQTTSTART"), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::AlreadyStarted]);
    }
}

#[test]
fn start_before_the_pdp_context_is_up_fails_after_ok_and_works_later() {
    let mut rig = Rig::with(Family::Sim7600, &[("start-failures", "2")]);
    for _ in 0..2 {
        assert_eq!(rig.send("AT+CMQTTSTART"), "\r\nOK\r\n\r\n+CMQTTSTART: 1\r\n");
    }
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n");
}

#[test]
fn stop_answers_ok_first_or_result_first() {
    for (family, answer) in
        [(Family::A7600, "\r\nOK\r\n\r\n+CMQTTSTOP: 0\r\n"), (Family::Sim7600, "\r\n+CMQTTSTOP: 0\r\n\r\nOK\r\n")]
    {
        let mut rig = Rig::new(family);
        rig.modem.preset_started();
        assert_eq!(rig.send("AT+CMQTTSTOP"), answer);
        assert_eq!(rig.modem.service(), Service::Stopped);
    }
}

#[test]
fn stop_with_an_acquired_client_is_refused() {
    for (value, answer) in [
        ("21", "\r\n+CMQTTSTOP: 21\r\n\r\nERROR\r\n"),
        ("19", "\r\n+CMQTTSTOP: 19\r\n\r\nERROR\r\n"),
        ("ok-21", "\r\nOK\r\n\r\n+CMQTTSTOP: 21\r\n"),
    ] {
        let mut rig = Rig::with(Family::Sim7600, &[("stop-acquired", value)]);
        rig.modem.preset_acquired(1, "device-7", false);
        assert_eq!(rig.send("AT+CMQTTSTOP"), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::StillAcquired]);
        assert_eq!(rig.modem.service(), Service::Started);
    }
}

#[test]
fn stop_of_a_stopped_service_is_refused() {
    for (value, answer) in [("9", "\r\n+CMQTTSTOP: 9\r\n\r\nERROR\r\n"), ("error", "\r\nERROR\r\n")] {
        let mut rig = Rig::with(Family::Sim7600, &[("stop-not-started", value)]);
        assert_eq!(rig.send("AT+CMQTTSTOP"), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::NotStarted]);
    }
}

#[test]
fn before_start_every_write_and_read_form_answers_error() {
    for line in [
        "AT+CMQTTACCQ=0,\"device-7\"",
        "AT+CMQTTACCQ?",
        "AT+CMQTTREL=0",
        "AT+CMQTTREL?",
        "AT+CMQTTSSLCFG=0,0",
        "AT+CMQTTSSLCFG?",
        "AT+CMQTTCFG=\"checkUTF8\",0,0",
        "AT+CMQTTCFG?",
        "AT+CMQTTWILLTOPIC=0,5",
        "AT+CMQTTWILLMSG=0,5,0",
        "AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1",
        "AT+CMQTTCONNECT?",
        "AT+CMQTTDISC=0,60",
        "AT+CMQTTDISC?",
        "AT+CMQTTTOPIC=0,5",
        "AT+CMQTTPAYLOAD=0,5",
        "AT+CMQTTPUB=0,1,60",
        "AT+CMQTTSUBTOPIC=0,5,1",
        "AT+CMQTTSUB=0,5,1",
        "AT+CMQTTSUB?",
        "AT+CMQTTUNSUBTOPIC=0,5",
        "AT+CMQTTUNSUB=0,5,0",
    ] {
        let mut rig = Rig::new(Family::A76xx);
        assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.complaints(), [ComplaintKind::NotStarted], "{line}");
    }
}

#[test]
fn acquire_remembers_id_and_server_type_and_the_read_form_shows_them() {
    let mut rig = Rig::new(Family::Sim767x);
    rig.modem.preset_started();
    assert_eq!(rig.send("AT+CMQTTACCQ=1,\"device, 7\",1"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CMQTTACCQ?"), "\r\n+CMQTTACCQ: 0,\"\",0\r\n+CMQTTACCQ: 1,\"device, 7\",1\r\n\r\nOK\r\n");
}

#[test]
fn acquire_of_an_index_in_use_is_refused() {
    for (value, answer) in [("19", "\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n"), ("error", "\r\nERROR\r\n")] {
        let mut rig = Rig::with(Family::A7600, &[("acquire-in-use", value)]);
        rig.modem.preset_acquired(0, "device-7", false);
        assert_eq!(rig.send("AT+CMQTTACCQ=0,\"device-8\""), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::AlreadyAcquired]);
    }
}

#[test]
fn acquire_takes_a_version_on_sim7600_only() {
    let mut rig = Rig::new(Family::Sim7600);
    rig.modem.preset_started();
    assert_eq!(rig.send("AT+CMQTTACCQ=0,\"device-7\",0,4"), "\r\nOK\r\n");
    assert_eq!(rig.modem.client(0).settings.version, 4);
    let mut rig = Rig::new(Family::A76xx);
    rig.modem.preset_started();
    assert_eq!(rig.send("AT+CMQTTACCQ=0,\"device-7\",0,4"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotInFamily]);
}

#[test]
fn acquire_checks_its_parameters() {
    let long = format!("AT+CMQTTACCQ=0,\"{}\"", "d".repeat(129));
    for (line, kind) in [
        ("AT+CMQTTACCQ=2,\"device-7\"", ComplaintKind::OutOfRange),
        ("AT+CMQTTACCQ=0,\"\"", ComplaintKind::OutOfRange),
        (long.as_str(), ComplaintKind::OutOfRange),
        ("AT+CMQTTACCQ=0,\"device-7\",2", ComplaintKind::OutOfRange),
        ("AT+CMQTTACCQ=0", ComplaintKind::MissingParameter),
        ("AT+CMQTTACCQ=,\"device-7\"", ComplaintKind::MissingParameter),
        ("AT+CMQTTACCQ=0,device", ComplaintKind::Malformed),
        ("AT+CMQTTACCQ=0,77", ComplaintKind::Malformed),
        ("AT+CMQTTACCQ=0,\"dev\"ice\"", ComplaintKind::Malformed),
        ("AT+CMQTTACCQ=0,\"device", ComplaintKind::Malformed),
        ("AT+CMQTTACCQ=0,\"dev\x07ice\"", ComplaintKind::Garbage),
        ("AT+CMQTTACCQ=0,\"device-7\",0,4,5", ComplaintKind::TooManyParameters),
    ] {
        let mut rig = Rig::new(Family::A7600);
        rig.modem.preset_started();
        assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.complaints(), [kind], "{line}");
    }
}

#[test]
fn release_of_a_free_index_is_refused_or_ok() {
    for (family, answer) in [(Family::A76xx, "\r\n+CMQTTREL: 0,20\r\n\r\nERROR\r\n"), (Family::Sim7600, "\r\nOK\r\n")] {
        let mut rig = Rig::new(family);
        rig.modem.preset_started();
        assert_eq!(rig.send("AT+CMQTTREL=0"), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::NotAcquired]);
    }
}

#[test]
fn release_of_a_connected_client_is_refused() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    assert_eq!(rig.send("AT+CMQTTREL=0"), "\r\n+CMQTTREL: 0,19\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::StillConnected]);
}

#[test]
fn release_clears_settings_will_and_staged_data_but_not_the_ssl_context() {
    let mut rig = Rig::new(Family::A76xx);
    rig.modem.preset_acquired(0, "device-7", false);
    rig.send("AT+CMQTTCFG=\"optimeout\",0,30");
    rig.send("AT+CMQTTSSLCFG=0,3");
    rig.enter("AT+CMQTTWILLTOPIC=0,4", b"gone");
    rig.enter("AT+CMQTTWILLMSG=0,3,1", b"bye");
    assert_eq!(rig.send("AT+CMQTTREL=0"), "\r\nOK\r\n");
    let client = rig.modem.client(0);
    assert_eq!(client.acquired, None);
    assert_eq!(client.settings, Default::default());
    assert_eq!((&client.will_topic, &client.will_message), (&None, &None));
    assert_eq!(client.ssl_context, Some(3));
    assert_eq!(rig.send("AT+CMQTTREL?"), "\r\nOK\r\n");
}

#[test]
fn the_end_of_an_earlier_answer_stands_inside_start_where_the_switch_says() {
    let mut rig = Rig::with(Family::A7600, &[("stale-answer-in-start", "on")]);
    let stale = "\r\n+CGREG: 0,1\r\n\r\nOK\r\n\r\nSMS DONE\r\n";
    assert_eq!(rig.send("AT+CMQTTSTART"), format!("{stale}\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"));
}

#[test]
fn nonet_ends_the_own_stop_where_the_switch_says() {
    for (order, answer) in
        [("result-first", "\r\n+CMQTTSTOP: 0\r\n\r\nOK\r\n"), ("ok-first", "\r\nOK\r\n\r\n+CMQTTSTOP: 0\r\n")]
    {
        let mut rig = Rig::with(Family::Sim7600, &[("nonet-after-stop", "on"), ("stop-order", order)]);
        rig.modem.preset_started();
        assert_eq!(rig.send("AT+CMQTTSTOP"), format!("{answer}\r\n+CMQTTNONET\r\n"));
    }
}
