//! Calls that are dropped in each phase, and what the next call does before its own command.

use core::time::Duration;

use super::*;
use crate::at::Line;
use crate::command::{
    Answer, Command, CommandInfo, CommandWriter, Disc, Pub, QoS, Request, Sub, SubStaged, Subtopic, Unsub,
};
use crate::error::Illegal;
use crate::session::{ClientState, ServiceState};

const TOPIC: Topic<'static> = Topic { client: FIRST, topic: "oven/t" };
const PUB: Pub =
    Pub { client: FIRST, qos: QoS::AtLeastOnce, timeout: Duration::from_secs(60), retained: false, duplicate: false };
const SUB: Sub<'static> = Sub { client: FIRST, filter: "a/+", qos: QoS::AtMostOnce };

fn connected() -> Dialogue {
    Dialogue::connected(Family::A76xx)
}

/// The next call: what it does first, then its own command.
#[track_caller]
fn next_call(dialogue: &mut Dialogue, script: &[Vec<Row>]) {
    assert_eq!(at(dialogue, &[&script.concat()[..], &command("AT", OK)].concat()), Ok(()));
}

#[test]
fn a_call_of_which_nothing_was_sent_leaves_nothing() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[]);
    next_call(&mut dialogue, &[]);
}

#[test]
fn half_a_line_is_ended_so_that_the_module_refuses_it() {
    let line = "AT+CMQTTTOPIC=0,6\r";
    for length in 1..line.len() {
        let mut dialogue = connected();
        dialogue.dropped_call(&mut Single(TOPIC), &[sent(&line[..length])]);
        next_call(&mut dialogue, &[vec![sent("~\r"), received(ERROR)], sync_query()]);
    }
}

#[test]
fn the_end_of_half_a_line_goes_out_byte_by_byte_too() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("AT+CM")]);
    dialogue.dropped_call(&mut Single(At), &[sent("~")]);
    next_call(&mut dialogue, &[vec![sent("\r"), received(ERROR)], sync_query()]);
}

#[test]
fn half_a_line_that_gets_no_answer_costs_three_seconds() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("A")]);
    let found = [vec![sent("~\r"), after_ms(3_000)], sync_query(), vec![after_ms(100)]];
    next_call(&mut dialogue, &found);
}

#[test]
fn half_a_line_that_may_have_been_taken_makes_its_effect_unknown() {
    let mut dialogue = connected();
    dialogue
        .dropped_call(&mut Single(Disc { client: FIRST, timeout: Duration::from_secs(60) }), &[sent("AT+CMQTTDISC=0")]);
    next_call(&mut dialogue, &[vec![sent("~\r"), received(OK)], sync_query()]);
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown);
}

#[test]
fn a_prompt_that_is_owed_is_awaited_and_filled() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("AT+CMQTTTOPIC=0,6\r")]);
    let filled = vec![after_ms(2_000), received("\r\n>"), sent("//////"), received(OK)];
    next_call(&mut dialogue, &[filled, sync_query()]);
}

#[test]
fn a_prompt_that_is_owed_may_be_refused() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("AT+CMQTTTOPIC=0,6\r")]);
    next_call(&mut dialogue, &[vec![received("\r\n+CMQTTTOPIC: 0,11\r\n\r\nERROR\r\n")], sync_query()]);
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown, "the refusal of a dropped call counts as well");
}

#[test]
fn half_of_the_data_is_completed() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("AT+CMQTTTOPIC=0,6\r"), received("\r\n>"), sent("ov")]);
    next_call(&mut dialogue, &[vec![sent("////"), received(OK)], sync_query()]);
}

#[test]
fn a_final_result_that_is_owed_is_awaited() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(Csq), &[sent("AT+CSQ\r")]);
    next_call(&mut dialogue, &[vec![after_ms(500), received("\r\n+CSQ: 9,99\r\n\r\nOK\r\n")], sync_query()]);
}

