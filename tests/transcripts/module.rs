//! A module that sends the bytes of a transcript.
//!
//! It begins as the simulated module, which serves the calls of `before`. Then it waits for the recorded bytes of the
//! host, and sends the recorded bytes of the module at their recorded intervals.

use core::time::Duration;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::loopback::Loopback;
use simcom_modem_simulator::modem::Modem;
use simcom_modem_simulator::pipe::{Direction, Module};
use simcom_modem_simulator::transcript::{Step, masked_line};

use crate::scan::{Found, Scan};

/// Commands that change nothing but the echo, with the answers of a registered module. A host may send them even if the
/// transcript does not have them.
const PROBES: [(&[u8], &[u8]); 5] = [
    (b"AT\r", b"\r\nOK\r\n"),
    (b"ATE0\r", b"\r\nOK\r\n"),
    (b"AT+CSQ\r", b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n"),
    (b"AT+CREG?\r", b"\r\n+CREG: 0,1\r\n\r\nOK\r\n"),
    (b"AT+CPIN?\r", b"\r\n+CPIN: READY\r\n\r\nOK\r\n"),
];
/// Delay of the answer to a probe.
const PROBE_DELAY: Duration = Duration::from_millis(10);

/// A deviation from the transcript: the line (`None` at the end) and a description.
pub type Deviation = (Option<usize>, String);

/// A scripted module; clones refer to the same module.
#[derive(Clone)]
pub struct ScriptedModule(Rc<RefCell<Inner>>);

enum Inner {
    Before(Box<Modem>, Box<Loopback>),
    Dialogue(Box<Script>),
}

impl ScriptedModule {
    /// The simulated module of a family.
    pub fn before(family: Family) -> Self {
        let modem = Modem::new(family, Behaviour::of(family));
        Self(Rc::new(RefCell::new(Inner::Before(Box::new(modem), Box::default()))))
    }

    /// Follows the steps of a transcript from now on.
    pub fn begin(&self, now: Duration, steps: Vec<Step>, echo: bool) {
        *self.0.borrow_mut() = Inner::Dialogue(Box::new(Script::new(now, steps, echo)));
    }

    /// The first bytes of the driver that differ from the transcript.
    pub fn deviation(&self) -> Option<Deviation> {
        match &*self.0.borrow() {
            Inner::Before(..) => None,
            Inner::Dialogue(script) => script.deviation.clone(),
        }
    }

    /// Number of completed steps.
    pub fn steps_done(&self) -> usize {
        match &*self.0.borrow() {
            Inner::Before(..) => 0,
            Inner::Dialogue(script) => script.next,
        }
    }

    /// The step that the driver has not completed, and its bytes so far.
    pub fn missing(&self) -> Option<Deviation> {
        match &*self.0.borrow() {
            Inner::Before(..) => None,
            Inner::Dialogue(script) => script.missing(),
        }
    }

    /// How long the module continues by itself.
    pub fn time_left(&self) -> Duration {
        match &*self.0.borrow() {
            Inner::Before(..) => Duration::ZERO,
            Inner::Dialogue(script) => script.steps.iter().skip(script.next).map(|step| step.after).sum(),
        }
    }
}

impl Module for ScriptedModule {
    fn receive(&mut self, now: Duration, bytes: &[u8]) {
        match &mut *self.0.borrow_mut() {
            Inner::Before(modem, _) => modem.receive(now, bytes),
            Inner::Dialogue(script) => bytes.iter().for_each(|byte| script.receive(now, *byte)),
        }
    }

    fn output(&mut self, now: Duration) -> Vec<u8> {
        match &mut *self.0.borrow_mut() {
            Inner::Before(modem, loopback) => {
                let mut output = Vec::new();
                loop {
                    let requests = modem.take_requests(now);
                    let is_idle = requests.is_empty();
                    requests.into_iter().for_each(|request| loopback.request(now, request));
                    let events = loopback.events(now);
                    let is_idle = is_idle && events.is_empty();
                    events.into_iter().for_each(|event| modem.event(now, event));
                    output.extend(modem.output(now));
                    if is_idle {
                        return output;
                    }
                }
            }
            Inner::Dialogue(script) => {
                script.advance(now);
                std::mem::take(&mut script.output)
            }
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        match &*self.0.borrow() {
            Inner::Before(modem, loopback) => modem.next_deadline().into_iter().chain(loopback.next_deadline()).min(),
            Inner::Dialogue(script) => script.next_deadline(),
        }
    }
}

struct Script {
    steps: Vec<Step>,
    /// The next step.
    next: usize,
    /// Time of the step before it.
    last: Duration,
    /// Bytes from the host that belong to no completed step.
    pending: Vec<u8>,
    output: Vec<u8>,
    /// Answers to probes, with their times.
    probed: VecDeque<(Duration, Vec<u8>)>,
    scan: Scan,
    echo: bool,
    /// The final result of a step of the host is pending.
    awaits_result: bool,
    /// The outcome of a step of the host is pending.
    awaits_outcome: bool,
    /// A prompt waits for data.
    prompts: bool,
    deviation: Option<Deviation>,
}

/// Classification of the host's bytes.
enum Meaning {
    /// The next step.
    Step,
    /// A probe.
    Probe(usize),
    /// Possibly the beginning of one of them.
    Open,
    /// Neither.
    Deviation,
}

impl Script {
    fn new(now: Duration, steps: Vec<Step>, echo: bool) -> Self {
        Self {
            steps,
            next: 0,
            last: now,
            pending: Vec::new(),
            output: Vec::new(),
            probed: VecDeque::new(),
            scan: Scan::default(),
            echo,
            awaits_result: false,
            awaits_outcome: false,
            prompts: false,
            deviation: None,
        }
    }

    fn step(&self, direction: Direction) -> Option<&Step> {
        self.steps.get(self.next).filter(|step| step.direction == direction)
    }

    fn receive(&mut self, now: Duration, byte: u8) {
        self.advance(now);
        self.pending.push(byte);
        if self.deviation.is_none()
            && let Some(pending) = self.pending_answer()
        {
            let line = self.steps.get(self.next).map(|step| step.line);
            self.deviation = Some((line, format!("the driver sends {} while {pending} is pending", self.shown())));
        }
        self.advance(now);
    }

    /// A final result or an outcome among the next steps of the module, if it is pending.
    fn pending_answer(&self) -> Option<&'static str> {
        let mut scan = self.scan.clone();
        let due = self.steps.iter().skip(self.next).take_while(|step| step.direction == Direction::ToHost);
        due.flat_map(|step| &step.bytes).find_map(|byte| match scan.take(*byte) {
            Found::FinalResult if self.awaits_result => Some("a final result"),
            Found::Outcome if self.awaits_outcome => Some("an outcome"),
            _ => None,
        })
    }

    /// Advances as far as time and the host's bytes allow.
    fn advance(&mut self, now: Duration) {
        while self.deviation.is_none() && (self.say(now) || self.hear(now)) {}
        while let Some((due, _)) = self.probed.front()
            && *due <= now
        {
            let answer = self.probed.pop_front().map(|(_, answer)| answer).unwrap_or_default();
            self.output.extend(answer);
        }
    }

    /// Sends what is due.
    fn say(&mut self, now: Duration) -> bool {
        let Some(step) = self.step(Direction::ToHost) else { return false };
        let due = self.last + step.after;
        if due > now {
            return false;
        }
        let bytes = step.bytes.clone();
        for byte in &bytes {
            match self.scan.take(*byte) {
                Found::FinalResult => self.awaits_result = false,
                Found::Outcome => self.awaits_outcome = false,
                Found::Prompt => self.prompts = self.awaits_result,
                // Discards half a line of the host.
                Found::Boot => {
                    self.echo = true;
                    self.pending.clear();
                }
                Found::Nothing => {}
            }
        }
        self.output.extend(bytes);
        self.next += 1;
        self.last = due;
        true
    }

    /// Processes the host's bytes.
    fn hear(&mut self, now: Duration) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        match self.meaning() {
            Meaning::Open => return false,
            Meaning::Step => {
                let length = self.step(Direction::ToModem).map_or(0, |step| step.bytes.len());
                let sent: Vec<u8> = self.pending.drain(..length).collect();
                if !self.prompts {
                    self.scan.command(&sent);
                }
                self.next += 1;
                self.last = now;
                self.awaits_result = true;
                self.awaits_outcome = true;
                self.prompts = false;
            }
            Meaning::Probe(place) => {
                let (command, answer) = PROBES[place];
                self.pending.drain(..command.len());
                let echo = if self.echo { command } else { &[] };
                self.probed.push_back((now + PROBE_DELAY, [echo, answer].concat()));
                self.echo &= command != b"ATE0\r";
            }
            Meaning::Deviation => {
                let expected = match self.step(Direction::ToModem) {
                    Some(step) => format!("{} is next", step.bytes.escape_ascii()),
                    None => "the dialogue has ended".to_owned(),
                };
                let line = self.steps.get(self.next).map(|step| step.line);
                self.deviation = Some((line, format!("the driver sends {} where {expected}", self.shown())));
            }
        }
        true
    }

    fn meaning(&self) -> Meaning {
        let pending = &self.pending[..];
        let step = self.step(Direction::ToModem).map(|step| &step.bytes[..]);
        if let Some(step) = step {
            match pending.get(..step.len()) {
                Some(sent) if sent == step || masked_line(sent) == step => return Meaning::Step,
                None if step.starts_with(pending) => return Meaning::Open,
                _ => {}
            }
        }
        // The host may send its next step early, before the module has sent its own.
        let is_early = self.step(Direction::ToHost).is_some();
        let upcoming = self.steps.iter().skip(self.next).find(|step| step.direction == Direction::ToModem);
        if is_early
            && upcoming
                .is_some_and(|upcoming| upcoming.bytes.starts_with(pending) || pending.starts_with(&upcoming.bytes))
        {
            return Meaning::Open;
        }
        if !self.prompts {
            if let Some(place) = PROBES.iter().position(|(command, _)| pending.starts_with(command)) {
                return Meaning::Probe(place);
            }
            if PROBES.iter().any(|(command, _)| command.starts_with(pending)) {
                return Meaning::Open;
            }
        }
        let is_incomplete = step.is_some_and(|step| pending.len() < step.len()) && !pending.contains(&b'\r');
        if is_incomplete || is_early { Meaning::Open } else { Meaning::Deviation }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let said = self.step(Direction::ToHost).filter(|_| self.deviation.is_none()).map(|step| self.last + step.after);
        said.into_iter().chain(self.probed.front().map(|(due, _)| *due)).min()
    }

    fn missing(&self) -> Option<Deviation> {
        let step = self.steps.get(self.next)?;
        let sent = if self.pending.is_empty() { String::new() } else { format!(", only {}", self.shown()) };
        Some((Some(step.line), format!("the driver has not sent {}{sent}", step.bytes.escape_ascii())))
    }

    fn shown(&self) -> String {
        self.pending.escape_ascii().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use simcom_modem_simulator::transcript::Transcript;

    const DIALOGUE: &str = "module: m\nfirmware: f\nfamily: a76xx\norigin: o\n\n\
                            -> +0 AT+CMQTTPUB=0,1,60,0,0\\r\n\
                            <- +0.020 \\r\\nOK\\r\\n\n\
                            <- +0.500 \\r\\n+CMQTTPUB: 0,0\\r\\n\n\
                            -> +0 AT+CPIN=\"xxxx\"\\r\n\
                            <- +0.020 \\r\\nOK\\r\\n\n";
    const PUB: &[u8] = b"AT+CMQTTPUB=0,1,60,0,0\r";
    const PIN: &[u8] = b"AT+CPIN=\"0000\"\r";

    /// The module's answers to bytes of the host at times in milliseconds, and the deviation.
    fn said(sent: &[(u64, &[u8])]) -> (Vec<u8>, Option<Deviation>) {
        let mut module = ScriptedModule::before(Family::A76xx);
        module.begin(Duration::ZERO, DIALOGUE.parse::<Transcript>().unwrap().steps, false);
        let mut said = Vec::new();
        for millis in 0..2_000 {
            let now = Duration::from_millis(millis);
            sent.iter().filter(|(at, _)| *at == millis).for_each(|(_, bytes)| module.receive(now, bytes));
            said.extend(module.output(now));
        }
        (said, module.deviation().or_else(|| module.missing()))
    }

    #[test]
    fn recorded_bytes_are_answered_in_recorded_order_and_time() {
        let (answers, deviation) = said(&[(0, PUB), (600, PIN)]);
        assert_eq!(answers, b"\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n\r\nOK\r\n");
        assert_eq!(deviation, None);
        let mut module = ScriptedModule::before(Family::A76xx);
        module.begin(Duration::ZERO, DIALOGUE.parse::<Transcript>().unwrap().steps, false);
        module.receive(Duration::from_secs(1), PUB);
        assert_eq!(module.next_deadline(), Some(Duration::from_millis(1_020)));
    }

    #[test]
    fn a_command_while_a_final_result_or_an_outcome_is_pending_is_a_deviation() {
        let (_, early) = said(&[(0, PUB), (10, b"A")]);
        assert_eq!(early, Some((Some(7), "the driver sends A while a final result is pending".to_owned())));
        let (_, busy) = said(&[(0, PUB), (30, b"A")]);
        assert_eq!(busy, Some((Some(8), "the driver sends A while an outcome is pending".to_owned())));
    }

    #[test]
    fn bytes_that_differ_from_the_recorded_ones_are_a_deviation() {
        let (_, deviation) = said(&[(0, b"AT+CMQTTPUB=0,2,60,0,0\r")]);
        let (line, problem) = deviation.unwrap();
        assert_eq!(line, Some(6));
        assert!(problem.starts_with("the driver sends AT+CMQTTPUB=0,2,60,0,0\\r where AT+CMQTTPUB=0,1"), "{problem}");
        let (_, behind_the_end) = said(&[(0, PUB), (600, PIN), (700, b"AT+X\r")]);
        assert!(behind_the_end.unwrap().1.ends_with("where the dialogue has ended"));
    }

    #[test]
    fn bytes_that_do_not_come_are_missing() {
        let (_, missing) = said(&[(0, PUB), (600, b"AT+CPIN")]);
        let text = "the driver has not sent AT+CPIN=\\\"xxxx\\\"\\r, only AT+CPIN".to_owned();
        assert_eq!(missing, Some((Some(9), text)));
    }

    #[test]
    fn probes_that_the_dialogue_does_not_have_are_answered() {
        let (answers, deviation) = said(&[(0, b"AT\r"), (100, b"AT+CSQ\r"), (200, PUB), (900, PIN)]);
        assert!(answers.starts_with(b"\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n"));
        assert_eq!(deviation, None);
    }
}
