//! Echo, prompts, data, and bytes at the wrong moment.

use super::*;

fn echoing(switches: &[(&str, &str)]) -> Rig {
    let mut rig = Rig::with(Family::A7600, switches);
    rig.modem.preset_echo(true);
    rig
}

#[test]
fn the_command_line_comes_back_with_its_cr_until_echo_is_off() {
    let mut rig = echoing(&[]);
    assert_eq!(rig.send("ATE0"), "ATE0\r\r\nOK\r\n");
    assert_eq!(rig.send("AT"), "\r\nOK\r\n");
    assert_eq!(rig.send("ATE1"), "\r\nOK\r\n");
    assert_eq!(rig.send("at"), "at\r\r\nOK\r\n");
}

#[test]
fn line_feeds_are_ignored_and_an_empty_line_answers_nothing() {
    let mut rig = echoing(&[]);
    assert_eq!(rig.send_bytes(b"\nAT\r\n"), "AT\r\r\nOK\r\n");
    assert_eq!(rig.send_bytes(b"\r\n\r\n"), "\r\r");
}

#[test]
fn bytes_before_the_final_result_are_the_next_command_and_complained_about() {
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.send_bytes(b"AT\rAT+CSQ\r"), "\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n");
    let complaints = rig.modem.take_complaints();
    assert_eq!(complaints.len(), 1);
    assert_eq!(complaints[0].kind, ComplaintKind::BytesWhileExecuting);
    assert_eq!(complaints[0].what, "taken later: AT+CSQ");
}

#[test]
fn bytes_before_the_final_result_are_lost_where_the_switch_says() {
    let mut rig = Rig::with(Family::A7600, &[("bytes-while-executing", "lost")]);
    assert_eq!(rig.send_bytes(b"AT\rAT+CSQ\r"), "\r\nOK\r\n");
    let complaints = rig.modem.take_complaints();
    assert_eq!(complaints.len(), 1);
    assert_eq!(complaints[0].kind, ComplaintKind::BytesWhileExecuting);
    assert_eq!(complaints[0].what, "lost: AT+CSQ");
}

#[test]
fn half_a_line_before_the_final_result_waits_for_its_other_half() {
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.send_bytes(b"AT\rAT+C"), "\r\nOK\r\n");
    assert_eq!(rig.send_bytes(b"SQ\r"), "\r\n+CSQ: 23,0\r\n\r\nOK\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::BytesWhileExecuting]);
}

#[test]
fn bytes_before_the_prompt_are_its_data_or_lost_and_complained_about() {
    for (value, answer, awaited) in [("queued", "\r\n>\r\nOK\r\n", None), ("lost", "\r\n>", Some(5))] {
        let mut rig = Rig::connected(Family::A7600, &[("bytes-while-executing", value)]);
        assert_eq!(rig.send_bytes(b"AT+CMQTTTOPIC=0,5\r\nstate"), answer);
        assert_eq!(rig.complaints(), [ComplaintKind::BytesWhileExecuting]);
        assert_eq!(rig.modem.awaited_data(), awaited);
    }
}

#[test]
fn what_is_sent_to_a_prompt_that_does_not_come_is_carried_out_as_commands() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.preset_acquired(0, "device-7", false);
    let answer = rig.send_bytes(b"AT+CMQTTPAYLOAD=0,12\rx\rAT+CRESET\rAT+CSQ\r");
    let boot = "\r\n*ATREADY: 1\r\n";
    assert!(
        answer.starts_with(&format!("\r\n+CMQTTPAYLOAD: 0,11\r\n\r\nERROR\r\n\r\nERROR\r\n\r\nOK\r\n{boot}")),
        "{answer}"
    );
    let mut kinds = rig.complaints();
    kinds.dedup();
    assert_eq!(kinds[..3], [ComplaintKind::NotConnected, ComplaintKind::BytesWhileExecuting, ComplaintKind::Garbage]);
}

#[test]
fn what_came_before_a_restart_is_not_taken_behind_it() {
    let mut rig = Rig::with(Family::A7600, &[("boot-lines", "off")]);
    rig.modem.receive(rig.now, b"AT\rAT+CSQ\r");
    rig.modem.restart(rig.now);
    assert_eq!(rig.pass(A_WHILE), "\r\n*ATREADY: 1\r\n");
    rig.complaints();
}

#[test]
fn what_precedes_at_is_an_error_or_ignored() {
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.send("x\x01>AT+CSQ"), "\r\nERROR\r\n");
    rig.set("ignores-before-at", "on");
    assert_eq!(rig.send("x\x01>AT+CSQ"), "\r\n+CSQ: 23,0\r\n\r\nOK\r\n");
    assert_eq!(rig.send("+CSQ"), "\r\nERROR\r\n", "there is no AT");
    rig.modem.preset_echo(true);
    assert_eq!(rig.send(">at"), ">at\r\r\nOK\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::Garbage; 4]);
}

