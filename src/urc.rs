//! Unsolicited result codes: what a module reports by itself.
//!
//! The driver understands them during every call. To read them without it:
//!
//! ```
//! use simcom_mqtt::urc::{ConnLost, LossCause, Urc};
//! use simcom_mqtt::{ClientIndex, ResultCode};
//!
//! let urc = Urc::parse(b"+CMQTTCONNLOST: 0,3");
//! assert_eq!(urc, Some(Urc::ConnLost(ConnLost { client: ClientIndex::First, cause: LossCause::Network })));
//! // What is no URC is the answer to a command, or unknown.
//! assert_eq!(Urc::parse(b"+CMQTTPUB: 0,0"), None);
//! ```

use core::fmt;

use crate::ResultCode;
use crate::at::{Line, Parameters, behind, resembles};
use crate::command::ClientIndex;

/// `+CMQTTRXSTART: <client_index>,<topic_total_len>,<payload_total_len>`: a message begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RxStart {
    /// The client that receives it.
    pub client: ClientIndex,
    /// Bytes of its topic.
    pub topic_length: u16,
    /// Bytes of its payload, 0 where it has none.
    pub payload_length: u16,
}

/// `+CMQTTRXTOPIC: <client_index>,<sub_topic_len>`: that many bytes of the topic follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RxTopic {
    /// The client that receives the message.
    pub client: ClientIndex,
    /// Bytes of this part.
    pub length: u16,
}

/// `+CMQTTRXPAYLOAD: <client_index>,<sub_payload_len>`: that many bytes of the payload follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RxPayload {
    /// The client that receives the message.
    pub client: ClientIndex,
    /// Bytes of this part.
    pub length: u16,
}

/// `+CMQTTRXEND: <client_index>`: the message is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RxEnd {
    /// The client that receives the message.
    pub client: ClientIndex,
}

/// `+CMQTTCONNLOST: <client_index>,<cause>`: the client must connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnLost {
    /// The client.
    pub client: ClientIndex,
    /// Why.
    pub cause: LossCause,
}

/// Why a connection was lost, `<cause>` of `+CMQTTCONNLOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LossCause {
    /// 1: the socket was closed from the other side.
    Closed,
    /// 2: the socket was reset.
    Reset,
    /// 3: the network was closed.
    Network,
    /// A cause that the manuals do not list.
    Other(u8),
}

impl fmt::Display for LossCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the socket was closed"),
            Self::Reset => f.write_str("the socket was reset"),
            Self::Network => f.write_str("the network was closed"),
            Self::Other(cause) => write!(f, "cause {cause}"),
        }
    }
}

impl LossCause {
    const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Closed,
            2 => Self::Reset,
            3 => Self::Network,
            other => Self::Other(other),
        }
    }
}

/// `+CMQTTNONET`: there is no network; the service must be started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNet;

/// `RDY` or `*ATREADY: 1`: the module restarted, and has lost all its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready;

/// `+CMQTTPING: <client_index>,<err>`: a ping that keeps the connection alive has failed. Only SIM7600 reports it; see
/// [`Family::reports_pings`](crate::Family::reports_pings).
///
/// A loss of the connection is reported by [`ConnLost`] behind it. So nothing follows from it for the driver, which
/// hands it to [`MessageHandler::unknown_line`](crate::MessageHandler::unknown_line).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The client.
    pub client: ClientIndex,
    /// Why.
    pub code: ResultCode,
}

impl Ping {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut parameters = Parameters::after(line, "+CMQTTPING")?;
        let client = ClientIndex::from_number(parameters.number()?)?;
        Some(Self { client, code: ResultCode::new(parameters.small_number()?) })
    }
}

/// `+CMT:`, `+CDS:` or `+CBM:`: the next line is the text of an SMS or a broadcast, written by a stranger; it can look
/// like anything (3GPP TS 27.005 §3.4.1). See [`Parser::expect_text`](crate::at::Parser::expect_text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text;

