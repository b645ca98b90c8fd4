//! The module as several tasks see it.

use core::pin::Pin;
use core::time::Duration;

use simcom_modem_simulator::pipe::Bench;

use crate::driver::{Broker, ClientIndex, ConnectOptions, Error, Family, Publish};

/// Topic of what the tasks publish.
pub const OUT: &str = "soak/out";
/// Topics that the broker publishes. The first one matches both filters of [`FILTERS`], the other one the first filter.
pub const IN: [&str; 2] = ["soak/in/near", "soak/in/far/off"];
/// What the first client subscribes to, one filter an inbox.
pub const FILTERS: [&str; 2] = ["soak/in/#", "soak/in/+"];

pub const CLIENTS: [ClientIndex; 2] = [ClientIndex::First, ClientIndex::Second];

pub const OPTIONS: [ConnectOptions<'static>; 2] = [options("soak-0"), options("soak-1")];

const fn options(id: &'static str) -> ConnectOptions<'static> {
    ConnectOptions::new(Broker::tcp("broker.example", 1883), id)
}

/// A task.
pub type Job<'s> = Pin<Box<dyn Future<Output = ()> + 's>>;

/// What has become of a message that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    Stored,
    /// There is no room now.
    Full,
    /// The task publishes it itself.
    NoOutbox,
}

/// A driver whose module is used by several tasks.
pub trait Shared {
    /// The longest time until it tries to be up again.
    const LONGEST_BACKOFF: Duration;

    /// On the module of this bench, in a state that the driver does not know.
    fn on(bench: &Bench, family: Family) -> Self;

    /// What keeps both clients connected and the first one subscribed, a task each. They never end.
    fn jobs(&self) -> Vec<(&'static str, Job<'_>)>;

    /// Publishes, or fails at once while the session is not up.
    async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error>;

    /// Puts a message into the outbox of the first client.
    fn push(&self, message: &Publish<'_>) -> Pushed {
        let _ = message;
        Pushed::NoOutbox
    }

    /// How many messages the outbox has not sent yet, and how many attempts it has repeated.
    fn outbox(&self) -> (usize, usize) {
        (0, 0)
    }

    /// Asks for the signal, and calls `turn` as soon as the module is this task's.
    async fn signal(&self, turn: impl FnOnce()) -> Result<(), Error>;

    /// The next message of an inbox, as its payload. Safe to drop.
    async fn receive(&self, inbox: usize) -> Vec<u8>;

    /// How many messages for this inbox were counted in place of being delivered: broken off, or refused.
    fn counted_messages(&self, inbox: usize) -> usize;
}