#[test]
fn what_a_dropped_command_brought_about_is_known() {
    let mut dialogue = connected();
    dialogue.dropped_call(
        &mut Single(Disc { client: FIRST, timeout: Duration::from_secs(60) }),
        &[sent("AT+CMQTTDISC=0,60\r")],
    );
    next_call(&mut dialogue, &[vec![received("\r\n+CMQTTDISC: 0,0\r\n\r\nOK\r\n")], sync_query()]);
    assert_eq!(dialogue.client(FIRST), ClientState::Acquired);
}

#[test]
fn an_outcome_that_is_owed_is_awaited_before_the_next_command() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(PUB), &command("AT+CMQTTPUB=0,1,60,0,0", OK));
    next_call(&mut dialogue, &[vec![after_ms(30_000), received("\r\n+CMQTTPUB: 0,0\r\n")]]);
    assert_eq!(dialogue.counters().unknown_lines, 0);
}

#[test]
fn an_outcome_that_is_owed_and_never_comes_is_given_up_at_its_own_deadline() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(PUB), &[command("AT+CMQTTPUB=0,1,60,0,0", OK), vec![after_ms(40_000)]].concat());
    next_call(&mut dialogue, &[vec![after_ms(25_000)]]);
}

#[test]
fn what_an_outcome_that_never_came_would_have_said_is_unknown() {
    let mut dialogue = connected();
    dialogue.dropped_call(
        &mut Single(Disc { client: FIRST, timeout: Duration::from_secs(60) }),
        &command("AT+CMQTTDISC=0,60", OK),
    );
    next_call(&mut dialogue, &[vec![after_ms(65_000)]]);
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown);
}

#[test]
fn an_outcome_that_is_owed_is_not_awaited_after_a_loss() {
    for (loss, service) in
        [("\r\n+CMQTTCONNLOST: 0,1\r\n", ServiceState::Started), ("\r\n+CMQTTNONET\r\n", ServiceState::Stopped)]
    {
        let mut dialogue = connected();
        dialogue.dropped_call(&mut Single(PUB), &command("AT+CMQTTPUB=0,1,60,0,0", OK));
        next_call(&mut dialogue, &[vec![after_ms(10), received(loss)]]);
        assert_eq!(dialogue.service(), service);
    }
}

#[test]
fn a_loss_of_the_other_client_does_not_cancel_an_outcome() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(PUB), &command("AT+CMQTTPUB=0,1,60,0,0", OK));
    let awaited = vec![received("\r\n+CMQTTCONNLOST: 1,1\r\n"), after_ms(500), received("\r\n+CMQTTPUB: 0,6\r\n")];
    next_call(&mut dialogue, &[awaited]);
}

#[test]
fn a_subscription_to_slashes_is_ended() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(SUB), &[sent("AT+CMQTTSUB=0,3,0\r")]);
    let filled = vec![received("\r\n>"), sent("///"), received(OK)];
    let outcome = vec![received("\r\n+CMQTTSUB: 0,0\r\n")];
    let undone = prompted("AT+CMQTTUNSUB=0,3,0", "///", "\r\nOK\r\n\r\n+CMQTTUNSUB: 0,0\r\n");
    next_call(&mut dialogue, &[filled, sync_query(), outcome, undone]);
    next_call(&mut dialogue, &[]);
}

#[test]
fn a_filter_of_which_a_part_was_sent_is_padded_and_stays_valid() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(SUB), &[sent("AT+CMQTTSUB=0,3,0\r"), received("\r\n>"), sent("a/")]);
    let filled = vec![sent("/"), received(OK)];
    next_call(&mut dialogue, &[filled, sync_query(), vec![received("\r\n+CMQTTSUB: 0,0\r\n")]]);
}

