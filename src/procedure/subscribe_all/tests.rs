extern crate std;

use std::string::String;
use std::vec;
use std::vec::Vec;

use super::SubscribeAll;
use crate::command::QoS;
use crate::error::{CommandName, Error, Illegal, InvalidInput, Parameter, Problem};
use crate::family::Family;
use crate::session::ClientState;
use crate::session::dialogue::*;

const FILTERS: [(&str, QoS); 3] = [("a/+", QoS::AtMostOnce), ("b/#", QoS::AtLeastOnce), ("c", QoS::ExactlyOnce)];
const STAGING: [Family; 3] = [Family::A7600, Family::A76xx, Family::Sim7600];
const SUBSCRIBED: &str = "\r\nOK\r\n\r\n+CMQTTSUB: 0,0\r\n";

#[track_caller]
fn subscribe_all(dialogue: &mut Dialogue, filters: &[(&str, QoS)], script: &[Vec<Row>]) -> Result<(), Error> {
    let family = dialogue.family();
    dialogue.call(&mut SubscribeAll::new(FIRST, filters, family), &script.concat())
}

/// The three filters are staged.
fn staged() -> Vec<Row> {
    [
        prompted("AT+CMQTTSUBTOPIC=0,3,0", "a/+", OK),
        prompted("AT+CMQTTSUBTOPIC=0,3,1", "b/#", OK),
        prompted("AT+CMQTTSUBTOPIC=0,1,2", "c", OK),
    ]
    .concat()
}

/// The three filters are subscribed to one by one.
fn one_by_one() -> Vec<Row> {
    [
        prompted("AT+CMQTTSUB=0,3,0", "a/+", SUBSCRIBED),
        prompted("AT+CMQTTSUB=0,3,1", "b/#", SUBSCRIBED),
        prompted("AT+CMQTTSUB=0,1,2", "c", SUBSCRIBED),
    ]
    .concat()
}

#[test]
fn filters_are_staged_and_sent_together_where_the_family_can() {
    for family in STAGING {
        let script =
            [staged(), vec![sent("AT+CMQTTSUB=0\r"), received(OK), after_ms(47), received("\r\n+CMQTTSUB: 0,0\r\n")]];
        assert_eq!(subscribe_all(&mut Dialogue::connected(family), &FILTERS, &script), Ok(()));
    }
}

#[test]
fn filters_are_subscribed_to_one_by_one_where_the_family_has_no_staging() {
    assert_eq!(subscribe_all(&mut Dialogue::connected(Family::Sim767x), &FILTERS, &[one_by_one()]), Ok(()));
}

#[test]
fn the_second_call_stages_again() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    for _ in 0..2 {
        let script = [staged(), command("AT+CMQTTSUB=0", SUBSCRIBED)];
        assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &script), Ok(()));
    }
}

#[test]
fn sim7600_sends_what_is_staged_before_it_exceeds_5120_bytes() {
    let filters: [String; 6] = ["0", "1", "2", "3", "4", "5"].map(|digit| digit.repeat(1_024));
    let filters: Vec<_> = filters.iter().map(|filter| (filter.as_str(), QoS::AtMostOnce)).collect();
    let stage = |count: &[(&str, QoS)]| -> Vec<Row> {
        count.iter().flat_map(|(filter, _)| prompted("AT+CMQTTSUBTOPIC=0,1024,0", filter, OK)).collect()
    };
    let sub = || command("AT+CMQTTSUB=0", SUBSCRIBED);
    let script = [stage(&filters[..5]), sub(), stage(&filters[5..]), sub()];
    assert_eq!(subscribe_all(&mut Dialogue::connected(Family::Sim7600), &filters, &script), Ok(()));
    // Exactly the limit fits, and nothing is staged behind it.
    let script = [stage(&filters[..5]), sub()];
    assert_eq!(subscribe_all(&mut Dialogue::connected(Family::Sim7600), &filters[..5], &script), Ok(()));
    // The others have no such limit.
    let script = [stage(&filters), sub()];
    assert_eq!(subscribe_all(&mut Dialogue::connected(Family::A76xx), &filters, &script), Ok(()));
}

