//! Why a bring-up ended without an address.

use core::fmt;

use super::BringUpStage;
use crate::NextStep;
use crate::command::network::SimState;
use crate::error::{Error, Refusal};

/// Why a bring-up failed. After every one of them it can be called again.
///
/// | error | what to do | [next step](Self::next_step) |
/// |---|---|---|
/// | [`SimFailure`](Self::SimFailure) | check card and contacts, reset the module | [`Reset`](crate::NextStep::Reset) |
/// | [`SimLocked`](Self::SimLocked), [`PinMissing`](Self::PinMissing), [`PinRefused`](Self::PinRefused) | give the right PIN, or unlock the card in a telephone | [`CorrectInput`](crate::NextStep::CorrectInput) |
/// | [`Denied`](Self::Denied) | `bring_up` after a long pause; the card may have to be activated | [`BringUp`](crate::NextStep::BringUp) |
/// | [`TimedOut`](Self::TimedOut) | `bring_up` again; if the module itself did not answer, reset it | [`BringUp`](crate::NextStep::BringUp) or [`Reset`](crate::NextStep::Reset) |
/// | [`Failed`](Self::Failed) | see [`Error`]; `bring_up` again, where the error alone would have asked for less | [`BringUp`](crate::NextStep::BringUp), [`CorrectInput`](crate::NextStep::CorrectInput), [`Reset`](crate::NextStep::Reset) or [`RestartUart`](crate::NextStep::RestartUart) |
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

impl BringUpError {
    /// What to do next, as data: the last column of the table [above](Self).
    pub const fn next_step(&self) -> NextStep {
        match self {
            Self::SimFailure(_) | Self::TimedOut { stage: BringUpStage::Module, .. } => NextStep::Reset,
            Self::SimLocked(_) | Self::PinMissing | Self::PinRefused => NextStep::CorrectInput,
            Self::Denied | Self::TimedOut { .. } => NextStep::BringUp,
            Self::Failed(error) => match error.next_step() {
                strong @ (NextStep::CorrectInput | NextStep::Reset | NextStep::RestartUart) => strong,
                _ => NextStep::BringUp,
            },
        }
    }
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

#[cfg(test)]
mod tests {
    use embedded_io::ErrorKind;

    use super::*;
    use crate::error::{CommandName, InvalidInput, Parameter, Problem};
    use crate::next_step::documented;

    #[test]
    fn the_table_of_bring_up_errors_says_what_next_step_returns() {
        let timed_out = |stage| BringUpError::TimedOut { stage, refusal: None };
        let command = CommandName::new(&"+CREG");
        let samples = [
            BringUpError::SimFailure(Refusal::Error),
            BringUpError::SimLocked(SimState::Puk),
            BringUpError::PinMissing,
            BringUpError::PinRefused,
            BringUpError::Denied,
            timed_out(BringUpStage::Module),
            timed_out(BringUpStage::Sim),
            timed_out(BringUpStage::Settings),
            timed_out(BringUpStage::Registration(None)),
            timed_out(BringUpStage::Address),
            BringUpError::Failed(Error::NoAnswer { command }),
            BringUpError::Failed(Error::NoAnswer { command: CommandName::new(&"") }),
            BringUpError::Failed(Error::Refused { command, refusal: Refusal::Equipment(None) }),
            BringUpError::Failed(InvalidInput::new(Parameter::Apn, Problem::Character).into()),
            BringUpError::Failed(Error::Receive(ErrorKind::BrokenPipe)),
        ];
        documented::agrees(include_str!("error.rs"), "BringUpError", &samples, BringUpError::next_step);
    }
}