#[test]
fn a_padded_staged_filter_is_not_sent() {
    let mut dialogue = connected();
    let subtopic = Subtopic { client: FIRST, filter: "a/+", qos: QoS::AtMostOnce };
    dialogue.dropped_call(&mut Single(subtopic), &[sent("AT+CMQTTSUBTOPIC=0,3,0\r"), received("\r\n>"), sent("a")]);
    let script = [vec![sent("//"), received(OK)], sync_query()].concat();
    let staged = Err(illegal(&"+CMQTTSUB", Illegal::FilterStaged));
    assert_eq!(dialogue.call(&mut Single(SubStaged { client: FIRST }), &script), staged);
    // One that is not staged can be subscribed to.
    let script = prompted("AT+CMQTTSUB=0,3,0", "a/+", "\r\nOK\r\n\r\n+CMQTTSUB: 0,0\r\n");
    assert_eq!(dialogue.call(&mut Single(SUB), &script), Ok(()));
    let unsub = Unsub { client: FIRST, filter: "a/+" };
    let script = prompted("AT+CMQTTUNSUB=0,3,0", "a/+", "\r\nOK\r\n\r\n+CMQTTUNSUB: 0,0\r\n");
    assert_eq!(dialogue.call(&mut Single(unsub), &script), Ok(()));
}

#[test]
fn a_call_dropped_during_resync_leaves_the_rest_of_it_to_the_next() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("AT+CMQTTTOPIC=0,6\r")]);
    dialogue.dropped_call(&mut Single(At), &[received("\r\n>"), sent("//")]);
    dialogue.dropped_call(&mut Single(At), &[sent("////"), received(OK), sent("AT+C")]);
    next_call(&mut dialogue, &[vec![sent("SQ\r"), received("\r\n+CSQ: 20,99\r\n\r\nOK\r\n")]]);
}

/// A query that counts the lines and the bytes of its answer.
struct Counting;

impl Request for Counting {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CSQ", Answer::Information) });
    }
}

impl Command for Counting {
    type Response = (usize, usize);

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = (response.0 + 1, response.1 + line.bytes().len());
    }

    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        response.1 += bytes.len();
    }
}

#[test]
fn the_answer_to_the_sync_query_does_not_reach_the_call() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(At), &[sent("AT\r")]);
    let mut counting = Execute::new(&Counting);
    let long = std::format!("\r\n+CSQ: 20,99{}\r\n\r\nOK\r\n", " ".repeat(100));
    let script = [vec![received(OK)], command("AT+CSQ", &long), command("AT+CSQ", "\r\n+CSQ: 31,99\r\n\r\nOK\r\n")];
    assert_eq!(dialogue.call(&mut counting, &script.concat()), Ok(()));
    assert_eq!(counting.response, (1, 11));
}

#[test]
fn a_restart_ends_the_waiting_for_what_a_dropped_call_is_owed() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("AT+CMQTTTOPIC=0,6\r"), received("\r\n>"), sent("ov")]);
    next_call(&mut dialogue, &[vec![arrived_before("\r\nRDY\r\n")], sync_query(), vec![after_ms(100)]]);
    assert_eq!(dialogue.events(), [Event::ModemRestarted]);
}

#[test]
fn an_invalid_call_leaves_the_resync_to_the_next() {
    let mut dialogue = connected();
    dialogue.dropped_call(&mut Single(TOPIC), &[sent("AT")]);
    let invalid = Sub { client: FIRST, filter: "", qos: QoS::AtMostOnce };
    assert!(matches!(dialogue.call(&mut Single(invalid), &[]), Err(Error::Invalid(_))));
    next_call(&mut dialogue, &[vec![sent("~\r"), received(ERROR)], sync_query()]);
}

#[test]
fn a_filled_prompt_that_is_refused_leaves_no_outcome_to_wait_for() {
    let mut dialogue = connected();
    let lost = dialogue.call(&mut Single(SUB), &[sent("AT+CMQTTSUB=0,3,0\r"), after_ms(9_000)]);
    assert!(matches!(lost, Err(Error::NoAnswer { .. })));
    let fill = vec![sent("///"), sent("\r"), received(ERROR)];
    // Whether the broker has got the slashes is not known: they are unsubscribed.
    let undo = command("AT+CMQTTUNSUB=0,3,0", "\r\n+CMQTTUNSUB: 0,12\r\n\r\nERROR\r\n");
    next_call(&mut dialogue, &[fill, sync_query(), vec![after_ms(100)], undo, vec![after_ms(250)]]);
}