#[test]
fn a_bad_filter_among_several_is_found_before_a_byte_is_sent() {
    for family in Family::ALL {
        for (filters, problem) in [
            (&[("a", QoS::AtMostOnce), ("b#", QoS::AtMostOnce)][..], Problem::MisplacedWildcard),
            (&[("a", QoS::AtMostOnce), ("", QoS::AtMostOnce)], Problem::Empty),
            (&[], Problem::Empty),
        ] {
            let result = subscribe_all(&mut Dialogue::connected(family), filters, &[]);
            let Err(Error::Invalid(InvalidInput { parameter, problem: found, .. })) = result else {
                panic!("{result:?}")
            };
            assert_eq!((parameter, found), (Parameter::Filter, problem));
        }
    }
}

#[test]
fn filters_that_a_refused_one_left_staged_are_not_sent_by_the_next_call() {
    for family in STAGING {
        let mut dialogue = Dialogue::connected(family);
        let refusal = "\r\n+CMQTTSUBTOPIC: 0,12\r\n\r\nERROR\r\n";
        let script = [prompted("AT+CMQTTSUBTOPIC=0,3,0", "a/+", OK), command("AT+CMQTTSUBTOPIC=0,3,1", refusal)];
        assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &script), Err(refused(&"+CMQTTSUBTOPIC", 12)));
        assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[one_by_one()]), Ok(()));
    }
}

#[test]
fn filters_that_a_dropped_call_left_staged_are_not_sent_by_the_next_call() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let mut dropped = SubscribeAll::new(FIRST, &FILTERS, Family::A76xx);
    dialogue.dropped_call(&mut dropped, &prompted("AT+CMQTTSUBTOPIC=0,3,0", "a/+", OK));
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[one_by_one()]), Ok(()));
}

#[test]
fn a_failed_sub_says_its_code_in_either_order() {
    for answer in ["\r\nOK\r\n\r\n+CMQTTSUB: 0,6\r\n", "\r\n+CMQTTSUB: 0,6\r\n\r\nERROR\r\n"] {
        let script = [staged(), command("AT+CMQTTSUB=0", answer)];
        let result = subscribe_all(&mut Dialogue::connected(Family::A7600), &FILTERS, &script);
        assert_eq!(result, Err(refused(&"+CMQTTSUB", 6)));
    }
}

#[test]
fn one_by_one_the_first_failure_ends_the_call() {
    let script = [
        prompted("AT+CMQTTSUB=0,3,0", "a/+", SUBSCRIBED),
        prompted("AT+CMQTTSUB=0,3,1", "b/#", "\r\nOK\r\n\r\n+CMQTTSUB: 0,12\r\n"),
    ];
    let result = subscribe_all(&mut Dialogue::connected(Family::Sim767x), &FILTERS, &script);
    assert_eq!(result, Err(refused(&"+CMQTTSUB", 12)));
}

#[test]
fn a_connection_lost_between_two_filters_is_named_and_nothing_more_is_sent() {
    let lost = prompted("AT+CMQTTSUBTOPIC=0,3,0", "a/+", "\r\nOK\r\n\r\n+CMQTTCONNLOST: 0,1\r\n");
    let result = subscribe_all(&mut Dialogue::connected(Family::A76xx), &FILTERS, &[lost]);
    assert_eq!(result, Err(Error::ConnectionLost { command: CommandName::new(&"+CMQTTSUBTOPIC") }));
}

#[test]
fn a_message_between_ok_and_outcome_is_delivered() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let answer = "\r\nOK\r\n\r\n+CMQTTRXSTART: 0,1,1\r\n+CMQTTRXTOPIC: 0,1\r\nc\r\n+CMQTTRXPAYLOAD: 0,1\r\n1\r\n\
                  +CMQTTRXEND: 0\r\n\r\n+CMQTTSUB: 0,0\r\n";
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[staged(), command("AT+CMQTTSUB=0", answer)]), Ok(()));
    assert_eq!(dialogue.record.messages, [(FIRST, "c".into(), b"1".into())]);
}

