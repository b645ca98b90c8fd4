extern crate std;

use core::time::Duration;
use std::vec;
use std::vec::Vec;

use super::Detect;
use crate::command::Start;
use crate::error::{CommandName, Error};
use crate::family::{Family, Timeouts};
use crate::procedure::Single;
use crate::session::dialogue::*;

/// A model of no known family.
fn unknown_model() -> Vec<Row> {
    command("AT+CGMM", "\r\nMODULE 1\r\n\r\nOK\r\n")
}

/// The answer to a test form: its lines and `OK`, or `ERROR` where the module does not have the form.
fn test_form(name: &str, lines: &[&str]) -> Vec<Row> {
    let answer = match lines {
        [] => ERROR.into(),
        lines => lines.iter().map(|line| std::format!("\r\n{name}: {line}\r\n")).collect::<std::string::String>() + OK,
    };
    command(&std::format!("AT{name}=?"), &answer)
}

/// The four test forms in which the families differ.
fn test_forms(payload: &[&str], cfg: &[&str], accq: &[&str], subtopic: &[&str]) -> Vec<Row> {
    [
        unknown_model(),
        test_form("+CMQTTPAYLOAD", payload),
        test_form("+CMQTTCFG", cfg),
        test_form("+CMQTTACCQ", accq),
        test_form("+CMQTTSUBTOPIC", subtopic),
    ]
    .concat()
}

const PAYLOAD: &[&str] = &["(0-1),(1-10240)"];
const CFG: &[&str] = &["\"checkUTF8\",(0-1),(0-1)", "\"optimeout\",(0-1),(20-120)"];
const CFG_WITH_VERSION: &[&str] =
    &["\"checkUTF8\",(0-1),(0-1)", "\"version\",(0-1),(3-4)", "\"optimeout\",(0-1),(20-120)"];
const ACCQ: &[&str] = &["(0-1),(1-128)[,(0-1)]"];
const ACCQ_WITH_VERSION: &[&str] = &["(0-1),(1-128)[,(0-1),(3-4)]"];
const SUBTOPIC: &[&str] = &["(0-1),(1-1024),(0-2)"];

#[track_caller]
fn detect(dialogue: &mut Dialogue, script: &[Row]) -> Result<Option<Family>, Error> {
    let mut procedure = Detect::new();
    dialogue.call(&mut procedure, script).map(|()| procedure.family)
}

#[test]
fn a_known_model_needs_no_other_command() {
    for (model, family) in [
        ("A7600E-HNVW", Family::A7600),
        ("A7670E-FASE", Family::A76xx),
        ("SIMCOM_SIM7600G-H", Family::Sim7600),
        ("SIM7672G-LNGV", Family::Sim767x),
        ("+CGMM: \"SIM7600SA-H\"", Family::Sim7600),
    ] {
        for before in Family::ALL {
            let mut dialogue = Dialogue::in_step(before);
            let script = command("AT+CGMM", &std::format!("\r\n{model}\r\n\r\nOK\r\n"));
            assert_eq!(detect(&mut dialogue, &script), Ok(Some(family)));
            assert_eq!(dialogue.family(), family);
        }
    }
}

#[test]
fn the_test_forms_tell_a_family_whose_model_does_not() {
    for (family, script) in [
        (Family::A7600, test_forms(PAYLOAD, CFG, ACCQ, SUBTOPIC)),
        (Family::A76xx, test_forms(PAYLOAD, CFG_WITH_VERSION, ACCQ, SUBTOPIC)),
        (Family::Sim7600, test_forms(PAYLOAD, CFG, ACCQ_WITH_VERSION, SUBTOPIC)),
        (Family::Sim767x, test_forms(&["(0-1),(1-4096)"], CFG_WITH_VERSION, ACCQ, &[])),
    ] {
        let mut dialogue = Dialogue::in_step(Family::A7600);
        assert_eq!(detect(&mut dialogue, &script), Ok(Some(family)));
        assert_eq!(dialogue.family(), family);
    }
}

