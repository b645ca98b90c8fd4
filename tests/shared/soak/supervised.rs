//! The driver as a firmware uses it: shared modem, router, supervisors and outbox.

use core::cell::Cell;
use core::time::Duration;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use fastrand::Rng;
use simcom_modem_simulator::pipe::{Bench, Clock};

use crate::bed::{Module, give};
use crate::driver::command::network::Csq;
use crate::driver::network::Apn;
use crate::driver::outbox::{Outbox, PushError};
use crate::driver::supervisor::{Backoff, Policy, Recovery, SubscriptionList, Supervisor};
use crate::driver::{ClientIndex, Error, Family, Publish, QoS, Route, Router, SyncInbox};
use crate::shell::{ShellModem, shell_modem};
use crate::soak::module::{CLIENTS, FILTERS, Job, OPTIONS, Pushed, Shared};
use crate::soak::tasks::{ONE_OF_DROPPED, drop_after};

/// Room for several messages of the longest kind.
type Inbox = SyncInbox<CriticalSectionRawMutex, 16_384>;
type Filters = SubscriptionList<&'static str, 2>;

static APN: Apn<'static> = Apn::new("internet");

pub struct Supervised {
    module: Module<&'static Router<'static>>,
    router: &'static Router<'static>,
    inboxes: [&'static Inbox; 2],
    filters: [Filters; 2],
    /// For a few messages: the publisher often finds it full.
    outbox: Outbox<CriticalSectionRawMutex, 8>,
    clock: Clock,
    broken_off: Cell<usize>,
    signals: Cell<usize>,
}

/// From a message that could not be sent to the next attempt.
const BEFORE_RETRY: Duration = Duration::from_secs(1);

impl Supervised {
    /// Sends what is in the outbox. It drops a call now and then, as a timeout would.
    async fn send(&self) {
        let mut random = Rng::with_seed(7);
        let mut clock = self.clock.clone();
        loop {
            self.outbox.not_empty().await;
            self.module.wait_up(ClientIndex::First).await.expect("there is a place");
            let polls = if random.usize(0..ONE_OF_DROPPED) == 0 { random.usize(1..12) } else { usize::MAX };
            if !matches!(drop_after(self.module.drain(&self.outbox), polls).await, Some(Ok(_))) {
                clock.wait_until(clock.now() + BEFORE_RETRY).await;
            }
        }
    }

    async fn listen(&self) {
        let policy = Policy::new(Backoff::new(7).longest(Self::LONGEST_BACKOFF));
        let mut supervisors = CLIENTS.map(|client| {
            let index = usize::from(client.number());
            Supervisor::new(client, &OPTIONS[index], &self.filters[index], policy)
        });
        let mut recovery = Recovery::new(&APN);
        let ended = self.module.run(&mut supervisors, &mut recovery, |_| {}).await;
        panic!("the runner has ended: {ended:?}");
    }
}

impl Shared for Supervised {
    const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

    fn on(bench: &Bench, family: Family) -> Self {
        // As in a firmware, they are there for ever.
        let inboxes: [&'static Inbox; 2] = core::array::from_fn(|_| &*Box::leak(Box::new(Inbox::new())));
        let routes = Box::leak(Box::new([Route::new(FILTERS[0], inboxes[0]), Route::new(FILTERS[1], inboxes[1])]));
        let router = &*Box::leak(Box::new(Router::new(routes).expect("the filters are valid")));
        let module = Module::new();
        give(&module, shell_modem(bench, family, router));
        let filters = [Filters::new(), Filters::new()];
        for filter in FILTERS {
            filters[0].add(filter, QoS::AtLeastOnce).expect("there is a place");
        }
        Self {
            module,
            router,
            inboxes,
            filters,
            outbox: Outbox::new(),
            clock: bench.clock(),
            broken_off: Cell::default(),
            signals: Cell::default(),
        }
    }

    fn jobs(&self) -> Vec<(&'static str, Job<'_>)> {
        vec![("runner", Box::pin(self.listen())), ("sender", Box::pin(self.send()))]
    }

    async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error> {
        self.module.publish(client, message).await
    }

    fn push(&self, message: &Publish<'_>) -> Pushed {
        match self.outbox.push(ClientIndex::First, message) {
            Ok(()) => Pushed::Stored,
            Err(PushError::Full) => Pushed::Full,
            Err(error) => panic!("{error}"),
        }
    }

    fn outbox(&self) -> (usize, usize) {
        (self.outbox.len(), self.outbox.counters().repeated as usize)
    }

    async fn signal(&self, turn: impl FnOnce()) -> Result<(), Error> {
        self.signals.set(self.signals.get() + 1);
        if self.signals.get().is_multiple_of(2) {
            // When it has its turn is not seen.
            turn();
            return self.module.execute(&Csq).await.map(drop);
        }
        let with_modem = async |modem: &mut ShellModem<_>| {
            turn();
            self.broken_off.set(modem.counters().aborted_messages.into());
            modem.execute(&Csq).await.map(drop)
        };
        self.module.lock(with_modem).await?
    }

    async fn receive(&self, inbox: usize) -> Vec<u8> {
        let mut buffer = [0; 4096];
        self.inboxes[inbox].receive(&mut buffer).await.payload().to_vec()
    }

    fn counted_messages(&self, inbox: usize) -> usize {
        self.broken_off.get() + usize::from(self.router.routes()[inbox].refused())
    }
}
