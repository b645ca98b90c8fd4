//! What belongs to the module and not to one of its clients: bring-up and reset, as the supervisors see them.

use crate::error::Error;
use crate::network::BringUpError;

/// The steps to the broker. Each step is followed by those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    BringUp,
    Reset,
    /// Whether there is a session from before a reset of the microcontroller, to which a connect is enough.
    Ask,
}

/// Bring-up and reset as the supervisors of both clients see them: what one of them has done counts for the other.
#[derive(Debug)]
pub struct ModuleRecovery {
    pub(super) can_bring_up: bool,
    pub(super) can_reset: bool,
    /// The number of the next reset since the module was last brought up, from 1 on.
    pub(super) attempt: u32,
    /// Counts the bring-ups and resets that have ended.
    pub(super) round: u8,
    /// The step that follows the last one of these, or why it has failed.
    pub(super) last: Result<Step, BringUpError>,
}

impl ModuleRecovery {
    /// Says what the program can do.
    pub const fn new(can_bring_up: bool, can_reset: bool) -> Self {
        Self { can_bring_up, can_reset, attempt: 1, round: 0, last: Ok(Step::Connect) }
    }

    /// The bring-up has ended.
    ///
    /// # Errors
    ///
    /// What no supervisor can do anything about: the UART has failed, or the idle hook has aborted the bring-up.
    pub fn brought_up(&mut self, result: Result<(), BringUpError>) -> Result<(), Error> {
        match result {
            Ok(()) => self.attempt = 1,
            Err(BringUpError::Failed(error)) if is_final(&error) => return Err(error),
            Err(_) => {}
        }
        self.ended(result.map(|()| Step::Connect));
        Ok(())
    }

    /// The hook has returned.
    pub fn was_reset(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
        self.ended(Ok(Step::BringUp));
    }

    fn ended(&mut self, last: Result<Step, BringUpError>) {
        self.round = self.round.wrapping_add(1);
        self.last = last;
    }
}

/// Whether no supervisor can do anything about it.
pub(crate) fn is_final(error: &Error) -> bool {
    matches!(error, Error::Aborted | Error::Receive(_) | Error::Transmit(_))
}
