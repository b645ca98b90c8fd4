//! How `sub` prints a message: in the formats of mosquitto_sub.

use std::io::{self, Write};
use std::str::FromStr;

use super::messages::Message;

/// The layout of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The payload, if it has one.
    Payload,
    /// Topic and payload.
    Verbose,
    /// The format of `-F`.
    Pieces(Pieces),
}

/// A format in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    Topic,
    Payload,
    HexadecimalPayload,
    PayloadLength,
}

impl FromStr for Pieces {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = text.bytes();
        let mut pieces = Vec::new();
        while let Some(byte) = bytes.next() {
            let piece = match byte {
                b'%' => parameter(bytes.next()).ok_or("only %t, %p, %x, %l and %% are known")?,
                b'\\' => escape(bytes.next()).ok_or(r"only \0, \a, \e, \n, \r, \t, \v and \\ are known")?,
                other => Piece::Byte(other),
            };
            pieces.push(piece);
        }
        Ok(Self(pieces))
    }
}

fn parameter(letter: Option<u8>) -> Option<Piece> {
    Some(match letter? {
        b't' => Piece::Topic,
        b'p' => Piece::Payload,
        b'x' => Piece::HexadecimalPayload,
        b'l' => Piece::PayloadLength,
        b'%' => Piece::Byte(b'%'),
        _ => return None,
    })
}

fn escape(letter: Option<u8>) -> Option<Piece> {
    Some(Piece::Byte(match letter? {
        b'0' => 0,
        b'a' => 0x07,
        b'e' => 0x1b,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' => b'\\',
        _ => return None,
    }))
}

/// The output for each message.
#[derive(Clone, Debug)]
pub struct Format {
    pub layout: Layout,
    /// Whether an end of line follows it.
    pub end_of_line: bool,
}

impl Format {
    /// Writes one message, byte-exact, and flushes.
    pub fn write(&self, message: &Message, output: &mut impl Write) -> io::Result<()> {
        let Message { topic, payload, .. } = message;
        match &self.layout {
            // mosquitto_sub prints nothing at all for an empty payload.
            Layout::Payload if payload.is_empty() => return Ok(()),
            Layout::Payload => output.write_all(payload)?,
            Layout::Verbose => {
                output.write_all(topic)?;
                output.write_all(b" ")?;
                output.write_all(if payload.is_empty() { b"(null)" } else { payload })?;
            }
            Layout::Pieces(Pieces(pieces)) => pieces.iter().try_for_each(|piece| match piece {
                Piece::Byte(byte) => output.write_all(&[*byte]),
                Piece::Topic => output.write_all(topic),
                Piece::Payload => output.write_all(payload),
                Piece::HexadecimalPayload => payload.iter().try_for_each(|byte| write!(output, "{byte:02x}")),
                Piece::PayloadLength => write!(output, "{}", payload.len()),
            })?,
        }
        if self.end_of_line {
            output.write_all(b"\n")?;
        }
        output.flush()
    }
}

#[cfg(test)]
mod tests {
    use simcom_mqtt::ClientIndex;

    use super::*;

    fn printed(layout: Layout, end_of_line: bool, payload: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        let message = Message { client: ClientIndex::First, topic: b"a/b".to_vec(), payload: payload.to_vec() };
        Format { layout, end_of_line }.write(&message, &mut output).unwrap();
        output
    }

    #[test]
    fn payloads_are_printed_byte_exact_and_empty_ones_not_at_all() {
        assert_eq!(printed(Layout::Payload, true, b"\xff\0"), b"\xff\0\n");
        assert_eq!(printed(Layout::Payload, false, b"\xff\0"), b"\xff\0");
        assert_eq!(printed(Layout::Payload, true, b""), b"");
    }

    #[test]
    fn verbose_lines_name_the_topic() {
        assert_eq!(printed(Layout::Verbose, true, b"on"), b"a/b on\n");
        assert_eq!(printed(Layout::Verbose, true, b""), b"a/b (null)\n");
    }

    #[test]
    fn a_format_has_topic_payload_and_length() {
        let pieces = r"%t|%p|%l|%x\t%%".parse().unwrap();
        assert_eq!(printed(Layout::Pieces(pieces), true, b"hi"), b"a/b|hi|2|6869\t%\n");
    }

    #[test]
    fn an_unknown_piece_of_a_format_is_refused() {
        for bad in ["%q", "%", r"\x", r"\", "%5t"] {
            assert!(bad.parse::<Pieces>().is_err(), "{bad}");
        }
    }
}
