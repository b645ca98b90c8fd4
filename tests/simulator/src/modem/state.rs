//! State of the module.

use std::collections::BTreeMap;

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

/// The parameters of ACCQ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquired {
    /// Client id.
    pub id: String,
    /// Server type 1.
    pub tls: bool,
}

/// The settings of CFG; cleared by REL.
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
    /// The parameters of ACCQ while acquired.
    pub acquired: Option<Acquired>,
    /// CFG settings.
    pub settings: Settings,
    /// SSL context set by SSLCFG.
    pub ssl_context: Option<u8>,
    /// Will topic.
    pub will_topic: Option<Vec<u8>>,
    /// Will message and its quality of service.
    pub will_message: Option<(Vec<u8>, u8)>,
    /// `tcp://…` and the other parameters of CONNECT; kept until DISC, REL or a failed CONNECT.
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
    /// Another device has taken over the session; the module does not report it.
    pub(super) taken_over: bool,
    pub(super) operation: Option<Operation>,
}

impl Client {
    /// Whether an outcome is pending: further commands are refused with 14.
    pub fn is_busy(&self) -> bool {
        self.operation.is_some()
    }

    pub(super) fn disconnect(&mut self) {
        self.connected = false;
        self.subscriptions.clear();
    }
}

/// A PDP context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdpContext {
    /// `"IP"`, `"IPV6"`, `"IPV4V6"` …
    pub pdp_type: String,
    /// Access point name.
    pub apn: String,
    /// Protocol of `AT+CGAUTH`, then user and password in the order in which the host wrote them.
    pub authentication: Option<(u8, Vec<String>)>,
    /// Active; has an address while the module is registered.
    pub active: bool,
}

impl PdpContext {
    pub(super) fn new(pdp_type: &str, apn: &str) -> Self {
        Self { pdp_type: pdp_type.to_owned(), apn: apn.to_owned(), authentication: None, active: false }
    }
}

/// The radio network, the SIM and the PDP contexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// A network is available.
    pub attached: bool,
    /// `<rssi>` of `AT+CSQ`.
    pub signal: u8,
    /// The radio has failed and the module has not reported it.
    pub silent: bool,
    /// `AT+CPIN?` answers this, unless a PIN is wanted.
    pub sim: String,
    /// PDP contexts by `<cid>`; they survive a restart, though not as active ones.
    pub contexts: BTreeMap<u8, PdpContext>,
    /// The network's time when the module's own was zero, in seconds since 1970-01-01T00:00:00Z.
    pub time: Option<u64>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            attached: true,
            signal: 23,
            silent: false,
            sim: "+CPIN: READY".to_owned(),
            contexts: BTreeMap::from([(1, PdpContext::new("IP", ""))]),
            time: Some(NEW_YEAR_2026),
        }
    }
}

/// 2026-01-01T00:00:00Z.
pub(super) const NEW_YEAR_2026: u64 = 1_767_225_600;
