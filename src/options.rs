//! Options of a connection or a publish: builders, checked before the first byte is sent.

use core::fmt;
use core::time::Duration;

use crate::command::{MqttVersion, QoS, ServerType};
use crate::saturating::seconds;
use crate::tls::{Security, Tls};

/// Where the broker is.
#[derive(Clone, Copy, Debug)]
pub struct Broker<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) tls: Option<&'a dyn Security>,
}

impl<'a> Broker<'a> {
    /// A broker over TCP. `host` is a name or an IPv4 address without scheme and port; the usual port is 1883.
    pub const fn tcp(host: &'a str, port: u16) -> Self {
        Self { host, port, tls: None }
    }

    /// A broker over TLS; the usual port is 8883.
    pub const fn tls(host: &'a str, port: u16, tls: &'a Tls<'a>) -> Self {
        Self { host, port, tls: Some(tls) }
    }

    /// What the client is acquired for.
    pub(crate) const fn server_type(&self) -> ServerType {
        if self.tls.is_some() { ServerType::Tls } else { ServerType::Tcp }
    }
}

/// The message that the broker publishes when the connection ends without a disconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Will<'a> {
    pub(crate) topic: &'a [u8],
    pub(crate) message: &'a [u8],
    pub(crate) qos: QoS,
}

impl<'a> Will<'a> {
    /// A will of quality of service 0; topic and message have 1-1024 bytes. The modules have no retained wills.
    pub const fn new(topic: &'a str, message: &'a [u8]) -> Self {
        Self::with_topic_bytes(topic.as_bytes(), message)
    }

    /// As [`new`](Self::new), with a topic that need not be UTF-8: for connections without
    /// [`check_utf8`](ConnectOptions::check_utf8).
    pub const fn with_topic_bytes(topic: &'a [u8], message: &'a [u8]) -> Self {
        Self { topic, message, qos: QoS::AtMostOnce }
    }

    /// The quality of service with which the broker publishes it.
    #[must_use]
    pub const fn qos(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }
}

/// How a client connects.
///
/// ```
/// use core::time::Duration;
/// use simcom_mqtt::{Broker, ConnectOptions, QoS, Will};
///
/// let will = Will::new("device-7/state", b"gone").qos(QoS::AtLeastOnce);
/// let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7")
///     .keep_alive(Duration::from_secs(120))
///     .credentials("device-7", "secret")
///     .will(&will);
/// # let _ = options;
/// ```
///
/// `Debug` does not show the password.
#[derive(Clone, Copy)]
pub struct ConnectOptions<'a> {
    pub(crate) broker: Broker<'a>,
    pub(crate) client_id: &'a str,
    pub(crate) user: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    pub(crate) will: Option<&'a Will<'a>>,
    pub(crate) keep_alive_s: u32,
    pub(crate) operation_timeout_s: Option<u32>,
    pub(crate) version: Option<MqttVersion>,
    pub(crate) clean_session: bool,
    pub(crate) check_utf8: bool,
}

impl<'a> ConnectOptions<'a> {
    /// A clean session with a keep-alive of 60 s, no credentials and no will, over MQTT 3.1.1 where the family can
    /// choose. The client id has 1-128 bytes, without quotes and control characters.
    pub const fn new(broker: Broker<'a>, client_id: &'a str) -> Self {
        Self {
            broker,
            client_id,
            user: None,
            password: None,
            will: None,
            keep_alive_s: 60,
            operation_timeout_s: None,
            version: None,
            clean_session: true,
            check_utf8: true,
        }
    }

    /// The longest silence before the module pings the broker: 1-64800 s, in whole seconds.
    #[must_use]
    pub const fn keep_alive(mut self, keep_alive: Duration) -> Self {
        self.keep_alive_s = seconds(keep_alive);
        self
    }

    /// Whether the broker discards subscriptions and messages of this client when it disconnects (`true` by default).
    #[must_use]
    pub const fn clean_session(mut self, clean_session: bool) -> Self {
        self.clean_session = clean_session;
        self
    }

