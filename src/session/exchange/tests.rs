extern crate std;

use core::time::Duration;

use std::vec::Vec;

use super::*;
use crate::at::{Parser, Token};
use crate::command::{Connect, Disc, Pub, QoS, Rel, Request, Start, Topic};
use crate::error::Refusal;
use crate::family::Family;
use crate::session::facts::Loss;

const CLIENT: ClientIndex = ClientIndex::First;

fn begun(request: &dyn Request, timeouts: &Timeouts) -> Exchange {
    let mut writer = CommandWriter::checking(Family::A76xx);
    request.describe(&mut writer);
    let mut exchange = Exchange::idle();
    exchange.begin(&writer, timeouts, Instant::ZERO);
    exchange
}

fn publish(seconds: u64) -> Pub {
    let timeout = Duration::from_secs(seconds);
    Pub { client: CLIENT, qos: QoS::AtLeastOnce, timeout, retained: false, duplicate: false }
}

/// Something that is learned of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    Ok,
    Error,
    Success,
    Code,
    /// A line that belongs to the answer of an information or text command.
    Line,
    ConnectionLost,
    NetworkLost,
    Restart,
}

const FACTS: [Fact; 8] = [
    Fact::Ok,
    Fact::Error,
    Fact::Success,
    Fact::Code,
    Fact::Line,
    Fact::ConnectionLost,
    Fact::NetworkLost,
    Fact::Restart,
];

/// The code of every failure here.
const CODE: ResultCode = ResultCode::SOCKET_SENDING_FAIL;

const REFUSED: Result<(), Failure> = Err(Failure::Refused(Refusal::Error));
const FAILED: Result<(), Failure> = Err(Failure::Refused(Refusal::Code(CODE)));
const UNKNOWN: Result<(), Failure> = Err(Failure::OutcomeUnknown);
const NO_ANSWER: Result<(), Failure> = Err(Failure::NoAnswer);
const CONNECTION: Result<(), Failure> = Err(Failure::ConnectionLost);
const NETWORK: Result<(), Failure> = Err(Failure::NetworkLost);
const RESTARTED: Result<(), Failure> = Err(Failure::Restarted);

impl Exchange {
    fn learn(&mut self, fact: Fact) {
        match fact {
            Fact::Ok => _ = self.final_result(FinalResult::Ok, false, Instant::ZERO),
            Fact::Error => _ = self.final_result(FinalResult::Error, false, Instant::ZERO),
            Fact::Success => self.learn_code(ResultCode::new(0)),
            Fact::Code => self.learn_code(CODE),
            Fact::Line => self.learn_line(b"+CSQ: 21,99\r"),
            Fact::ConnectionLost => self.interrupt(Loss::Connection, Instant::ZERO),
            Fact::NetworkLost => self.interrupt(Loss::Network, Instant::ZERO),
            Fact::Restart => _ = self.restarted(Instant::ZERO),
        }
    }
}

impl Exchange {
    /// `+CMQTTxxx: [<client_index>,]<err>`.
    fn learn_code(&mut self, code: ResultCode) {
        let client = self.client.map_or(std::string::String::new(), |client| std::format!("{},", client.number()));
        self.learn_line(std::format!("{}: {client}{}\r", self.info.name, code.number()).as_bytes());
    }

    fn learn_line(&mut self, mut line: &[u8]) {
        let mut parser = Parser::new();
        let Some(Token::Line(line)) = parser.next(&mut line, false) else { panic!("no line") };
        if !self.answer_line(line) {
            self.outcome_line(line, Instant::ZERO);
        }
    }
}

/// A command of the kind that has no outcome and may have lines before its final result.
struct Query(&'static CommandInfo);

impl Request for Query {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(self.0);
    }
}

/// Lines with the command's name before them.
const INFORMATION: Query = Query(&CommandInfo::new("+CSQ", Answer::Information));
/// Any lines.
const TEXT: Query = Query(&CommandInfo::new("+CGMM", Answer::Text));

/// An exchange whose line, without data, has gone out.
fn sent(request: &dyn Request) -> Exchange {
    let timeouts = Timeouts::of(Family::A76xx);
    let mut exchange = begun(request, &timeouts);
    exchange.transmitted(exchange.unsent, &timeouts, Instant::ZERO);
    exchange
}

/// How a command ends after these facts, if nothing more comes in time.
fn end(request: &dyn Request, facts: &[Fact]) -> Result<(), Failure> {
    let mut exchange = sent(request);
    facts.iter().for_each(|fact| exchange.learn(*fact));
    exchange.expire();
    exchange.result()
}

const CONNECT: Connect<'static> = Connect {
    client: CLIENT,
    host: "broker.example",
    port: 1883,
    keep_alive: Duration::from_secs(60),
    clean_session: true,
    user: None,
    password: None,
};

