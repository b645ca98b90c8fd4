//! A module of which nothing is known, or that did not answer: it is found again before anything is sent to it.

use super::*;
use crate::command::{QoS, Start, Sub};
use crate::error::Illegal;
use crate::options::Publish;
use crate::procedure::PublishMessage;
use crate::session::{ClientState, ServiceState};

const CSQ_ANSWER: &str = "\r\n+CSQ: 20,99\r\n\r\nOK\r\n";

fn silent(line: &str, time_ms: u32) -> Vec<Row> {
    vec![sent(std::format!("{line}\r")), after_ms(time_ms)]
}

/// The three sync queries, none of which is answered.
fn silent_queries() -> Vec<Row> {
    [silent("AT+CSQ", 3_000), silent("AT+CREG?", 3_000), silent("AT+CPIN?", 3_000)].concat()
}

/// A prompt of any length is filled.
fn blind_fill() -> Vec<Row> {
    vec![sent([b'\r'; 10_241])]
}

/// The first command of a fresh driver.
#[track_caller]
fn first_command(script: &[Vec<Row>]) -> Dialogue {
    let mut dialogue = Dialogue::new(Family::A76xx);
    let script = [&script.concat()[..], &command("ATE0", "ATE0\r\r\nOK\r\n")].concat();
    assert_eq!(dialogue.call(&mut Single(EchoOff), &script), Ok(()));
    dialogue
}

fn quiet() -> Vec<Row> {
    vec![after_ms(100)]
}

#[test]
fn the_answer_to_the_attention_does_not_matter() {
    for attention in
        [command("AT", OK), command("AT", ERROR), command("AT", "AT\r\r\n+CME ERROR: 58\r\n"), silent("AT", 1_000)]
    {
        first_command(&[attention, sync_query(), quiet()]);
    }
}

#[test]
fn results_before_the_line_of_the_sync_query_are_of_earlier_commands() {
    for stale in [OK, ERROR, "\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n\r\nERROR\r\n"] {
        let answered = vec![sent("AT+CSQ\r"), received(stale), after_ms(200), received(CSQ_ANSWER)];
        first_command(&[command("AT", OK), answered, quiet()]);
    }
}

#[test]
fn a_line_in_the_rest_of_a_message_from_before_a_reset_is_no_loss() {
    let rest = "ab\r\n+CMQTTCONNLOST: 0,1\r\n+CMQTTNONET\r\nOK\r\n\r\n+CMQTTRXEND: 0\r\n";
    let attention = vec![sent("AT\r"), received(rest)];
    let synchronised = vec![sent("AT+CSQ\r"), received(OK), received(CSQ_ANSWER)];
    let mut dialogue = first_command(&[attention, synchronised, quiet()]);
    assert_eq!(dialogue.service(), ServiceState::Unknown);
    assert_eq!(dialogue.events(), []);
}

#[test]
fn a_sync_query_is_tried_three_times_each_time_another_one() {
    let creg = command("AT+CREG?", "\r\n+CREG: 0,1\r\n\r\nOK\r\n");
    first_command(&[command("AT", OK), silent("AT+CSQ", 3_000), creg, quiet()]);
    let cpin = command("AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n");
    first_command(&[command("AT", OK), silent("AT+CSQ", 3_000), silent("AT+CREG?", 3_000), cpin, quiet()]);
}

#[test]
fn answers_that_come_in_one_go_after_a_silence_are_not_taken_for_those_of_the_next_command() {
    let mut dialogue = Dialogue::new(Family::A76xx);
    let late = "\r\nOK\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n";
    let script = [
        silent("AT", 1_000),
        silent("AT+CSQ", 3_000),
        vec![sent("AT+CREG?\r"), received(late), received("\r\n+CREG: 0,1\r\n\r\nOK\r\n"), after_ms(100)],
        command("AT+CREG?", "\r\n+CREG: 0,5\r\n\r\nOK\r\n"),
    ];
    let mut registration = Execute::new(&Creg);
    assert_eq!(dialogue.call(&mut registration, &script.concat()), Ok(()));
    assert_eq!(registration.response, Some(Registration::Roaming));
}

#[test]
fn where_no_query_is_answered_a_prompt_of_unknown_length_is_filled_once() {
    let filled = vec![received("\r\nOK\r\n")];
    first_command(&[command("AT", OK), silent_queries(), blind_fill(), filled, sync_query(), quiet()]);
    // A module that was not waiting for data says nothing to carriage returns.
    first_command(&[command("AT", OK), silent_queries(), blind_fill(), vec![after_ms(1_000)], sync_query(), quiet()]);
}

