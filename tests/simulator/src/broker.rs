//! The interface between the module and its MQTT side: requests and events.
//!
//! The module itself is sans-I/O: a front end takes its [`Request`]s, carries them to a broker (a real one or the
//! in-memory [`Loopback`](crate::loopback::Loopback)) and returns [`Event`]s.

mod tls;

pub use tls::{Authentication, SslContext, TlsOptions};

/// The will that goes with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// Topic of the will, any bytes.
    pub topic: Vec<u8>,
    /// Message of the will, any bytes.
    pub message: Vec<u8>,
    /// Quality of service, 0-2.
    pub qos: u8,
}

/// The parameters of a connection, from `AT+CMQTTCONNECT` and the commands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Host as written between `tcp://` and the port.
    pub host: String,
    /// Port; 1883 where the address has none.
    pub port: u16,
    /// Client id of `AT+CMQTTACCQ`.
    pub client_id: String,
    /// 3 is MQTT 3.1, 4 is MQTT 3.1.1.
    pub version: u8,
    /// Keep-alive in seconds.
    pub keep_alive: u16,
    /// Clean session flag.
    pub clean_session: bool,
    /// User name, if any.
    pub user: Option<String>,
    /// Password, if any.
    pub password: Option<String>,
    /// Will, if one was set.
    pub will: Option<Will>,
    /// Server type 1 of `AT+CMQTTACCQ`: the connection is TLS.
    pub tls: bool,
}

impl Connection {
    /// MQTT 3.1.1 with a keep-alive of 60 s and a clean session, without user, will and TLS.
    pub fn new(host: impl Into<String>, port: u16, client_id: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port,
            client_id: client_id.into(),
            version: 4,
            keep_alive: 60,
            clean_session: true,
            user: None,
            password: None,
            will: None,
            tls: false,
        }
    }
}

/// A request of the module to its MQTT side. `client` is the client index, 0 or 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Open a connection, a TLS one where there are options for it; answered by [`Event::Connected`] or
    /// [`Event::ConnectFailed`].
    Connect { client: usize, connection: Connection, tls: Option<Box<TlsOptions>> },
    /// Publish; answered by [`Event::Published`] once the quality of service is satisfied, or [`Event::PublishFailed`].
    Publish { client: usize, topic: Vec<u8>, payload: Vec<u8>, qos: u8, retained: bool },
    /// Subscribe to every filter; answered by [`Event::Subscribed`] or [`Event::SubscribeFailed`].
    Subscribe { client: usize, filters: Vec<(Vec<u8>, u8)> },
    /// Unsubscribe from every filter; answered by [`Event::Unsubscribed`] or [`Event::UnsubscribeFailed`].
    Unsubscribe { client: usize, filters: Vec<Vec<u8>> },
    /// Send DISCONNECT and close; answered by [`Event::Disconnected`].
    Disconnect { client: usize },
    /// Close without DISCONNECT (the module restarted or lost its network); not answered.
    Drop { client: usize },
}

/// An event of the MQTT side for the module. `code` is an `<err>` of the manual's result code table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// CONNACK accepted.
    Connected { client: usize },
    /// No connection: 3 socket, 25 DNS, 26 closed, 27-31 CONNACK refusals, 32 TLS handshake, 33 no
    /// certificate, 34 certificates or key that cannot be used.
    ConnectFailed { client: usize, code: u8 },
    /// The publish is complete for its quality of service.
    Published { client: usize },
    /// The publish failed.
    PublishFailed { client: usize, code: u8 },
    /// SUBACK granted every filter.
    Subscribed { client: usize },
    /// SUBACK refused a filter, or none came.
    SubscribeFailed { client: usize, code: u8 },
    /// UNSUBACK came.
    Unsubscribed { client: usize },
    /// No UNSUBACK came.
    UnsubscribeFailed { client: usize, code: u8 },
    /// The connection was closed on request.
    Disconnected { client: usize },
    /// A message came from the broker.
    Message { client: usize, topic: Vec<u8>, payload: Vec<u8> },
    /// The connection is gone: cause 1 closed by the broker, 2 reset, 3 network.
    ConnectionLost { client: usize, cause: u8 },
}
