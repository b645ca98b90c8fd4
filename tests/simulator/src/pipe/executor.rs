//! Runs one future in virtual time.

use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;
use std::task::Wake;

use super::Bench;

/// Polls, and looks at the clock, without time passing after which a future is taken to spin.
const MOST_STEPS_AT_ONE_TIME: usize = 1_000_000;

/// What the host has done since time passed last.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    since: Duration,
    steps: usize,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A future on its way.
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
    /// If the future waits for something that never comes, spins, or takes more virtual time than the limit. The
    /// message ends with the transcript.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let future = pin!(future);
        let mut run = Run::new(self, future);
        loop {
            if let Poll::Ready(output) = run.poll() {
                return output;
            }
        }
    }

    /// Polls a future at most `polls` times, as [`block_on`](Self::block_on) would, then drops it. Its output, if it
    /// ended in time.
    ///
    /// # Panics
    ///
    /// As [`block_on`](Self::block_on).
    pub fn poll_then_drop<F: Future>(&self, future: F, polls: usize) -> Option<F::Output> {
        let future = pin!(future);
        let mut run = Run::new(self, future);
        for _ in 0..polls {
            if let Poll::Ready(output) = run.poll() {
                return Some(output);
            }
        }
        None
    }

    /// Gives up a host that does one thing after the other for ever, be it within one poll.
    pub(super) fn count_step(&self) {
        let spins = {
            let inner = &mut *self.0.borrow_mut();
            if inner.standstill.since != inner.now {
                inner.standstill = Standstill { since: inner.now, steps: 0 };
            }
            inner.standstill.steps += 1;
            inner.standstill.steps > MOST_STEPS_AT_ONE_TIME
        };
        if spins {
            self.give_up("the future spins");
        }
    }

    fn give_up(&self, why: &str) -> ! {
        let complaints = self
            .modem(|modem, _| modem.complaints().iter().map(|complaint| format!("{complaint}\n")).collect::<String>());
        panic!("{why} at {:?}\ncomplaints:\n{complaints}transcript:\n{}", self.now(), self.transcript_text());
    }
}

impl<'a, F: Future> Run<'a, F> {
    fn new(bench: &'a Bench, future: Pin<&'a mut F>) -> Self {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        Self { bench, future, woken }
    }

    /// Lets happen what the future waits for, then polls it once.
    fn poll(&mut self) -> Poll<F::Output> {
        self.await_wake();
        self.woken.0.store(false, Ordering::Relaxed);
        self.bench.count_step();
        let waker = Waker::from(self.woken.clone());
        let result = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        self.bench.carry();
        result
    }

    fn await_wake(&self) {
        self.bench.carry();
        while !self.woken.0.load(Ordering::Relaxed) {
            let (next, limit) = {
                let inner = self.bench.0.borrow();
                (inner.next_deadline(), inner.limit)
            };
            match next {
                None => self.bench.give_up("the future waits for something that never comes,"),
                Some(next) if next > limit => self.bench.give_up("the time limit is reached"),
                Some(next) => self.bench.advance_to(next),
            }
            self.bench.carry();
        }
    }
}