#[test]
fn every_style_of_prompt_is_sent() {
    for (value, prompt) in [("crlf", "\r\n>"), ("bare", ">"), ("space", "> "), ("crlf-space", "\r\n> ")] {
        let mut rig = Rig::connected(Family::A7600, &[("prompt", value)]);
        assert_eq!(rig.send("AT+CMQTTTOPIC=0,5"), prompt);
    }
}

#[test]
fn data_are_taken_whatever_they_look_like_and_not_echoed() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.preset_echo(true);
    let data = b"\r\nOK\r\n>\r\nERROR\r\nAT+CMQTTDISC=0,60\r\0\x1A\x1B";
    let line = format!("AT+CMQTTPAYLOAD=0,{}", data.len());
    assert_eq!(rig.send(&line), format!("{line}\r\r\n>"));
    let (first, second) = data.split_at(10);
    assert_eq!(rig.send_bytes(first), "", "a prompt waits for ever");
    assert_eq!(rig.pass(Duration::from_secs(3600)), "");
    assert_eq!(rig.send_bytes(second), "\r\nOK\r\n");
    assert_eq!(rig.modem.client(0).payload.as_deref(), Some(&data[..]));
}

#[test]
fn crlf_beyond_the_data_is_tolerated() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.modem.preset_echo(true);
    rig.send("AT+CMQTTTOPIC=0,5");
    assert_eq!(rig.send_bytes(b"state\r\n"), "\r\nOK\r\n");
    assert_eq!(rig.modem.client(0).topic.as_deref(), Some(&b"state"[..]));
}

#[test]
fn other_bytes_beyond_the_data_begin_the_next_line_or_are_lost_and_complained_about() {
    for (value, answer) in [("queued", "\r\nERROR\r\n"), ("lost", "\r\nOK\r\n")] {
        let mut rig = Rig::connected(Family::A7600, &[("bytes-while-executing", value)]);
        rig.send("AT+CMQTTTOPIC=0,5");
        assert_eq!(rig.send_bytes(b"states"), "\r\nOK\r\n");
        assert_eq!(rig.complaints(), [ComplaintKind::BytesWhileExecuting]);
        assert_eq!(rig.send("AT"), answer, "{value}");
        rig.complaints();
    }
}

#[test]
fn a_line_longer_than_the_buffer_is_an_error() {
    let mut rig = Rig::with(Family::A7600, &[("line-buffer", "20")]);
    assert_eq!(rig.send(&format!("AT+{}", "C".repeat(18))), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::LineTooLong]);
}

#[test]
fn a_line_without_at_is_an_error_or_ignored() {
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.send("+CSQ"), "\r\nERROR\r\n");
    rig.set("garbage-line", "silent");
    assert_eq!(rig.send("state"), "");
    assert_eq!(rig.complaints(), [ComplaintKind::Garbage, ComplaintKind::Garbage]);
}

#[test]
fn unknown_commands_and_forms_are_errors() {
    let mut rig = Rig::new(Family::A7600);
    for line in ["AT+CMQTTFOO=1", "AT+CFOO", "ATX9", "AT+CMQTTSTART?", "AT+CMQTTSTART=?", "AT+CSQ?"] {
        assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.complaints(), [ComplaintKind::UnknownCommand], "{line}");
    }
}

#[test]
fn general_commands_answer() {
    let mut rig = Rig::new(Family::A76xx);
    for (line, answer) in [
        ("AT", "\r\nOK\r\n"),
        ("AT+CSQ", "\r\n+CSQ: 23,0\r\n\r\nOK\r\n"),
        ("AT+CREG?", "\r\n+CREG: 0,1\r\n\r\nOK\r\n"),
        ("AT+CGREG?", "\r\n+CGREG: 0,1\r\n\r\nOK\r\n"),
        ("AT+CEREG?", "\r\n+CEREG: 0,1\r\n\r\nOK\r\n"),
        ("AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n"),
        ("AT+CGMM", "\r\nA7670E-FASE\r\n\r\nOK\r\n"),
        ("AT+CGDCONT=1,\"IP\",\"internet\"", "\r\nOK\r\n"),
        ("AT+CGACT=1,1", "\r\nOK\r\n"),
        ("AT+CGACT?", "\r\n+CGACT: 1,1\r\n\r\nOK\r\n"),
        ("AT+CGPADDR=1", "\r\n+CGPADDR: 1,10.49.14.68\r\n\r\nOK\r\n"),
        ("AT+IPR=115200", "\r\nOK\r\n"),
        ("AT+IFC=2,2", "\r\nOK\r\n"),
    ] {
        assert_eq!(rig.send(line), answer, "{line}");
    }
    assert_eq!(rig.modem.network().contexts[&1].apn, "internet");
    rig.modem.network_mut().sim = "+CME ERROR: SIM failure".to_owned();
    assert_eq!(rig.send("AT+CPIN?"), "\r\n+CME ERROR: SIM failure\r\n");
}