#[test]
fn every_order_of_answers_ends_as_it_should() {
    use Fact::*;
    type Row<'a> = (&'a dyn Request, &'a [Fact], Result<(), Failure>);
    let (publish, rel, disc) =
        (publish(60), Rel { client: CLIENT }, Disc { client: CLIENT, timeout: Duration::from_secs(60) });
    let rows: &[Row<'_>] = &[
        // START
        (&Start, &[Ok, Success], Result::Ok(())),
        (&Start, &[Success, Ok], Result::Ok(())),
        (&Start, &[Error], REFUSED),
        (&Start, &[Code, Error], FAILED),
        (&Start, &[Ok, Code], FAILED),
        (&Start, &[Success, Error], REFUSED),
        (&Start, &[Success], Result::Ok(())),
        (&Start, &[Ok], UNKNOWN),
        (&Start, &[Ok, NetworkLost], UNKNOWN),
        (&Start, &[], NO_ANSWER),
        // CONNECT
        (&CONNECT, &[Ok, Success], Result::Ok(())),
        (&CONNECT, &[Ok, Code], FAILED),
        (&CONNECT, &[Code, Error], FAILED),
        (&CONNECT, &[Error, Code], FAILED),
        (&CONNECT, &[Error], REFUSED),
        (&CONNECT, &[Ok, ConnectionLost], UNKNOWN),
        (&CONNECT, &[Ok, NetworkLost], NETWORK),
        // DISC
        (&disc, &[Ok, Success], Result::Ok(())),
        (&disc, &[Success, Ok], Result::Ok(())),
        (&disc, &[Code, Error], FAILED),
        (&disc, &[Ok, ConnectionLost, Success], Result::Ok(())),
        // PUB, SUB and UNSUB
        (&publish, &[Ok, Success], Result::Ok(())),
        (&publish, &[Ok, Code], FAILED),
        (&publish, &[Ok, Code, ConnectionLost], FAILED),
        (&publish, &[Code, Error, ConnectionLost], FAILED),
        (&publish, &[Code, Ok], FAILED),
        (&publish, &[Success, Ok], UNKNOWN),
        (&publish, &[Success, Ok, Success], Result::Ok(())),
        (&publish, &[Ok, ConnectionLost], CONNECTION),
        (&publish, &[Ok, ConnectionLost, Success], Result::Ok(())),
        (&publish, &[ConnectionLost], CONNECTION),
        (&publish, &[ConnectionLost, Ok], CONNECTION),
        (&publish, &[ConnectionLost, Error], REFUSED),
        (&publish, &[ConnectionLost, NetworkLost], NETWORK),
        (&publish, &[Ok, Restart], RESTARTED),
        (&publish, &[Restart, Ok, Success], RESTARTED),
        // Plain: REL
        (&rel, &[Ok], Result::Ok(())),
        (&rel, &[Error], REFUSED),
        (&rel, &[Code, Error], FAILED),
        (&rel, &[Code, Ok], FAILED),
        (&rel, &[ConnectionLost], NO_ANSWER),
        (&rel, &[], NO_ANSWER),
        // Information: CSQ
        (&INFORMATION, &[Line, Ok], Result::Ok(())),
        (&INFORMATION, &[Line, Line, Ok], Result::Ok(())),
        (&INFORMATION, &[Error], REFUSED),
        (&INFORMATION, &[Line, Error], REFUSED),
        (&INFORMATION, &[Line], NO_ANSWER),
        (&INFORMATION, &[Code, Ok], Result::Ok(())),
        (&INFORMATION, &[Line, NetworkLost, Ok], Result::Ok(())),
        (&INFORMATION, &[Line, Restart], RESTARTED),
        // Text: CGMM
        (&TEXT, &[Line, Ok], Result::Ok(())),
        (&TEXT, &[Code, Ok], Result::Ok(())),
        (&TEXT, &[Ok], Result::Ok(())),
        (&TEXT, &[Line, Error], REFUSED),
        (&TEXT, &[Line], NO_ANSWER),
        (&TEXT, &[Line, ConnectionLost, Ok], Result::Ok(())),
    ];
    for (request, facts, expected) in rows {
        assert_eq!(end(*request, facts), *expected, "{} {facts:?}", sent(*request).info.name);
    }
}

/// Every sequence of up to four facts.
fn sequences() -> Vec<Vec<Fact>> {
    let mut sequences = std::vec![Vec::new()];
    let mut begin = 0;
    for _ in 0..4 {
        let end = sequences.len();
        for index in begin..end {
            for fact in FACTS {
                let mut longer = sequences[index].clone();
                longer.push(fact);
                sequences.push(longer);
            }
        }
        begin = end;
    }
    sequences
}