    /// A user name of 1-256 bytes, without quotes and control characters.
    #[must_use]
    pub const fn user(mut self, user: &'a str) -> Self {
        self.user = Some(user);
        self
    }

    /// User name and password, each of 1-256 bytes, without quotes and control characters.
    #[must_use]
    pub const fn credentials(mut self, user: &'a str, password: &'a str) -> Self {
        self.user = Some(user);
        self.password = Some(password);
        self
    }

    /// The will.
    #[must_use]
    pub const fn will(mut self, will: &'a Will<'a>) -> Self {
        self.will = Some(will);
        self
    }

    /// How long the module may take for an operation with the broker: 20-120 s, 120 s by default. Then the module
    /// reports a failure. If the module does not report it, the driver waits as long as
    /// [`Timeouts::operation`](crate::Timeouts::operation), 125 s by default.
    #[must_use]
    pub const fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout_s = Some(seconds(timeout));
        self
    }

    /// Whether the module refuses topics, filters and the topic of the will where they are not UTF-8 (`true` by
    /// default), with code 2. MQTT requires UTF-8; some brokers end the connection of a client that sends anything
    /// else.
    ///
    /// A connection that was adopted has the setting that it was opened with.
    #[must_use]
    pub const fn check_utf8(mut self, check_utf8: bool) -> Self {
        self.check_utf8 = check_utf8;
        self
    }

    /// The version of MQTT. Refused on A7600, where it cannot be set.
    #[must_use]
    pub const fn version(mut self, version: MqttVersion) -> Self {
        self.version = Some(version);
        self
    }
}

impl fmt::Debug for ConnectOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("broker", &self.broker)
            .field("client_id", &self.client_id)
            .field("user", &self.user)
            .field("will", &self.will)
            .field("keep_alive", &self.keep_alive_s)
            .field("clean_session", &self.clean_session)
            .finish_non_exhaustive()
    }
}

/// A message to publish.
///
/// ```
/// use simcom_mqtt::{Publish, QoS};
///
/// let message = Publish::new("device-7/state", b"on").qos(QoS::AtLeastOnce).retained(true);
/// # let _ = message;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Publish<'a> {
    pub(crate) topic: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) qos: QoS,
    pub(crate) retained: bool,
    pub(crate) duplicate: bool,
    pub(crate) timeout_s: u32,
}

impl<'a> Publish<'a> {
    /// A message of quality of service 0 that is not retained. The topic has 1-1024 bytes and no wildcards. The payload
    /// is any bytes, 0-10240 of them (0-4096 on SIM767x).
    pub const fn new(topic: &'a str, payload: &'a [u8]) -> Self {
        Self::with_topic_bytes(topic.as_bytes(), payload)
    }

    /// As [`new`](Self::new), with a topic that need not be UTF-8: for connections without
    /// [`check_utf8`](ConnectOptions::check_utf8).
    pub const fn with_topic_bytes(topic: &'a [u8], payload: &'a [u8]) -> Self {
        Self { topic, payload, qos: QoS::AtMostOnce, retained: false, duplicate: false, timeout_s: 60 }
    }

    /// The quality of service.
    #[must_use]
    pub const fn qos(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }

    /// Whether the broker keeps the message for later subscribers.
    #[must_use]
    pub const fn retained(mut self, retained: bool) -> Self {
        self.retained = retained;
        self
    }

    /// Whether this repeats a publish whose outcome was unknown.
    #[must_use]
    pub const fn duplicate(mut self, duplicate: bool) -> Self {
        self.duplicate = duplicate;
        self
    }

    /// How long the module waits for the broker's acknowledgement: 60-180 s (from 1 s on A76xx), 60 s by default.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout_s = seconds(timeout);
        self
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn the_password_does_not_show_in_debug_output() {
        let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "id").credentials("me", "secret");
        let text = std::format!("{options:?}");
        assert!(text.contains("me") && !text.contains("secret"), "{text}");
    }
}
