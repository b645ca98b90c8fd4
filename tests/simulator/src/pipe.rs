//! Module, host and an in-memory broker in one process, in virtual time.
//!
//! A [`Bench`] moves bytes between a host and the module and runs the host's futures. Time advances only while every
//! future waits, and then directly to the next event. A test of hours takes milliseconds and is deterministic.
//! [`Tasks`] runs several futures as separate tasks, each with its own waker.

mod clock;
mod executor;
mod line;
mod module;
mod receiver;
mod tasks;
#[cfg(test)]
mod tests;
mod transcript;
mod transmitter;

pub use clock::Clock;
pub use executor::{Bound, Stopped, Why};
pub use line::Direction;
pub use module::Module;
pub use receiver::Receiver;
pub use tasks::{TaskId, Tasks};
pub use transmitter::Transmitter;

use core::num::NonZeroU32;
use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use embedded_io_async::ErrorKind;

use crate::behaviour::Behaviour;
use crate::family::Family;
use crate::fault::{Fault, Rates, Strike};
use crate::loopback::Loopback;
use crate::modem::Modem;
use clock::Timers;
use executor::Standstill;
use line::Line;
use module::Device;

/// How bytes are cut on their way to the host and to the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunking {
    /// How many bytes `fill_buf` returns at once.
    pub read: ReadChunks,
    /// `fill_buf` is pending once before each chunk.
    pub pending_before_read: bool,
    /// Maximum number of bytes that one `write` takes.
    pub longest_write: Option<usize>,
    /// `write` is pending once before it takes any byte.
    pub pending_before_write: bool,
}

/// How the module's bytes are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadChunks {
    /// All bytes that have arrived.
    #[default]
    Whole,
    /// At most this number of bytes.
    AtMost(usize),
    /// All bytes that have arrived, but cut before byte `k` of all output.
    SplitAt(usize),
}

type Action = Box<dyn FnOnce(&Bench)>;

/// A module on a bench; clones refer to the same bench.
#[derive(Clone)]
pub struct Bench(Rc<RefCell<Inner>>);

struct Inner {
    device: Device,
    loopback: Loopback,
    now: Duration,
    limit: Duration,
    line: Line,
    chunking: Chunking,
    timers: Timers,
    standstill: Standstill,
    has_host: bool,
    reader: Option<core::task::Waker>,
    writer: Option<core::task::Waker>,
    at: Vec<(Duration, Action)>,
    after_output: Vec<(usize, Action)>,
    after_input: Vec<(usize, Action)>,
}

impl Bench {
    /// A bench with a module of a family with the family's defaults.
    pub fn new(family: Family) -> Self {
        Self::with(family, Behaviour::of(family))
    }

    /// A bench with a module of this behaviour.
    pub fn with(family: Family, behaviour: Behaviour) -> Self {
        Self::on(Device::Simulated(Box::new(Modem::new(family, behaviour))))
    }

    /// A bench with a module of the caller at the other end of the line, without a broker.
    pub fn of(module: impl Module + 'static) -> Self {
        Self::on(Device::Other(Box::new(module)))
    }

