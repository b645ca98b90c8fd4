//! SUBTOPIC, SUB, UNSUBTOPIC and UNSUB.

use super::*;

fn filters(filters: &[(&str, u8)]) -> Vec<(Vec<u8>, u8)> {
    filters.iter().map(|(filter, qos)| (filter.as_bytes().to_vec(), *qos)).collect()
}

#[test]
fn a_direct_subscribe_prompts_and_answers_ok_then_its_outcome() {
    let mut rig = Rig::connected(Family::Sim767x, &[]);
    assert_eq!(rig.send("AT+CMQTTSUB=0,5,1,0"), "\r\n>");
    assert_eq!(rig.send_bytes(b"cmd/#"), "\r\nOK\r\n");
    let filters = filters(&[("cmd/#", 1)]);
    assert_eq!(rig.requests(), [Request::Subscribe { client: 0, filters }]);
    assert_eq!(rig.event(Event::Subscribed { client: 0 }), "\r\n+CMQTTSUB: 0,0\r\n");
    assert_eq!(rig.modem.client(0).subscriptions, [b"cmd/#"]);
}

#[test]
fn staged_topics_are_subscribed_together_and_cleared() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.enter("AT+CMQTTSUBTOPIC=0,1,0", b"a");
    rig.enter("AT+CMQTTSUBTOPIC=0,1,2", b"b");
    assert_eq!(rig.send("AT+CMQTTSUB=0"), "\r\nOK\r\n");
    let filters = filters(&[("a", 0), ("b", 2)]);
    assert_eq!(rig.requests(), [Request::Subscribe { client: 0, filters }]);
    rig.event(Event::Subscribed { client: 0 });
    assert_eq!(rig.send("AT+CMQTTSUB=0,1"), "\r\n+CMQTTSUB: 0,18\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::TopicEmpty]);
}

#[test]
fn a_direct_unsubscribe_prompts_and_answers_ok_then_its_outcome() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.preset_subscribed(0, b"cmd", 1);
    rig.requests();
    assert_eq!(rig.send("AT+CMQTTUNSUB=0,3,0"), "\r\n>");
    assert_eq!(rig.send_bytes(b"cmd"), "\r\nOK\r\n");
    assert_eq!(rig.requests(), [Request::Unsubscribe { client: 0, filters: vec![b"cmd".to_vec()] }]);
    assert_eq!(rig.event(Event::Unsubscribed { client: 0 }), "\r\n+CMQTTUNSUB: 0,0\r\n");
    assert!(rig.modem.client(0).subscriptions.is_empty());
}

#[test]
fn staged_topics_are_unsubscribed_together_and_cleared() {
    let mut rig = Rig::connected(Family::Sim7600, &[]);
    rig.enter("AT+CMQTTUNSUBTOPIC=0,1", b"a");
    rig.enter("AT+CMQTTUNSUBTOPIC=0,1", b"b");
    assert_eq!(rig.send("AT+CMQTTUNSUB=0,0"), "\r\nOK\r\n");
    let filters = vec![b"a".to_vec(), b"b".to_vec()];
    assert_eq!(rig.requests(), [Request::Unsubscribe { client: 0, filters }]);
    assert!(rig.modem.client(0).unsubscribe_topics.is_empty());
}

#[test]
fn unsubscribe_needs_its_dup() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    assert_eq!(rig.send("AT+CMQTTUNSUB=0"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::MissingParameter]);
}

#[test]
fn a_failing_subscribe_answers_in_each_order() {
    for (value, at_once, later) in [
        ("ok-first", "\r\nOK\r\n", "\r\n+CMQTTSUB: 0,6\r\n\r\n+CMQTTCONNLOST: 0,1\r\n"),
        ("error-last", "", "\r\n+CMQTTSUB: 0,6\r\n\r\nERROR\r\n\r\n+CMQTTCONNLOST: 0,1\r\n"),
        ("ok-twice", "\r\nOK\r\n", "\r\n+CMQTTSUB: 0,6\r\n\r\n+CMQTTCONNLOST: 0,1\r\n\r\nOK\r\n"),
        ("ok-last", "", "\r\n+CMQTTSUB: 0,6\r\n\r\n+CMQTTCONNLOST: 0,1\r\n\r\nOK\r\n"),
    ] {
        let mut rig = Rig::connected(Family::Sim767x, &[("subscribe-failure", value)]);
        rig.send("AT+CMQTTSUB=0,3,1");
        assert_eq!(rig.send_bytes(b"cmd"), at_once, "{value}");
        assert_eq!(rig.event(Event::ConnectionLost { client: 0, cause: 1 }), later, "{value}");
    }
}

