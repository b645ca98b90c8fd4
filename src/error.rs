//! Typed errors: the cause, and what to do next.

mod delivery;
mod elapsed;
mod invalid;
mod next_step;

use core::fmt;

use embedded_io::ErrorKind;

use crate::ResultCode;

pub use delivery::Delivery;
pub use elapsed::Elapsed;
pub use invalid::{InvalidInput, Parameter, Problem};

/// The name of an AT command, such as `+CMQTTPUB`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommandName(pub(crate) &'static &'static str);

impl CommandName {
    /// A name, with its `+` and without the leading `AT`. It is a reference to a `&str`, which makes an error one word
    /// smaller:
    ///
    /// ```
    /// use simcom_mqtt::error::{CommandName, Error};
    ///
    /// let unknown = Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTPUB") };
    /// assert!(unknown.to_string().starts_with("AT+CMQTTPUB"));
    /// ```
    pub const fn new(name: &'static &'static str) -> Self {
        Self(name)
    }

    /// The name without the leading `AT`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Debug for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AT")?;
        f.write_str(self.0)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for CommandName {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "AT{=str}", self.0);
    }
}

/// Why a call failed.
///
/// | error | the module | what to do | [next step](Self::next_step) |
/// |---|---|---|---|
/// | [`Invalid`](Self::Invalid) | received nothing | correct the input | [`CorrectInput`](crate::NextStep::CorrectInput) |
/// | [`Illegal`](Self::Illegal) | received nothing | see [`Illegal`]: usually `connect` | [`Connect`](crate::NextStep::Connect), [`Disconnect`](crate::NextStep::Disconnect), [`Shutdown`](crate::NextStep::Shutdown) or [`Continue`](crate::NextStep::Continue) |
/// | [`Refused`](Self::Refused) | refused or failed | see [`Refusal`] and [`ResultCode::advice`] | [`Connect`](crate::NextStep::Connect), [`BringUp`](crate::NextStep::BringUp), [`CorrectInput`](crate::NextStep::CorrectInput), [`Retry`](crate::NextStep::Retry), [`Reset`](crate::NextStep::Reset), [`Shutdown`](crate::NextStep::Shutdown) or [`Continue`](crate::NextStep::Continue) |
/// | [`ConnectRefused`](Self::ConnectRefused) | refused to connect, or failed to | see [`Refusal`] and [`ResultCode::advice`] | [`Connect`](crate::NextStep::Connect), [`BringUp`](crate::NextStep::BringUp), [`CorrectInput`](crate::NextStep::CorrectInput), [`Retry`](crate::NextStep::Retry), [`Reset`](crate::NextStep::Reset), [`Shutdown`](crate::NextStep::Shutdown) or [`Continue`](crate::NextStep::Continue) |
/// | [`NoTls`](Self::NoTls) | has firmware without TLS | connect without TLS, or replace the firmware: `AT+CGMR` tells builds apart | [`CorrectInput`](crate::NextStep::CorrectInput) |
/// | [`NoMqtt`](Self::NoMqtt) | refuses everything of MQTT | reset it; if that changes nothing, replace the firmware: `AT+CGMR` tells builds apart | [`Reset`](crate::NextStep::Reset) |
/// | [`NoAnswer`](Self::NoAnswer) | did not answer; the command may have been carried out | `connect`, which finds out the module's state; if nothing was answered, not even `AT`, check power, wiring and baud rate | [`Connect`](crate::NextStep::Connect) or [`Reset`](crate::NextStep::Reset) |
/// | [`OutcomeUnknown`](Self::OutcomeUnknown) | accepted the command and never reported its outcome | repeat what may happen twice | [`Retry`](crate::NextStep::Retry) |
/// | [`DataCutShort`](Self::DataCutShort) | took a part of the data | `connect`, then repeat | [`Connect`](crate::NextStep::Connect) |
/// | [`ConnectionLost`](Self::ConnectionLost) | lost the broker meanwhile | `connect` | [`Connect`](crate::NextStep::Connect) |
/// | [`NetworkLost`](Self::NetworkLost) | lost the network meanwhile | `bring_up`, then `connect` | [`BringUp`](crate::NextStep::BringUp) |
/// | [`ModemRestarted`](Self::ModemRestarted) | restarted meanwhile | `bring_up`, then `connect` | [`BringUp`](crate::NextStep::BringUp) |
/// | [`Aborted`](Self::Aborted) | is in the state in which a dropped future leaves it | what the idle hook aborted for, then repeat | [`Retry`](crate::NextStep::Retry) |
/// | [`Receive`](Self::Receive), [`Transmit`](Self::Transmit) | – | the UART driver failed, see its kind: set it up again | [`RestartUart`](crate::NextStep::RestartUart) |
/// | [`Source`](Self::Source), [`SourceEnded`](Self::SourceEnded) | did not publish, or has an incomplete file | correct the reader, publish or store again | [`CorrectInput`](crate::NextStep::CorrectInput) |
/// | [`CertificateMissing`](Self::CertificateMissing) | does not list the file | store it with `replace_certificate` | [`CorrectInput`](crate::NextStep::CorrectInput) |
/// | [`Offline`](Self::Offline) | received nothing | wait until the session is up (`wait_up`), then repeat | [`Retry`](crate::NextStep::Retry) |
/// | [`QueueFull`](Self::QueueFull) | received nothing | repeat later, or share the module with more places | [`Retry`](crate::NextStep::Retry) |
///
/// After every error the next call works: it resyncs with the module first. What the broker may have of a message whose
/// publish has failed: see [`Delivery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[cfg_attr(feature = "shared", repr(u32))] // With a word as its tag, it is copied as words, without `memcpy`.
pub enum Error {
    /// An argument is outside what the command allows; nothing was sent.
    Invalid(InvalidInput),
    /// The command does not fit the present state; it was not sent.
    Illegal {
        /// The command that was not sent.
        command: CommandName,
        /// The unmet condition.
        reason: Illegal,
    },
    /// The module refused the command or reported that it failed.
    Refused {
        /// The command.
        command: CommandName,
        /// How the module refused.
        refusal: Refusal,
    },
    /// The module refused `AT+CMQTTCONNECT` or reported that it failed.
    ConnectRefused {
        /// How the module refused.
        refusal: Refusal,
        /// How long after the beginning of the command. Over TLS, less than a second means that there was no handshake,
        /// or that the firmware fails with every broker: the peer has refused nothing.
        after: Elapsed,
    },
    /// This build of the module's firmware has no TLS: it refuses `"authmode"` of `AT+CSSLCFG` without a code, which
    /// every firmware with TLS has. The same model is sold with and without.
    NoTls,
    /// The module refuses `AT+CMQTTSTART` without a code, and has refused `AT+CMQTTACCQ?` for 12 s: this build of its
    /// firmware has no MQTT, or the service hangs.
    NoMqtt,
    /// No prompt or no final result came in time. The module may or may not have received the command.
    NoAnswer {
        /// The command.
        command: CommandName,
    },
    /// The module accepted the command, but never sent the line with its outcome. The command may have succeeded or
    /// failed.
    OutcomeUnknown {
        /// The command.
        command: CommandName,
    },
    /// The module answered before it had all the data: a digit of their length was lost on the way to it. It took a
    /// part of them, which is not known. What was sent beyond that, until its answer came, it may have taken for
    /// commands.
    DataCutShort {
        /// The command.
        command: CommandName,
    },
    /// The connection to the broker was lost while the command ran, and its outcome is not known. Or it was lost before
    /// the command was sent, within a call that sends several.
    ConnectionLost {
        /// The command.
        command: CommandName,
    },
    /// The network was lost while the command ran; its outcome is not known.
    NetworkLost {
        /// The command.
        command: CommandName,
    },
    /// The module restarted while the command ran: it has lost all its MQTT state.
    ModemRestarted {
        /// The command.
        command: CommandName,
    },
    /// The idle hook of a blocking modem aborted the call.
    Aborted,
    /// The receiver of the UART failed permanently.
    Receive(ErrorKind),
    /// The transmitter of the UART failed.
    Transmit(ErrorKind),
    /// The reader that holds the payload or file failed. `TimedOut`: it took longer for one `read` than a
    /// [command](crate::Timeouts::command) may; only the async client gives it up.
    Source(ErrorKind),
    /// The reader that holds the payload or file ended before its announced length.
    SourceEnded,
    /// The module's list of certificates does not have a file.
    CertificateMissing {
        /// What needs it, `+CSSLCFG="cacert"` for example; `+CCERTDOWN` where it was stored just before.
        command: CommandName,
    },
    /// The session of the client is not up; nothing was sent. Only of a shared modem.
    Offline,
    /// As many calls as there are places wait for the module already; nothing was sent. Only of a shared modem.
    QueueFull,
}

