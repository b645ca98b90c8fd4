extern crate std;

mod recovery;
mod registration;
mod sim;

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::command::network::{Credentials, Operator, Technology};
use crate::error::{Parameter, Problem};
use crate::session::dialogue::{Dialogue, ERROR, OK, Wanted};
use crate::{ClientIndex, Event, Family};

/// A module that does not answer.
const SILENCE: &str = "";

/// A module with scripted answers: each command gets its answers in order, the last one repeatedly.
struct Bench {
    dialogue: Dialogue,
    answers: BTreeMap<&'static str, Vec<String>>,
    /// What the module sends by itself: when, in milliseconds, and what.
    says: Vec<(u64, &'static str)>,
    sent: Vec<String>,
    line: String,
    stages: Vec<BringUpStage>,
    pin_unconfirmed: bool,
}

impl Bench {
    /// A module that is registered and has an address.
    fn new(family: Family) -> Self {
        let dialogue = Dialogue::new(family);
        let (answers, says, sent, stages) = Default::default();
        let (line, pin_unconfirmed) = Default::default();
        let mut bench = Self { dialogue, answers, says, sent, line, stages, pin_unconfirmed };
        bench.on("AT+CSQ", &["\r\n+CSQ: 23,0\r\n\r\nOK\r\n"]);
        bench.on("AT+CPIN?", &["\r\n+CPIN: READY\r\n\r\nOK\r\n"]);
        bench.on("AT+CREG?", &["\r\n+CREG: 0,1\r\n\r\nOK\r\n"]);
        bench.on("AT+CGREG?", &["\r\n+CGREG: 0,1\r\n\r\nOK\r\n"]);
        bench.on("AT+CEREG?", &["\r\n+CEREG: 0,1\r\n\r\nOK\r\n"]);
        bench.on("AT+CGPADDR=1", &["\r\n+CGPADDR: 1,10.49.14.68\r\n\r\nOK\r\n"]);
        bench.on(
            "AT+CPSI?",
            &["\r\n+CPSI: LTE,Online,460-00,0x333C,39589680,308,EUTRAN-BAND3,1350,5,0,0,54,0,22\r\n\r\nOK\r\n"],
        );
        bench
    }

    /// Sets the answers of a command. Any other command is answered with `OK`.
    fn on(&mut self, command: &'static str, answers: &[&str]) {
        self.answers.insert(command, answers.iter().map(|answer| answer.to_string()).collect());
    }

    fn says(&mut self, milliseconds: u64, text: &'static str) {
        self.says.push((milliseconds, text));
        self.says.sort();
    }

    fn answer(&mut self) -> String {
        let line = core::mem::take(&mut self.line);
        let answer = match self.answers.get_mut(line.as_str()) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => OK.into(),
        };
        self.sent.push(line);
        answer
    }

    fn bring_up(&mut self, apn: &Apn<'_>) -> Result<Attachment, BringUpError> {
        let mut stages = Vec::new();
        let mut on_stage = |stage| stages.push(stage);
        let mut pin_unconfirmed = self.pin_unconfirmed;
        let mut procedure = BringUp::new(apn, &mut pin_unconfirmed, &mut on_stage, self.now());
        let outcome = loop {
            let driven = self.drive(&mut procedure);
            if let Some(outcome) = procedure.outcome(driven, self.now()) {
                break outcome;
            }
        };
        self.stages = stages;
        self.pin_unconfirmed = pin_unconfirmed;
        outcome
    }

    fn drive(&mut self, procedure: &mut dyn Procedure) -> Result<(), Error> {
        self.begin(procedure)?;
        loop {
            match self.dialogue.wanted(procedure)? {
                Wanted::Send(bytes) => self.send(&bytes, procedure),
                Wanted::Nothing => self.wait(procedure),
                Wanted::Source(_) => panic!("no source"),
                Wanted::End => return Ok(()),
            }
        }
    }

    /// Begins a call; nothing has arrived before it.
    fn begin(&mut self, procedure: &dyn Procedure) -> Result<(), Error> {
        self.dialogue.begin(procedure)?;
        self.dialogue.engine.input_is_drained();
        Ok(())
    }

    /// The module takes `bytes`, and answers each line that they complete.
    fn send(&mut self, bytes: &[u8], procedure: &mut dyn Procedure) {
        self.dialogue.transmitted(bytes.len());
        let mut answer = String::new();
        for &byte in bytes {
            if byte == b'\r' { answer += &self.answer() } else { self.line.push(byte.into()) }
        }
        // A module takes some time, and no two bytes arrive at once.
        self.dialogue.pass(Duration::from_millis(10));
        for byte in answer.as_bytes().chunks(1) {
            self.dialogue.receive(byte, procedure);
        }
    }

    /// Time passes until the deadline, or until the module says something by itself.
    fn wait(&mut self, procedure: &mut dyn Procedure) {
        let left = self.dialogue.engine.time_left().expect("something is waited for");
        let left = Duration::from_millis(left.into());
        match self.says.first() {
            Some(&(milliseconds, text)) if Duration::from_millis(milliseconds) <= self.now() + left => {
                self.says.remove(0);
                self.dialogue.pass(Duration::from_millis(milliseconds).saturating_sub(self.now()));
                self.dialogue.receive(text.as_bytes(), procedure);
            }
            _ => {
                self.dialogue.pass(left);
                self.dialogue.expire();
            }
        }
    }

    fn now(&self) -> Duration {
        self.dialogue.now()
    }

    fn count(&self, command: &str) -> usize {
        self.sent.iter().filter(|line| *line == command).count()
    }
}

fn apn() -> Apn<'static> {
    Apn::new("internet")
}

fn equipment(number: u16) -> Refusal {
    Refusal::Equipment(Some(number))
}

