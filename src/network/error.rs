//! Why a bring-up ended without an address.

use core::fmt;

use super::BringUpStage;
use crate::command::network::SimState;
use crate::error::{Error, Refusal};

/// Why a bring-up failed. After every one of them it can be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BringUpError {
    /// The SIM card could not be read for 30 s: check that a card is inserted, and its contacts.
    SimFailure(Refusal),
    /// The SIM card requires something other than its PIN: a PUK, or the code of a lock to a network or device.
    SimLocked(SimState),
    /// The SIM card asks for its PIN, and none was [given](super::Apn::pin).
    PinMissing,
    /// The PIN was refused, or it was sent earlier and the card still asks for it. It is not sent again: after three
    /// wrong PINs the card locks itself. Send another PIN by [`CpinWrite`](crate::command::network::CpinWrite).
    PinRefused,
    /// The network denied registration for 30 s: the card is not activated, or is not allowed to roam there.
    Denied,
    /// The [time limit](super::Apn::time_limit) was reached.
    TimedOut {
        /// What the bring-up was waiting for.
        stage: BringUpStage,
        /// The last refusal at this stage, if there was one.
        refusal: Option<Refusal>,
    },
    /// Bad input, a refused command, or a failure of the UART.
    Failed(Error),
}

impl From<Error> for BringUpError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for BringUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SimFailure(refusal) => write!(f, "the SIM card cannot be read: {refusal}; is it there?"),
            Self::SimLocked(SimState::Puk) => f.write_str("the SIM card wants its PUK, after three wrong PINs"),
            Self::SimLocked(_) => f.write_str("the SIM card is locked, or not ready"),
            Self::PinMissing => f.write_str("the SIM card asks for its PIN, and none was given"),
            Self::PinRefused => f.write_str("the SIM card does not take the PIN; it is not sent again"),
            Self::Denied => f.write_str("the network denies registration: is the SIM card activated, and may it roam?"),
            Self::TimedOut { stage, refusal: None } => write!(f, "timed out waiting for {stage}"),
            Self::TimedOut { stage, refusal: Some(refusal) } => {
                write!(f, "timed out waiting for {stage}: {refusal}")
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// The message of an error holds that of its source.
impl core::error::Error for BringUpError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::SimFailure(refusal) | Self::TimedOut { refusal: Some(refusal), .. } => Some(refusal),
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}
