//! A fair lock around the driver: what an application can write by itself.

use core::cell::RefCell;
use core::time::Duration;
use std::collections::VecDeque;

use simcom_modem_simulator::loopback::matches;
use simcom_modem_simulator::pipe::{Bench, Clock};
use tokio::sync::{Mutex, Notify};

use crate::driver::command::network::Csq;
use crate::driver::{ClientIndex, Error, Family, MessageHandler, Publish, QoS};
use crate::module::{FILTERS, OPTIONS, Shared};
use crate::shell::{ShellModem, shell_modem};

const CLIENTS: [ClientIndex; 2] = [ClientIndex::First, ClientIndex::Second];
/// How long the module is listened to before the next task has its turn.
const LISTENING: Duration = Duration::from_millis(50);
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(5);

/// The lock is held from the first command of a call to its outcome.
pub struct Locked {
    modem: Mutex<ShellModem<Inboxes>>,
    inboxes: std::rc::Rc<Queues>,
    clock: Clock,
    counted: RefCell<usize>,
}

#[derive(Default)]
struct Queues {
    messages: [RefCell<VecDeque<Vec<u8>>>; 2],
    arrived: [Notify; 2],
}

/// Puts each message into the inboxes whose filter matches.
#[derive(Default)]
struct Inboxes {
    queues: std::rc::Rc<Queues>,
    topic: Vec<u8>,
    payload: Vec<u8>,
}

impl MessageHandler for Inboxes {
    fn begin(&mut self, _: ClientIndex, _: usize, _: usize) -> bool {
        self.topic.clear();
        self.payload.clear();
        true
    }

    fn topic(&mut self, part: &[u8]) {
        self.topic.extend_from_slice(part);
    }

    fn payload(&mut self, part: &[u8]) {
        self.payload.extend_from_slice(part);
    }

    fn end(&mut self) -> bool {
        for (inbox, filter) in FILTERS.iter().enumerate() {
            if matches(filter.as_bytes(), &self.topic) {
                self.queues.messages[inbox].borrow_mut().push_back(self.payload.clone());
                self.queues.arrived[inbox].notify_one();
            }
        }
        true
    }
}

impl Locked {
    /// One turn: what is down is brought up, then the module is listened to.
    async fn turn(&self, is_up: &mut [bool; 2]) -> Result<(), Error> {
        let mut modem = self.modem.lock().await;
        for (client, is_up) in CLIENTS.into_iter().zip(is_up) {
            *is_up &= modem.client(client).state() == crate::driver::ClientState::Connected;
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
        *self.counted.borrow_mut() = usize::from(counters.aborted_messages) + usize::from(counters.refused_messages);
        Ok(())
    }
}

impl Shared for Locked {
    fn on(bench: &Bench, family: Family) -> Self {
        let handler = Inboxes::default();
        let inboxes = handler.queues.clone();
        let modem = Mutex::new(shell_modem(bench, family, handler));
        Self { modem, inboxes, clock: bench.clock(), counted: RefCell::default() }
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

    async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error> {
        self.modem.lock().await.client(client).publish(message).await
    }

    async fn signal(&self, turn: impl FnOnce()) -> Result<(), Error> {
        let mut modem = self.modem.lock().await;
        turn();
        modem.execute(&Csq).await.map(drop)
    }

    async fn receive(&self, inbox: usize) -> Vec<u8> {
        loop {
            if let Some(payload) = self.inboxes.messages[inbox].borrow_mut().pop_front() {
                return payload;
            }
            self.inboxes.arrived[inbox].notified().await;
        }
    }

    fn counted_messages(&self) -> usize {
        *self.counted.borrow()
    }
}