impl Error {
    /// How the module refused, whether it was `AT+CMQTTCONNECT` or another command.
    ///
    /// ```
    /// use simcom_mqtt::{Error, ResultCode};
    /// use simcom_mqtt::error::Refusal;
    ///
    /// fn is_about_credentials(error: &Error) -> bool {
    ///     error.refusal() == Some(Refusal::Code(ResultCode::BAD_USER_NAME_OR_PASSWORD))
    /// }
    /// # use simcom_mqtt::error::Elapsed;
    /// # let refusal = Refusal::Code(ResultCode::BAD_USER_NAME_OR_PASSWORD);
    /// # assert!(is_about_credentials(&Error::ConnectRefused { refusal, after: Elapsed::from_millis(340) }));
    /// ```
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused { refusal, .. } | Self::ConnectRefused { refusal, .. } => Some(*refusal),
            _ => None,
        }
    }
}

/// How a module refuses a command.
///
/// | refusal | what to do | [next step](Self::next_step) |
/// |---|---|---|
/// | [`Code`](Self::Code) | see [`ResultCode::advice`] | [`Connect`](crate::NextStep::Connect), [`BringUp`](crate::NextStep::BringUp), [`CorrectInput`](crate::NextStep::CorrectInput), [`Retry`](crate::NextStep::Retry), [`Reset`](crate::NextStep::Reset), [`Shutdown`](crate::NextStep::Shutdown) or [`Continue`](crate::NextStep::Continue) |
/// | [`Error`](Self::Error) | `connect`, which finds out the module's state; if it is refused in the same way, compare the arguments with the ranges of the module's firmware | [`Connect`](crate::NextStep::Connect) |
/// | [`Equipment`](Self::Equipment) | `bring_up`: commands for SIM card and network are refused in this way | [`BringUp`](crate::NextStep::BringUp) |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// An `<err>` of the `AT+CMQTT` commands. The number of another command with an outcome, such as `AT+CNTP`, has a
    /// meaning of its own.
    Code(ResultCode),
    /// `ERROR` without a code.
    Error,
    /// `+CME ERROR: <n>` or `+CMS ERROR: <n>`, with its number where it has one.
    Equipment(Option<u16>),
}

