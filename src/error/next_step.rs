//! What to do after each error. The tables in the documentation of the enums say the same; the tests compare them.

use super::{Error, Illegal, Refusal};
use crate::NextStep;

impl Error {
    /// What to do next, as data: the last column of the table [above](Self).
    ///
    /// ```
    /// use simcom_mqtt::error::CommandName;
    /// use simcom_mqtt::{Error, NextStep};
    ///
    /// let lost = Error::NetworkLost { command: CommandName::new(&"+CMQTTPUB") };
    /// assert_eq!(lost.next_step(), NextStep::BringUp);
    /// ```
    pub const fn next_step(&self) -> NextStep {
        match self {
            Self::Invalid(_) | Self::Source(_) | Self::SourceEnded | Self::CertificateMissing { .. } => {
                NextStep::CorrectInput
            }
            Self::Illegal { reason, .. } => reason.next_step(),
            Self::Refused { refusal, .. } | Self::ConnectRefused { refusal, .. } => refusal.next_step(),
            Self::NoTls => NextStep::CorrectInput,
            Self::NoMqtt => NextStep::Reset,
            // Only a bare `AT` has no name: nothing that resync sends was answered.
            Self::NoAnswer { command } if command.as_str().is_empty() => NextStep::Reset,
            Self::NoAnswer { .. } | Self::DataCutShort { .. } | Self::ConnectionLost { .. } => NextStep::Connect,
            Self::OutcomeUnknown { .. } | Self::Aborted | Self::Offline | Self::QueueFull => NextStep::Retry,
            Self::NetworkLost { .. } | Self::ModemRestarted { .. } => NextStep::BringUp,
            Self::Receive(_) | Self::Transmit(_) => NextStep::RestartUart,
        }
    }
}

impl Refusal {
    /// What to do next, as data: the last column of the table [above](Self).
    pub const fn next_step(&self) -> NextStep {
        match self {
            Self::Code(code) => code.next_step(),
            Self::Error => NextStep::Connect,
            Self::Equipment(_) => NextStep::BringUp,
        }
    }
}

impl Illegal {
    /// What to do next, as data: the last column of the table [above](Self).
    pub const fn next_step(&self) -> NextStep {
        match self {
            Self::ServiceStarted | Self::ClientAcquired => NextStep::Continue,
            Self::ClientStillAcquired => NextStep::Shutdown,
            Self::ClientConnected => NextStep::Disconnect,
            Self::ServiceNotStarted
            | Self::ClientNotAcquired
            | Self::ClientNotConnected
            | Self::PayloadStaged
            | Self::FilterStaged => NextStep::Connect,
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;
    use crate::ResultCode;
    use crate::error::delivery::tests::errors;
    use crate::error::{CommandName, Elapsed};
    use crate::next_step::documented;

    const SOURCE: &str = include_str!("../error.rs");

    const ILLEGAL: [Illegal; 9] = [
        Illegal::ServiceNotStarted,
        Illegal::ServiceStarted,
        Illegal::ClientStillAcquired,
        Illegal::ClientAcquired,
        Illegal::ClientNotAcquired,
        Illegal::ClientConnected,
        Illegal::ClientNotConnected,
        Illegal::PayloadStaged,
        Illegal::FilterStaged,
    ];

    #[test]
    fn the_table_of_errors_says_what_next_step_returns() {
        let command = CommandName::new(&"+CMQTTPUB");
        let illegal = ILLEGAL.map(|reason| Error::Illegal { command, reason });
        let silent = Error::NoAnswer { command: CommandName::new(&"") };
        let refused_to_connect = |code| {
            let refusal = Refusal::Code(ResultCode::new(code));
            Error::ConnectRefused { refusal, after: Elapsed::from_millis(340) }
        };
        let mut samples = errors(command);
        samples.extend(illegal.into_iter().chain([silent]).chain((0..=36).map(refused_to_connect)));
        documented::agrees(SOURCE, "Error", &samples, Error::next_step);
    }

    #[test]
    fn the_table_of_refusals_says_what_next_step_returns() {
        let codes = (0..=36).map(|code| Refusal::Code(ResultCode::new(code)));
        let samples: std::vec::Vec<Refusal> =
            codes.chain([Refusal::Error, Refusal::Equipment(None), Refusal::Equipment(Some(13))]).collect();
        documented::agrees(SOURCE, "Refusal", &samples, Refusal::next_step);
    }

    #[test]
    fn the_table_of_illegal_commands_says_what_next_step_returns() {
        documented::agrees(SOURCE, "Illegal", &ILLEGAL, Illegal::next_step);
    }

    #[test]
    fn what_is_printed_of_an_illegal_command_names_its_step() {
        for reason in ILLEGAL {
            let words = match reason.next_step() {
                NextStep::Continue => "already",
                NextStep::Shutdown => "release it first",
                NextStep::Disconnect => "disconnect first",
                _ => "connect",
            };
            assert!(reason.to_string().contains(words), "{reason}: {words}");
        }
    }
}
