extern crate std;

use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use embedded_io::ErrorKind;

use super::Subscribe;
use crate::command::{QoS, Sub};
use crate::error::{CommandName, Error};
use crate::family::Family;
use crate::session::ClientState;
use crate::session::dialogue::*;

const LISTING: [Family; 2] = [Family::A76xx, Family::Sim767x];
const FILTER: &str = "tank-5/cmd/#";
/// The outcome without its comma.
const GARBLED: &str = "\r\nOK\r\n\r\n+CMQTTSUB: 00\r\n";
const UNKNOWN: Result<(), Error> = Err(Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTSUB") });

/// The first client is connected, and the other one is released.
fn alone(family: Family) -> Dialogue {
    let mut dialogue = Dialogue::connected(family);
    dialogue.engine.session.lifecycle.client_mut(SECOND).state = ClientState::Released;
    dialogue
}

/// SUB and its answer.
fn sub(filter: &str, answer: &str) -> Vec<Row> {
    prompted(&format!("AT+CMQTTSUB=0,{},1", filter.len()), filter, answer)
}

/// SUB, whose outcome is garbled, and what the module answers when it is asked.
fn asked(filter: &str, answer: &str) -> Vec<Row> {
    [sub(filter, GARBLED), vec![after_ms(1_000)], command("AT+CMQTTSUB?", answer)].concat()
}

/// A list with each topic filter on a line of its own.
fn list(filters: &[&str]) -> String {
    let lines: Vec<_> = filters.iter().map(|filter| format!("{filter}\r\n")).collect();
    format!("\r\n+CMQTTSUB:\r\n{}\r\nOK\r\n", lines.concat())
}

/// A list with each topic filter behind the name of the command.
fn list_of_named_lines(filters: &[&str], blank: &str) -> String {
    let lines: Vec<_> = filters.iter().map(|filter| format!("\r\n+CMQTTSUB:{blank}{filter}\r\n")).collect();
    format!("{}\r\nOK\r\n", lines.concat())
}

#[track_caller]
fn subscribe(dialogue: &mut Dialogue, filter: &str, script: &[Row]) -> Result<(), Error> {
    dialogue.call(&mut Subscribe::new(Sub { client: FIRST, filter: filter.as_bytes(), qos: QoS::AtLeastOnce }), script)
}

#[test]
fn a_garbled_outcome_is_a_success_where_the_module_lists_the_filter() {
    for family in LISTING {
        for answer in [
            list(&[FILTER]),
            list(&["a", FILTER, "tank-5/cmd/+"]),
            list_of_named_lines(&[FILTER], " "),
            list_of_named_lines(&["a", FILTER, "tank-5/cmd/+"], ""),
        ] {
            assert_eq!(subscribe(&mut alone(family), FILTER, &asked(FILTER, &answer)), Ok(()), "{answer:?}");
        }
    }
}

#[test]
fn the_outcome_is_unknown_where_the_module_does_not_list_the_filter() {
    let longer = format!("{FILTER}#");
    for answer in [
        list(&[]),
        list(&["tank-5/cmd/", &longer, "cmd/#", "xtank-5/cmd/#"]),
        list(&["a", "tank-5", "/cmd/#"]),
        list_of_named_lines(&[""], " "),
        list_of_named_lines(&["tank-5/cmd/", &longer, "cmd/#", "xtank-5/cmd/#"], " "),
        list_of_named_lines(&["x tank-5/cmd/#"], ""),
        "\r\nOK\r\n".to_string(),
        "\r\nERROR\r\n".to_string(),
    ] {
        assert_eq!(subscribe(&mut alone(Family::A76xx), FILTER, &asked(FILTER, &answer)), UNKNOWN, "{answer:?}");
    }
    let unanswered = [sub(FILTER, GARBLED), vec![after_ms(1_000), sent("AT+CMQTTSUB?\r"), after_ms(9_000)]].concat();
    assert_eq!(subscribe(&mut alone(Family::A76xx), FILTER, &unanswered), UNKNOWN);
}

#[test]
fn a_filter_longer_than_a_line_is_not_looked_for() {
    for (length, expected) in [(63, Ok(())), (64, Ok(())), (65, UNKNOWN), (1024, UNKNOWN)] {
        let filter = "a/".repeat(512)[..length].to_string();
        let longer = format!("{filter}b");
        let mut script = vec![sent(format!("AT+CMQTTSUB=0,{length},1\r")), received("\r\n>")];
        script.extend(filter.as_bytes().chunks(64).map(sent));
        script.extend([received(GARBLED), after_ms(1_000), sent("AT+CMQTTSUB?\r")]);
        let only_longer = [&script[..], &[received_cut(list(&[&longer]))]].concat();
        assert_eq!(subscribe(&mut alone(Family::A76xx), &filter, &only_longer), UNKNOWN, "{length}");
        script.push(received_cut(list(&[&longer, &filter])));
        assert_eq!(subscribe(&mut alone(Family::A76xx), &filter, &script), expected, "{length}");
    }
}

#[test]
fn after_an_error_of_the_uart_the_module_is_asked_when_eight_seconds_have_passed() {
    let script = [
        sub(FILTER, OK),
        vec![receive_error(ErrorKind::Other), after_ms(8_000)],
        command("AT+CMQTTDISC?", "\r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n"),
        command("AT+CMQTTSUB?", &list(&[FILTER])),
    ];
    assert_eq!(subscribe(&mut alone(Family::A76xx), FILTER, &script.concat()), Ok(()));
}

#[test]
fn a_module_that_cannot_tell_is_not_asked() {
    let lost = [sub(FILTER, GARBLED), vec![after_ms(1_000)]].concat();
    for family in [Family::A7600, Family::Sim7600] {
        assert_eq!(subscribe(&mut alone(family), FILTER, &lost), UNKNOWN, "{family:?}: it has no list");
    }
    for state in [ClientState::Unknown, ClientState::Acquired, ClientState::Connected] {
        let mut dialogue = alone(Family::A76xx);
        dialogue.engine.session.lifecycle.client_mut(SECOND).state = state;
        assert_eq!(subscribe(&mut dialogue, FILTER, &lost), UNKNOWN, "the filter can be the other client's: {state:?}");
    }
}

#[test]
fn an_outcome_that_is_known_is_not_asked_for() {
    let mut dialogue = alone(Family::A76xx);
    assert_eq!(subscribe(&mut dialogue, FILTER, &sub(FILTER, "\r\nOK\r\n\r\n+CMQTTSUB: 0,0\r\n")), Ok(()));
    let failed = sub(FILTER, "\r\nOK\r\n\r\n+CMQTTSUB: 0,12\r\n");
    assert_eq!(subscribe(&mut dialogue, FILTER, &failed), Err(refused(&"+CMQTTSUB", 12)));
}
