//! What the results of calls show of the broker.

use crate::ResultCode;
use crate::error::{Error, Refusal};

/// What calls show of the broker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Results {
    /// A call that needs the broker has succeeded.
    pub(crate) has_succeeded: bool,
    /// How many results since then say nothing of the broker.
    pub(crate) bad: u8,
}

/// Whether a result says nothing of the broker, so that the radio may be dead.
#[inline(never)]
pub(crate) fn is_bad(error: &Error) -> bool {
    match error {
        Error::NoAnswer { .. } | Error::OutcomeUnknown { .. } => true,
        _ => error.refusal() == Some(Refusal::Code(ResultCode::TIMEOUT)),
    }
}

impl Results {
    pub(crate) const NONE: Self = Self { has_succeeded: false, bad: 0 };

    pub(crate) fn add(&mut self, error: Option<&Error>) {
        match error {
            None => *self = Self { has_succeeded: true, bad: 0 },
            Some(error) if is_bad(error) => self.bad = self.bad.saturating_add(1),
            Some(_) => {}
        }
    }
}
