//! Layout and position of received messages.

use super::*;
use crate::modem::message_bytes;

fn message(client: usize, topic: &[u8], payload: &[u8]) -> Event {
    Event::Message { client, topic: topic.to_vec(), payload: payload.to_vec() }
}

const ON: &str =
    "\r\n+CMQTTRXSTART: 0,3,2\r\n+CMQTTRXTOPIC: 0,3\r\ncmd\r\n+CMQTTRXPAYLOAD: 0,2\r\non\r\n+CMQTTRXEND: 0\r\n";

#[test]
fn a_message_is_laid_out_as_captured() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    assert_eq!(rig.event(message(0, b"cmd", b"on")), ON);
}

#[test]
fn an_empty_payload_has_no_payload_part() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    assert_eq!(
        rig.event(message(0, b"cmd", b"")),
        "\r\n+CMQTTRXSTART: 0,3,0\r\n+CMQTTRXTOPIC: 0,3\r\ncmd\r\n+CMQTTRXEND: 0\r\n"
    );
}

#[test]
fn parts_are_cut_at_1500_bytes() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    let payload = "p".repeat(1520);
    assert_eq!(
        rig.event(message(0, b"cmd", payload.as_bytes())),
        format!(
            "\r\n+CMQTTRXSTART: 0,3,1520\r\n+CMQTTRXTOPIC: 0,3\r\ncmd\r\n+CMQTTRXPAYLOAD: 0,1500\r\n{}\r\n+CMQTTRXPAYLOAD: 0,20\r\n{}\r\n+CMQTTRXEND: 0\r\n",
            "p".repeat(1500),
            "p".repeat(20)
        )
    );
}

#[test]
fn topics_are_cut_too_and_blank_lines_are_a_switch() {
    let mut rig = Rig::connected(Family::A7600, &[("part-size", "2"), ("blank-lines", "1")]);
    assert_eq!(
        rig.event(message(0, b"cmd", b"on")),
        "\r\n\r\n+CMQTTRXSTART: 0,3,2\r\n\r\n+CMQTTRXTOPIC: 0,2\r\ncm\r\n\r\n+CMQTTRXTOPIC: 0,1\r\nd\r\n\r\n+CMQTTRXPAYLOAD: 0,2\r\non\r\n\r\n+CMQTTRXEND: 0\r\n"
    );
}

/// A message of two topic parts and two payload parts with these separators at topic→topic, payload→payload, and
/// topic→payload with payload→end.
fn separated(topic: &str, payload: &str, block: &str) -> String {
    format!(
        "\r\n+CMQTTRXSTART: 0,3,3\r\n+CMQTTRXTOPIC: 0,2\r\ncm{topic}+CMQTTRXTOPIC: 0,1\r\nd{block}+CMQTTRXPAYLOAD: 0,2\r\nof{payload}+CMQTTRXPAYLOAD: 0,1\r\nf{block}+CMQTTRXEND: 0\r\n"
    )
}

#[test]
fn each_kind_of_boundary_has_a_separator_of_its_own() {
    for (name, expected) in [
        ("topic-separator", separated("", "\r\n", "\r\n")),
        ("payload-separator", separated("\r\n", "", "\r\n")),
        ("block-separator", separated("\r\n", "\r\n", "")),
    ] {
        let mut rig = Rig::connected(Family::A7600, &[("part-size", "2"), (name, "none")]);
        assert_eq!(rig.event(message(0, b"cmd", b"off")), expected, "{name}");
    }
}

#[test]
fn the_mixture_that_the_manuals_print_has_crlf_between_topic_parts_and_nothing_between_payload_parts() {
    let switches = [("part-size", "2"), ("topic-separator", "crlf"), ("payload-separator", "none")];
    let mut rig = Rig::connected(Family::A7600, &switches);
    assert_eq!(rig.event(message(0, b"cmd", b"off")), separated("\r\n", "", "\r\n"));
}

#[test]
fn payload_bytes_are_exact() {
    let payload: Vec<u8> = (0..=255).collect();
    let bytes = message_bytes(&Behaviour::of(Family::A7600), 1, b"cmd", &payload);
    assert!(bytes.windows(256).any(|window| window == payload));
}

