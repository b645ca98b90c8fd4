//! Runs one future in virtual time.

use core::fmt;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;
use std::task::Wake;

use super::Bench;
use super::module::Device;

/// Number of polls, and of reads of the clock, at the same time after which a future counts as spinning.
const MOST_STEPS_AT_ONE_TIME: usize = 1_000_000;

/// Activity of the host since time last advanced.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    since: Duration,
    steps: usize,
    /// A future that spins is reported instead of a panic.
    is_reported: bool,
}

/// Limits of [`Bench::run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Maximum number of polls.
    pub polls: usize,
    /// Maximum virtual time.
    pub time: Duration,
}

/// Why a future did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It waits for an event that never happens.
    WaitsForNothing,
    /// The maximum number of polls was reached.
    PollsExceeded,
    /// The maximum virtual time was reached.
    TimeExceeded,
    /// It spins within one poll.
    Spins,
}

/// A future that did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Why.
    pub why: Why,
    /// When it was given up.
    pub at: Duration,
}

/// Unwinds a future that spins within one poll.
struct Spins;

impl fmt::Display for Why {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::WaitsForNothing => "the future waits for something that never comes,",
            Self::PollsExceeded => "the future is polled too often",
            Self::TimeExceeded => "the time limit is reached",
            Self::Spins => "the future spins",
        })
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {:?}", self.why, self.at)
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A future that is being run.
struct Run<'a, F> {
    bench: &'a Bench,
    future: Pin<&'a mut F>,
    woken: Arc<Flag>,
}

impl Bench {
    /// Runs a future to its end. Time passes when the future waits and nothing else moves.
    ///
    /// # Panics
    ///
    /// If the future waits for an event that never happens, spins, or exceeds the limit of virtual time. The message
    /// ends with the transcript.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let future = pin!(future);
        let mut run = Run::new(self, future);
        loop {
            match run.poll(None) {
                Ok(Poll::Ready(output)) => return output,
                Ok(Poll::Pending) => {}
                Err(why) => self.give_up(why),
            }
        }
    }

    /// Runs a future to its end or to a limit. A future that does not end is dropped, and the reason is returned.
    ///
    /// # Errors
    ///
    /// Why it did not end. The transcript is kept.
    pub fn run<F: Future>(&self, future: F, bound: Bound) -> Result<F::Output, Stopped> {
        let future = pin!(future);
        let mut run = Run::new(self, future);
        let end = self.now() + bound.time;
        let reported = core::mem::replace(&mut self.0.borrow_mut().standstill.is_reported, true);
        let mut result = Err(Why::PollsExceeded);
        for _ in 0..bound.polls {
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.poll(Some(end)))) {
                Ok(Ok(Poll::Pending)) => {}
                Ok(Ok(Poll::Ready(output))) => {
                    result = Ok(output);
                    break;
                }
                Ok(Err(why)) => {
                    result = Err(why);
                    break;
                }
                Err(payload) if payload.is::<Spins>() => {
                    result = Err(Why::Spins);
                    break;
                }
                Err(payload) => std::panic::resume_unwind(payload),
            }
        }
        self.0.borrow_mut().standstill.is_reported = reported;
        result.map_err(|why| Stopped { why, at: self.now() })
    }

    /// Polls a future at most `polls` times, as [`block_on`](Self::block_on) would, then drops it. Returns its output
    /// if it ended in time.
    ///
    /// # Panics
    ///
    /// As [`block_on`](Self::block_on).
    pub fn poll_then_drop<F: Future>(&self, future: F, polls: usize) -> Option<F::Output> {
        let future = pin!(future);
        let mut run = Run::new(self, future);
        for _ in 0..polls {
            match run.poll(None) {
                Ok(Poll::Ready(output)) => return Some(output),
                Ok(Poll::Pending) => {}
                Err(why) => self.give_up(why),
            }
        }
        None
    }

    /// Carries bytes and lets time pass, event by event, until a future of the host is woken.
    pub(super) fn advance_until(&self, end: Option<Duration>, is_woken: impl Fn() -> bool) -> Result<(), Why> {
        self.carry();
        while !is_woken() {
            let (next, limit) = {
                let inner = self.0.borrow();
                (inner.next_deadline(), end.unwrap_or(inner.limit))
            };
            match next {
                None => return Err(Why::WaitsForNothing),
                Some(next) if next > limit => return Err(Why::TimeExceeded),
                Some(next) => self.advance_to(next),
            }
            self.carry();
        }
        Ok(())
    }

    /// Ends a host that never stops, even within one poll.
    pub(super) fn count_step(&self) {
        let spins = {
            let inner = &mut *self.0.borrow_mut();
            if inner.standstill.since != inner.now {
                inner.standstill = Standstill { since: inner.now, steps: 0, ..inner.standstill };
            }
            inner.standstill.steps += 1;
            inner.standstill.steps > MOST_STEPS_AT_ONE_TIME
        };
        if spins {
            // Unwinding is the only way out of a poll. `resume_unwind` reports no panic.
            if self.0.borrow().standstill.is_reported {
                std::panic::resume_unwind(Box::new(Spins));
            }
            self.give_up(Why::Spins);
        }
    }

    fn give_up(&self, why: Why) -> ! {
        self.give_up_on(&why.to_string())
    }

    /// Fails the test, with everything that helps to find out why.
    pub(super) fn give_up_on(&self, why: &str) -> ! {
        let complaints = match &self.0.borrow().device {
            Device::Simulated(modem) => modem.complaints().iter().map(|complaint| format!("{complaint}\n")).collect(),
            Device::Other(_) => String::new(),
        };
        panic!("{why} at {:?}\ncomplaints:\n{complaints}transcript:\n{}", self.now(), self.transcript_text());
    }
}

impl<'a, F: Future> Run<'a, F> {
    fn new(bench: &'a Bench, future: Pin<&'a mut F>) -> Self {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        Self { bench, future, woken }
    }

    /// Advances to the next event, not beyond `end`, then polls the future once.
    fn poll(&mut self, end: Option<Duration>) -> Result<Poll<F::Output>, Why> {
        self.await_wake(end)?;
        self.woken.0.store(false, Ordering::Relaxed);
        self.bench.count_step();
        let waker = Waker::from(self.woken.clone());
        let result = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        self.bench.carry();
        Ok(result)
    }

    fn await_wake(&self, end: Option<Duration>) -> Result<(), Why> {
        self.bench.advance_until(end, || self.woken.0.load(Ordering::Relaxed))
    }
}
