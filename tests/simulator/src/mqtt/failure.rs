//! Maps failures of the network to the `<err>` and `<cause>` numbers of the manuals.

use std::io;

use rumqttc::mqttbytes::Error as PacketError;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError};

use crate::broker::{Event, Request};

/// An operation of a client that has no connection.
pub(super) const NO_CONNECTION: u8 = 11;
/// An operation while too many others are in flight.
pub(super) const CLIENT_IS_BUSY: u8 = 14;
/// Host name not resolved.
pub(super) const DNS_ERROR: u8 = 25;
/// Server or client does not trust the other.
pub(super) const HANDSHAKE_FAIL: u8 = 32;
/// A TLS connection without an SSL context.
pub(super) const NOT_SET_CERTIFICATE: u8 = 33;
/// A file that holds no certificate or key, or a certificate and a key that do not belong together.
pub(super) const OPEN_SESSION_FAILED: u8 = 34;
/// A topic, filter or will topic that is not UTF-8: MQTT cannot carry it.
pub(super) const BAD_UTF8: u8 = 2;
/// A topic or filter that MQTT does not allow.
pub(super) const INVALID_PARAMETER: u8 = 12;
/// SUBACK refused a filter.
pub(super) const FAILED: u8 = 1;
/// The connection was lost before the acknowledgement; modules report this before `+CMQTTCONNLOST`.
pub(super) const MESSAGE_RECEIVE_FAIL: u8 = 6;
/// The broker refuses the client id.
pub(super) const IDENTIFIER_REJECTED: u8 = 28;

const SOCKET_CONNECT_FAIL: u8 = 3;
const TIMEOUT: u8 = 17;
const PACKET_FAIL: u8 = 24;
const CLOSED_BY_SERVER: u8 = 26;

const CLOSED_PASSIVELY: u8 = 1;
const SOCKET_RESET: u8 = 2;
const NETWORK_CLOSED: u8 = 3;

/// The `<err>` of `+CMQTTCONNECT` for a connection that failed to open.
pub(super) fn connect_code(error: &ConnectionError) -> u8 {
    match error {
        ConnectionError::ConnectionRefused(refusal) => match refusal {
            ConnectReturnCode::RefusedProtocolVersion => 27,
            ConnectReturnCode::BadClientId => IDENTIFIER_REJECTED,
            ConnectReturnCode::ServiceUnavailable => 29,
            ConnectReturnCode::BadUserNamePassword => 30,
            ConnectReturnCode::NotAuthorized => 31,
            ConnectReturnCode::Success => FAILED,
        },
        ConnectionError::Tls(_) => HANDSHAKE_FAIL,
        ConnectionError::Io(_) => SOCKET_CONNECT_FAIL,
        ConnectionError::NetworkTimeout => TIMEOUT,
        ConnectionError::MqttState(
            StateError::ConnectionAborted | StateError::Io(_) | StateError::Deserialization(PacketError::Io(_)),
        ) => CLOSED_BY_SERVER,
        _ => PACKET_FAIL,
    }
}

/// Whether a TLS connection ended before CONNACK because the server refused the client's certificate or required one.
/// With TLS 1.3 the server reports that after the client's handshake, and its alert can be lost to a reset.
pub(super) fn is_late_alert(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::Io(error)
        | ConnectionError::MqttState(StateError::Io(error) | StateError::Deserialization(PacketError::Io(error))) => {
            error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
                || matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
        }
        _ => false,
    }
}

/// The `<cause>` of `+CMQTTCONNLOST` for a lost connection.
pub(super) fn loss_cause(error: &ConnectionError) -> u8 {
    match error {
        ConnectionError::Io(error)
        | ConnectionError::MqttState(StateError::Io(error) | StateError::Deserialization(PacketError::Io(error))) => {
            match error.kind() {
                io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                    SOCKET_RESET
                }
                // TLS without a closing alert.
                io::ErrorKind::UnexpectedEof => CLOSED_PASSIVELY,
                _ => NETWORK_CLOSED,
            }
        }
        ConnectionError::MqttState(StateError::AwaitPingResp)
        | ConnectionError::NetworkTimeout
        | ConnectionError::FlushTimeout => NETWORK_CLOSED,
        _ => CLOSED_PASSIVELY,
    }
}

/// The event by which `request` fails with `code`, if the module waits for one.
pub(super) fn answer(request: &Request, code: u8) -> Option<Event> {
    match *request {
        Request::Connect { client, .. } => Some(Event::ConnectFailed { client, code }),
        Request::Publish { client, .. } => Some(Event::PublishFailed { client, code }),
        Request::Subscribe { client, .. } => Some(Event::SubscribeFailed { client, code }),
        Request::Unsubscribe { client, .. } => Some(Event::UnsubscribeFailed { client, code }),
        Request::Disconnect { client } => Some(Event::Disconnected { client }),
        Request::Drop { .. } => None,
    }
}