#[test]
fn an_outcome_that_never_comes_is_unknown_after_125_seconds() {
    let script = [staged(), command("AT+CMQTTSUB=0", OK), vec![after_ms(125_000)]];
    let result = subscribe_all(&mut Dialogue::connected(Family::A76xx), &FILTERS, &script);
    assert_eq!(result, Err(Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTSUB") }));
}

#[test]
fn nothing_is_sent_for_a_client_that_is_not_connected() {
    for (family, command) in [(Family::A76xx, &"+CMQTTSUBTOPIC"), (Family::Sim767x, &"+CMQTTSUB")] {
        let result = subscribe_all(&mut Dialogue::acquired(family), &FILTERS, &[]);
        assert_eq!(result, Err(illegal(command, Illegal::ClientNotConnected)));
    }
}

#[test]
fn a_first_filter_that_is_refused_changes_nothing() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let refusal = "\r\n+CMQTTSUBTOPIC: 0,12\r\n\r\nERROR\r\n";
    let script = [command("AT+CMQTTSUBTOPIC=0,3,0", refusal)];
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &script), Err(refused(&"+CMQTTSUBTOPIC", 12)));
    assert!(!dialogue.engine.session.lifecycle.client(FIRST).staging.needs_reacquire());
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[staged(), command("AT+CMQTTSUB=0", SUBSCRIBED)]), Ok(()));
}

#[test]
fn filters_whose_sub_was_refused_or_dropped_are_not_sent_by_the_next_call() {
    let refused_sub = command("AT+CMQTTSUB=0", "\r\n+CMQTTSUB: 0,14\r\n\r\nERROR\r\n");
    let mut dialogue = Dialogue::connected(Family::A76xx);
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[staged(), refused_sub]), Err(refused(&"+CMQTTSUB", 14)));
    let one_by_one = || [vec![after_ms(250)], one_by_one()].concat();
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[one_by_one()]), Ok(()));
    // Dropped before SUB goes out.
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let mut dropped = SubscribeAll::new(FIRST, &FILTERS, Family::A76xx);
    dialogue.dropped_call(&mut dropped, &staged());
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[one_by_one()[1..].to_vec()]), Ok(()));
    let sub = crate::command::SubStaged { client: FIRST };
    let result = dialogue.call(&mut crate::procedure::Single(sub), &[]);
    assert_eq!(result, Err(illegal(&"+CMQTTSUB", Illegal::FilterStaged)));
}

/// The first client is connected, and the other one is released.
fn alone(family: Family) -> Dialogue {
    let mut dialogue = Dialogue::connected(family);
    dialogue.engine.session.lifecycle.client_mut(SECOND).state = ClientState::Released;
    dialogue
}

const GARBLED: &str = "\r\nOK\r\n\r\n+CMQTTSUB: 00\r\n";
const UNKNOWN: Result<(), Error> = Err(Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTSUB") });

#[test]
fn a_garbled_outcome_is_a_success_where_the_module_lists_every_filter_of_it() {
    let read = |filters: &str| command("AT+CMQTTSUB?", &std::format!("\r\n+CMQTTSUB:\r\n{filters}\r\nOK\r\n"));
    let all = || read("c\r\nb/#\r\na/+\r\n");
    let garbled = || [staged(), command("AT+CMQTTSUB=0", GARBLED), vec![after_ms(1_000)]].concat();
    let mut dialogue = alone(Family::A76xx);
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[garbled(), all(), all(), all()]), Ok(()));
    // They were sent, so the next call stages its own.
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[staged(), command("AT+CMQTTSUB=0", SUBSCRIBED)]), Ok(()));
    let two = || read("b/#\r\na/+\r\n");
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[garbled(), two(), two(), two()]), UNKNOWN);
    // Perhaps they are staged still.
    assert_eq!(subscribe_all(&mut dialogue, &FILTERS, &[one_by_one()]), Ok(()));
}

#[test]
fn one_by_one_only_the_filter_of_a_garbled_outcome_is_asked_for() {
    let read = |answer: &str| [vec![after_ms(1_000)], command("AT+CMQTTSUB?", answer)].concat();
    let script = [
        prompted("AT+CMQTTSUB=0,3,0", "a/+", SUBSCRIBED),
        prompted("AT+CMQTTSUB=0,3,1", "b/#", GARBLED),
        read("\r\n+CMQTTSUB:\r\nb/#\r\n\r\nOK\r\n"),
        prompted("AT+CMQTTSUB=0,1,2", "c", GARBLED),
        read("\r\n+CMQTTSUB:\r\nb/#\r\nc\r\n\r\nOK\r\n"),
    ];
    assert_eq!(subscribe_all(&mut alone(Family::Sim767x), &FILTERS, &script), Ok(()));
    let missing = [&script[..4], &[read("\r\n+CMQTTSUB:\r\na/+\r\nb/#\r\n\r\nOK\r\n")]].concat();
    assert_eq!(subscribe_all(&mut alone(Family::Sim767x), &FILTERS, &missing), UNKNOWN);
}