#[test]
fn a_refused_test_form_is_an_answer_too() {
    // Without the range of payloads, staging tells the two families with a version in CFG apart.
    for (subtopic, family) in [(SUBTOPIC, Family::A76xx), (&[][..], Family::Sim767x)] {
        let script = test_forms(&[], CFG_WITH_VERSION, ACCQ, subtopic);
        assert_eq!(detect(&mut Dialogue::in_step(Family::A7600), &script), Ok(Some(family)));
    }
}

#[test]
fn a_module_that_refuses_everything_is_of_no_family_and_the_present_one_stays() {
    let mut dialogue = Dialogue::in_step(Family::Sim767x);
    let script = [
        command("AT+CGMM", ERROR),
        test_form("+CMQTTPAYLOAD", &[]),
        test_form("+CMQTTCFG", &[]),
        test_form("+CMQTTACCQ", &[]),
        test_form("+CMQTTSUBTOPIC", &[]),
    ];
    assert_eq!(detect(&mut dialogue, &script.concat()), Ok(None));
    assert_eq!(dialogue.family(), Family::Sim767x);
}

#[test]
fn ranges_behind_the_end_of_the_line_buffer_are_read() {
    let blank = " ".repeat(70);
    let payload = std::format!("(0-1),{blank}(1-4096)");
    let script = test_forms(&[&payload], CFG_WITH_VERSION, ACCQ, &[]);
    assert_eq!(detect(&mut Dialogue::in_step(Family::A7600), &script), Ok(Some(Family::Sim767x)));
    let accq = std::format!("(0-1),(1-128)[,{blank}(0-1),(3-4)]");
    let script = test_forms(PAYLOAD, CFG, &[&accq], SUBTOPIC);
    assert_eq!(detect(&mut Dialogue::in_step(Family::A7600), &script), Ok(Some(Family::Sim7600)));
}

#[test]
fn ranges_of_one_form_are_not_taken_for_those_of_another() {
    // ACCQ is refused right after PAYLOAD has shown two ranges, and CFG none.
    let script = test_forms(PAYLOAD, CFG, &[], SUBTOPIC);
    assert_eq!(detect(&mut Dialogue::in_step(Family::Sim7600), &script), Ok(None));
}

#[test]
fn a_module_that_does_not_answer_is_an_error() {
    let no_answer = |command| Err(Error::NoAnswer { command: CommandName::new(command) });
    let script = vec![sent("AT+CGMM\r"), after_ms(9_000)];
    assert_eq!(detect(&mut Dialogue::in_step(Family::A7600), &script), no_answer(&"+CGMM"));
    let script = [unknown_model(), vec![sent("AT+CMQTTPAYLOAD=?\r"), after_ms(9_000)]].concat();
    assert_eq!(detect(&mut Dialogue::in_step(Family::A7600), &script), no_answer(&"+CMQTTPAYLOAD"));
}

#[test]
fn the_times_of_the_family_that_was_found_count_from_then_on() {
    let mut dialogue = Dialogue::in_step(Family::A7600);
    assert!(detect(&mut dialogue, &command("AT+CGMM", "\r\nA7670E-FASE\r\n\r\nOK\r\n")).is_ok());
    let script = [command("AT+CMQTTSTART", OK), vec![after_ms(17_000)]].concat();
    assert!(matches!(dialogue.call(&mut Single(Start), &script), Err(Error::OutcomeUnknown { .. })));
}

#[test]
fn times_of_the_users_own_stay() {
    let mut dialogue = Dialogue::in_step(Family::A7600);
    dialogue.engine.session.timeouts = Timeouts::of(Family::A7600).start(Duration::from_secs(40));
    assert!(detect(&mut dialogue, &command("AT+CGMM", "\r\nA7670E-FASE\r\n\r\nOK\r\n")).is_ok());
    let script = [command("AT+CMQTTSTART", OK), vec![after_ms(40_000)]].concat();
    assert!(matches!(dialogue.call(&mut Single(Start), &script), Err(Error::OutcomeUnknown { .. })));
}
