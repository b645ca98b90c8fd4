//! What a supervisor asks for, and the call that does it.

use core::time::Duration;

use super::subscriptions::Change;
use crate::command::{ClientIndex, Disc, Sub, Unsub};
use crate::options::ConnectOptions;
use crate::procedure::{Connect, DISCONNECT_TIMEOUT, ListenUntil, Probe, Single, Subscribe};
use crate::session::Procedure;
use crate::timer::Instant;

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a, F> {
    /// `connect`.
    Connect(ClientIndex, &'a ConnectOptions<'a>),
    /// `disconnect`, since the session is not wanted.
    Disconnect(ClientIndex),
    /// `subscribe` or `unsubscribe`.
    Change(ClientIndex, Change<F>),
    /// Asking the module for the signal, and before that for the session.
    Probe {
        /// The client.
        client: ClientIndex,
        /// Whether the session is asked for.
        of_session: bool,
    },
    /// `bring_up`, then [`ModuleRecovery::brought_up`](super::ModuleRecovery::brought_up).
    BringUp,
    /// The hook, then [`ModuleRecovery::was_reset`](super::ModuleRecovery::was_reset).
    Reset {
        /// Counts the resets in a row, from 1 on.
        attempt: u32,
    },
    /// Listening for events, for this time at most.
    Wait {
        /// The time.
        milliseconds: u32,
    },
}

impl<F> Action<'_, F> {
    /// There is an event, which comes first.
    pub(super) const EVENT: Self = Self::Wait { milliseconds: 0 };
    /// Until something happens.
    pub(super) const NOTHING: Self = Self::Wait { milliseconds: u32::MAX };
}

/// The call of an [`Action`], as a procedure that a shell drives. Dropped before it is [finished](super::finish), the
/// supervisor asks for it again.
pub struct Call<'c>(pub(super) Kind<'c>);

pub(super) enum Kind<'c> {
    Connect(Connect<'c>),
    Disconnect(Single<Disc>),
    Subscribe(u8, Subscribe<'c>),
    Unsubscribe(u8, Single<Unsub<'c>>),
    Probe(Probe),
    Listen(ListenUntil),
}

impl<F: AsRef<[u8]>> Action<'_, F> {
    /// The call of this action. That of [`BringUp`](Self::BringUp) and [`Reset`](Self::Reset) only takes what has arrived.
    pub fn call(&self, now: Duration) -> Call<'_> {
        Call(match self {
            Self::Connect(client, options) => Kind::Connect(Connect::new(*client, options)),
            &Self::Disconnect(client) => Kind::Disconnect(Single(Disc { client, timeout: DISCONNECT_TIMEOUT })),
            &Self::Change(client, Change { place, ref filter, qos }) => {
                let filter = filter.as_ref();
                match qos {
                    Some(qos) => Kind::Subscribe(place, Subscribe::new(Sub { client, filter, qos })),
                    None => Kind::Unsubscribe(place, Single(Unsub { client, filter })),
                }
            }
            Self::Probe { client, of_session } => Kind::Probe(Probe::new(*client, *of_session)),
            &Self::Wait { milliseconds } => Kind::Listen(ListenUntil::lasting(Instant::new(now), milliseconds)),
            // The shell does these.
            Self::BringUp | Self::Reset { .. } => Kind::Listen(ListenUntil::lasting(Instant::new(now), 0)),
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

    /// Whether it listens for events.
    pub const fn listens(&self) -> bool {
        matches!(self.0, Kind::Listen(_))
    }
}
