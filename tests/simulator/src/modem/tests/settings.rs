//! CFG, SSLCFG, WILLTOPIC and WILLMSG.

use super::*;

fn acquired(family: Family) -> Rig {
    let mut rig = Rig::new(family);
    rig.modem.preset_acquired(0, "device-7", false);
    rig
}

#[test]
fn settings_are_set_and_shown() {
    let mut rig = acquired(Family::Sim767x);
    for line in ["AT+CMQTTCFG=\"checkUTF8\",0,0", "AT+CMQTTCFG=\"optimeout\",0,24", "AT+CMQTTCFG=\"version\",0,4"] {
        assert_eq!(rig.send(line), "\r\nOK\r\n", "{line}");
    }
    assert_eq!(rig.modem.client(0).settings.version, 4);
    assert_eq!(rig.send("AT+CMQTTCFG?"), "\r\n+CMQTTCFG: 0,0,24\r\n+CMQTTCFG: 1,1,120\r\n\r\nOK\r\n");
}

#[test]
fn settings_out_of_range_or_unknown_are_errors() {
    for (line, kind) in [
        ("AT+CMQTTCFG=\"checkUTF8\",0,2", ComplaintKind::OutOfRange),
        ("AT+CMQTTCFG=\"optimeout\",0,19", ComplaintKind::OutOfRange),
        ("AT+CMQTTCFG=\"optimeout\",0,121", ComplaintKind::OutOfRange),
        ("AT+CMQTTCFG=\"optimeout\",2,60", ComplaintKind::OutOfRange),
        ("AT+CMQTTCFG=\"version\",0,4", ComplaintKind::NotInFamily),
        ("AT+CMQTTCFG=\"argtopic\",0,1", ComplaintKind::UnknownCommand),
        ("AT+CMQTTCFG=\"optimeout\",1,60", ComplaintKind::NotAcquired),
        ("AT+CMQTTCFG=\"optimeout\",0", ComplaintKind::MissingParameter),
        ("AT+CMQTTCFG=optimeout,0,60", ComplaintKind::Malformed),
    ] {
        let mut rig = acquired(Family::A7600);
        assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.complaints(), [kind], "{line}");
    }
}

#[test]
fn settings_and_will_come_before_connect() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    for (line, answer) in [
        ("AT+CMQTTCFG=\"optimeout\",0,60", "\r\nERROR\r\n"),
        ("AT+CMQTTSSLCFG=0,0", "\r\nERROR\r\n"),
        ("AT+CMQTTWILLTOPIC=0,3", "\r\n+CMQTTWILLTOPIC: 0,13\r\n\r\nERROR\r\n"),
        ("AT+CMQTTWILLMSG=0,3,1", "\r\n+CMQTTWILLMSG: 0,13\r\n\r\nERROR\r\n"),
    ] {
        assert_eq!(rig.send(line), answer, "{line}");
        assert_eq!(rig.complaints(), [ComplaintKind::AlreadyConnected], "{line}");
    }
}

#[test]
fn ssl_contexts_are_set_and_shown() {
    for (family, unset) in [(Family::Sim767x, "0"), (Family::A7600, "")] {
        let mut rig = acquired(family);
        assert_eq!(rig.send("AT+CMQTTSSLCFG=0,9"), "\r\nOK\r\n");
        let answer = format!("\r\n+CMQTTSSLCFG: 0,9\r\n+CMQTTSSLCFG: 1,{unset}\r\n\r\nOK\r\n");
        assert_eq!(rig.send("AT+CMQTTSSLCFG?"), answer);
        assert_eq!(rig.send("AT+CMQTTSSLCFG=0,10"), "\r\nERROR\r\n");
        assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
    }
}

#[test]
fn a_will_needs_an_acquired_client_and_ranges() {
    let mut rig = acquired(Family::A7600);
    for (line, answer, kind) in [
        ("WILLTOPIC=1,3", "\r\n+CMQTTWILLTOPIC: 1,20\r\n\r\nERROR\r\n", ComplaintKind::NotAcquired),
        ("WILLTOPIC=0,1025", "\r\n+CMQTTWILLTOPIC: 0,12\r\n\r\nERROR\r\n", ComplaintKind::OutOfRange),
        ("WILLMSG=0,0,1", "\r\n+CMQTTWILLMSG: 0,12\r\n\r\nERROR\r\n", ComplaintKind::OutOfRange),
        ("WILLMSG=0,3,3", "\r\n+CMQTTWILLMSG: 0,12\r\n\r\nERROR\r\n", ComplaintKind::OutOfRange),
        ("WILLMSG=0,3", "\r\nERROR\r\n", ComplaintKind::MissingParameter),
    ] {
        assert_eq!(rig.send(&format!("AT+CMQTT{line}")), answer, "{line}");
        assert_eq!(rig.complaints(), [kind], "{line}");
    }
}

#[test]
fn a_will_outlives_its_connection() {
    let mut rig = acquired(Family::A7600);
    rig.enter("AT+CMQTTWILLTOPIC=0,4", b"gone");
    rig.enter("AT+CMQTTWILLMSG=0,3,1", b"bye");
    for _ in 0..2 {
        rig.send("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1");
        rig.event(Event::Connected { client: 0 });
        assert!(matches!(
            &rig.requests()[..],
            [Request::Connect { connection, .. }] if connection.will.is_some()
        ));
        rig.event(Event::ConnectionLost { client: 0, cause: 1 });
    }
}