#[test]
fn no_order_of_facts_forges_a_success_or_changes_what_has_ended() {
    let (publish, rel, disc) =
        (publish(60), Rel { client: CLIENT }, Disc { client: CLIENT, timeout: Duration::from_secs(60) });
    let requests: [&dyn Request; 7] = [&Start, &CONNECT, &disc, &publish, &rel, &INFORMATION, &TEXT];
    for request in requests {
        let is_deferred = sent(request).is_deferred();
        for facts in sequences() {
            let mut exchange = sent(request);
            let mut ended = None;
            for fact in &facts {
                exchange.learn(*fact);
                if let Some(result) = ended {
                    assert_eq!(exchange.result(), result, "{facts:?}");
                } else if exchange.phase == Phase::Done {
                    ended = Some(exchange.result());
                }
            }
            exchange.expire();
            let is_reported = facts.contains(&Fact::Success) || (!is_deferred && facts.contains(&Fact::Ok));
            assert!(exchange.result().is_err() || is_reported, "{} {facts:?}", exchange.info.name);
        }
    }
}

#[test]
fn where_the_line_of_an_answer_is_insisted_on_results_before_it_are_not_its_own() {
    use Fact::*;
    for (facts, expected) in [
        (&[Ok, Line, Ok][..], Result::Ok(())),
        (&[Error, Ok, Line, Ok], Result::Ok(())),
        (&[Ok, Line, Error], REFUSED),
        (&[Ok, Error], NO_ANSWER),
        (&[Ok, Line], NO_ANSWER),
    ] {
        let mut exchange = sent(&INFORMATION);
        exchange.insist_on_line();
        facts.iter().for_each(|fact| exchange.learn(*fact));
        exchange.expire();
        assert_eq!(exchange.result(), expected, "{facts:?}");
    }
}

#[test]
fn a_refused_prompt_ends_the_command_and_an_older_ok_does_not() {
    let topic = Topic { client: CLIENT, topic: b"pump-2/level" };
    let mut exchange = sent(&topic);
    assert_eq!(exchange.phase, Phase::Prompt);
    assert!(!exchange.final_result(FinalResult::Ok, false, Instant::ZERO));
    assert!(exchange.outcome(CODE, Instant::ZERO));
    assert!(exchange.final_result(FinalResult::Error, false, Instant::ZERO));
    assert_eq!((exchange.phase, exchange.result()), (Phase::Done, FAILED));
}

#[test]
fn of_two_losses_the_last_counts() {
    let timeouts = Timeouts::of(Family::A76xx);
    let mut exchange = begun(&publish(60), &timeouts);
    exchange.transmitted(exchange.unsent, &timeouts, Instant::ZERO);
    exchange.interrupt(Loss::Connection, Instant::ZERO);
    exchange.interrupt(Loss::Network, Instant::ZERO);
    exchange.expire();
    assert_eq!(exchange.result(), Err(Failure::NetworkLost));
}

#[test]
fn an_error_that_was_named_before_ok_counts() {
    let timeouts = Timeouts::of(Family::A76xx);
    let mut exchange = begun(&Rel { client: CLIENT }, &timeouts);
    exchange.transmitted(exchange.unsent, &timeouts, Instant::ZERO);
    assert!(exchange.outcome(ResultCode::CLIENT_NOT_ACQUIRED, Instant::ZERO));
    assert!(exchange.final_result(FinalResult::Ok, false, Instant::ZERO));
    assert_eq!(exchange.result(), Err(Failure::Refused(Refusal::Code(ResultCode::CLIENT_NOT_ACQUIRED))));
}

#[test]
fn the_longest_time_is_not_over_at_once() {
    let mut writer = CommandWriter::checking(Family::A76xx);
    writer.timeout_milliseconds(u32::MAX);
    let timeouts = Timeouts::of(Family::A76xx);
    let mut exchange = Exchange::idle();
    exchange.begin(&writer, &timeouts, Instant::ZERO);
    exchange.transmitted(exchange.unsent, &timeouts, Instant::ZERO);
    assert!(!Instant::ZERO.after(3_600_000).has_reached(exchange.deadline));
}

#[test]
fn a_time_of_the_commands_own_counts_also_where_it_is_shorter() {
    assert_eq!(begun(&publish(1), &Timeouts::of(Family::A76xx)).timeout_ms, 6_000);
}

#[test]
fn a_disconnect_without_a_time_takes_as_long_as_any_operation() {
    let timeouts = Timeouts::of(Family::A76xx).operation(core::time::Duration::from_secs(300));
    assert_eq!(begun(&Disc { client: CLIENT, timeout: Duration::from_secs(0) }, &timeouts).timeout_ms, 300_000);
}
