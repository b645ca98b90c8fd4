//! A core with script, line and clock, and the assertions about every call.

use core::time::Duration;
use std::collections::VecDeque;

use embedded_io::ErrorKind;
use simcom_mqtt::sans_io::{self, Engine, Outgoing, Procedure, WINDOW_BYTES};
use simcom_mqtt::{Error, Event, Family};

use super::calls::{self, Carrier, Expected};
use super::ledger::Ledger;
use super::places;
use super::sent::Sent;
use crate::findings::Findings;
use crate::script::Step;

/// Longest time of a call with a silent module, unless documented otherwise, in milliseconds.
pub(super) const LONGEST_CALL_MS: u64 = 400_000;
/// More bytes than are ever sent without an answer: the longest line, data, and the filling of a prompt of unknown
/// length.
const MOST_BYTES_AT_ONCE: usize = 30_000;
/// Number of deadlines that may be missed at the same moment: the exchange, a pending outcome, a message.
const MOST_EXPIRIES_AT_ONCE: u32 = 16;
/// Number of bytes before a call that can belong to a line which continues in it.
const LONGEST_LINE: usize = 80;

const ERRORS: [ErrorKind; 6] = [
    ErrorKind::Other,
    ErrorKind::InvalidData,
    ErrorKind::Interrupted,
    ErrorKind::TimedOut,
    ErrorKind::OutOfMemory,
    ErrorKind::BrokenPipe,
];

/// State of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    UnderWay,
    Ended(Result<(), Error>),
}

/// Capacity of the transmitter.
#[derive(Clone, Copy, Debug)]
struct Transmitter {
    left: Option<usize>,
    piece: usize,
}

pub(crate) struct Run {
    pub(super) core: Engine,
    pub(super) ledger: Ledger,
    pub(super) now: Duration,
    script: VecDeque<Step>,
    /// Bytes that arrived while no call was under way.
    backlog: Vec<Result<Vec<u8>, ErrorKind>>,
    transmitter: Transmitter,
    /// Remaining bytes of a payload's source.
    source: usize,
    /// All bytes passed to the core.
    pub(super) received: Vec<u8>,
    /// The bytes sent by the current call.
    sent: Sent,
    flushed: bool,
    /// The receiver has reported an error.
    has_failed: bool,
    bytes_at_once: usize,
    /// Results of the calls; `None` for a dropped one.
    results: Vec<Option<Result<(), Error>>>,
}

impl Run {
    pub(super) fn new(family: Family, now: Duration, steps: Vec<Step>) -> Self {
        let mut core = Engine::new(family);
        core.pass_time(now);
        Self {
            core,
            ledger: Ledger::default(),
            now,
            script: steps.into(),
            backlog: Vec::new(),
            transmitter: Transmitter { left: None, piece: usize::MAX },
            source: usize::MAX,
            received: Vec::new(),
            sent: Sent::default(),
            flushed: false,
            has_failed: false,
            bytes_at_once: 0,
            results: Vec::new(),
        }
    }

    pub(super) fn findings(self) -> Findings {
        self.ledger.findings
    }

    /// Results of the calls, and the number of messages handed over.
    #[cfg(test)]
    pub(crate) fn outcome(&self) -> crate::seeds::session::Outcome {
        (self.results.clone(), self.ledger.handed_over())
    }

    /// Runs the script to its end.
    pub(super) fn carry_out(&mut self) {
        while let Some(step) = self.script.pop_front() {
            match step {
                Step::Operation(5, number) => calls::begin(self, number),
                Step::Operation(11, number) => {
                    if let Some(Step::Bytes(_)) = self.script.front()
                        && let Some(Step::Bytes(bytes)) = self.script.pop_front()
                    {
                        self.backlog.push(Ok(bytes));
                    }
                    calls::begin(self, number);
                }
                Step::Bytes(bytes) => self.backlog.push(Ok(bytes)),
                Step::Operation(4, number) => self.backlog.push(Err(error(number))),
                Step::Operation(operation, argument) => self.common(operation, argument),
            }
        }
        self.take_events();
        self.ledger.take_messages();
    }

    /// Carries out an operation that does not depend on a call.
    fn common(&mut self, operation: u8, argument: u8) {
        match operation {
            1 => self.now += Duration::from_millis(argument.into()),
            2 | 3 => self.now += Duration::from_millis(long_time_ms(argument)),
            7 => {
                self.transmitter = match argument {
                    240.. => Transmitter { left: None, piece: usize::from(argument - 239) },
                    _ => Transmitter { left: Some(argument.into()), piece: usize::MAX },
                };
            }
            8 => {
                self.take_events();
                self.ledger.take_messages();
            }
            12 => self.source = usize::from(argument).pow(2),
            _ => {}
        }
    }

