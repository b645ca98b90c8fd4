//! A client and its connection to a broker.

use core::fmt;

use super::{Answer, ClientIndex, Descriptor, MqttVersion, Request, Step, check, no_response};
use crate::at::Encoder;
use crate::error::{InvalidInput, Parameter, Problem};
use crate::family::{
    ADDRESS_LIMIT, CLIENT_ID_LIMIT, CREDENTIAL_LIMIT, Family, KEEP_ALIVE_LIMIT, TIMEOUT_LIMIT, Timeouts,
    VersionSetting, with_margin,
};

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

/// `AT+CMQTTACCQ=`: acquires a client under a client id of 1-128 bytes (A76 §2.1.3, S67 §2.2.3).
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
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTACCQ", Answer::Plain).step(Step::Accq) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=')
            .number(self.client.number().into())
            .comma_quoted(self.client_id)
            .comma_number(self.server_type as u32);
        if let Some(version) = self.version {
            line.comma_number(version.number());
        }
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        if self.version.is_some() && family.version_setting() != VersionSetting::AcquireArgument {
            return check::invalid(Parameter::Version, Problem::NotInFamily);
        }
        check::quoted(self.client_id, CLIENT_ID_LIMIT, Parameter::ClientId)
    }
}

/// `AT+CMQTTREL=`: releases a client that is not connected; its settings are cleared (A76 §2.1.4, S67 §2.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rel {
    /// The client.
    pub client: ClientIndex,
}

impl Request for Rel {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTREL", Answer::Plain).step(Step::Rel) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=').number(self.client.number().into());
    }
}

/// `AT+CMQTTCONNECT=`: connects an acquired client to a broker (A76 §2.1.8, S67 §2.2.8).
///
/// The password never shows in its `Debug` output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    /// The client.
    pub client: ClientIndex,
    /// Name or IPv4 address of the broker. The whole address `tcp://<host>:<port>` has 9-256 bytes, also for TLS.
    pub host: &'a str,
    /// Port of the broker.
    pub port: u16,
    /// The longest silence before the module pings the broker, 1-64800 s.
    pub keep_alive: u32,
    /// Whether the broker forgets the session at both its ends.
    pub clean_session: bool,
    /// User name of 1-256 bytes, without quotes and control characters.
    pub user: Option<&'a str>,
    /// Password of 1-256 bytes, without quotes and control characters; needs a user name.
    pub password: Option<&'a str>,
}

/// How many digits `port` has.
const fn digits(port: u16) -> usize {
    match port {
        0..=9 => 1,
        10..=99 => 2,
        100..=999 => 3,
        1000..=9999 => 4,
        _ => 5,
    }
}

impl Request for Connect<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTCONNECT", Answer::Deferred).step(Step::Connect) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        timeouts.operation
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=')
            .number(self.client.number().into())
            .text(",\"tcp://")
            .text(self.host)
            .byte(b':')
            .number(self.port.into())
            .byte(b'"')
            .comma_number(self.keep_alive)
            .comma_number(self.clean_session.into());
        for credential in [self.user, self.password].into_iter().flatten() {
            line.comma_quoted(credential);
        }
    }

    fn check(&self, _: Family) -> Result<(), InvalidInput> {
        check::host(self.host)?;
        if "tcp://:".len() + self.host.len() + digits(self.port) > ADDRESS_LIMIT {
            return check::invalid(Parameter::Address, Problem::TooLong(ADDRESS_LIMIT as u16));
        }
        check::range(self.port.into(), 1, u16::MAX, Parameter::Address)?;
        check::range(self.keep_alive, 1, KEEP_ALIVE_LIMIT, Parameter::KeepAlive)?;
        match (self.user, self.password) {
            (None, Some(_)) => return check::invalid(Parameter::Password, Problem::WithoutUser),
            (user, password) => {
                if let Some(user) = user {
                    check::quoted(user, CREDENTIAL_LIMIT, Parameter::User)?;
                }
                if let Some(password) = password {
                    check::quoted(password, CREDENTIAL_LIMIT, Parameter::Password)?;
                }
            }
        }
        Ok(())
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
    /// How long the module may take: 60-180 s, from 1 s on A76xx. Where the family
    /// [has it](Family::has_disconnect_without_timeout), 0 sets no time.
    pub timeout: u32,
}

impl Request for Disc {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTDISC", Answer::Deferred).step(Step::Disc) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        if self.timeout == 0 { timeouts.operation } else { with_margin(self.timeout) }
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=').number(self.client.number().into()).comma_number(self.timeout);
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        if self.timeout == 0 && family.has_disconnect_without_timeout() {
            return Ok(());
        }
        check::range(self.timeout, family.shortest_disconnect_timeout(), TIMEOUT_LIMIT, Parameter::Timeout)
    }
}

no_response!(Accq<'_>, Rel, Connect<'_>, Disc);