impl Refusal {
    /// The code. A command of MQTT without one is refused for no known reason, whether by a bare `ERROR` or by what
    /// that becomes where a module numbers its errors, `+CME ERROR` (`AT+CMEE`, 3GPP TS 27.007 §9.1).
    pub(crate) const fn code(self) -> Option<ResultCode> {
        match self {
            Self::Code(code) => Some(code),
            Self::Error | Self::Equipment(_) => None,
        }
    }
}

/// Why a command does not fit the present state.
///
/// | reason | what to do | [next step](Self::next_step) |
/// |---|---|---|
/// | [`ServiceNotStarted`](Self::ServiceNotStarted), [`ClientNotAcquired`](Self::ClientNotAcquired), [`ClientNotConnected`](Self::ClientNotConnected) | `connect` | [`Connect`](crate::NextStep::Connect) |
/// | [`PayloadStaged`](Self::PayloadStaged), [`FilterStaged`](Self::FilterStaged) | `connect`, which acquires the client again | [`Connect`](crate::NextStep::Connect) |
/// | [`ServiceStarted`](Self::ServiceStarted), [`ClientAcquired`](Self::ClientAcquired) | nothing: it is as it was to be | [`Continue`](crate::NextStep::Continue) |
/// | [`ClientConnected`](Self::ClientConnected) | `disconnect` | [`Disconnect`](crate::NextStep::Disconnect) |
/// | [`ClientStillAcquired`](Self::ClientStillAcquired) | `shutdown` | [`Shutdown`](crate::NextStep::Shutdown) |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Illegal {
    /// The service is not started.
    ServiceNotStarted,
    /// The service is started already.
    ServiceStarted,
    /// A client is still acquired.
    ClientStillAcquired,
    /// The client is acquired already.
    ClientAcquired,
    /// The client is not acquired.
    ClientNotAcquired,
    /// The client is connected.
    ClientConnected,
    /// The client is not connected.
    ClientNotConnected,
    /// The module holds a staged payload of an earlier publish that was cut short, and an empty publish would send it:
    /// call `connect`, which acquires the client again.
    PayloadStaged,
    /// The module holds a staged topic filter of a call that was cut short, and a staged subscription would send it:
    /// call `connect`, which acquires the client again.
    FilterStaged,
}

