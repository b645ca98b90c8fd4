//! Why the clock of the module cannot be relied on.

use core::fmt;

use crate::command::network::{DateTime, NtpFailure};
use crate::error::Error;

/// Why the clock could not be read or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ClockError {
    /// The clock was never set: it counts from 1970 or 1980. A connection over TLS that verifies dates fails with 32.
    NeverSet,
    /// The time server has not set the clock.
    Ntp(NtpFailure),
    /// The module's answer is no time.
    Unreadable,
    /// Bad input, a refused command, or a failure of the UART.
    Failed(Error),
}

impl ClockError {
    /// The time in an answer.
    pub(super) fn check(answer: Option<DateTime>) -> Result<DateTime, Self> {
        match answer {
            Some(time) if time.is_set() => Ok(time),
            Some(_) => Err(Self::NeverSet),
            None => Err(Self::Unreadable),
        }
    }
}

impl From<Error> for ClockError {
    fn from(error: Error) -> Self {
        NtpFailure::of(error).map_or(Self::Failed(error), Self::Ntp)
    }
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverSet => f.write_str("the clock was never set: set it by the network, a time server or the host"),
            Self::Ntp(failure) => write!(f, "the time server has not set the clock: {failure}"),
            Self::Unreadable => f.write_str("the answer to AT+CCLK? is no time"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ClockError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            Self::NeverSet | Self::Ntp(_) | Self::Unreadable => None,
        }
    }
}
