//! A client and its connection to a broker.

use core::fmt;
use core::time::Duration;

use super::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect, MqttVersion, Request, check, no_response};
use crate::error::{Parameter, Problem};
use crate::family::{
    CLIENT_ID_LIMIT_BYTES, CREDENTIAL_LIMIT_BYTES, KEEP_ALIVE_LIMIT_S, TIMEOUT_LIMIT_S, VersionSetting, with_margin_ms,
};
use crate::saturating::seconds;

/// What a client connects to, `<server_type>` of the manuals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ServerType {
    /// 0: a broker over TCP.
    #[default]
    Tcp,
    /// 1: a broker over TLS.
    Tls,
}

/// `AT+CMQTTACCQ=`: acquires a client with a client id of 1-128 bytes (A76 §2.1.3, S67 §2.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accq<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The client id, without quotes and control characters.
    pub client_id: &'a str,
    /// TCP or TLS.
    pub server_type: ServerType,
    /// The version of MQTT, where the family takes it here (SIM7600).
    pub version: Option<MqttVersion>,
}

impl Request for Accq<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let takes_version = writer.family().version_setting() == VersionSetting::AcquireArgument;
        writer
            .client_command(const { &CommandInfo::new("+CMQTTACCQ", Answer::Plain).effect(Effect::Accq) }, self.client)
            .comma_quoted(self.client_id, CLIENT_ID_LIMIT_BYTES, Parameter::ClientId)
            .comma_number(self.server_type as u32);
        if let Some(version) = self.version {
            if !takes_version {
                writer.refuse(Parameter::Version, Problem::NotInFamily);
            }
            writer.comma_number(version as u32);
        }
    }
}

/// `AT+CMQTTREL=`: releases a client that is not connected. The module clears its settings (A76 §2.1.4, S67 §2.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rel {
    /// The client.
    pub client: ClientIndex,
}

impl Request for Rel {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.client_command(const { &CommandInfo::new("+CMQTTREL", Answer::Plain).effect(Effect::Rel) }, self.client);
    }
}

/// `AT+CMQTTCONNECT=`: connects an acquired client to a broker (A76 §2.1.8, S67 §2.2.8).
///
/// `Debug` does not show the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    /// The client.
    pub client: ClientIndex,
    /// Name or IPv4 address of the broker. The whole address `tcp://<host>:<port>` has 9-256 bytes, also for TLS.
    pub host: &'a str,
    /// Port of the broker.
    pub port: u16,
    /// The longest silence before the module pings the broker: 1-64800 s, in whole seconds.
    pub keep_alive: Duration,
    /// Whether the broker discards the session when the client connects and when the connection ends.
    pub clean_session: bool,
    /// User name of 1-256 bytes, without quotes and control characters.
    pub user: Option<&'a str>,
    /// Password of 1-256 bytes, without quotes and control characters; needs a user name.
    pub password: Option<&'a str>,
}

impl Connect<'_> {
    pub(crate) const INFO: &'static CommandInfo =
        &CommandInfo::new("+CMQTTCONNECT", Answer::Deferred).effect(Effect::Connect);
}

impl Request for Connect<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .client_command(Self::INFO, self.client)
            .text(",\"tcp://")
            .text(self.host)
            .byte(b':')
            .number(self.port.into())
            .byte(b'"')
            .check(Parameter::Address, check::address(self.host, self.port))
            .comma_number_within(seconds(self.keep_alive), 1, KEEP_ALIVE_LIMIT_S, Parameter::KeepAlive)
            .comma_number(self.clean_session.into());
        if let Some(user) = self.user {
            writer.comma_quoted(user, CREDENTIAL_LIMIT_BYTES, Parameter::User);
        } else if self.password.is_some() {
            writer.refuse(Parameter::Password, Problem::WithoutUser);
        }
        if let Some(password) = self.password {
            writer.comma_quoted(password, CREDENTIAL_LIMIT_BYTES, Parameter::Password);
        }
    }
}

impl fmt::Debug for Connect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("client", &self.client)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("keep_alive", &self.keep_alive)
            .field("clean_session", &self.clean_session)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// `AT+CMQTTDISC=`: disconnects a client from its broker (A76 §2.1.9, S67 §2.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disc {
    /// The client.
    pub client: ClientIndex,
    /// How long the module may take: 60-180 s, from 1 s on A76xx. Where the family [has
    /// it](crate::Family::has_disconnect_without_timeout), 0 means no timeout. In whole seconds.
    pub timeout: Duration,
}

impl Disc {
    pub(crate) const INFO: &'static CommandInfo =
        &CommandInfo::new("+CMQTTDISC", Answer::Deferred).effect(Effect::Disc);
}

impl Request for Disc {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.client_command(Self::INFO, self.client);
        let timeout_s = seconds(self.timeout);
        if timeout_s == 0 && writer.family().has_disconnect_without_timeout() {
            writer.comma_number(0);
            return;
        }
        let shortest = u16::from(writer.family().profile().shortest_disconnect_timeout_s);
        writer
            .comma_number_within(timeout_s, shortest, TIMEOUT_LIMIT_S, Parameter::Timeout)
            .timeout_milliseconds(with_margin_ms(timeout_s));
    }
}

no_response!(Accq<'_>, Rel, Connect<'_>, Disc);
