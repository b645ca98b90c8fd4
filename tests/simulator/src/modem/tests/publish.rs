//! TOPIC, PAYLOAD and PUB.

use super::*;

fn staged(switches: &[(&str, &str)]) -> Rig {
    let mut rig = Rig::connected(Family::A7600, switches);
    rig.enter("AT+CMQTTTOPIC=0,5", b"state");
    rig.enter("AT+CMQTTPAYLOAD=0,2", b"on");
    rig
}

#[test]
fn publish_sends_what_was_staged_and_clears_it() {
    let mut rig = staged(&[]);
    assert_eq!(rig.send("AT+CMQTTPUB=0,1,60,1,0"), "\r\nOK\r\n");
    assert_eq!(
        rig.requests(),
        [Request::Publish { client: 0, topic: b"state".to_vec(), payload: b"on".to_vec(), qos: 1, retained: true }]
    );
    assert_eq!(rig.event(Event::Published { client: 0 }), "\r\n+CMQTTPUB: 0,0\r\n");
    assert_eq!(rig.modem.next_deadline(), None, "nothing is left to do");
    assert_eq!((&rig.modem.client(0).topic, &rig.modem.client(0).payload), (&None, &None));
    assert_eq!(rig.send("AT+CMQTTPUB=0,1,60"), "\r\n+CMQTTPUB: 0,18\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::TopicEmpty]);
}

#[test]
fn ok_and_outcome_adjoin_when_the_broker_is_fast() {
    let mut rig = staged(&[]);
    rig.modem.receive(rig.now, b"AT+CMQTTPUB=0,0,60\r");
    assert_eq!(rig.event(Event::Published { client: 0 }), "\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n");
}

#[test]
fn publish_without_payload_is_empty() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.enter("AT+CMQTTTOPIC=0,5", b"state");
    rig.send("AT+CMQTTPUB=0,0,60");
    assert!(matches!(&rig.requests()[..], [Request::Publish { payload, .. }] if payload.is_empty()));
}

#[test]
fn a_failing_publish_answers_in_each_order() {
    for (value, at_once, later) in [
        ("ok-first", "\r\nOK\r\n", "\r\n+CMQTTPUB: 0,6\r\n\r\n+CMQTTCONNLOST: 0,1\r\n"),
        ("error-last", "", "\r\n+CMQTTPUB: 0,6\r\n\r\nERROR\r\n\r\n+CMQTTCONNLOST: 0,1\r\n"),
        ("ok-last", "", "\r\n+CMQTTPUB: 0,6\r\n\r\n+CMQTTCONNLOST: 0,1\r\n\r\nOK\r\n"),
    ] {
        let mut rig = staged(&[("publish-failure", value)]);
        assert_eq!(rig.send("AT+CMQTTPUB=0,1,60"), at_once, "{value}");
        assert_eq!(rig.event(Event::ConnectionLost { client: 0, cause: 1 }), later, "{value}");
        assert!(!rig.modem.client(0).connected);
        assert_eq!(rig.modem.client(0).topic, None);
    }
}

#[test]
fn a_loss_reported_after_the_failure_still_follows_the_outcome() {
    let mut rig = staged(&[]);
    rig.modem.receive(rig.now, b"AT+CMQTTPUB=0,1,60\r");
    rig.modem.event(rig.now, Event::PublishFailed { client: 0, code: 6 });
    assert_eq!(
        rig.event(Event::ConnectionLost { client: 0, cause: 2 }),
        "\r\nOK\r\n\r\n+CMQTTPUB: 0,6\r\n\r\n+CMQTTCONNLOST: 0,2\r\n"
    );
}

#[test]
fn an_unanswered_publish_ends_with_17_after_its_timeout() {
    let mut rig = staged(&[]);
    rig.send("AT+CMQTTPUB=0,1,60");
    assert_eq!(rig.pass(Duration::from_secs(57)), "");
    assert_eq!(rig.pass(Duration::from_secs(2)), "\r\n+CMQTTPUB: 0,17\r\n");
}