    fn under_way(&mut self, call: &mut dyn Procedure, expected: &Expected) -> Option<Result<(), Error>> {
        self.core.pass_time(self.now);
        if let Err(error) = self.core.begin_call(call) {
            return Some(Err(error.into()));
        }
        for arrived in core::mem::take(&mut self.backlog) {
            if let Err(error) = self.arrives(call, arrived) {
                return Some(Err(error));
            }
        }
        if let Progress::Ended(result) = self.go_on(call, expected) {
            return Some(result);
        }
        while let Some(step) = self.script.pop_front() {
            let progress = match step {
                Step::Operation(5 | 11, _) => {
                    self.script.push_front(step);
                    return None;
                }
                Step::Operation(6, _) => return None,
                Step::Operation(2, argument) => self.wait(call, expected, long_time_ms(argument)),
                Step::Operation(4, number) => match self.arrives(call, Err(error(number))) {
                    Ok(()) => self.go_on(call, expected),
                    Err(error) => return Some(Err(error)),
                },
                Step::Operation(operation, argument) => {
                    self.common(operation, argument);
                    self.look_at_the_clock(call, expected)
                }
                Step::Bytes(bytes) => match self.arrives(call, Ok(bytes)) {
                    Ok(()) => self.go_on(call, expected),
                    Err(error) => return Some(Err(error)),
                },
            };
            if let Progress::Ended(result) = progress {
                return Some(result);
            }
        }
        self.silence(call, expected)
    }

    /// The module stays silent: a call that does not wait for events ends.
    fn silence(&mut self, call: &mut dyn Procedure, expected: &Expected) -> Option<Result<(), Error>> {
        self.transmitter = Transmitter { left: None, piece: usize::MAX };
        self.source = usize::MAX;
        if let Progress::Ended(result) = self.go_on(call, expected) {
            return Some(result);
        }
        match self.wait(call, expected, LONGEST_CALL_MS) {
            Progress::Ended(result) => Some(result),
            Progress::UnderWay => {
                assert!(expected.listens, "the call goes on for ever though the module is silent");
                None
            }
        }
    }

    /// Passes bytes or an error of the receiver to the core.
    fn arrives(&mut self, call: &mut dyn Procedure, arrived: Result<Vec<u8>, ErrorKind>) -> Result<(), Error> {
        self.core.pass_time(self.now);
        self.bytes_at_once = 0;
        match arrived {
            Ok(bytes) => {
                self.received.extend(&bytes);
                self.core.receive(&bytes, call, &mut self.ledger);
                Ok(())
            }
            Err(kind) => {
                self.has_failed = true;
                self.core.receive_failed(kind, &mut self.ledger)?;
                assert!(!self.ledger.is_open(), "a message goes on though bytes of it are lost");
                Ok(())
            }
        }
    }

    /// Lets time pass, with a poll at every deadline.
    fn wait(&mut self, call: &mut dyn Procedure, expected: &Expected, milliseconds: u64) -> Progress {
        let end = self.now + Duration::from_millis(milliseconds);
        loop {
            self.core.pass_time(self.now);
            let due = self.core.time_left().map(|left| self.now + Duration::from_millis(left.into()));
            match due {
                Some(due) if due <= end => {
                    self.now = due;
                    if let Progress::Ended(result) = self.look_at_the_clock(call, expected) {
                        return Progress::Ended(result);
                    }
                }
                _ => break,
            }
        }
        self.now = end;
        self.core.pass_time(end);
        Progress::UnderWay
    }

    /// Handles the deadlines that have passed.
    fn look_at_the_clock(&mut self, call: &mut dyn Procedure, expected: &Expected) -> Progress {
        self.core.pass_time(self.now);
        let mut expiries = 0;
        while self.core.time_left() == Some(0) {
            expiries += 1;
            assert!(expiries < MOST_EXPIRIES_AT_ONCE, "a deadline stays missed: the host is kept busy");
            self.bytes_at_once = 0;
            self.core.expire(&mut self.ledger);
            if let Progress::Ended(result) = self.go_on(call, expected) {
                return Progress::Ended(result);
            }
        }
        self.go_on(call, expected)
    }

