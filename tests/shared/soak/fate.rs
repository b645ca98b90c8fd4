//! What a task knows about a publish when its call has ended.

use crate::driver::error::Refusal;
use crate::driver::{Error, ResultCode};

/// What has become of one attempt to publish a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The broker has it.
    Accepted,
    /// The broker does not have it: PUB was not sent, or the module has not carried it out.
    NotSent,
    /// The broker may have it.
    Unknown,
    /// The same: the task has dropped the call.
    Dropped,
}

impl Fate {
    /// By the documentation of [`Error`]: only after PUB can the broker have the message.
    pub fn of(result: Result<(), Error>) -> Self {
        match result {
            Ok(()) => Self::Accepted,
            Err(Error::Refused { command, refusal: Refusal::Code(code) }) if command.as_str() == "+CMQTTPUB" => {
                match code {
                    // No connection, busy, topic empty, client not acquired: it was not carried out.
                    ResultCode::NO_CONNECTION | ResultCode::CLIENT_IS_BUSY => Self::NotSent,
                    ResultCode::TOPIC_IS_EMPTY | ResultCode::CLIENT_NOT_ACQUIRED => Self::NotSent,
                    _ => Self::Unknown,
                }
            }
            Err(
                Error::NoAnswer { command }
                | Error::OutcomeUnknown { command }
                | Error::ConnectionLost { command }
                | Error::NetworkLost { command }
                | Error::ModemRestarted { command }
                | Error::DataCutShort { command },
            ) if command.as_str() == "+CMQTTPUB" => Self::Unknown,
            Err(_) => Self::NotSent,
        }
    }

    /// Whether the broker may have the message by this attempt.
    pub fn may_have_arrived(self) -> bool {
        self != Self::NotSent
    }
}