#[test]
fn messages_of_two_clients_do_not_interleave() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.preset_connected(1, connection("device-8"));
    rig.modem.event(rig.now, message(0, b"cmd", b"on"));
    let both = rig.event(message(1, b"cmd", b"on"));
    assert!(both.find("RXEND: 0").unwrap() < both.find("RXSTART: 1").unwrap());
}

#[test]
fn a_message_comes_inside_publish_where_the_switch_says() {
    for (value, expected) in [
        ("as-it-comes", format!("{ON}\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n")),
        ("inside", format!("\r\nOK\r\n{ON}\r\n+CMQTTPUB: 0,0\r\n")),
        ("after", format!("\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n{ON}")),
    ] {
        let mut rig = Rig::connected(Family::A7600, &[("message-in-publish", value)]);
        rig.enter("AT+CMQTTTOPIC=0,3", b"cmd");
        rig.modem.receive(rig.now, b"AT+CMQTTPUB=0,1,60\r");
        rig.modem.event(rig.now, message(0, b"cmd", b"on"));
        assert_eq!(rig.event(Event::Published { client: 0 }), expected, "{value}");
    }
}

#[test]
fn a_message_comes_inside_subscribe_where_the_switch_says() {
    for (value, expected) in [
        ("inside", format!("\r\nOK\r\n{ON}\r\n+CMQTTSUB: 0,0\r\n")),
        ("after", format!("\r\nOK\r\n\r\n+CMQTTSUB: 0,0\r\n{ON}")),
    ] {
        let mut rig = Rig::connected(Family::Sim767x, &[("message-in-subscribe", value)]);
        rig.send("AT+CMQTTSUB=0,3,1");
        rig.modem.receive(rig.now, b"cmd");
        rig.modem.event(rig.now, message(0, b"cmd", b"on"));
        assert_eq!(rig.event(Event::Subscribed { client: 0 }), expected, "{value}");
    }
}

#[test]
fn a_message_comes_while_a_prompt_waits_or_after_it() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.send("AT+CMQTTTOPIC=0,3");
    assert_eq!(rig.event(message(0, b"cmd", b"on")), ON);
    rig.set("during-prompt", "hold");
    assert_eq!(rig.event(message(0, b"cmd", b"on")), "");
    assert_eq!(rig.send_bytes(b"cmd"), format!("{ON}\r\nOK\r\n"));
}

#[test]
fn messages_of_a_stored_session_follow_connect_s_outcome() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.preset_acquired(0, "device-7", false);
    rig.send("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,0");
    rig.modem.event(rig.now, Event::Connected { client: 0 });
    rig.modem.event(rig.now, message(0, b"cmd", b"on"));
    assert_eq!(rig.pass(A_WHILE), format!("\r\n+CMQTTCONNECT: 0,0\r\n{ON}"));
}

#[test]
fn messages_held_back_come_before_connection_lost() {
    let mut rig = Rig::connected(Family::A7600, &[("during-prompt", "hold")]);
    rig.send("AT+CMQTTTOPIC=0,3");
    rig.event(message(0, b"cmd", b"on"));
    let answer = rig.event(Event::ConnectionLost { client: 0, cause: 1 });
    assert_eq!(answer, format!("{ON}\r\n+CMQTTCONNLOST: 0,1\r\n"));
}

#[test]
fn messages_for_a_client_without_a_session_are_dropped() {
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.event(message(0, b"cmd", b"on")), "");
}

#[test]
fn a_message_follows_the_answer_of_a_command_outside_mqtt_at_once_where_the_switch_says() {
    for (value, expected) in
        [("off", format!("{ON}\r\n+CSQ: 23,0\r\n\r\nOK\r\n")), ("on", format!("\r\n+CSQ: 23,0\r\n\r\nOK\r\n{ON}"))]
    {
        let mut rig = Rig::connected(Family::Sim7600, &[("glued-messages", value)]);
        rig.modem.receive(rig.now, b"AT+CSQ\r");
        rig.modem.event(rig.now, message(0, b"cmd", b"on"));
        assert_eq!(rig.pass(Duration::from_millis(15)), expected);
        rig.modem.receive(rig.now, b"AT+CMQTTTOPIC=0,3\r");
        assert_eq!(rig.event(message(0, b"cmd", b"on")), format!("{ON}\r\n>"), "a command of MQTT");
    }
}
