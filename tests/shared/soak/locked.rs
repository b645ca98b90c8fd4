//! A fair lock around the driver: what an application can write by itself.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use simcom_modem_simulator::pipe::{Bench, Clock};
use tokio::sync::Mutex;

use crate::driver::command::network::Csq;
use crate::driver::{ClientIndex, ClientState, Error, Family, Publish, QoS};
use crate::shell::{ShellModem, shell_modem};
use crate::soak::inboxes::{Inboxes, Queues};
use crate::soak::module::{CLIENTS, FILTERS, Job, OPTIONS, Shared};

/// How long the module is listened to before the next task has its turn.
const LISTENING: Duration = Duration::from_millis(50);
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(5);

/// The lock is held from the first command of a call to its outcome.
pub struct Locked {
    modem: Mutex<ShellModem<Inboxes>>,
    inboxes: Rc<Queues>,
    clock: Clock,
    counted: Cell<usize>,
}

impl Locked {
    /// One turn: what is down is brought up, then the module is listened to.
    async fn turn(&self, is_up: &mut [bool; 2]) -> Result<(), Error> {
        let mut modem = self.modem.lock().await;
        for (client, is_up) in CLIENTS.into_iter().zip(is_up) {
            *is_up &= modem.client(client).state() == ClientState::Connected;
            if *is_up {
                continue;
            }
            modem.client(client).connect(&OPTIONS[usize::from(client.number())]).await?;
            if client == ClientIndex::First {
                for filter in FILTERS {
                    modem.client(client).subscribe(filter, QoS::AtLeastOnce).await?;
                }
            }
            *is_up = true;
        }
        let mut clock = self.clock.clone();
        let end = clock.now() + LISTENING;
        tokio::select! {
            event = modem.next_event() => drop(event?),
            () = clock.wait_until(end) => {}
        }
        let counters = modem.counters();
        self.counted.set(usize::from(counters.aborted_messages) + usize::from(counters.refused_messages));
        Ok(())
    }

    async fn run(&self) {
        let mut is_up = [false; 2];
        loop {
            if self.turn(&mut is_up).await.is_err() {
                let mut clock = self.clock.clone();
                clock.wait_until(clock.now() + BETWEEN_ATTEMPTS).await;
            }
        }
    }
}

impl Shared for Locked {
    const LONGEST_BACKOFF: Duration = BETWEEN_ATTEMPTS;

    fn on(bench: &Bench, family: Family) -> Self {
        let handler = Inboxes::default();
        let inboxes = handler.queues.clone();
        let modem = Mutex::new(shell_modem(bench, family, handler));
        Self { modem, inboxes, clock: bench.clock(), counted: Cell::default() }
    }

    fn jobs(&self) -> Vec<(&'static str, Job<'_>)> {
        vec![("runner", Box::pin(self.run()))]
    }

    async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error> {
        self.modem.lock().await.client(client).publish(message).await
    }

    async fn signal(&self, turn: impl FnOnce()) -> Result<(), Error> {
        let mut modem = self.modem.lock().await;
        turn();
        modem.execute(&Csq).await.map(drop)
    }

    async fn receive(&self, inbox: usize) -> Vec<u8> {
        self.inboxes.receive(inbox).await
    }

    fn counted_messages(&self, _: usize) -> usize {
        self.counted.get()
    }
}
