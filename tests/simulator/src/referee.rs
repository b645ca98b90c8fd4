//! Complaints of the simulated module about its host.

use core::fmt;
use core::time::Duration;

/// Bytes of the host that a real module would refuse, or that would confuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// When it happened.
    pub at: Duration,
    /// Its severity.
    pub severity: Severity,
    /// Which rule was broken.
    pub kind: ComplaintKind,
    /// The line or bytes, and the rule, in words.
    pub what: String,
}

/// Severity of a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A careful host cannot avoid it: it does not know which state has outlived its own reset, what the firmware
    /// lacks, or that the connection was lost while its command was on the wire.
    Warning,
    /// A mistake of the host.
    Error,
}

/// The rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComplaintKind {
    /// No such command, or no such form of it.
    UnknownCommand,
    /// A command, form or parameter that other families have.
    NotInFamily,
    /// The line does not begin with `AT`, or has control characters.
    Garbage,
    /// The line is longer than the module's buffer.
    LineTooLong,
    /// Bytes arrived while the final result or the prompt of a command was pending.
    BytesWhileExecuting,
    /// A mandatory parameter is missing.
    MissingParameter,
    /// More parameters than the command has.
    TooManyParameters,
    /// A parameter is not a number, or not quoted, or its quotes do not match.
    Malformed,
    /// A number or the length of a string is out of the family's range.
    OutOfRange,
    /// The service is not started.
    NotStarted,
    /// START of a started service.
    AlreadyStarted,
    /// The client index is not acquired.
    NotAcquired,
    /// ACCQ of an acquired index.
    AlreadyAcquired,
    /// STOP with an acquired client.
    StillAcquired,
    /// The client is not connected.
    NotConnected,
    /// CONNECT, or a command that belongs before it, on a connected client.
    AlreadyConnected,
    /// REL of a connected client.
    StillConnected,
    /// The client waits for an outcome (code 14).
    Busy,
    /// PUB, SUB or UNSUB with no topic staged (code 18).
    TopicEmpty,
    /// A topic is not UTF-8 while `checkUTF8` is on, holds NUL, or is published with a wildcard.
    BadTopic,
    /// Not the SIM's PIN, of which there are three attempts.
    WrongPin,
    /// A PIN that is not required.
    PinNotWanted,
    /// A PDP context that CGDCONT has not defined.
    ContextNotDefined,
    /// Bytes arrived while the module slept.
    BytesWhileAsleep,
}

impl ComplaintKind {
    /// Whether a loss that has not been reported to the host yet can be the cause.
    pub(crate) fn is_about_state(self) -> bool {
        matches!(self, Self::NotStarted | Self::NotAcquired | Self::NotConnected)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at {:?}: {}: {:?}: {}", self.at, self.severity, self.kind, self.what)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