    /// Advances as far as possible without time and bytes from the module.
    fn go_on(&mut self, call: &mut dyn Procedure, expected: &Expected) -> Progress {
        let mut window = [0; WINDOW_BYTES];
        loop {
            self.core.pass_time(self.now);
            match self.core.poll(call) {
                Ok(sans_io::Progress::Done) => return Progress::Ended(Ok(())),
                Err(error) => return Progress::Ended(Err(error)),
                Ok(sans_io::Progress::Waiting) => {}
            }
            let outgoing = self.core.transmit(call, &mut window);
            let bytes = match outgoing {
                Outgoing::Nothing if self.core.input_is_drained() => continue,
                Outgoing::Nothing => break,
                Outgoing::Flush => {
                    assert!(!self.flushed, "flushed again though nothing was sent");
                    self.flushed = true;
                    self.core.flushed();
                    continue;
                }
                Outgoing::Source(limit) => {
                    assert!(expected.has_source && limit > 0, "a source of nothing");
                    if self.source == 0 {
                        return Progress::Ended(Err(Error::SourceEnded));
                    }
                    &[b'.'; 32][..limit.min(self.source).min(32)]
                }
                Outgoing::Bytes(bytes) => bytes,
            };
            assert!(!bytes.is_empty(), "nothing is sent again and again");
            let count = bytes.len().min(self.transmitter.piece).min(self.transmitter.left.unwrap_or(usize::MAX));
            if count == 0 {
                break;
            }
            self.sent.push(&bytes[..count], &self.received);
            if let Some(left) = &mut self.transmitter.left {
                *left -= count;
            }
            if let Outgoing::Source(_) = outgoing {
                self.source -= count;
            }
            self.flushed = false;
            self.bytes_at_once += count;
            assert!(self.bytes_at_once < MOST_BYTES_AT_ONCE, "sends on without an answer");
            self.core.transmitted(count);
        }
        assert!(expected.listens || self.core.time_left().is_some(), "waits without a deadline");
        Progress::UnderWay
    }

    fn has_received(&self, text: &[u8]) -> bool {
        places(&self.received, text).next().is_some()
    }
}

impl Carrier for Run {
    fn core(&mut self) -> &mut Engine {
        &mut self.core
    }

    fn now(&self) -> Duration {
        self.now
    }

    fn during(&mut self, call: &mut dyn Procedure, expected: &Expected) {
        let started = self.received.len().saturating_sub(LONGEST_LINE);
        self.sent.clear();
        self.flushed = false;
        let ended = self.under_way(call, expected);
        if let Some(Err(error)) = ended {
            assert!(!error.to_string().is_empty());
        }
        assert!(places(self.sent.bytes(), b"AT+CMQTTPUB=").count() <= 1, "a message was published twice");
        if ended == Some(Ok(())) {
            expected.check(&self.received[started..], self.sent.bytes());
        }
        if expected.listens && ended == Some(Ok(())) {
            assert!(self.take_events() > 0, "no event though the wait for one has ended");
        }
        self.source = usize::MAX;
        self.results.push(ended);
    }

    /// Takes all events and checks that they report nothing that did not happen.
    fn take_events(&mut self) -> usize {
        let mut events = 0;
        while let Some(event) = self.core.take_event() {
            events += 1;
            assert!(events <= 11, "more events than there are kinds");
            let since = |ledger: &Ledger, client: simcom_mqtt::ClientIndex, place: usize| {
                ledger.since_event[usize::from(client.number())][place]
            };
            match event {
                Event::Message(client) => assert!(since(&self.ledger, client, 0) > 0, "no message"),
                // One that is longer than any is refused without asking the handler.
                Event::MessageRefused { client, count, .. } => {
                    assert!(since(&self.ledger, client, 1) <= count && count > 0)
                }
                Event::MessageAborted { client, count } => {
                    assert!(since(&self.ledger, client, 2) <= count && count > 0)
                }
                // What was missed is in the answer of a query.
                Event::ConnectionLost { .. } => {
                    assert!(self.has_received(b"+CMQTTCONNLOST") || self.has_received(b"+CMQTTDISC"), "no loss")
                }
                Event::BytesLost => assert!(self.has_failed, "no error"),
                Event::NetworkLost => {
                    assert!(self.has_received(b"+CMQTTNONET") || self.has_received(b"ERROR"), "no loss")
                }
                _ => {}
            }
        }
        self.ledger.since_event = Default::default();
        events
    }
}

fn long_time_ms(argument: u8) -> u64 {
    u64::from(argument).pow(2) * 10
}

fn error(number: u8) -> ErrorKind {
    ERRORS[usize::from(number) % ERRORS.len()]
}
