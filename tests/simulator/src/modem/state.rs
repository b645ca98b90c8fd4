//! What the module remembers.

use super::operation::Operation;
use crate::broker::Connection;

/// State of the MQTT service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Not started.
    Stopped,
    /// START is under way.
    Starting,
    /// Started.
    Started,
    /// STOP is under way.
    Stopping,
}

/// What ACCQ said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquired {
    /// Client id.
    pub id: String,
    /// Server type 1.
    pub tls: bool,
}

/// What CFG says; cleared by REL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Topics are checked to be UTF-8.
    pub check_utf8: bool,
    /// Time an operation may take, in seconds.
    pub operation_timeout: u32,
    /// 3 is MQTT 3.1, 4 is MQTT 3.1.1.
    pub version: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { check_utf8: true, operation_timeout: 120, version: 3 }
    }
}

/// One of the two clients.
#[derive(Debug, Default)]
pub struct Client {
    /// Acquired, and as what.
    pub acquired: Option<Acquired>,
    /// CFG settings.
    pub settings: Settings,
    /// SSL context set by SSLCFG.
    pub ssl_context: Option<u8>,
    /// Will topic.
    pub will_topic: Option<Vec<u8>>,
    /// Will message and its quality of service.
    pub will_message: Option<(Vec<u8>, u8)>,
    /// `tcp://…` as CONNECT said it, with what it asked for; kept until DISC, REL or a failed CONNECT.
    pub connection: Option<(String, Connection)>,
    /// The session is live.
    pub connected: bool,
    /// Topic staged for PUB.
    pub topic: Option<Vec<u8>>,
    /// Payload staged for PUB.
    pub payload: Option<Vec<u8>>,
    /// Topic filters and qualities of service staged for SUB.
    pub subscribe_topics: Vec<(Vec<u8>, u8)>,
    /// Topic filters staged for UNSUB.
    pub unsubscribe_topics: Vec<Vec<u8>>,
    /// Topic filters subscribed in this session.
    pub subscriptions: Vec<Vec<u8>>,
    pub(super) operation: Option<Operation>,
}

impl Client {
    /// Whether an outcome is awaited, so that further commands are refused with 14.
    pub fn is_busy(&self) -> bool {
        self.operation.is_some()
    }

    pub(super) fn disconnect(&mut self) {
        self.connected = false;
        self.subscriptions.clear();
    }
}

/// The radio network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Registered, with a PDP context: while off, START fails and `AT+CREG?` says so.
    pub attached: bool,
    /// `<rssi>` of `AT+CSQ`.
    pub signal: u8,
    /// The radio is dead and the module has told nobody.
    pub silent: bool,
    /// `AT+CPIN?` answers this.
    pub sim: String,
    /// `AT+CGDCONT=1,"IP",…`.
    pub apn: String,
    /// The first PDP context is active.
    pub active: bool,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            attached: true,
            signal: 23,
            silent: false,
            sim: "+CPIN: READY".to_owned(),
            apn: String::new(),
            active: true,
        }
    }
}
