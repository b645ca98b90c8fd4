//! Dialogues between the engine and a module, for unit tests: no shell, no UART, no clock.
//!
//! A test lists in [rows](Row) what has to be sent and what is received, in order. Time is virtual: it passes only
//! where a row says so. The bench uses the engine as a shell does, through its outer interface. To reach the states
//! from which tests begin, it sends single commands by [`Single`] of `procedure`, the only import from a later layer.

extern crate std;

mod record;
mod script;
mod tests;

use core::time::Duration;
use std::vec::Vec;

use embedded_io::ErrorKind;

use super::{ClientState, Counters, Engine, Event, Outgoing, Procedure, Progress, ServiceState};
use crate::ResultCode;
use crate::at::WINDOW_BYTES;
use crate::command::{self, Accq, ClientIndex, EchoOff, Request, ServerType, Start};
use crate::error::{CommandName, Elapsed, Error, Illegal, Refusal};
use crate::family::Family;
use crate::procedure::Single;

pub(crate) use record::Record;
pub(crate) use script::*;

pub(crate) const FIRST: ClientIndex = ClientIndex::First;
pub(crate) const SECOND: ClientIndex = ClientIndex::Second;

pub(crate) const OK: &str = "\r\nOK\r\n";
pub(crate) const ERROR: &str = "\r\nERROR\r\n";

/// The error of a command that was refused with a code.
pub(crate) fn refused(command: &'static &'static str, code: u8) -> Error {
    Error::Refused { command: CommandName::new(command), refusal: Refusal::Code(ResultCode::new(code)) }
}

/// The error of a command that was refused with a bare `ERROR`.
pub(crate) fn refused_without_code(command: &'static &'static str) -> Error {
    Error::Refused { command: CommandName::new(command), refusal: Refusal::Error }
}

/// The error of a CONNECT that was refused so many milliseconds after it began.
pub(crate) fn connect_refused(code: u8, after_ms: u32) -> Error {
    connect_refused_so(Refusal::Code(ResultCode::new(code)), after_ms)
}

/// The same, of one that was refused in this way.
pub(crate) fn connect_refused_so(refusal: Refusal, after_ms: u32) -> Error {
    Error::ConnectRefused { refusal, after: Elapsed::from_millis(after_ms) }
}

/// The error of a command that does not fit the state.
pub(crate) fn illegal(command: &'static &'static str, reason: Illegal) -> Error {
    Error::Illegal { command: CommandName::new(command), reason }
}

/// What the engine wants its shell to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// To send these bytes, or the first of them.
    Send(Vec<u8>),
    /// To send at most this many bytes of the call's own source.
    Source(usize),
    /// To wait for bytes or for the deadline.
    Nothing,
    /// The call has ended.
    End,
}

/// An engine, its virtual clock, and what it has delivered.
pub(crate) struct Dialogue {
    pub(crate) engine: Engine,
    pub(crate) record: Record,
    now: Duration,
    /// How many bytes each flush has completed, in order; 0 where nothing was sent before it.
    pub(crate) flushes: Vec<usize>,
    unflushed: usize,
}

impl Dialogue {
    /// An engine that knows nothing of its module.
    pub(crate) fn new(family: Family) -> Self {
        let engine = Engine::new(family);
        Self { engine, record: Record::default(), now: Duration::ZERO, flushes: Vec::new(), unflushed: 0 }
    }

    /// An engine that is in step with its module, whose echo is off.
    #[track_caller]
    pub(crate) fn in_step(family: Family) -> Self {
        let mut dialogue = Self::new(family);
        let script = [synchronised(), command("ATE0", OK)].concat();
        assert_eq!(dialogue.call(&mut Single(EchoOff), &script), Ok(()));
        dialogue
    }

    /// The service is started.
    #[track_caller]
    pub(crate) fn started(family: Family) -> Self {
        let mut dialogue = Self::in_step(family);
        dialogue.succeed(Start, "AT+CMQTTSTART", "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n");
        dialogue
    }

    /// The first client is acquired.
    #[track_caller]
    pub(crate) fn acquired(family: Family) -> Self {
        let mut dialogue = Self::started(family);
        dialogue.acquire(FIRST);
        dialogue
    }

    /// The first client is connected.
    #[track_caller]
    pub(crate) fn connected(family: Family) -> Self {
        let mut dialogue = Self::acquired(family);
        dialogue.open(FIRST);
        dialogue
    }

    /// Acquires a client.
    #[track_caller]
    pub(crate) fn acquire(&mut self, client: ClientIndex) {
        let accq = Accq { client, client_id: "id", server_type: ServerType::Tcp, version: None };
        self.succeed(accq, &std::format!("AT+CMQTTACCQ={},\"id\",0", client.number()), OK);
    }