    fn on(device: Device) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            device,
            loopback: Loopback::default(),
            now: Duration::ZERO,
            limit: Duration::from_secs(24 * 3600),
            line: Line::default(),
            chunking: Chunking::default(),
            timers: Timers::default(),
            standstill: Standstill::default(),
            has_host: false,
            reader: None,
            writer: None,
            at: Vec::new(),
            after_output: Vec::new(),
            after_input: Vec::new(),
        })))
    }

    /// The host's end of the line. A second call stands for a reset of the host: bytes that the earlier receiver had
    /// already returned from `fill_buf` are lost.
    pub fn host(&self) -> (Receiver, Transmitter) {
        {
            let inner = &mut *self.0.borrow_mut();
            if core::mem::replace(&mut inner.has_host, true)
                && let Device::Simulated(modem) = &mut inner.device
            {
                modem.host_replaced(inner.now);
            }
        }
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

    /// Sets the virtual time at which [`block_on`](Self::block_on) gives up; a day by default.
    pub fn set_time_limit(&self, limit: Duration) {
        self.0.borrow_mut().limit = limit;
    }

    /// That limit, for a host that blocks and therefore checks it itself.
    pub fn time_limit(&self) -> Duration {
        self.0.borrow().limit
    }

    /// Sets how bytes are cut.
    pub fn set_chunking(&self, chunking: Chunking) {
        self.0.borrow_mut().chunking = chunking;
    }

    /// Sets the speed of the UART in both directions; with `None` bytes take no time.
    ///
    /// A UART with a speed has a transmit buffer of 64 bytes: a `write` that finds it full waits.
    pub fn set_baud(&self, baud: Option<NonZeroU32>) {
        self.0.borrow_mut().line.set_baud(baud);
    }

    /// Works on the module.
    ///
    /// # Panics
    ///
    /// If the bench has a [module of the caller](Self::of).
    pub fn modem<T>(&self, work: impl FnOnce(&mut Modem, Duration) -> T) -> T {
        let inner = &mut *self.0.borrow_mut();
        match &mut inner.device {
            Device::Simulated(modem) => work(modem, inner.now),
            Device::Other(_) => panic!("this bench has no simulated module"),
        }
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

    /// Runs an action when the module's output has reached `bytes` in total. Later bytes have not reached the host yet;
    /// [`cut_output`](Self::cut_output) in the action loses them.
    pub fn after_output(&self, bytes: usize, action: impl FnOnce(&Bench) + 'static) {
        self.0.borrow_mut().after_output.push((bytes, Box::new(action)));
    }

    /// Runs an action when the host has sent `bytes` in total, before the module gets any more.
    pub fn after_input(&self, bytes: usize, action: impl FnOnce(&Bench) + 'static) {
        self.0.borrow_mut().after_input.push((bytes, Box::new(action)));
    }

    /// The next read of the host fails with this error.
    pub fn fail_next_read(&self, error: ErrorKind) {
        let mut inner = self.0.borrow_mut();
        inner.line.fail_next_read(error);
        inner.wake_reader();
    }

    /// Plans a fault for a byte of this direction. Positions count what the sender puts on the line, from 0.
    pub fn plan_fault(&self, direction: Direction, position: usize, fault: Fault) {
        self.0.borrow_mut().line.faults(direction).plan(position, fault);
    }

    /// Plans an overrun of the host's receiver: `count` bytes from `position` on are lost, and an error is reported in
    /// their place.
    pub fn plan_overrun(&self, position: usize, count: usize, error: ErrorKind) {
        let mut inner = self.0.borrow_mut();
        let faults = inner.line.faults(Direction::ToHost);
        faults.plan(position, Fault::Error(error));
        for position in position..position + count {
            faults.plan(position, Fault::Lose);
        }
    }

    /// From now on faults strike by chance in this direction.
    pub fn set_fault_rates(&self, direction: Direction, seed: u64, rates: Rates) {
        self.0.borrow_mut().line.faults(direction).set_rates(seed, rates);
    }

    /// Faults that have struck, in order.
    pub fn strikes(&self) -> Vec<(Direction, Strike)> {
        self.0.borrow().line.transcript().strikes().collect()
    }

    /// Planned faults of this direction whose byte was not sent.
    pub fn faults_not_reached(&self, direction: Direction) -> Vec<(usize, Fault)> {
        self.0.borrow_mut().line.faults(direction).not_reached().collect()
    }

    /// Loses the next `bytes` of the module's output on the way to the host.
    pub fn lose(&self, bytes: usize) {
        self.0.borrow_mut().line.lose_next(bytes);
    }

    /// Loses the bytes that the module has sent and that have not reached the host's UART yet.
    pub fn cut_output(&self) {
        self.0.borrow_mut().line.cut();
    }

    /// How many bytes the sender of this direction has put on the line, including lost ones.
    pub fn passed(&self, direction: Direction) -> usize {
        self.0.borrow().line.passed(direction)
    }

    /// How many bytes the host has read.
    pub fn read(&self) -> usize {
        self.0.borrow().line.read()
    }

    /// The bytes that arrived at either end of the line, with their times: without lost bytes, with doubled ones twice.
    pub fn transcript(&self) -> Vec<(Direction, Duration, Vec<u8>)> {
        self.0.borrow().line.transcript().entries().to_vec()
    }

    /// The transcript as text, with the faults that struck, for failure messages of tests.
    pub fn transcript_text(&self) -> String {
        self.0.borrow().line.transcript().text()
    }

    /// Every byte of the host that has reached the module.
    pub fn sent(&self) -> Vec<u8> {
        self.0.borrow().line.transcript().bytes(Direction::ToModem)
    }

    /// Every byte that has reached the host's UART.
    pub fn received(&self) -> Vec<u8> {
        self.0.borrow().line.transcript().bytes(Direction::ToHost)
    }

    /// Moves everything that can move at the present time.
    pub fn carry(&self) {
        loop {
            self.run_due_actions();
            let moved = self.0.borrow_mut().carry();
            let action = self.0.borrow_mut().take_action();
            match action {
                Some(action) => action(self),
                None if moved => {}
                None => return,
            }
        }
    }

    /// When something moves next, if nothing comes from the host.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.0.borrow().next_deadline()
    }

    /// Lets virtual time pass without a host.
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

    /// Puts bytes of the host on the line, as many as its transmitter takes; returns their number.
    fn transmit(&self, bytes: &[u8]) -> usize {
        let count = {
            let inner = &mut *self.0.borrow_mut();
            let count = bytes.len().min(inner.line.transmit_room());
            inner.line.push(Direction::ToModem, inner.now, &bytes[..count]);
            count
        };
        self.carry();
        count
    }
}

