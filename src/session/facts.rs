//! What is known of the answer to a command, and the result that it makes.

use core::fmt;

use crate::ResultCode;
use crate::at::FinalResult;
use crate::command::{CommandInfo, Effect};
use crate::error::{Elapsed, Error, Illegal, Refusal};

/// What is known of the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) final_result: Option<FinalResult>,
    pub(super) outcome: Option<ResultCode>,
    pub(super) loss: Option<Loss>,
    /// A line came that was almost the outcome.
    pub(super) is_garbled: bool,
    /// What the answer still lacks before a final result is its own.
    pub(super) lacks: Lacking,
}

/// What an answer lacks besides its final result and outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    Nothing,
    /// The line that it always has: an `OK` before it is that of an earlier command.
    Line,
    /// The same, for a sync query: an `ERROR` before it is that of an earlier command, too.
    SyncLine,
    /// Some of its data, which the module no longer takes.
    Data,
}

/// What can make the rest of an answer unlikely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Connection,
    Network,
    Restart,
}

impl Loss {
    /// Whether it ends the wait for an outcome. A lost connection is no answer to CONNECT, a lost network none to
    /// START: they were lost before.
    pub(super) fn concerns(self, effect: Effect) -> bool {
        effect != if self == Self::Network { Effect::Start } else { Effect::Connect }
    }
}

impl Facts {
    pub(super) const fn none() -> Self {
        Self { final_result: None, outcome: None, loss: None, is_garbled: false, lacks: Lacking::Nothing }
    }

    /// Whether nothing more is awaited: a deferred command needs both halves of its answer.
    pub(super) const fn are_complete(self, is_deferred: bool) -> bool {
        self.final_result.is_some() && (!is_deferred || self.outcome.is_some())
    }

    /// How the command ends if nothing more comes. An outcome says more than a final result, and either more than a
    /// loss.
    pub(super) fn result(self, is_deferred: bool) -> Result<(), Failure> {
        match (self.final_result, self.outcome, self.loss) {
            (_, _, Some(Loss::Restart)) => Err(Failure::Restarted),
            (_, Some(code), _) => Failure::from_code(code),
            (Some(FinalResult::Ok), None, _) if matches!(self.lacks, Lacking::Data) => Err(Failure::DataCutShort),
            (Some(FinalResult::Error), None, _) => Err(Failure::Refused(Refusal::Error)),
            (Some(FinalResult::Equipment(number)), None, _) => Err(Failure::Refused(Refusal::Equipment(number))),
            (Some(FinalResult::Ok), None, _) if !is_deferred => Ok(()),
            (_, None, Some(loss)) => Err(loss.into()),
            (_, None, None) if self.is_garbled => Err(Failure::OutcomeGarbled),
            (Some(FinalResult::Ok), None, None) => Err(Failure::OutcomeUnknown),
            (None, None, None) => Err(Failure::NoAnswer),
        }
    }
}

/// How a command failed. Its name is added where the failure leaves the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Illegal(Illegal),
    Refused(Refusal),
    NoAnswer,
    OutcomeUnknown,
    /// The outcome came, but cannot be read.
    OutcomeGarbled,
    DataCutShort,
    ConnectionLost,
    NetworkLost,
    Restarted,
    /// The module refuses whatever is about MQTT.
    NoMqtt,
}

/// A command and its result, for the log.
pub(super) struct Ended {
    pub(super) info: &'static CommandInfo,
    pub(super) after: Elapsed,
    pub(super) result: Result<(), Failure>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.result {
            Ok(()) => write!(f, "{} succeeded", self.info.command_name()),
            Err(failure) => failure.of(self.info, self.after).fmt(f),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Ended {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self.result {
            Ok(()) => defmt::write!(f, "{} succeeded", self.info.command_name()),
            Err(failure) => failure.of(self.info, self.after).format(f),
        }
    }
}

impl From<Loss> for Failure {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::Connection => Self::ConnectionLost,
            Loss::Network => Self::NetworkLost,
            Loss::Restart => Self::Restarted,
        }
    }
}

impl Failure {
    /// Whether the command may have been carried out although it failed.
    pub(crate) const fn leaves_outcome_unknown(self) -> bool {
        matches!(self, Self::NoAnswer | Self::OutcomeUnknown | Self::OutcomeGarbled)
    }

    /// What an outcome line says.
    pub(super) const fn from_code(code: ResultCode) -> Result<(), Self> {
        if code.is_success() { Ok(()) } else { Err(Self::Refused(Refusal::Code(code))) }
    }

    pub(super) const fn of(self, info: &'static CommandInfo, after: Elapsed) -> Error {
        let command = info.command_name();
        match self {
            Self::Illegal(reason) => Error::Illegal { command, reason },
            Self::Refused(refusal) => match (info.effect, refusal) {
                (Effect::Connect, _) => Error::ConnectRefused { refusal, after },
                (Effect::Tls, _) => Error::NoTls,
                _ => Error::Refused { command, refusal },
            },
            Self::NoMqtt => Error::NoMqtt,
            Self::NoAnswer => Error::NoAnswer { command },
            Self::OutcomeUnknown | Self::OutcomeGarbled => Error::OutcomeUnknown { command },
            Self::DataCutShort => Error::DataCutShort { command },
            Self::ConnectionLost => Error::ConnectionLost { command },
            Self::NetworkLost => Error::NetworkLost { command },
            Self::Restarted => Error::ModemRestarted { command },
        }
    }
}
