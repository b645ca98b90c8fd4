//! What is known of the answer to a command, and the result that it makes.

use crate::ResultCode;
use crate::at::FinalResult;
use crate::command::{CommandInfo, Effect};
use crate::error::{Error, Illegal, Refusal};

/// What is known of the answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    pub(super) final_result: Option<FinalResult>,
    pub(super) outcome: Option<ResultCode>,
    pub(super) loss: Option<Loss>,
    /// The answer has a line, which has not come: a final result before it belongs to an earlier command.
    pub(super) lacks_line: bool,
}

/// What can make the rest of an answer unlikely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Connection,
    Network,
    Restart,
}

impl Loss {
    /// Whether it ends the wait for an outcome. A lost connection is no answer to CONNECT, a lost network none to START:
    /// they were lost before.
    pub(super) fn concerns(self, effect: Effect) -> bool {
        effect != if self == Self::Network { Effect::Start } else { Effect::Connect }
    }
}

impl Facts {
    pub(super) const NONE: Self = Self { final_result: None, outcome: None, loss: None, lacks_line: false };

    /// Whether nothing more is awaited: a deferred command needs both halves of its answer.
    pub(super) const fn are_complete(self, is_deferred: bool) -> bool {
        self.final_result.is_some() && (!is_deferred || self.outcome.is_some())
    }

    /// How the command ends if nothing more comes. An outcome says more than a final result, and either more than a loss.
    pub(super) fn result(self, is_deferred: bool) -> Result<(), Failure> {
        match (self.final_result, self.outcome, self.loss) {
            (_, _, Some(Loss::Restart)) => Err(Failure::Restarted),
            (_, Some(code), _) => Failure::from_code(code),
            (Some(FinalResult::Error), None, _) => Err(Failure::Refused(Refusal::Error)),
            (Some(FinalResult::Equipment(number)), None, _) => Err(Failure::Refused(Refusal::Equipment(number))),
            (Some(FinalResult::Ok), None, _) if !is_deferred => Ok(()),
            (_, None, Some(Loss::Connection)) => Err(Failure::ConnectionLost),
            (_, None, Some(Loss::Network)) => Err(Failure::NetworkLost),
            (Some(FinalResult::Ok), None, None) => Err(Failure::OutcomeUnknown),
            (None, None, None) => Err(Failure::NoAnswer),
        }
    }
}

/// How a command failed. Its name is added where the failure leaves the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Illegal(Illegal),
    Refused(Refusal),
    NoAnswer,
    OutcomeUnknown,
    ConnectionLost,
    NetworkLost,
    Restarted,
}

impl Failure {
    /// What an outcome line says.
    pub(super) const fn from_code(code: ResultCode) -> Result<(), Self> {
        if code.is_success() { Ok(()) } else { Err(Self::Refused(Refusal::Code(code))) }
    }

    pub(super) const fn of(self, info: &'static CommandInfo) -> Error {
        let command = info.command_name();
        match self {
            Self::Illegal(reason) => Error::Illegal { command, reason },
            Self::Refused(refusal) => Error::Refused { command, refusal },
            Self::NoAnswer => Error::NoAnswer { command },
            Self::OutcomeUnknown => Error::OutcomeUnknown { command },
            Self::ConnectionLost => Error::ConnectionLost { command },
            Self::NetworkLost => Error::NetworkLost { command },
            Self::Restarted => Error::ModemRestarted { command },
        }
    }
}