impl From<InvalidInput> for Error {
    fn from(invalid: InvalidInput) -> Self {
        Self::Invalid(invalid)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => write!(f, "{invalid}; nothing was sent"),
            Self::Illegal { command, reason } => write!(f, "{command} was not sent: {reason}"),
            // The numbers of other commands have meanings of their own.
            Self::Refused { command, refusal: Refusal::Code(code) } if !command.as_str().starts_with("+CMQTT") => {
                write!(f, "{command} failed: {}", code.number())
            }
            Self::Refused { command, refusal } => write!(f, "{command} failed: {refusal}"),
            Self::ConnectRefused { refusal, after } => {
                write!(f, "AT+CMQTTCONNECT failed after {after}: {refusal}")
            }
            Self::NoTls => f.write_str("this build of the module's firmware has no TLS: AT+CGMR tells builds apart"),
            Self::NoMqtt => f.write_str("the module refuses everything of MQTT: reset it; if that changes nothing, this build of its firmware has no MQTT, and AT+CGMR tells builds apart"),
            Self::NoAnswer { command } => {
                write!(f, "{command} got no answer: check power, wiring and baud rate, then connect")
            }
            Self::OutcomeUnknown { command } => write!(f, "{command} was taken, but its outcome never came"),
            Self::DataCutShort { command } => write!(f, "{command} was answered before all its data were sent"),
            Self::ConnectionLost { command } => {
                write!(f, "the connection to the broker was lost during {command}: connect")
            }
            Self::NetworkLost { command } => {
                write!(f, "the network was lost during {command}: bring the module to an address, then connect")
            }
            Self::ModemRestarted { command } => write!(f, "the module restarted during {command}: bring it to an address, then connect"),
            Self::Aborted => f.write_str("the call was given up while it waited"),
            Self::Receive(kind) => write!(f, "cannot receive from the module: {kind}"),
            Self::Transmit(kind) => write!(f, "cannot send to the module: {kind}"),
            Self::Source(kind) => write!(f, "cannot read the data to send: {kind}; nothing was published, a file in the module is incomplete"),
            Self::CertificateMissing { command } => write!(f, "the module does not list the file of {command}: store it"),
            Self::Offline => f.write_str("the session is not up: wait until it is"),
            Self::QueueFull => f.write_str("too many calls wait for the module: repeat it later"),
            Self::SourceEnded => f.write_str("the data to send ended before their announced length; nothing was published, a file in the module is incomplete"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}: {}", code.advice()),
            Self::Error => f.write_str("the module answered ERROR without a reason"),
            Self::Equipment(Some(number)) => write!(f, "the module answered equipment error {number}"),
            Self::Equipment(None) => f.write_str("the module answered an equipment error"),
        }
    }
}

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceNotStarted => "the MQTT service is not started, connect first",
            Self::ServiceStarted => "the MQTT service is started already",
            Self::ClientStillAcquired => "a client is still acquired, release it first",
            Self::ClientAcquired => "the client is acquired already",
            Self::ClientNotAcquired => "the client is not acquired, connect first",
            Self::ClientConnected => "the client is connected, disconnect first",
            Self::ClientNotConnected => "the client is not connected, connect first",
            Self::PayloadStaged => {
                "a payload that was cut short is staged in the module, connect again to be rid of it"
            }
            Self::FilterStaged => "a filter that was cut short is staged in the module, connect again to be rid of it",
        })
    }
}

/// The message of an error holds that of its source.
impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Invalid(invalid) => Some(invalid),
            Self::Illegal { reason, .. } => Some(reason),
            Self::Refused { refusal, .. } | Self::ConnectRefused { refusal, .. } => Some(refusal),
            Self::Receive(kind) | Self::Transmit(kind) | Self::Source(kind) => Some(kind),
            _ => None,
        }
    }
}

impl core::error::Error for Illegal {}
impl core::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn an_error_says_which_command_what_happened_and_what_to_do() {
        let refusal = Refusal::Code(ResultCode::BAD_USER_NAME_OR_PASSWORD);
        let error = Error::ConnectRefused { refusal, after: Elapsed::from_millis(340) };
        assert_eq!(
            error.to_string(),
            "AT+CMQTTCONNECT failed after 0.3 s: 30 (connection refused: bad user name or password): check user name and password"
        );
        assert_eq!(error.refusal(), Some(refusal));
        let error = Error::Refused { command: CommandName(&"+CMQTTCFG=\"version\""), refusal: Refusal::Error };
        assert_eq!(error.to_string(), "AT+CMQTTCFG=\"version\" failed: the module answered ERROR without a reason");
        assert_eq!(error.refusal(), Some(Refusal::Error));
    }

    #[test]
    fn what_a_firmware_lacks_is_named() {
        assert!(Error::NoTls.to_string().contains("no TLS"));
        assert!(Error::NoMqtt.to_string().contains("no MQTT"));
        assert_eq!([Error::NoTls.refusal(), Error::NoMqtt.refusal()], [None; 2]);
    }

    #[test]
    fn the_number_of_a_command_outside_mqtt_is_not_explained_as_one_of_mqtt() {
        let error = Error::Refused { command: CommandName(&"+CNTP"), refusal: Refusal::Code(ResultCode::new(4)) };
        assert_eq!(error.to_string(), "AT+CNTP failed: 4");
    }

    #[test]
    fn bad_input_says_that_nothing_was_sent() {
        let error = Error::from(InvalidInput { parameter: Parameter::Topic, problem: Problem::TooLong(1024) });
        assert_eq!(error.to_string(), "topic is longer than 1024 bytes; nothing was sent");
        let error = Error::from(InvalidInput { parameter: Parameter::Command, problem: Problem::NotInFamily });
        assert_eq!(error.to_string(), "command is not supported by this family of modules; nothing was sent");
    }
}
