//! The `<err>` of the `AT+CMQTT` commands: what each number means, and what to do about it.

use core::fmt;

/// An `<err>` of an `AT+CMQTT` command (A76 §2.2.1, S67 §4.1).
///
/// The known codes are constants, so that they can be matched:
///
/// ```
/// use simcom_mqtt::ResultCode;
///
/// let code = ResultCode::new(30);
/// assert_eq!(code, ResultCode::BAD_USER_NAME_OR_PASSWORD);
/// assert_eq!(code.meaning(), "connection refused: bad user name or password");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ResultCode(u8);

macro_rules! result_codes {
    ($($number:literal $name:ident $meaning:literal, $advice:literal;)*) => {
        impl ResultCode {
            $(#[doc = concat!($meaning, ".")]
            pub const $name: Self = Self($number);)*

            /// What the code means, in the words of the manuals.
            pub const fn meaning(self) -> &'static str {
                match self.0 {
                    $($number => $meaning,)*
                    _ => "a code that no manual lists",
                }
            }

            /// What to check or do next.
            pub const fn advice(self) -> &'static str {
                match self.0 {
                    $($number => $advice,)*
                    _ => "look it up in the manual of the module's firmware",
                }
            }
        }
    };
}

result_codes! {
    0 SUCCEEDED "operation succeeded", "nothing to do";
    1 FAILED "failed", "START: the PDP context may not be up yet, try again when the network is registered";
    2 BAD_UTF8 "bad UTF-8 string", "send valid UTF-8, or switch the check off before connecting";
    3 SOCKET_CONNECT_FAIL "socket connect fail", "check host, port and whether the network reaches the broker";
    4 SOCKET_CREATE_FAIL "socket create fail", "connect again; restart the module if it stays";
    5 SOCKET_CLOSE_FAIL "socket close fail", "connect again; restart the module if it stays";
    6 MESSAGE_RECEIVE_FAIL "message receive fail", "the broker closed or did not answer: connect again";
    7 NETWORK_OPEN_FAIL "network open fail", "check the PDP context and the APN";
    8 NETWORK_CLOSE_FAIL "network close fail", "restart the module if it stays";
    9 NETWORK_NOT_OPENED "network not opened", "the service is not started: connect";
    10 CLIENT_INDEX_ERROR "client index error", "use client index 0 or 1";
    11 NO_CONNECTION "no connection", "the client is not connected: connect";
    12 INVALID_PARAMETER "invalid parameter", "compare with the ranges of the module's firmware";
    13 NOT_SUPPORTED_OPERATION "not supported operation", "the client may be connected already: connect again";
    14 CLIENT_IS_BUSY "client is busy", "wait for the outcome of the operation before";
    15 REQUIRE_CONNECTION_FAIL "require connection fail", "check host, port, TLS or not, and the credentials";
    16 SOCKET_SENDING_FAIL "socket sending fail", "the connection is gone: connect again";
    17 TIMEOUT "timeout", "the broker did not answer in time: connect again";
    18 TOPIC_IS_EMPTY "topic is empty", "publish again from the start";
    19 CLIENT_IS_USED "client is used", "the index is acquired already: connect takes it over";
    20 CLIENT_NOT_ACQUIRED "client not acquired", "connect";
    21 CLIENT_NOT_RELEASED "client not released", "release both clients before stopping the service";
    22 LENGTH_OUT_OF_RANGE "length out of range", "check the family: its limits differ";
    23 NETWORK_IS_OPENED "network is opened", "the service is started already";
    24 PACKET_FAIL "packet fail", "connect again";
    25 DNS_ERROR "DNS error", "check the host name, and the DNS of the PDP context";
    26 SOCKET_CLOSED_BY_SERVER "socket is closed by server", "check port and TLS; another client with this id may have connected";
    27 UNACCEPTED_PROTOCOL_VERSION "connection refused: unaccepted protocol version", "choose MQTT 3.1.1 where the family can";
    28 IDENTIFIER_REJECTED "connection refused: identifier rejected", "choose another client id";
    29 SERVER_UNAVAILABLE "connection refused: server unavailable", "try again later";
    30 BAD_USER_NAME_OR_PASSWORD "connection refused: bad user name or password", "check user name and password";
    31 NOT_AUTHORIZED "connection refused: not authorized", "check the credentials and the broker's access rules";
    32 HANDSHAKE_FAIL "handshake fail", "check certificates, the module's clock, SNI and TLS versions";
    33 NOT_SET_CERTIFICATE "not set certificate", "store the certificate and name it in the TLS options";
    34 OPEN_SESSION_FAILED "open session failed", "check the TLS options and the certificate files";
    35 DISCONNECT_FAILED "disconnect from server failed", "connect again";
}

impl ResultCode {
    /// The code with this number.
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number as the module sent it.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether the operation succeeded.
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.meaning())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_manuals_has_a_meaning_and_advice_of_its_own() {
        let unknown = ResultCode::new(36);
        for number in 0..=35 {
            let code = ResultCode::new(number);
            assert_ne!(code.meaning(), unknown.meaning(), "{number}");
            assert_ne!(code.advice(), unknown.advice(), "{number}");
        }
        for number in 36..=255 {
            assert_eq!(ResultCode::new(number).meaning(), unknown.meaning());
        }
    }

    #[test]
    fn only_zero_is_success() {
        assert!(ResultCode::SUCCEEDED.is_success());
        assert!((1..=255).all(|number| !ResultCode::new(number).is_success()));
    }
}
