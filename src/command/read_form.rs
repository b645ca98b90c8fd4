//! Read forms, `AT+X?`: the present settings. The module refuses them while the service is not started.

use core::time::Duration;

use super::{Answer, ClientIndex, Command, CommandInfo, CommandWriter, PerClient, Request, ServerType, Text, check};
use crate::at::{Line, Parameters};
use crate::family::{
    ADDRESS_LIMIT_BYTES, CLIENT_ID_LIMIT_BYTES, CREDENTIAL_LIMIT_BYTES, LAST_SSL_CONTEXT, OPERATION_TIMEOUT_S,
    SHORTEST_OPERATION_TIMEOUT_S,
};

/// `AT+CMQTTACCQ?`: which clients are acquired, and for what (A76 §2.1.3, S67 §2.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccqRead;

/// What a client was acquired for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Acquired {
    client_id: Text<CLIENT_ID_LIMIT_BYTES>,
    server_type: ServerType,
}

impl Acquired {
    /// The client id, 1-128 bytes.
    pub const fn client_id(&self) -> &Text<CLIENT_ID_LIMIT_BYTES> {
        &self.client_id
    }

    /// TCP or TLS.
    pub const fn server_type(&self) -> ServerType {
        self.server_type
    }

    fn take(&mut self, field: u8, byte: u8) {
        match (field, byte) {
            (1, _) => self.client_id.push(byte),
            (2, b'1') => self.server_type = ServerType::Tls,
            _ => {}
        }
    }
}

impl Request for AccqRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTACCQ", Answer::Information) }).byte(b'?');
    }
}

impl Command for AccqRead {
    /// The clients that are acquired.
    type Response = PerClient<Acquired>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        response.line(line, "+CMQTTACCQ", Acquired::take);
    }

    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        response.rest(bytes, Acquired::take);
    }
}

/// `AT+CMQTTREL?`: whether the service is started. If it is, the answer is only `OK`. If it is not, the call fails as
/// [refused](crate::Error::Refused) with a bare `ERROR` (A76 §2.1.4, S67 §2.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelRead;

impl Request for RelRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTREL", Answer::Information) }).byte(b'?');
    }
}

super::no_response!(RelRead);

/// `AT+CMQTTSSLCFG?`: which SSL context each client uses (A76 §2.1.5, S67 §2.2.5). SIM767x answers 0 where none is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SslcfgRead;

impl Request for SslcfgRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTSSLCFG", Answer::Information) }).byte(b'?');
    }
}

impl Command for SslcfgRead {
    /// The SSL context of each client, 0-9, where the module named one of these.
    type Response = PerClient<u8>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some((client, mut parameters)) = client_line(line, "+CMQTTSSLCFG") else { return };
        let context = parameters.small_number().filter(|context| u16::from(*context) <= LAST_SSL_CONTEXT);
        response.set(client, context);
    }
}

/// `AT+CMQTTCONNECT?`: which clients have an address, connected or not, and how they connect (A76 §2.1.8, S67 §2.2.8).
///
/// The response takes about 1 KiB of memory. The module's answer contains the password, which is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectRead;

/// How a client connects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ConnectParameters {
    address: Text<ADDRESS_LIMIT_BYTES>,
    keep_alive_s: u32,
    clean_session: bool,
    user: Text<CREDENTIAL_LIMIT_BYTES>,
}

impl ConnectParameters {
    /// The address of the broker, `tcp://<host>[:<port>]`.
    pub const fn address(&self) -> &Text<ADDRESS_LIMIT_BYTES> {
        &self.address
    }

    /// The longest silence before the module pings the broker.
    pub const fn keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive_s as u64)
    }

    /// Whether the broker discards the session when the client connects and when the connection ends.
    pub const fn clean_session(&self) -> bool {
        self.clean_session
    }

    /// The user name, if there is one.
    pub fn user(&self) -> Option<&Text<CREDENTIAL_LIMIT_BYTES>> {
        Some(&self.user).filter(|user| !user.is_empty())
    }

    fn take(&mut self, field: u8, byte: u8) {
        match (field, byte) {
            (1, _) => self.address.push(byte),
            (2, b'0'..=b'9') => {
                self.keep_alive_s = self.keep_alive_s.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
            }
            (3, _) => self.clean_session = byte == b'1',
            (4, _) => self.user.push(byte),
            _ => {}
        }
    }
}

impl Request for ConnectRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTCONNECT", Answer::Information) }).byte(b'?');
    }
}

impl Command for ConnectRead {
    /// The clients that have an address.
    type Response = PerClient<ConnectParameters>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        response.line(line, "+CMQTTCONNECT", ConnectParameters::take);
    }

    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        response.rest(bytes, ConnectParameters::take);
    }
}

/// `AT+CMQTTDISC?`: which clients are connected (A76 §2.1.9, S67 §2.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscRead;

impl Request for DiscRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTDISC", Answer::Query) }).byte(b'?');
    }
}

impl DiscRead {
    /// Whether the client of this line is connected.
    pub(crate) fn state(line: Line<'_>) -> Option<(ClientIndex, Option<bool>)> {
        let (client, mut parameters) = client_line(line, "+CMQTTDISC")?;
        Some((client, parameters.number().map(|state| state == 0)))
    }
}

impl Command for DiscRead {
    /// Whether each client is connected, where the module listed it.
    type Response = PerClient<bool>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        if let Some((client, connected)) = Self::state(line) {
            response.set(client, connected);
        }
    }
}

/// `AT+CMQTTCFG?`: the settings of each client (A76 §2.1.17, S67 §2.2.15). The version of MQTT is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CfgRead;

/// The settings of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Settings {
    /// `"checkUTF8"`: whether the module checks topics.
    pub check_utf8: bool,
    /// `"optimeout"`: how long an operation may take, 20-120 s.
    pub operation_timeout: Duration,
}

impl Request for CfgRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTCFG", Answer::Information) }).byte(b'?');
    }
}

impl Command for CfgRead {
    /// The settings of each client, where the module listed it with a time that is one.
    type Response = PerClient<Settings>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some((client, mut parameters)) = client_line(line, "+CMQTTCFG") else { return };
        let (Some(is_checked), Some(seconds)) = (parameters.number(), parameters.number()) else { return };
        if check::range(seconds, SHORTEST_OPERATION_TIMEOUT_S, OPERATION_TIMEOUT_S).is_err() {
            return;
        }
        let operation_timeout = Duration::from_secs(seconds.into());
        response.set(client, Some(Settings { check_utf8: is_checked == 1, operation_timeout }));
    }
}

/// The client of a line, and the parameters after it.
fn client_line<'a>(line: Line<'a>, name: &str) -> Option<(ClientIndex, Parameters<'a>)> {
    let mut parameters = line.parameters(name)?;
    let client = ClientIndex::from_number(parameters.number()?)?;
    Some((client, parameters))
}