#[test]
fn a_module_that_is_not_there_is_given_up_in_bounded_time_and_searched_again_by_the_next_call() {
    let mut dialogue = Dialogue::new(Family::A76xx);
    let search =
        || [silent("AT", 1_000), silent_queries(), blind_fill(), vec![after_ms(1_000)], silent_queries()].concat();
    for _ in 0..2 {
        let no_answer = Error::NoAnswer { command: CommandName::new(&"") };
        assert_eq!(at(&mut dialogue, &search()), Err(no_answer));
    }
    assert_eq!(dialogue.now(), Duration::from_secs(40));
}

#[test]
fn the_restart_of_a_module_that_is_searched_for_is_noticed() {
    let mut dialogue = Dialogue::new(Family::A76xx);
    let script = [
        silent("AT", 1_000),
        vec![sent("AT+CSQ\r"), received("\r\n*ATREADY: 1\r\n")],
        silent("AT+CREG?", 3_000),
        command("AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n"),
        quiet(),
        command("AT", OK),
    ];
    assert_eq!(at(&mut dialogue, &script.concat()), Ok(()));
    assert_eq!(dialogue.events(), [Event::ModemRestarted]);
    assert_eq!(dialogue.service(), ServiceState::Stopped);
}

#[test]
fn a_query_that_may_have_become_data_leaves_no_payload_and_no_filter_to_be_sent() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    assert!(at(&mut dialogue, &silent("AT", 9_000)).is_err());
    let found =
        [command("AT", OK), silent("AT+CSQ", 3_000), command("AT+CREG?", "\r\n+CREG: 0,1\r\n\r\nOK\r\n"), quiet()];
    let message = Publish::new("t", b"");
    let result = dialogue.call(&mut PublishMessage::new(FIRST, &message), &found.concat());
    assert_eq!(result, Err(illegal(&"+CMQTTPUB", Illegal::PayloadStaged)));
}

#[test]
fn a_command_without_an_answer_is_followed_by_a_search_before_the_next() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    assert!(dialogue.call(&mut Single(Csq), &silent("AT+CSQ", 9_000)).is_err());
    assert_eq!(at(&mut dialogue, &[synchronised(), command("AT", OK)].concat()), Ok(()));
    assert_eq!(at(&mut dialogue, &command("AT", OK)), Ok(()), "once");
}

#[test]
fn a_prompt_that_was_not_seen_gets_as_many_bytes_as_were_announced_and_an_end() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let topic = Topic { client: FIRST, topic: b"oven/t" };
    assert!(dialogue.call(&mut Single(topic), &silent("AT+CMQTTTOPIC=0,6", 9_000)).is_err());
    let filled = vec![sent("//////\r"), received(OK)];
    assert_eq!(at(&mut dialogue, &[filled, sync_query(), quiet(), command("AT", OK)].concat()), Ok(()));
}

#[test]
fn a_subscription_whose_prompt_was_not_seen_is_ended_where_filling_made_it() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let sub = Sub { client: FIRST, filter: b"a/+", qos: QoS::AtMostOnce };
    assert!(dialogue.call(&mut Single(sub), &silent("AT+CMQTTSUB=0,3,0", 9_000)).is_err());
    let script = [
        vec![sent("///\r"), received(OK)],
        sync_query(),
        quiet(),
        vec![received("\r\n+CMQTTSUB: 0,0\r\n")],
        prompted("AT+CMQTTUNSUB=0,3,0", "///", "\r\nOK\r\n\r\n+CMQTTUNSUB: 0,0\r\n"),
        command("AT", OK),
    ];
    assert_eq!(at(&mut dialogue, &script.concat()), Ok(()));
}

#[test]
fn data_that_were_not_confirmed_are_not_sent_again() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let topic = Topic { client: FIRST, topic: b"oven/t" };
    let script = [sent("AT+CMQTTTOPIC=0,6\r"), received("\r\n>"), sent("oven/t"), after_ms(9_000)];
    assert!(dialogue.call(&mut Single(topic), &script).is_err());
    assert_eq!(at(&mut dialogue, &[synchronised(), command("AT", OK)].concat()), Ok(()));
}

#[test]
fn what_a_command_without_an_answer_did_is_unknown() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    assert!(dialogue.call(&mut Single(Start), &silent("AT+CMQTTSTART", 17_000)).is_err());
    assert_eq!((dialogue.service(), dialogue.client(FIRST)), (ServiceState::Unknown, ClientState::Unknown));
}
