//! Injections, overrides and noise.

use super::*;
use crate::behaviour::{Injection, Override, Point, ScriptedAnswer};

fn inject(rig: &mut Rig, prefix: &str, nth: usize, point: Point, bytes: &[u8]) {
    let injection = Injection { prefix: prefix.to_owned(), nth, point, bytes: bytes.to_vec() };
    rig.modem.behaviour_mut().injections.push(injection);
}

fn override_with(rig: &mut Rig, prefix: &str, nth: usize, answer: ScriptedAnswer) {
    let scripted = Override { prefix: prefix.to_owned(), nth, answer };
    rig.modem.behaviour_mut().overrides.push(scripted);
}

#[test]
fn every_point_of_an_exchange_can_be_injected() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.preset_echo(true);
    for (point, mark) in [
        (Point::BeforeEcho, b"[1]"),
        (Point::AfterEcho, b"[2]"),
        (Point::AfterPrompt, b"[3]"),
        (Point::AfterData, b"[4]"),
        (Point::AfterFinal, b"[5]"),
        (Point::BeforeOutcome, b"[6]"),
        (Point::AfterOutcome, b"[7]"),
    ] {
        inject(&mut rig, "AT+CMQTTSUB=", 1, point, mark);
    }
    assert_eq!(rig.send("AT+CMQTTSUB=0,1,0"), "[1]AT+CMQTTSUB=0,1,0\r[2]\r\n>[3]");
    assert_eq!(rig.send_bytes(b"a"), "[4]\r\nOK\r\n[5]");
    assert_eq!(rig.event(Event::Subscribed { client: 0 }), "[6]\r\n+CMQTTSUB: 0,0\r\n[7]");
    assert_eq!(rig.send("AT+CMQTTSUB=0,1,0"), "AT+CMQTTSUB=0,1,0\r\r\n>");
}

#[test]
fn an_outcome_before_ok_is_injected_between_the_two() {
    let mut rig = Rig::new(Family::Sim7600);
    inject(&mut rig, "AT+CMQTTSTART", 1, Point::AfterOutcome, b"\r\nPB DONE\r\n");
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\n+CMQTTSTART: 0\r\n\r\nPB DONE\r\n\r\nOK\r\n");
}

#[test]
fn the_nth_command_is_answered_as_scripted() {
    let mut rig = Rig::new(Family::A7600);
    let answer = ScriptedAnswer::Exactly(b"\r\n+CME ERROR: 14\r\n".to_vec());
    override_with(&mut rig, "AT+CPIN?", 2, answer);
    override_with(&mut rig, "AT+CPIN?", 3, ScriptedAnswer::Silence);
    assert_eq!(rig.send("AT+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CPIN?"), "\r\n+CME ERROR: 14\r\n");
    assert_eq!(rig.send("AT+CPIN?"), "");
    assert_eq!(rig.send("AT+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
}

#[test]
fn a_prompt_is_refused_as_scripted() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    override_with(&mut rig, "AT+CMQTTTOPIC", 0, ScriptedAnswer::Refuse(14));
    for client in 0..2 {
        let answer = format!("\r\n+CMQTTTOPIC: {client},14\r\n\r\nERROR\r\n");
        assert_eq!(rig.send(&format!("AT+CMQTTTOPIC={client},5")), answer);
    }
}

#[test]
fn what_follows_the_data_of_a_prompt_is_answered_as_scripted() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    let answer = b"\r\nOK\r\n\r\n+CMQTTSUB: 0,6\r\n".to_vec();
    override_with(&mut rig, "AT+CMQTTSUB=", 1, ScriptedAnswer::AfterData(answer));
    assert_eq!(rig.send("AT+CMQTTSUB=0,1,0"), "\r\n>");
    assert_eq!(rig.send_bytes(b"a"), "\r\nOK\r\n\r\n+CMQTTSUB: 0,6\r\n");
    assert_eq!(rig.send("AT+CMQTTSUB=0,1,0"), "\r\n>");
    assert_eq!(rig.send_bytes(b"a"), "\r\nOK\r\n");
}

#[test]
fn noise_comes_before_or_after_every_echo() {
    let mstk = format!("\r\n+MSTK: 11, \"{}\"\r\n", "D0".repeat(125));
    assert!(mstk.len() > 250);
    for (name, value, answer) in [
        ("before-echo", "cgev", "\r\n+CGEV: EPS PDN ACT 1\r\nAT\r\r\nOK\r\n".to_owned()),
        ("before-echo", "mstk", format!("{mstk}AT\r\r\nOK\r\n")),
        ("after-echo", "boot", "AT\r\r\nSMS DONE\r\n\r\nPB DONE\r\n\r\nOK\r\n".to_owned()),
    ] {
        let mut rig = Rig::with(Family::A7600, &[(name, value)]);
        rig.modem.preset_echo(true);
        assert_eq!(rig.send("AT"), answer);
    }
}