/// A line that no command awaits (A76 §2.2.2, S67 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Urc {
    /// A message begins.
    RxStart(RxStart),
    /// A part of the topic follows.
    RxTopic(RxTopic),
    /// A part of the payload follows.
    RxPayload(RxPayload),
    /// The message is complete.
    RxEnd(RxEnd),
    /// A client lost its connection.
    ConnLost(ConnLost),
    /// The network was lost.
    NoNet(NoNet),
    /// The module restarted.
    Ready(Ready),
    /// A ping has failed.
    Ping(Ping),
    /// The next line is text.
    Text(Text),
}

impl Urc {
    /// The URC that a line, without its line end, is; `None` where it is none, or a parameter is missing or out of
    /// range. What follows the parameters is ignored.
    ///
    /// ```
    /// use simcom_mqtt::urc::{Ping, Urc};
    /// use simcom_mqtt::{ClientIndex, ResultCode};
    ///
    /// let ping = Ping { client: ClientIndex::Second, code: ResultCode::new(6) };
    /// assert_eq!(Urc::parse(b"+CMQTTPING: 1,6"), Some(Urc::Ping(ping)));
    /// assert_eq!(Urc::parse(b"+CMQTTPING: 2,6"), None);
    /// ```
    pub fn parse(line: &[u8]) -> Option<Self> {
        Self::of(Line::new(line)).or_else(|| Ping::parse(line).map(Self::Ping))
    }

    /// As [`parse`](Self::parse), but only those from which something follows for the session.
    #[inline(never)]
    pub(crate) fn of(line: Line<'_>) -> Option<Self> {
        let (kind, rest) = KINDS.iter().find_map(|(name, kind)| {
            let rest = behind(line.bytes(), name)?;
            matches!(rest, [] | [b':' | b' ', ..]).then_some((*kind, rest))
        })?;
        match kind {
            // Nothing follows `RDY`.
            Kind::Rdy if !rest.is_empty() => return None,
            Kind::Rdy | Kind::AtReady => return Some(Self::Ready(Ready)),
            Kind::NoNet => return Some(Self::NoNet(NoNet)),
            Kind::Text => return Some(Self::Text(Text)),
            _ => {}
        }
        let mut parameters = Parameters::from_bytes(rest.strip_prefix(b":")?);
        let client = ClientIndex::from_number(parameters.number()?)?;
        if matches!(kind, Kind::RxEnd) {
            return Some(Self::RxEnd(RxEnd { client }));
        }
        let length = parameters.length()?;
        // Half a line, and the echo of a command: the module has restarted in between. No data follow.
        if let [b'A', b'T', ..] = parameters.rest() {
            return None;
        }
        Some(match kind {
            Kind::RxTopic => Self::RxTopic(RxTopic { client, length }),
            Kind::RxPayload => Self::RxPayload(RxPayload { client, length }),
            Kind::ConnLost => {
                Self::ConnLost(ConnLost { client, cause: LossCause::from_number(u8::try_from(length).ok()?) })
            }
            _ => Self::RxStart(RxStart { client, topic_length: length, payload_length: parameters.length()? }),
        })
    }
}

/// What a line may have been before a byte of it was lost or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resemblance {
    /// A header that has data behind it.
    Header,
    /// The end of a message.
    End,
    /// A lost connection or network, or a restart.
    Loss,
}

impl Urc {
    /// What a line that is no URC resembles. Short names are left out: too much resembles them.
    pub(crate) fn resembled_by(line: Line<'_>) -> Option<Resemblance> {
        let (_, kind) = KINDS.iter().find(|(name, _)| name.len() > SHORT_NAME && resembles(line.bytes(), name))?;
        Some(match kind {
            Kind::RxStart | Kind::RxTopic | Kind::RxPayload => Resemblance::Header,
            Kind::RxEnd => Resemblance::End,
            _ => Resemblance::Loss,
        })
    }
}

#[derive(Clone, Copy)]
enum Kind {
    RxStart,
    RxTopic,
    RxPayload,
    RxEnd,
    ConnLost,
    NoNet,
    Rdy,
    AtReady,
    Text,
}

