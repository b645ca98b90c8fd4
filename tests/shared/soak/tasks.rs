//! The tasks of an application: three publish, one receives, one asks for the signal.

use core::cell::Cell;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use fastrand::Rng;
use simcom_modem_simulator::pipe::Bench;

use crate::driver::{ClientIndex, Publish, QoS};
use crate::soak::fate::Fate;
use crate::soak::ledger::{Ledger, max, payload};
use crate::soak::module::{OUT, Pushed, Shared};

/// What the module, its tasks and their book are.
pub struct Application<S> {
    pub bench: Bench,
    pub shared: S,
    pub ledger: Ledger,
    /// Publishes that have ended: the measure of progress.
    pub published: Cell<usize>,
    /// Set when the tasks have to end.
    pub is_over: Cell<bool>,
    /// One call of so many is dropped; none with 0.
    pub drops_one_of: usize,
}

const QUALITIES: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

/// One call of so many is dropped.
pub const ONE_OF_DROPPED: usize = 20;
/// From a push to a full outbox to the next one.
const BEFORE_PUSH: Duration = Duration::from_millis(100);
/// Every so many messages, the publisher waits until its outbox is empty.
const FLUSHED: usize = 4;
/// From a publish that was not sent to the next attempt.
const BEFORE_RETRY: Duration = Duration::from_secs(1);

impl<S: Shared> Application<S> {
    pub fn new(bench: &Bench, shared: S, drops_one_of: usize) -> Self {
        let (ledger, published, is_over) = (Ledger::default(), Cell::new(0), Cell::new(false));
        Self { bench: bench.clone(), shared, ledger, published, is_over, drops_one_of }
    }

    /// By inbox.
    pub fn counted_messages(&self) -> [usize; 2] {
        [0, 1].map(|inbox| self.shared.counted_messages(inbox))
    }

    async fn pause(&self, time: Duration) {
        self.bench.clock().wait_until(self.bench.now() + time).await;
    }

    fn is_dropped(&self, random: &mut Rng) -> bool {
        self.drops_one_of > 0 && random.usize(0..self.drops_one_of) == 0
    }

    /// Publishes messages of one quality of service: those of QoS 1 by the outbox.
    pub async fn publisher(&self, qos: usize, count: usize, seed: u64) {
        let mut random = Rng::with_seed(seed);
        for number in 0..count {
            if self.is_over.get() {
                return;
            }
            let payload = payload(qos, number);
            let message = Publish::new(OUT, payload.as_bytes()).qos(QUALITIES[qos]);
            if qos != 1 || !self.store(number, number + 1 == count, &message).await {
                self.publish(qos, number, message, &mut random).await;
            }
            self.published.set(self.published.get() + 1);
            self.pause(Duration::from_millis(random.u64(0..400))).await;
        }
    }

    /// Publishes a message until its fate allows the next one: QoS 1 is repeated until the broker has it, QoS 0 and 2
    /// are never repeated once the broker may have them.
    async fn publish(&self, qos: usize, number: usize, mut message: Publish<'_>, random: &mut Rng) {
        // The two clients have operations under way at the same time.
        let client = if qos == 2 { ClientIndex::Second } else { ClientIndex::First };
        loop {
            let began = self.bench.now();
            let call = self.shared.publish(client, &message);
            let fate = if self.is_dropped(random) {
                drop_after(call, random.usize(1..12)).await.map_or(Fate::Dropped, Fate::of)
            } else {
                Fate::of(call.await)
            };
            self.ledger.attempt(qos, number, fate, began, self.bench.now());
            match fate {
                Fate::Accepted => return,
                Fate::NotSent => self.pause(BEFORE_RETRY).await,
                Fate::Unknown | Fate::Dropped if qos == 1 => message = message.duplicate(true),
                Fate::Unknown | Fate::Dropped => return,
            }
        }
    }

    /// Leaves a message to the outbox. Returns whether there is one.
    async fn store(&self, number: usize, is_last: bool, message: &Publish<'_>) -> bool {
        let began = self.bench.now();
        loop {
            match self.shared.push(message) {
                Pushed::NoOutbox => return false,
                Pushed::Full => self.pause(BEFORE_PUSH).await,
                Pushed::Stored => break,
            }
        }
        self.ledger.stored(number);
        if is_last || number.is_multiple_of(FLUSHED) {
            while self.shared.outbox().0 > 0 {
                self.pause(BEFORE_PUSH).await;
            }
            self.ledger.accepted(1, began, self.bench.now());
        }
        true
    }

    pub async fn receiver(&self, inbox: usize) {
        loop {
            let payload = self.shared.receive(inbox).await;
            self.ledger.received(inbox, payload);
        }
    }

    /// Asks for the signal again and again.
    pub async fn signal(&self, every: Duration, seed: u64) {
        let mut random = Rng::with_seed(seed);
        while !self.is_over.get() {
            let signals = &self.ledger.signals;
            let began = self.bench.now();
            let turn = Cell::new(None);
            let call = self.shared.signal(|| turn.set(Some(self.bench.now())));
            let result = if self.is_dropped(&mut random) {
                drop_after(call, random.usize(1..12)).await
            } else {
                Some(call.await)
            };
            max(&signals.longest_wait, turn.get().unwrap_or_else(|| self.bench.now()) - began);
            let count = match result {
                None => &signals.dropped,
                Some(Ok(())) => &signals.answered,
                Some(Err(_)) => &signals.failed,
            };
            count.set(count.get() + 1);
            self.pause(every).await;
        }
    }
}

/// Polls a call so many times, then drops it.
pub async fn drop_after<F: Future>(call: F, polls: usize) -> Option<F::Output> {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => {
            left -= 1;
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}
