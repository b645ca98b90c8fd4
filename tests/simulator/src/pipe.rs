//! The module, a broker in memory and a clock in one process, in virtual time.
//!
//! A [`Bench`] carries bytes between a host and the module and runs the host's futures. Time passes only while every
//! future waits, and then at once to the next moment at which something happens: a test of hours takes milliseconds,
//! and runs the same every time.

mod clock;
mod executor;
mod line;
mod receiver;
#[cfg(test)]
mod tests;
mod transmitter;

pub use clock::Clock;
pub use line::Direction;
pub use receiver::Receiver;
pub use transmitter::Transmitter;

use core::time::Duration;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use embedded_io_async::ErrorKind;

use crate::behaviour::Behaviour;
use crate::family::Family;
use crate::loopback::Loopback;
use crate::modem::Modem;
use clock::Timers;
use executor::Standstill;
use line::Line;

/// How the module's bytes come to the host, and the host's to the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunking {
    /// How many bytes `fill_buf` shows at once.
    pub read: ReadChunks,
    /// `fill_buf` is pending once before each chunk.
    pub pending_before_read: bool,
    /// `write` takes at most so many bytes at once.
    pub longest_write: Option<usize>,
    /// `write` is pending once before it takes anything.
    pub pending_before_write: bool,
}

/// How the module's bytes are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadChunks {
    /// Whatever has arrived.
    #[default]
    Whole,
    /// At most so many.
    AtMost(usize),
    /// Whatever has arrived, but never beyond byte k of all output in one chunk with what comes before.
    SplitAt(usize),
}

type Action = Box<dyn FnOnce(&Bench)>;

/// A module on a bench; clones are the same bench.
#[derive(Clone)]
pub struct Bench(Rc<RefCell<Inner>>);

struct Inner {
    modem: Modem,
    loopback: Loopback,
    now: Duration,
    limit: Duration,
    line: Line,
    chunking: Chunking,
    read_errors: VecDeque<ErrorKind>,
    timers: Timers,
    standstill: Standstill,
    reader: Option<core::task::Waker>,
    at: Vec<(Duration, Action)>,
    after_output: Vec<(usize, Action)>,
    after_input: Vec<(usize, Action)>,
}

impl Bench {
    /// A bench with a module of a family in the family's own habits.
    pub fn new(family: Family) -> Self {
        Self::with(family, Behaviour::of(family))
    }