#[test]
fn a_refused_subscribe_leaves_the_session() {
    let mut rig = Rig::connected(Family::Sim767x, &[]);
    rig.send("AT+CMQTTSUB=0,3,1");
    rig.send_bytes(b"cmd");
    let answer = rig.event(Event::SubscribeFailed { client: 0, code: 1 });
    assert_eq!(answer, "\r\n+CMQTTSUB: 0,1\r\n");
    assert!(rig.modem.client(0).connected && rig.modem.client(0).subscriptions.is_empty());
}

#[test]
fn staged_subscriptions_are_not_in_sim767x() {
    let mut rig = Rig::connected(Family::Sim767x, &[]);
    for line in ["AT+CMQTTSUBTOPIC=0,5,1", "AT+CMQTTUNSUBTOPIC=0,5", "AT+CMQTTSUB=0", "AT+CMQTTUNSUB=0,0"] {
        assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.complaints(), [ComplaintKind::NotInFamily], "{line}");
    }
}

#[test]
fn a_quality_of_service_out_of_range_is_refused_with_12() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    assert_eq!(rig.send("AT+CMQTTSUBTOPIC=0,5,3"), "\r\n+CMQTTSUBTOPIC: 0,12\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
}

#[test]
fn sim7600_stages_no_more_than_5120_bytes() {
    let mut rig = Rig::connected(Family::Sim7600, &[]);
    for _ in 0..5 {
        rig.enter("AT+CMQTTSUBTOPIC=0,1024,0", &[b'a'; 1024]);
    }
    assert_eq!(rig.send("AT+CMQTTSUBTOPIC=0,1,0"), "\r\n+CMQTTSUBTOPIC: 0,22\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
}

#[test]
fn a_filter_that_is_not_utf8_is_refused_after_its_data() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.send("AT+CMQTTSUB=0,1,0");
    assert_eq!(rig.send_bytes(b"\xC0"), "\r\n+CMQTTSUB: 0,2\r\n\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::BadTopic]);
    assert_eq!(rig.requests(), []);
}

#[test]
fn the_read_form_lists_subscriptions_where_the_family_has_it() {
    for (value, answer) in [
        ("following-lines", "\r\n+CMQTTSUB:\r\na\r\nb/#\r\n\r\nOK\r\n"),
        ("same-line", "\r\n+CMQTTSUB: a\r\n+CMQTTSUB: b/#\r\n\r\nOK\r\n"),
    ] {
        let mut rig = Rig::connected(Family::Sim767x, &[("subscribe-read", value)]);
        rig.modem.preset_subscribed(0, b"a", 0);
        rig.modem.preset_subscribed(0, b"b/#", 0);
        assert_eq!(rig.send("AT+CMQTTSUB?"), answer);
    }
    let mut rig = Rig::connected(Family::A7600, &[]);
    assert_eq!(rig.send("AT+CMQTTSUB?"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotInFamily]);
}

#[test]
fn sim7600_says_ok_once_more_behind_a_failing_subscribe_and_may_be_late_with_it() {
    let mut rig = Rig::connected(Family::Sim7600, &[("extra-ok-delay", "200")]);
    rig.send("AT+CMQTTSUB=0,3,1");
    assert_eq!(rig.send_bytes(b"cmd"), "\r\nOK\r\n");
    rig.modem.event(rig.now, Event::SubscribeFailed { client: 0, code: 6 });
    assert_eq!(rig.pass(Duration::from_millis(199)), "\r\n+CMQTTSUB: 0,6\r\n");
    assert_eq!(rig.pass(Duration::from_millis(1)), "\r\nOK\r\n");
}
