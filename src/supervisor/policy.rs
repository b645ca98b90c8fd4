//! How a supervisor keeps a session up.

use core::time::Duration;

use super::Backoff;
use crate::family::milliseconds;

/// How a [`Supervisor`](super::Supervisor) keeps a session up. Only the [`Backoff`] has to be given, for its seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Policy {
    pub(super) backoff: Backoff,
    pub(super) probe_after_ms: u32,
    pub(super) failures_to_bring_up: u32,
    pub(super) failures_to_reset: u32,
    pub(super) failures_to_give_up: u32,
}

impl Policy {
    /// A probe after 60 s of silence, a bring-up after 3 failures in a row, a reset after each 8, and never to give up.
    pub const fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            probe_after_ms: 60_000,
            failures_to_bring_up: 3,
            failures_to_reset: 8,
            failures_to_give_up: u32::MAX,
        }
    }

    /// The silence after which the module is asked for session and signal: no message was received, and no call has
    /// succeeded that needs the broker.
    #[must_use]
    pub const fn probe_after(mut self, silence: Duration) -> Self {
        self.probe_after_ms = milliseconds(silence);
        self
    }

    /// The number of failures in a row from which on each attempt begins with a bring-up, whatever has failed.
    #[must_use]
    pub const fn bring_up_after(mut self, failures: u8) -> Self {
        self.failures_to_bring_up = failures as u32;
        self
    }

    /// The number of failures in a row after which the module is reset, and again after as many; with 0, never for
    /// their number.
    #[must_use]
    pub const fn reset_after(mut self, failures: u8) -> Self {
        self.failures_to_reset = failures as u32;
        self
    }

    /// The number of failures in a row after which the supervisor gives up, 1-255. What is wrong in the options, so
    /// that nothing is sent, is given up at once then.
    #[must_use]
    pub const fn give_up_after(mut self, failures: u8) -> Self {
        self.failures_to_give_up = failures as u32;
        self
    }
}