    /// Connects an acquired client.
    #[track_caller]
    pub(crate) fn open(&mut self, client: ClientIndex) {
        let (host, port, clean_session) = ("broker.example", 1883, true);
        let keep_alive = Duration::from_secs(60);
        let connect = command::Connect { client, host, port, keep_alive, clean_session, user: None, password: None };
        let number = client.number();
        let line = std::format!("AT+CMQTTCONNECT={number},\"tcp://broker.example:1883\",60,1");
        self.succeed(connect, &line, &std::format!("\r\nOK\r\n\r\n+CMQTTCONNECT: {number},0\r\n"));
    }

    #[track_caller]
    fn succeed(&mut self, request: impl Request, line: &str, answer: &str) {
        assert_eq!(self.call(&mut Single(request), &command(line, answer)), Ok(()));
    }

    /// Drives a call to its end. The script and the call have to end together.
    #[track_caller]
    pub(crate) fn call(&mut self, procedure: &mut dyn Procedure, script: &[Row]) -> Result<(), Error> {
        match self.run(procedure, script) {
            Some(result) => result,
            None => fail(script, script.len(), "the call has not ended"),
        }
    }

    /// Drives a call as far as the script goes, and drops it there.
    #[track_caller]
    pub(crate) fn dropped_call(&mut self, procedure: &mut dyn Procedure, script: &[Row]) {
        if let Some(result) = self.run(procedure, script) {
            fail(script, script.len(), &std::format!("the call has ended: {result:?}"));
        }
    }

    /// Follows the script. Returns how the call has ended, `None` where it has not.
    #[track_caller]
    fn run(&mut self, procedure: &mut dyn Procedure, script: &[Row]) -> Option<Result<(), Error>> {
        let before = script.iter().take_while(|row| row.is_before_the_call()).count();
        let mut ended = self.begin(procedure).err();
        for (index, row) in script.iter().enumerate() {
            if index == before && ended.is_none() {
                self.engine.input_is_drained();
            }
            if let Some(error) = ended {
                fail(script, index, &std::format!("the call has ended before this row: {error:?}"));
            }
            match self.follow(row, procedure) {
                Ok(()) => {}
                Err(Mismatch::Ended(Err(error))) => ended = Some(error),
                Err(Mismatch::Ended(Ok(()))) => fail(script, index, "the call has ended before this row: Ok"),
                Err(Mismatch::Differs(text)) => fail(script, index, &text),
            }
        }
        if ended.is_some() {
            return ended.map(Err);
        }
        self.engine.input_is_drained();
        match self.wanted(procedure) {
            Ok(Wanted::End) => Some(Ok(())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// A call begins.
    pub(crate) fn begin(&mut self, procedure: &dyn Procedure) -> Result<(), Error> {
        self.engine.pass_time(self.now);
        Ok(self.engine.begin_call(procedure)?)
    }

    /// Asks the engine what is to be done next. It flushes by itself.
    pub(crate) fn wanted(&mut self, procedure: &mut dyn Procedure) -> Result<Wanted, Error> {
        loop {
            match self.engine.poll(procedure) {
                Ok(Progress::Waiting) => {}
                Ok(Progress::Done) => return Ok(Wanted::End),
                Err(error) => return Err(error),
            }
            let mut window = [0; WINDOW_BYTES];
            match self.engine.transmit(procedure, &mut window) {
                Outgoing::Nothing => return Ok(Wanted::Nothing),
                Outgoing::Bytes(bytes) => return Ok(Wanted::Send(bytes.to_vec())),
                Outgoing::Source(limit) => return Ok(Wanted::Source(limit)),
                Outgoing::Flush => {
                    self.flushes.push(core::mem::take(&mut self.unflushed));
                    self.engine.flushed();
                }
            }
        }
    }

    /// `count` bytes of what was wanted go out.
    pub(crate) fn transmitted(&mut self, count: usize) {
        self.unflushed += count;
        self.engine.transmitted(count);
    }

    pub(crate) fn receive(&mut self, bytes: &[u8], procedure: &mut dyn Procedure) {
        self.engine.receive(bytes, procedure, &mut self.record);
    }

    fn receive_failed(&mut self, kind: ErrorKind) -> Result<(), Error> {
        self.engine.receive_failed(kind, &mut self.record)
    }

    /// Time passes, without a deadline on the way.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.engine.pass_time(self.now);
    }

    /// Nothing has arrived until the deadline.
    pub(crate) fn expire(&mut self) {
        self.engine.expire(&mut self.record);
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    /// The events that wait.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.engine.session.events.take()).collect()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.engine.session.events.counters()
    }

    pub(crate) fn family(&self) -> Family {
        self.engine.session.family
    }

    pub(crate) fn service(&self) -> ServiceState {
        self.engine.session.lifecycle.service
    }

    pub(crate) fn client(&self, client: ClientIndex) -> ClientState {
        self.engine.session.lifecycle.client(client).state
    }
}
