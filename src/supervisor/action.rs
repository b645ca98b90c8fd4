//! What a supervisor asks for, and the call that does it.

use core::time::Duration;

use super::subscriptions::Change;
use crate::command::{ClientIndex, Sub, Unsub};
use crate::error::Error;
use crate::family::Family;
use crate::options::ConnectOptions;
use crate::procedure::{Connect, Connection, Disconnect, ListenUntil, Probe, Single, Subscribe};
pub use crate::procedure::{ProbeKind, Probed};
use crate::session::Procedure;

/// How long the module may take to disconnect, where the family has no longer shortest time.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a, F> {
    /// `connect`.
    Connect(ClientIndex, &'a ConnectOptions<'a>),
    /// `disconnect`, since the session may be dead or is not wanted.
    Disconnect(ClientIndex),
    /// `subscribe` or `unsubscribe`.
    Change(ClientIndex, Change<F>),
    /// Asking the module: for the session and a signal, or only for the signal.
    Probe(ClientIndex, ProbeKind),
    /// `bring_up`, then [`ModuleRecovery::brought_up`](super::ModuleRecovery::brought_up).
    BringUp,
    /// The hook, then [`ModuleRecovery::was_reset`](super::ModuleRecovery::was_reset).
    Reset {
        /// Counts the resets in a row, from 1 on.
        attempt: u32,
    },
    /// Listening for events, for this time at most.
    Wait(Duration),
}

/// How a call has ended: for [`Supervisor::done`](super::Supervisor::done).
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// `connect`.
    Connected(Result<Connection, Error>),
    /// `disconnect`.
    Disconnected(Result<(), Error>),
    /// `subscribe` or `unsubscribe`, for this place of the list.
    Changed(u8, Result<(), Error>),
    /// A probe.
    Probed(Result<Probed, Error>),
    /// Listening.
    Waited(Result<(), Error>),
}

impl Outcome {
    /// The error of a call that has failed.
    pub fn error(&self) -> Option<Error> {
        match self {
            Self::Connected(result) => result.err(),
            Self::Disconnected(result) | Self::Changed(_, result) | Self::Waited(result) => result.err(),
            Self::Probed(result) => result.err(),
        }
    }
}

/// The call of an [`Action`], as a procedure that a shell drives. Dropped before its end, it is not
/// [`done`](super::Supervisor::done), and the supervisor asks for it again.
pub struct Call<'c>(Kind<'c>);

enum Kind<'c> {
    Connect(Connect<'c>),
    Disconnect(Disconnect),
    Subscribe(u8, Subscribe<'c>),
    Unsubscribe(u8, Single<Unsub<'c>>),
    Probe(Probe),
    Listen(ListenUntil),
}

impl<F: AsRef<[u8]>> Action<'_, F> {
    /// The call of this action, which ends at the `deadline` where it listens. That of [`BringUp`](Self::BringUp) and
    /// [`Reset`](Self::Reset) only takes what has arrived.
    pub fn call(&self, family: Family, now: Duration, deadline: Duration) -> Call<'_> {
        Call(match self {
            Self::Connect(client, options) => Kind::Connect(Connect::new(*client, options)),
            Self::Disconnect(client) => {
                // A dead session does not answer, and a live one does so at once.
                let shortest = Duration::from_secs(family.shortest_disconnect_timeout().into());
                Kind::Disconnect(Disconnect::new(*client, DISCONNECT_TIMEOUT.max(shortest)))
            }
            &Self::Change(client, Change { place, ref filter, qos }) => {
                let filter = filter.as_ref();
                match qos {
                    Some(qos) => Kind::Subscribe(place, Subscribe::new(Sub { client, filter, qos })),
                    None => Kind::Unsubscribe(place, Single(Unsub { client, filter })),
                }
            }
            Self::Probe(client, kind) => Kind::Probe(Probe::new(*client, *kind)),
            &Self::Wait(time) => Kind::Listen(ListenUntil::new(now, now.saturating_add(time).min(deadline)).0),
            // The shell does these.
            Self::BringUp | Self::Reset { .. } => Kind::Listen(ListenUntil::new(now, now).0),
        })
    }
}

impl<'c> Call<'c> {
    /// What a shell drives.
    pub fn procedure(&mut self) -> &mut (dyn Procedure + Send + 'c) {
        match &mut self.0 {
            Kind::Connect(procedure) => procedure,
            Kind::Disconnect(procedure) => procedure,
            Kind::Subscribe(_, procedure) => procedure,
            Kind::Unsubscribe(_, procedure) => procedure,
            Kind::Probe(procedure) => procedure,
            Kind::Listen(procedure) => procedure,
        }
    }

    /// How it has ended, from how it was driven.
    #[inline(never)]
    pub fn outcome(&self, driven: Result<(), Error>) -> Outcome {
        match &self.0 {
            Kind::Connect(procedure) => Outcome::Connected(driven.map(|()| procedure.connection())),
            Kind::Disconnect(_) => Outcome::Disconnected(driven),
            Kind::Subscribe(place, _) | Kind::Unsubscribe(place, _) => Outcome::Changed(*place, driven),
            Kind::Probe(procedure) => Outcome::Probed(driven.map(|()| procedure.probed)),
            Kind::Listen(_) => Outcome::Waited(driven),
        }
    }
}
