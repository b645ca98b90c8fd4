//! The shared modem, with a task that connects as soon as a session is down.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use simcom_modem_simulator::pipe::{Bench, Clock};

use crate::bed::{Filters, Module};
use crate::driver::command::network::Csq;
use crate::driver::supervisor::Recovery;
use crate::driver::{ClientIndex, Error, Family, Publish, QoS};
use crate::shell::shell_modem;
use crate::soak::inboxes::{Inboxes, Queues};
use crate::soak::module::{CLIENTS, FILTERS, Job, OPTIONS, Shared, counted};

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(5);

pub struct Kept {
    module: Module<Inboxes>,
    inboxes: Rc<Queues>,
    clock: Clock,
    counted: Cell<usize>,
    signals: Cell<usize>,
}

impl Kept {
    async fn pause(&self, time: Duration) {
        let mut clock = self.clock.clone();
        clock.wait_until(clock.now() + time).await;
    }

    async fn bring_up(&self, client: ClientIndex) -> Result<(), Error> {
        self.module.connect(client, &OPTIONS[usize::from(client.number())]).await?;
        if client == ClientIndex::First {
            for filter in FILTERS {
                self.module.subscribe(client, filter, QoS::AtLeastOnce).await?;
            }
        }
        Ok(())
    }

    async fn keep_up(&self, client: ClientIndex) {
        loop {
            let mut pause = BETWEEN_LOOKS;
            if !self.module.is_up(client) && self.bring_up(client).await.is_err() {
                pause = BETWEEN_ATTEMPTS;
            }
            self.pause(pause).await;
        }
    }

    async fn listen(&self) {
        let mut recovery = Recovery::without_bring_up();
        let ended = self.module.run::<&Filters, _>(&mut [], &mut recovery, |_| {}).await;
        panic!("the runner has ended: {ended:?}");
    }
}

impl Shared for Kept {
    const LONGEST_BACKOFF: Duration = BETWEEN_ATTEMPTS;

    fn on(bench: &Bench, family: Family) -> Self {
        let handler = Inboxes::default();
        let inboxes = handler.queues.clone();
        let module = Module::new();
        assert!(module.give(shell_modem(bench, family, handler)).is_ok(), "it is given once");
        Self { module, inboxes, clock: bench.clock(), counted: Cell::default(), signals: Cell::default() }
    }

    fn jobs(&self) -> Vec<(&'static str, Job<'_>)> {
        let mut jobs: Vec<(_, Job<'_>)> = vec![("runner", Box::pin(self.listen()))];
        for client in CLIENTS {
            jobs.push(("keeper", Box::pin(self.keep_up(client))));
        }
        jobs
    }

    async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error> {
        self.module.publish(client, message).await
    }

    async fn signal(&self, turn: impl FnOnce()) -> Result<(), Error> {
        self.signals.set(self.signals.get() + 1);
        if self.signals.get().is_multiple_of(2) {
            // The time until its turn is not seen.
            turn();
            return self.module.execute(&Csq).await.map(drop);
        }
        let mut modem = self.module.lock().await?;
        turn();
        self.counted.set(counted(modem.counters()));
        modem.execute(&Csq).await.map(drop)
    }

    async fn receive(&self, inbox: usize) -> Vec<u8> {
        self.inboxes.receive(inbox).await
    }

    fn counted_messages(&self) -> usize {
        self.counted.get()
    }
}