/// The longest name that nothing is said to resemble, in bytes.
const SHORT_NAME: usize = 4;

/// The most frequent first.
const KINDS: [(&str, Kind); 11] = [
    ("+CMQTTRXPAYLOAD", Kind::RxPayload),
    ("+CMQTTRXTOPIC", Kind::RxTopic),
    ("+CMQTTRXSTART", Kind::RxStart),
    ("+CMQTTRXEND", Kind::RxEnd),
    ("+CMQTTCONNLOST", Kind::ConnLost),
    ("+CMQTTNONET", Kind::NoNet),
    ("RDY", Kind::Rdy),
    ("*ATREADY", Kind::AtReady),
    ("+CMT", Kind::Text),
    ("+CDS", Kind::Text),
    ("+CBM", Kind::Text),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::at::{Parser, Token};

    fn urc(mut text: &[u8]) -> Option<Urc> {
        let mut parser = Parser::new();
        match parser.next(&mut text, false) {
            Some(Token::Line(line)) => Urc::parse(line.bytes()),
            _ => None,
        }
    }

    const CLIENT: ClientIndex = ClientIndex::Second;

    #[test]
    fn every_urc_of_the_manuals_is_understood() {
        let start = RxStart { client: CLIENT, topic_length: 1024, payload_length: 10_240 };
        assert_eq!(urc(b"+CMQTTRXSTART: 1,1024,10240\r"), Some(Urc::RxStart(start)));
        assert_eq!(urc(b"+CMQTTRXTOPIC: 1,38\r"), Some(Urc::RxTopic(RxTopic { client: CLIENT, length: 38 })));
        assert_eq!(urc(b"+CMQTTRXPAYLOAD: 1,1500\r"), Some(Urc::RxPayload(RxPayload { client: CLIENT, length: 1500 })));
        assert_eq!(urc(b"+CMQTTRXEND: 1\r"), Some(Urc::RxEnd(RxEnd { client: CLIENT })));
        for (number, cause) in
            [(1, LossCause::Closed), (2, LossCause::Reset), (3, LossCause::Network), (9, LossCause::Other(9))]
        {
            extern crate std;
            let line = std::format!("+CMQTTCONNLOST: 1,{number}\r");
            assert_eq!(urc(line.as_bytes()), Some(Urc::ConnLost(ConnLost { client: CLIENT, cause })));
        }
        assert_eq!(urc(b"+CMQTTNONET\r"), Some(Urc::NoNet(NoNet)));
        assert_eq!(urc(b"RDY\r"), Some(Urc::Ready(Ready)));
        assert_eq!(urc(b"*ATREADY: 1\r"), Some(Urc::Ready(Ready)));
        assert_eq!(urc(b"+CMQTTPING: 1,6\r"), Some(Urc::Ping(Ping { client: CLIENT, code: ResultCode::new(6) })));
        assert_eq!(urc(b"+CMT: \"+491700000000\",,\"26/01/31,10:00:00+04\"\r"), Some(Urc::Text(Text)));
    }

    #[test]
    fn what_only_resembles_a_urc_is_none() {
        for line in [
            &b"+CMQTTRXSTART: 2,1,1\r"[..],
            b"+CMQTTRXSTART: 0,1\r",
            b"+CMQTTRXSTART: 0,65536,1\r",
            b"+CMQTTRXTOPIC: 0\r",
            b"+CMQTTRXTOPICS: 0,1\r",
            b"+CMQTTNONETS\r",
            b"+CMQTTPUB: 0,0\r",
            b"+CMQTTPING: 1\r",
            b"+CMQTTPING: 1,256\r",
            b"+CMQTTPINGS: 1,6\r",
            b"+CMTI: \"SM\",3\r",
            b"+CMQTTRECV: 0,\"a\",\"b\"\r",
            b"RDY?\r",
            b"RDY 25C\r",
            b"RDY: 1\r",
            b" RDY\r",
        ] {
            assert_eq!(urc(line), None, "{line:?}");
        }
    }
}
