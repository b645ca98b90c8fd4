//! The module's end of the line.

use core::time::Duration;

use crate::modem::Modem;

/// A module at the end of a [`Bench`](super::Bench)'s line, for example a scripted one.
pub trait Module {
    /// Bytes from the host.
    fn receive(&mut self, now: Duration, bytes: &[u8]);

    /// Bytes that the module has sent by `now` and that were not returned yet.
    fn output(&mut self, now: Duration) -> Vec<u8>;

    /// Time of the module's next action.
    fn next_deadline(&self) -> Option<Duration>;
}

/// The module at the end of the line.
pub(super) enum Device {
    Simulated(Box<Modem>),
    Other(Box<dyn Module>),
}

impl Device {
    pub(super) fn receive(&mut self, now: Duration, bytes: &[u8]) {
        match self {
            Self::Simulated(modem) => modem.receive(now, bytes),
            Self::Other(module) => module.receive(now, bytes),
        }
    }

    pub(super) fn output(&mut self, now: Duration) -> Vec<u8> {
        match self {
            Self::Simulated(modem) => modem.output(now),
            Self::Other(module) => module.output(now),
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        match self {
            Self::Simulated(modem) => modem.next_deadline(),
            Self::Other(module) => module.next_deadline(),
        }
    }

    /// The host has flushed: the bytes since the last flush were written in one piece.
    pub(super) fn host_flushed(&mut self) {
        if let Self::Simulated(modem) = self {
            modem.host_flushed();
        }
    }
}
