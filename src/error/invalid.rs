//! Bad input: which argument is wrong, and how.

use core::fmt;

/// Which argument is wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct InvalidInput {
    /// The argument.
    pub parameter: Parameter,
    /// What is wrong with it.
    pub problem: Problem,
}

impl InvalidInput {
    /// For the checks of commands of your own.
    pub const fn new(parameter: Parameter, problem: Problem) -> Self {
        Self { parameter, problem }
    }
}

/// An argument that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Parameter {
    /// The client id.
    ClientId,
    /// Host and port of the broker.
    Address,
    /// The user name.
    User,
    /// The password.
    Password,
    /// The keep-alive interval.
    KeepAlive,
    /// The time within which the module completes an operation.
    OperationTimeout,
    /// The topic of a publish.
    Topic,
    /// The topic filter of a subscription.
    Filter,
    /// The payload of a publish.
    Payload,
    /// The topic of the will.
    WillTopic,
    /// The message of the will.
    WillMessage,
    /// The time that publish or disconnect may take.
    Timeout,
    /// The version of MQTT.
    Version,
    /// The number of an SSL context.
    SslContext,
    /// The setting of an SSL context.
    SslSetting,
    /// The time that a TLS handshake may take.
    NegotiateTime,
    /// The password of the client's key.
    KeyPassword,
    /// The name of a certificate in the module.
    FileName,
    /// A certificate or key for the module's store.
    Certificate,
    /// The command itself.
    Command,
    /// The access point of the mobile network.
    Apn,
    /// The number of a PDP context.
    PdpContext,
    /// The PIN of the SIM card.
    Pin,
    /// The speed of the UART.
    BaudRate,
    /// A date or time.
    Time,
    /// The name or address of a time server.
    TimeServer,
    /// The zone of the clock.
    TimeZone,
    /// The data of a command of the user's own.
    Data,
}

/// What is wrong with an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Problem {
    /// It is empty.
    Empty,
    /// It is longer than this many bytes.
    TooLong(u16),
    /// It is shorter than this many bytes.
    TooShort(u16),
    /// It is below or above this range.
    OutOfRange(u16, u16),
    /// It has a character that is not allowed there: a quote or a control character would end the AT command.
    Character,
    /// A topic to publish to must not have `+` or `#`.
    Wildcard,
    /// `+` must be a whole level of a filter, `#` its last one.
    MisplacedWildcard,
    /// A password needs a user name.
    WithoutUser,
    /// A file name needs an extension, such as `.pem`.
    WithoutExtension,
    /// The family of the module has no such setting, or no such command.
    NotInFamily,
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parameter, self.problem)
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientId => "client id",
            Self::Address => "broker address",
            Self::User => "user name",
            Self::Password => "password",
            Self::KeepAlive => "keep-alive in seconds",
            Self::OperationTimeout => "operation timeout in seconds",
            Self::Topic => "topic",
            Self::Filter => "topic filter",
            Self::Payload => "payload",
            Self::WillTopic => "will topic",
            Self::WillMessage => "will message",
            Self::Timeout => "timeout in seconds",
            Self::Version => "MQTT version",
            Self::SslContext => "SSL context",
            Self::SslSetting => "SSL setting",
            Self::NegotiateTime => "TLS handshake time in seconds",
            Self::KeyPassword => "key password",
            Self::FileName => "certificate name",
            Self::Certificate => "certificate",
            Self::Command => "command",
            Self::Apn => "access point name",
            Self::PdpContext => "PDP context",
            Self::Pin => "PIN",
            Self::BaudRate => "baud rate",
            Self::Time => "time",
            Self::TimeServer => "time server",
            Self::TimeZone => "time zone in quarters of an hour",
            Self::Data => "data",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong(limit) => write!(f, "is longer than {limit} bytes"),
            Self::TooShort(limit) => write!(f, "is shorter than {limit} bytes"),
            Self::OutOfRange(least, most) => write!(f, "is not within {least} to {most}"),
            Self::Character => f.write_str("has a character that is not allowed"),
            Self::Wildcard => f.write_str("has a wildcard"),
            Self::MisplacedWildcard => f.write_str("has a wildcard that is not a whole level, or `#` before the end"),
            Self::WithoutUser => f.write_str("is given without a user name"),
            Self::WithoutExtension => f.write_str("has no extension such as `.pem`"),
            Self::NotInFamily => f.write_str("is not supported by this family of modules"),
        }
    }
}

impl core::error::Error for InvalidInput {}