impl Inner {
    /// Moves bytes, requests and events once. Returns whether anything moved.
    fn carry(&mut self) -> bool {
        let mut moved = self.carry_to_module();
        let output = self.device.output(self.now);
        moved |= !output.is_empty();
        self.line.push(Direction::ToHost, self.now, &output);
        if let Device::Simulated(modem) = &mut self.device {
            for request in modem.take_requests(self.now) {
                self.loopback.request(self.now, request);
                moved = true;
            }
            for event in self.loopback.events(self.now) {
                modem.event(self.now, event);
                moved = true;
            }
        }
        if self.line.arrive_at_host(self.now, barrier(&self.after_output)) {
            moved = true;
            self.wake_reader();
        }
        moved
    }

    fn carry_to_module(&mut self) -> bool {
        let barrier = barrier(&self.after_input);
        let mut bytes = Vec::new();
        let mut moved = false;
        while let Some((copies, byte)) = self.line.arrive_at_modem(self.now, barrier) {
            bytes.extend(core::iter::repeat_n(byte, copies));
            moved = true;
        }
        if !bytes.is_empty() {
            self.device.receive(self.now, &bytes);
        }
        if moved && let Some(waker) = self.writer.take() {
            waker.wake();
        }
        moved
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    /// The next action whose byte has passed.
    fn take_action(&mut self) -> Option<Action> {
        let [arrived, sent] = [Direction::ToHost, Direction::ToModem].map(|direction| self.line.passed(direction));
        take_due(&mut self.after_input, sent).or_else(|| take_due(&mut self.after_output, arrived))
    }

    fn next_deadline(&self) -> Option<Duration> {
        let actions = self.at.iter().map(|(time, _)| *time).min();
        [
            self.device.next_deadline(),
            self.loopback.next_deadline(),
            self.line.next_deadline(),
            self.timers.next(),
            actions,
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// How many bytes may pass in total before the next action.
fn barrier(actions: &[(usize, Action)]) -> usize {
    actions.iter().map(|(at, _)| *at).min().unwrap_or(usize::MAX)
}

fn take_due(actions: &mut Vec<(usize, Action)>, passed: usize) -> Option<Action> {
    let index = actions.iter().position(|(at, _)| *at <= passed)?;
    Some(actions.remove(index).1)
}
