//! The `<err>` of the `AT+CMQTT` commands: what each number means, and what to do about it.

use core::fmt;

use crate::NextStep;

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
pub struct ResultCode(u8);

macro_rules! result_codes {
    ($($number:literal $name:ident $meaning:literal, $advice:literal => $step:ident;)*) => {
        impl ResultCode {
            $(#[doc = concat!(
                $number, ": ", $meaning, ".\n\nAdvice: ", $advice, ".\n\nNext step: [`",
                stringify!($step), "`](NextStep::", stringify!($step), ")."
            )]
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

            /// What to do next: the [advice](Self::advice) as data.
            pub const fn next_step(self) -> NextStep {
                match self.0 {
                    $($number => NextStep::$step,)*
                    _ => NextStep::Connect,
                }
            }

            /// The meaning as a string that is not in the image.
            #[cfg(feature = "defmt")]
            fn interned_meaning(self) -> defmt::Str {
                match self.0 {
                    $($number => defmt::intern!($meaning),)*
                    _ => defmt::intern!("a code that no manual lists"),
                }
            }
        }
    };
}

result_codes! {
    0 SUCCEEDED "operation succeeded", "nothing to do" => Continue;
    1 FAILED "failed", "bring the module to an address: START fails before the PDP context is up" => BringUp;
    2 BAD_UTF8 "bad UTF-8 string", "send valid UTF-8, or switch the check off before connecting" => CorrectInput;
    3 SOCKET_CONNECT_FAIL "socket connect fail", "connect again; check host, port and whether the network reaches the broker" => Connect;
    4 SOCKET_CREATE_FAIL "socket create fail", "connect again; restart the module if it stays" => Connect;
    5 SOCKET_CLOSE_FAIL "socket close fail", "connect again; restart the module if it stays" => Connect;
    6 MESSAGE_RECEIVE_FAIL "message receive fail", "the broker closed or did not answer: connect" => Connect;
    7 NETWORK_OPEN_FAIL "network open fail", "bring the module to an address; check the APN" => BringUp;
    8 NETWORK_CLOSE_FAIL "network close fail", "restart the module" => Reset;
    9 NETWORK_NOT_OPENED "network not opened", "the service is not started: connect" => Connect;
    10 CLIENT_INDEX_ERROR "client index error", "use client index 0 or 1" => CorrectInput;
    11 NO_CONNECTION "no connection", "the client is not connected: connect; if it comes again after every connect, another device has this client id" => Connect;
    12 INVALID_PARAMETER "invalid parameter", "compare with the ranges of the module's firmware; a wrong family has wrong commands, see detect_family; the host has no scheme" => CorrectInput;
    13 NOT_SUPPORTED_OPERATION "not supported operation", "the client may be connected already: connect again" => Connect;
    14 CLIENT_IS_BUSY "client is busy", "wait for the outcome of the operation before" => Retry;
    15 REQUIRE_CONNECTION_FAIL "require connection fail", "connect again; check host, port, TLS or not, and the credentials" => Connect;
    16 SOCKET_SENDING_FAIL "socket sending fail", "the connection is gone: connect" => Connect;
    17 TIMEOUT "timeout", "the broker did not answer in time: connect" => Connect;
    18 TOPIC_IS_EMPTY "topic is empty", "publish again from the start" => Retry;
    19 CLIENT_IS_USED "client is used", "the index is acquired already: connect takes it over" => Connect;
    20 CLIENT_NOT_ACQUIRED "client not acquired", "connect" => Connect;
    21 CLIENT_NOT_RELEASED "client not released", "release both clients before stopping the service" => Shutdown;
    22 LENGTH_OUT_OF_RANGE "length out of range", "check the family: its limits differ" => CorrectInput;
    23 NETWORK_IS_OPENED "network is opened", "the service is started already: connect takes it over" => Connect;
    24 PACKET_FAIL "packet fail", "connect" => Connect;
    25 DNS_ERROR "DNS error", "bring the module to an address, whose PDP context has the DNS; check the host name" => BringUp;
    26 SOCKET_CLOSED_BY_SERVER "socket is closed by server", "connect again; check port and TLS; another client with this id may have connected" => Connect;
    27 UNACCEPTED_PROTOCOL_VERSION "connection refused: unaccepted protocol version", "choose MQTT 3.1.1 where the family can" => CorrectInput;
    28 IDENTIFIER_REJECTED "connection refused: identifier rejected", "choose another client id" => CorrectInput;
    29 SERVER_UNAVAILABLE "connection refused: server unavailable", "try again later" => Retry;
    30 BAD_USER_NAME_OR_PASSWORD "connection refused: bad user name or password", "check user name and password" => CorrectInput;
    31 NOT_AUTHORIZED "connection refused: not authorized", "check the credentials and the broker's access rules" => CorrectInput;
    32 HANDSHAKE_FAIL "handshake fail", "check the module's clock (1970 or 1980: set it), the CA, SNI, TLS versions, the broker's policy, and the length of the server's chain (4.4 KB works, 5 KB in one record may not); in under 1 s with every host, it is the firmware" => CorrectInput;
    33 NOT_SET_CERTIFICATE "not set certificate", "store the certificate and name it in the TLS options; compare the names with the list of files in the module" => CorrectInput;
    34 OPEN_SESSION_FAILED "open session failed", "check that every file is in the module, is PEM with LF line ends and not CR LF, fits its key, and that the CA is not valid past 2050" => CorrectInput;
    35 DISCONNECT_FAILED "disconnect from server failed", "connect again" => Connect;
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

#[cfg(feature = "defmt")]
impl defmt::Format for ResultCode {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=u8} ({=istr})", self.0, self.interned_meaning());
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
    fn the_advice_names_the_next_step() {
        for number in 0..=35 {
            let code = ResultCode::new(number);
            let words: &[&str] = match code.next_step() {
                NextStep::Continue => &["nothing to do"],
                NextStep::Retry => &["wait", "again"],
                NextStep::Connect => &["connect"],
                NextStep::BringUp => &["bring the module to an address"],
                NextStep::Shutdown => &["release both clients"],
                NextStep::Reset => &["restart the module"],
                NextStep::CorrectInput => &["check", "choose", "compare", "send", "store", "use"],
                other => panic!("{number}: {other:?} is no answer to a code"),
            };
            assert!(
                words.iter().any(|word| code.advice().starts_with(word)
                    || (code.next_step() != NextStep::CorrectInput && code.advice().contains(word))),
                "{number}"
            );
        }
    }

    #[test]
    fn only_zero_is_success() {
        assert!(ResultCode::SUCCEEDED.is_success());
        assert!((1..=255).all(|number| !ResultCode::new(number).is_success()));
    }
}