    /// A bench with a module of these habits.
    pub fn with(family: Family, behaviour: Behaviour) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            modem: Modem::new(family, behaviour),
            loopback: Loopback::default(),
            now: Duration::ZERO,
            limit: Duration::from_secs(24 * 3600),
            line: Line::default(),
            chunking: Chunking::default(),
            read_errors: VecDeque::new(),
            timers: Timers::default(),
            standstill: Standstill::default(),
            reader: None,
            at: Vec::new(),
            after_output: Vec::new(),
            after_input: Vec::new(),
        })))
    }

    /// The host's end of the line. Taken again, it stands for a host that has been reset: bytes that the earlier
    /// receiver had already shown are gone.
    pub fn host(&self) -> (Receiver, Transmitter) {
        (Receiver::new(self.clone()), Transmitter::new(self.clone()))
    }

    /// The host's clock.
    pub fn clock(&self) -> Clock {
        Clock::new(self.clone())
    }

    /// Virtual time since the bench was made.
    pub fn now(&self) -> Duration {
        self.0.borrow().now
    }

    /// How far virtual time may go before [`block_on`](Self::block_on) gives up; a day unless told.
    pub fn set_time_limit(&self, limit: Duration) {
        self.0.borrow_mut().limit = limit;
    }

    /// Sets how bytes are cut.
    pub fn set_chunking(&self, chunking: Chunking) {
        self.0.borrow_mut().chunking = chunking;
    }

    /// Works on the module.
    pub fn modem<T>(&self, work: impl FnOnce(&mut Modem, Duration) -> T) -> T {
        let inner = &mut *self.0.borrow_mut();
        work(&mut inner.modem, inner.now)
    }

    /// Works on the broker.
    pub fn loopback<T>(&self, work: impl FnOnce(&mut Loopback, Duration) -> T) -> T {
        let inner = &mut *self.0.borrow_mut();
        work(&mut inner.loopback, inner.now)
    }

    /// Runs an action at a moment of virtual time.
    pub fn at(&self, time: Duration, action: impl FnOnce(&Bench) + 'static) {
        self.0.borrow_mut().at.push((time, Box::new(action)));
    }

    /// Runs an action when the module's output has reached `bytes` in all. What follows those bytes has not reached
    /// the host yet; [`cut_output`](Self::cut_output) in the action loses it.
    pub fn after_output(&self, bytes: usize, action: impl FnOnce(&Bench) + 'static) {
        self.0.borrow_mut().after_output.push((bytes, Box::new(action)));
    }

    /// Runs an action when the host has sent `bytes` in all, before the module gets any more.
    pub fn after_input(&self, bytes: usize, action: impl FnOnce(&Bench) + 'static) {
        self.0.borrow_mut().after_input.push((bytes, Box::new(action)));
    }

    /// The next read of the host fails with this error.
    pub fn fail_next_read(&self, error: ErrorKind) {
        let mut inner = self.0.borrow_mut();
        inner.read_errors.push_back(error);
        inner.wake_reader();
    }

    /// Loses the next `bytes` of the module's output on the way to the host.
    pub fn lose(&self, bytes: usize) {
        self.0.borrow_mut().line.lose(bytes);
    }

    /// Loses what the module has sent and the host's UART has not got yet.
    pub fn cut_output(&self) {
        self.0.borrow_mut().line.cut();
    }

    /// What went over the line, and when; lost bytes are not in it.
    pub fn transcript(&self) -> Vec<(Direction, Duration, Vec<u8>)> {
        self.0.borrow().line.transcript().to_vec()
    }

    /// The transcript as text, for messages of failing tests.
    pub fn transcript_text(&self) -> String {
        self.0.borrow().line.text()
    }

    /// Every byte the host has sent.
    pub fn sent(&self) -> Vec<u8> {
        self.0.borrow().line.bytes(Direction::ToModem)
    }

    /// Every byte that has come to the host's UART.
    pub fn received(&self) -> Vec<u8> {
        self.0.borrow().line.bytes(Direction::ToHost)
    }

    /// Moves everything that can move without time passing.
    pub fn carry(&self) {
        loop {
            self.run_due_actions();
            if !self.0.borrow_mut().carry() {
                let Some(action) = self.0.borrow_mut().take_output_action() else { return };
                action(self);
            }
        }
    }

    /// Lets virtual time pass with no host.
    pub fn pass(&self, duration: Duration) {
        let end = self.now() + duration;
        loop {
            self.carry();
            let next = self.0.borrow().next_deadline().filter(|next| *next <= end);
            let reached = self.now() >= end;
            if reached && next.is_none_or(|next| next > end) {
                return;
            }
            self.advance_to(next.unwrap_or(end).max(self.now()));
        }
    }

    fn run_due_actions(&self) {
        loop {
            let due = {
                let mut inner = self.0.borrow_mut();
                let now = inner.now;
                inner.at.iter().position(|(time, _)| *time <= now).map(|index| inner.at.remove(index))
            };
            let Some((_, action)) = due else { return };
            action(self);
        }
    }

    fn advance_to(&self, time: Duration) {
        let mut inner = self.0.borrow_mut();
        inner.now = inner.now.max(time);
        let now = inner.now;
        inner.timers.wake_due(now);
    }

    /// Bytes from the host, actions of [`after_input`](Self::after_input) at their places.
    fn transmit(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            {
                let inner = &mut *self.0.borrow_mut();
                let length = inner.input_room().min(bytes.len());
                let (first, rest) = bytes.split_at(length);
                inner.line.record(Direction::ToModem, inner.now, first);
                inner.modem.receive(inner.now, first);
                bytes = rest;
            }
            loop {
                let Some(action) = self.0.borrow_mut().take_input_action() else { break };
                self.carry();
                action(self);
            }
        }
    }
}

impl Inner {
    /// Moves bytes, requests and events once; tells whether anything moved.
    fn carry(&mut self) -> bool {
        let output = self.modem.output(self.now);
        let requests = self.modem.take_requests(self.now);
        let mut moved = !output.is_empty() || !requests.is_empty();
        self.line.push(&output);
        for request in requests {
            self.loopback.request(self.now, request);
        }
        for event in self.loopback.events(self.now) {
            self.modem.event(self.now, event);
            moved = true;
        }
        let barrier = self.after_output.iter().map(|(at, _)| *at).min();
        if self.line.arrive(self.now, barrier) {
            moved = true;
            self.wake_reader();
        }
        moved
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    fn take_output_action(&mut self) -> Option<Action> {
        let arrived = self.line.arrived();
        let index = self.after_output.iter().position(|(at, _)| *at <= arrived)?;
        Some(self.after_output.remove(index).1)
    }

    /// How many bytes the host may send before the next action.
    fn input_room(&self) -> usize {
        let sent = self.line.sent();
        let ahead = self.after_input.iter().filter(|(at, _)| *at > sent);
        ahead.map(|(at, _)| at - sent).min().unwrap_or(usize::MAX)
    }

    fn take_input_action(&mut self) -> Option<Action> {
        let sent = self.line.sent();
        let index = self.after_input.iter().position(|(at, _)| *at <= sent)?;
        Some(self.after_input.remove(index).1)
    }

    fn next_deadline(&self) -> Option<Duration> {
        let actions = self.at.iter().map(|(time, _)| *time).min();
        [self.modem.next_deadline(), self.loopback.next_deadline(), self.timers.next(), actions]
            .into_iter()
            .flatten()
            .min()
    }
}