#[test]
fn every_command_on_a_busy_client_is_refused_with_14() {
    let mut rig = staged(&[]);
    rig.modem.preset_acquired(1, "device-8", false);
    rig.send("AT+CMQTTPUB=0,1,60");
    for (name, parameters) in [
        ("TOPIC", "0,5"),
        ("PAYLOAD", "0,5"),
        ("PUB", "0,1,60"),
        ("SUBTOPIC", "0,5,1"),
        ("SUB", "0,5,1"),
        ("UNSUBTOPIC", "0,5"),
        ("UNSUB", "0,5,0"),
        ("WILLTOPIC", "0,5"),
        ("WILLMSG", "0,5,1"),
        ("DISC", "0,60"),
        ("REL", "0"),
    ] {
        let answer = format!("\r\n+CMQTT{name}: 0,14\r\n\r\nERROR\r\n");
        assert_eq!(rig.send(&format!("AT+CMQTT{name}={parameters}")), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::Busy]);
    }
    assert_eq!(rig.send("AT+CMQTTWILLTOPIC=1,1"), "\r\n>", "the other client is not busy");
}

#[test]
fn a_prompt_is_refused_without_a_session() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.preset_acquired(0, "device-7", false);
    assert_eq!(rig.send("AT+CMQTTTOPIC=0,5"), "\r\n+CMQTTTOPIC: 0,11\r\n\r\nERROR\r\n");
    assert_eq!(rig.send("AT+CMQTTPAYLOAD=1,5"), "\r\n+CMQTTPAYLOAD: 1,20\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotConnected, ComplaintKind::NotAcquired]);
}

#[test]
fn lengths_out_of_range_are_refused_with_12() {
    for (family, name, length) in [
        (Family::A7600, "TOPIC", 0),
        (Family::A7600, "TOPIC", 1025),
        (Family::A7600, "PAYLOAD", 10241),
        (Family::Sim767x, "PAYLOAD", 4097),
    ] {
        let mut rig = Rig::connected(family, &[]);
        let answer = format!("\r\n+CMQTT{name}: 0,12\r\n\r\nERROR\r\n");
        assert_eq!(rig.send(&format!("AT+CMQTT{name}=0,{length}")), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
    }
}

#[test]
fn publish_timeouts_are_the_family_s() {
    let mut rig = staged(&[]);
    assert_eq!(rig.send("AT+CMQTTPUB=0,1,59"), "\r\n+CMQTTPUB: 0,12\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
    assert_eq!(rig.modem.client(0).topic.as_deref(), Some(&b"state"[..]), "a refused PUB clears nothing");
    let mut rig = Rig::connected(Family::A76xx, &[]);
    rig.enter("AT+CMQTTTOPIC=0,5", b"state");
    assert_eq!(rig.send("AT+CMQTTPUB=0,1,1"), "\r\nOK\r\n\r\n+CMQTTPUB: 0,17\r\n");
}

#[test]
fn a_topic_that_is_not_utf8_is_refused_after_its_data_while_it_is_checked() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.send("AT+CMQTTTOPIC=0,2");
    assert_eq!(rig.send_bytes(b"\xFFa"), "\r\n+CMQTTTOPIC: 0,2\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::BadTopic]);
    rig.modem.clients[0].settings.check_utf8 = false;
    rig.enter("AT+CMQTTTOPIC=0,2", b"\xFFa");
}

#[test]
fn a_topic_with_a_wildcard_is_taken_but_complained_about() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.enter("AT+CMQTTTOPIC=0,7", b"state/#");
    assert_eq!(rig.complaints(), [ComplaintKind::BadTopic]);
}

#[test]
fn a_payload_is_any_bytes() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    let payload: Vec<u8> = (0..=255).collect();
    rig.enter("AT+CMQTTPAYLOAD=0,256", &payload);
    assert_eq!(rig.modem.client(0).payload.as_ref(), Some(&payload));
}