#[test]
fn the_usual_way_has_the_order_of_the_field_notes() {
    let mut bench = Bench::new(Family::Sim7600);
    let attachment = bench.bring_up(&apn()).unwrap();
    // The first two are part of the resync at the beginning of a call.
    let expected = [
        "AT",
        "AT+CSQ",
        "ATE0",
        "AT+CPIN?",
        "AT+CGDCONT=1,\"IP\",\"internet\"",
        "AT+CREG?",
        "AT+CGACT=1,1",
        "AT+CGPADDR=1",
        "AT+CSQ",
        "AT+CPSI?",
    ];
    assert_eq!(bench.sent, expected);
    assert_eq!(attachment.address.ipv4, Some(Ipv4Addr::new(10, 49, 14, 68)));
    assert_eq!(attachment.rssi.map(Rssi::dbm), Some(-67));
    assert_eq!(attachment.system.technology, Some(Technology::Lte));
    assert_eq!(attachment.system.operator.map(Operator::country), Some(460));
    let stages = [
        BringUpStage::Module,
        BringUpStage::Sim,
        BringUpStage::Settings,
        BringUpStage::Registration(None),
        BringUpStage::Address,
    ];
    assert_eq!(bench.stages, stages);
}

#[test]
fn a7600_gets_a_socket_context_and_credentials_are_sent_where_given() {
    let mut bench = Bench::new(Family::A7600);
    bench.on("AT+CGSOCKCONT=2,\"IP\",\"cmnet\"", &[ERROR]);
    bench.on("AT+CGPADDR=2", &["+CGPADDR: 2,10.0.0.9\r\n\r\nOK\r\n"]);
    let apn = Apn::new("cmnet").context(2).credentials(Credentials::chap("me", "secret"));
    assert!(bench.bring_up(&apn).is_ok(), "a refused socket context is no failure");
    let settings: Vec<_> = bench.sent.iter().filter(|line| line.contains("=2,")).collect();
    let expected =
        ["AT+CGDCONT=2,\"IP\",\"cmnet\"", "AT+CGSOCKCONT=2,\"IP\",\"cmnet\"", "AT+CGAUTH=2,2,\"secret\",\"me\""];
    assert_eq!(settings, expected);
}

#[test]
fn bad_input_is_refused_before_a_byte_is_sent() {
    let mut bench = Bench::new(Family::Sim7600);
    let refused = bench.bring_up(&Apn::new("a\"\rAT+CPOF"));
    let Err(BringUpError::Failed(Error::Invalid(invalid))) = refused else { panic!("{refused:?}") };
    assert_eq!((invalid.parameter, invalid.problem), (Parameter::Apn, Problem::Character));
    assert!(bench.sent.is_empty());
}

#[test]
fn a_context_that_is_active_already_may_refuse_to_be_activated() {
    for refusal in [ERROR, "\r\n+CME ERROR: 148\r\n", "\r\n+CME ERROR: operation not allowed\r\n"] {
        let mut bench = Bench::new(Family::Sim7600);
        bench.on("AT+CGACT=1,1", &[refusal]);
        assert!(bench.bring_up(&apn()).is_ok());
    }
}

#[test]
fn zero_is_no_address_yet() {
    let mut bench = Bench::new(Family::A76xx);
    bench.on(
        "AT+CGPADDR=1",
        &[
            "\r\n+CGPADDR: 1,0.0.0.0\r\n\r\nOK\r\n",
            "\r\n+CGPADDR: 1,0.0.0.0,0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\r\n\r\nOK\r\n",
            "\r\n+CGPADDR: 2,10.0.0.1\r\n\r\nOK\r\n",
            ERROR,
            OK,
            "\r\n+CGPADDR: 1,10.0.0.7\r\n+CGPADDR: 2,0.0.0.0,0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\r\n\r\nOK\r\n",
        ],
    );
    let attachment = bench.bring_up(&apn()).unwrap();
    assert_eq!(attachment.address, PdpAddress { ipv4: Some(Ipv4Addr::new(10, 0, 0, 7)), has_ipv6: false });
    assert_eq!(bench.count("AT+CGACT=1,1"), 6, "activated again before every look");
}

#[test]
fn an_address_that_never_comes_is_reported_with_the_answer_of_the_network() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CGACT=1,1", &["\r\n+CME ERROR: 133\r\n"]);
    bench.on("AT+CGPADDR=1", &["\r\n+CGPADDR: 1,0.0.0.0\r\n\r\nOK\r\n"]);
    let timed_out = BringUpError::TimedOut { stage: BringUpStage::Address, refusal: Some(equipment(133)) };
    assert_eq!(bench.bring_up(&apn()), Err(timed_out));
}

#[test]
fn signal_and_operator_are_left_out_if_the_module_does_not_report_them() {
    let mut bench = Bench::new(Family::Sim7600);
    bench.on("AT+CSQ", &["\r\n+CSQ: 99,99\r\n\r\nOK\r\n"]);
    bench.on("AT+CPSI?", &[ERROR]);
    let attachment = bench.bring_up(&apn()).unwrap();
    assert!(attachment.address.is_assigned());
    assert_eq!((attachment.rssi, attachment.system), (None, SystemInformation::default()));
}

#[test]
fn errors_say_what_is_the_matter() {
    let stage = BringUpStage::Registration(Some(Registration::Searching));
    let timed_out = BringUpError::TimedOut { stage, refusal: None };
    assert_eq!(timed_out.to_string(), "timed out waiting for a network (searching)");
    let failure = BringUpError::SimFailure(equipment(10)).to_string();
    assert_eq!(failure, "the SIM card cannot be read: the module answered equipment error 10; is it there?");
}
