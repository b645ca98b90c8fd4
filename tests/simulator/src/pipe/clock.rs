//! The host's clock.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use core::time::Duration;

use super::Bench;

/// Virtual time.
#[derive(Clone)]
pub struct Clock {
    bench: Bench,
}

impl Clock {
    pub(super) fn new(bench: Bench) -> Self {
        Self { bench }
    }

    /// Time since the bench was made.
    ///
    /// # Panics
    ///
    /// If it is read a million times without a change: the host spins.
    pub fn now(&self) -> Duration {
        self.bench.count_step();
        self.bench.now()
    }

    /// Waits until a moment. It can be dropped at any time.
    pub async fn wait_until(&mut self, moment: Duration) {
        let alarm = Alarm { bench: &self.bench, id: self.bench.0.borrow_mut().timers.new_id() };
        poll_fn(|context| {
            let mut inner = alarm.bench.0.borrow_mut();
            if inner.now >= moment {
                return Poll::Ready(());
            }
            inner.timers.set(alarm.id, moment, context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Removes a wait from the list when it ends or is dropped.
struct Alarm<'a> {
    bench: &'a Bench,
    id: u64,
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.bench.0.borrow_mut().timers.remove(self.id);
    }
}

/// Waits under way.
#[derive(Debug, Default)]
pub(super) struct Timers {
    ids: u64,
    waiting: Vec<(u64, Duration, Waker)>,
}

impl Timers {
    fn new_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn set(&mut self, id: u64, moment: Duration, waker: Waker) {
        self.remove(id);
        self.waiting.push((id, moment, waker));
    }

    fn remove(&mut self, id: u64) {
        self.waiting.retain(|(waiting, _, _)| *waiting != id);
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.waiting.iter().map(|(_, moment, _)| *moment).min()
    }

    pub(super) fn wake_due(&self, now: Duration) {
        for (_, _, waker) in self.waiting.iter().filter(|(_, moment, _)| *moment <= now) {
            waker.wake_by_ref();
        }
    }
}
