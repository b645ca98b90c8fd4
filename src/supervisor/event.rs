//! What a supervisor reports.

use core::fmt;
use core::time::Duration;

use crate::command::ClientIndex;
use crate::error::Error;
use crate::network::BringUpError;
use crate::procedure::Connection;
use crate::session::Event;

/// What `supervise` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SupervisedEvent {
    /// An event of the module, as [`next_event`](crate::Modem::next_event) returns it. What is to be done about a loss
    /// is done already, or will be.
    Modem(Event),
    /// An event of a supervisor.
    Supervisor(SupervisorEvent),
}

/// A transition of a supervisor, and the time that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct SupervisorEvent {
    /// The client.
    pub client: ClientIndex,
    /// What has happened.
    pub transition: Transition,
    /// How long it took, at most 40 days: see each [`Transition`].
    pub took: Duration,
}

/// What a supervisor has done or found.
///
/// An event is returned before the next step is taken. So what belongs to a step is done when its event comes: settings
/// of the module and certificates after [`BroughtUp`](Self::BroughtUp), a retained state after [`Up`](Self::Up).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Transition {
    /// The bring-up has succeeded; it took this time.
    BroughtUp,
    /// The bring-up has failed, after this time.
    BringUpFailed(BringUpError),
    /// The hook has reset the module; it took this time.
    Reset,
    /// `connect` has succeeded; it took this time. The subscriptions follow.
    Connected(Connection),
    /// `connect` has failed after this time.
    ConnectFailed(Error),
    /// The session is up: connected, and subscribed to all of the list but what was refused. It was down for this time.
    Up,
    /// The module refuses a filter of the list, or to end its subscription, after this time. It is tried again with the
    /// next connection.
    SubscriptionRefused {
        /// The place in the list.
        place: u8,
        /// Why.
        error: Error,
    },
    /// The session is lost, whether it was [`Up`](Self::Up) or only [`Connected`](Self::Connected). It was connected
    /// for this time.
    Lost,
    /// The session is given up for dead, although the module has reported nothing: two results in a row say so. It was
    /// connected for this time. `connect` disconnects it first.
    Suspected,
    /// The session was lost right after connecting, several times in a row: another device may have the same client id.
    /// The last session lasted this time. The next attempt comes after the longest wait. This event comes in place of
    /// [`Lost`](Self::Lost).
    ThrownOut {
        /// How many times in a row.
        times: u8,
    },
    /// The network is back, and the wait before the next attempt has ended. It was waited for this time.
    NetworkBack,
    /// The supervisor has given up, after the session was down for this time.
    /// [`Supervisor::resume`](super::Supervisor::resume) begins again.
    GaveUp,
}

impl SupervisorEvent {
    /// Whether the session is [up](Transition::Up) from now on.
    pub const fn is_up(&self) -> bool {
        matches!(self.transition, Transition::Up)
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BroughtUp => f.write_str("the module has an address"),
            Self::BringUpFailed(error) => write!(f, "the bring-up failed: {error}"),
            Self::Reset => f.write_str("the module was reset"),
            Self::Connected(Connection::Opened) => f.write_str("connected"),
            Self::Connected(Connection::Adopted) => f.write_str("connected: the session was still there"),
            Self::ConnectFailed(error) => write!(f, "cannot connect: {error}"),
            Self::Up => f.write_str("up"),
            Self::SubscriptionRefused { place, error } => write!(f, "filter {place} of the list is refused: {error}"),
            Self::Lost => f.write_str("the session is lost"),
            Self::Suspected => f.write_str("the session is given up for dead"),
            Self::ThrownOut { times } => {
                write!(f, "lost right after connecting, {times} times in a row: has another device this client id?")
            }
            Self::NetworkBack => f.write_str("the network is back"),
            Self::GaveUp => f.write_str("given up"),
        }
    }
}

impl fmt::Display for SupervisorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, transition, took } = self;
        let (seconds, tenths) = (took.as_secs(), took.subsec_millis() / 100);
        write!(f, "client {}: {transition} ({seconds}.{tenths} s)", client.number())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn an_event_says_in_words_what_happened_and_how_long_it_took() {
        let event = SupervisorEvent {
            client: ClientIndex::Second,
            transition: Transition::ThrownOut { times: 3 },
            took: Duration::from_millis(12_340),
        };
        assert_eq!(
            event.to_string(),
            "client 1: lost right after connecting, 3 times in a row: has another device this client id? (12.3 s)"
        );
    }
}
