//! What belongs to the module and not to one of its clients: bring-up and reset, as the supervisors see them.

use crate::error::Error;

/// The steps to the broker. Each step is followed by those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    BringUp,
    Reset,
    /// Whether there is a session from before a reset of the microcontroller, to which a connect is enough.
    Ask,
}

/// Bring-up and reset as the supervisors of both clients see them.
#[derive(Debug)]
pub struct ModuleRecovery {
    pub(super) can_bring_up: bool,
    pub(super) can_reset: bool,
    /// The number of the next reset since the module was last brought up, from 1 on.
    pub(super) attempt: u32,
}

impl ModuleRecovery {
    /// Says what the program can do.
    pub const fn new(can_bring_up: bool, can_reset: bool) -> Self {
        Self { can_bring_up, can_reset, attempt: 1 }
    }
}

/// Whether no supervisor can do anything about it.
pub(crate) fn is_final(error: &Error) -> bool {
    matches!(error, Error::Aborted | Error::Receive(_) | Error::Transmit(_))
}
