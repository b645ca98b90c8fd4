//! The rows of a dialogue, and how they are followed.

extern crate std;

use core::fmt;
use core::panic::Location;
use core::time::Duration;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use embedded_io::ErrorKind;

use super::{Dialogue, OK, Wanted};
use crate::error::Error;
use crate::session::Procedure;

/// One thing that happens in a dialogue, and where it stands in the source.
#[derive(Clone)]
pub(crate) struct Row {
    what: What,
    at: &'static Location<'static>,
}

#[derive(Clone)]
enum What {
    ArrivedBefore(Vec<u8>),
    Sent(Vec<u8>),
    SentFromSource(Vec<u8>),
    Received(Vec<u8>),
    ReceivedCut(Vec<u8>),
    ReceivedWhileSending(Vec<u8>),
    ReceiveError(ErrorKind),
    AfterMs(u32),
    TransmitterBusyMs(u32),
}

/// Why a row could not be followed to its end.
pub(super) enum Mismatch {
    Differs(String),
    Ended(Result<(), Error>),
}

#[track_caller]
fn row(what: What) -> Row {
    Row { what, at: Location::caller() }
}

/// These bytes have arrived before the call begins. Until they are taken, nothing is sent.
#[track_caller]
pub(crate) fn arrived_before(bytes: impl AsRef<[u8]>) -> Row {
    row(What::ArrivedBefore(bytes.as_ref().into()))
}

/// The driver sends exactly these bytes. Where it has more to send, the next row sees the rest.
#[track_caller]
pub(crate) fn sent(bytes: impl AsRef<[u8]>) -> Row {
    row(What::Sent(bytes.as_ref().into()))
}

/// The driver asks for bytes of the call's own source, and gets these.
#[track_caller]
pub(crate) fn sent_from_source(bytes: impl AsRef<[u8]>) -> Row {
    row(What::SentFromSource(bytes.as_ref().into()))
}

/// The module sends these bytes, in one chunk, to a driver that has nothing to send.
#[track_caller]
pub(crate) fn received(bytes: impl AsRef<[u8]>) -> Row {
    row(What::Received(bytes.as_ref().into()))
}

/// The same, byte by byte.
#[track_caller]
pub(crate) fn received_cut(bytes: impl AsRef<[u8]>) -> Row {
    row(What::ReceivedCut(bytes.as_ref().into()))
}

/// The module sends these bytes to a driver that has not sent everything yet.
#[track_caller]
pub(crate) fn received_while_sending(bytes: impl AsRef<[u8]>) -> Row {
    row(What::ReceivedWhileSending(bytes.as_ref().into()))
}

/// The receiver reports an error.
#[track_caller]
pub(crate) fn receive_error(kind: ErrorKind) -> Row {
    row(What::ReceiveError(kind))
}

/// Nothing happens for this time: the driver neither sends nor ends the call before it is over.
#[track_caller]
pub(crate) fn after_ms(milliseconds: u32) -> Row {
    row(What::AfterMs(milliseconds))
}

/// The driver has something to send, and the transmitter takes nothing for this time.
#[track_caller]
pub(crate) fn transmitter_busy_ms(milliseconds: u32) -> Row {
    row(What::TransmitterBusyMs(milliseconds))
}

/// A received message as captured on a module, its payload in one part.
pub(crate) fn message(client: u8, topic: &str, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let (topic_length, length) = (topic.len(), payload.len());
    let mut bytes = format!("\r\n+CMQTTRXSTART: {client},{topic_length},{length}\r\n").into_bytes();
    bytes.extend(format!("+CMQTTRXTOPIC: {client},{topic_length}\r\n{topic}\r\n").into_bytes());
    if !payload.is_empty() {
        bytes.extend(format!("+CMQTTRXPAYLOAD: {client},{length}\r\n").into_bytes());
        bytes.extend_from_slice(payload);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("+CMQTTRXEND: {client}\r\n").into_bytes());
    bytes
}

/// The driver sends this line with its CR, and the module answers.
#[track_caller]
pub(crate) fn command(line: &str, answer: &str) -> Vec<Row> {
    vec![sent(format!("{line}\r")), received(answer)]
}

/// The driver sends this line with its CR; the module prompts; the driver sends the data, and the module answers.
#[track_caller]
pub(crate) fn prompted(line: &str, data: impl AsRef<[u8]>, answer: &str) -> Vec<Row> {
    vec![sent(format!("{line}\r")), received("\r\n>"), sent(data), received(answer)]
}

/// The sync query is answered, and the time for answers that come with its own passes.
#[track_caller]
pub(crate) fn sync_query() -> Vec<Row> {
    vec![sent("AT+CSQ\r"), received("\r\n+CSQ: 20,99\r\n\r\nOK\r\n")]
}

/// The resync before the first command to a module of which nothing is known.
#[track_caller]
pub(crate) fn synchronised() -> Vec<Row> {
    [command("AT", OK), sync_query(), vec![after_ms(100)]].concat()
}

impl Row {
    pub(super) fn is_before_the_call(&self) -> bool {
        matches!(self.what, What::ArrivedBefore(_))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = match &self.what {
            What::ArrivedBefore(bytes) => ("arrived_before", bytes),
            What::Sent(bytes) => ("sent", bytes),
            What::SentFromSource(bytes) => ("sent_from_source", bytes),
            What::Received(bytes) => ("received", bytes),
            What::ReceivedCut(bytes) => ("received_cut", bytes),
            What::ReceivedWhileSending(bytes) => ("received_while_sending", bytes),
            What::ReceiveError(kind) => return write!(f, "receive_error({kind:?})"),
            What::AfterMs(milliseconds) => return write!(f, "after_ms({milliseconds})"),
            What::TransmitterBusyMs(milliseconds) => return write!(f, "transmitter_busy_ms({milliseconds})"),
        };
        write!(f, "{name}({})", quoted(bytes))
    }
}

/// `bytes` as a literal, shortened.
fn quoted(bytes: &[u8]) -> String {
    let (shown, rest) = bytes.split_at(bytes.len().min(120));
    let rest = if rest.is_empty() { String::new() } else { format!(" and {} more bytes", rest.len()) };
    format!("\"{}\"{rest}", shown.escape_ascii())
}

/// Ends the test: the dialogue differs from the script at this row.
#[track_caller]
pub(super) fn fail(script: &[Row], index: usize, text: &str) -> ! {
    let mut listing = String::new();
    for (number, row) in script.iter().enumerate() {
        let mark = if number == index { "-->" } else { "   " };
        listing += &format!("{mark} {number}: {row}   {}:{}\n", row.at.file(), row.at.line());
    }
    let place =
        script.get(index).map_or_else(|| "the end".into(), |row| format!("{}:{}", row.at.file(), row.at.line()));
    panic!("{text}\nat {place} in this script:\n{listing}");
}

impl Dialogue {
    /// Follows one row.
    pub(super) fn follow(&mut self, row: &Row, procedure: &mut dyn Procedure) -> Result<(), Mismatch> {
        match &row.what {
            What::Sent(bytes) => return self.follow_sent(bytes, procedure),
            What::SentFromSource(bytes) => return self.follow_source(bytes, procedure),
            What::AfterMs(milliseconds) => return self.follow_time(*milliseconds, false, procedure),
            What::TransmitterBusyMs(milliseconds) => return self.follow_time(*milliseconds, true, procedure),
            What::ArrivedBefore(bytes) => {
                self.expect_nothing(procedure)?;
                if let Some(left) = self.engine.time_left() {
                    return Err(Mismatch::Differs(format!("time passes before the input is drained: {left} ms left")));
                }
                self.receive(bytes, procedure);
            }
            What::Received(bytes) => {
                self.expect_nothing(procedure)?;
                self.receive(bytes, procedure);
            }
            What::ReceivedCut(bytes) => {
                self.expect_nothing(procedure)?;
                bytes.chunks(1).for_each(|byte| self.receive(byte, procedure));
            }
            What::ReceivedWhileSending(bytes) => match self.next(procedure)? {
                Wanted::Send(_) | Wanted::Source(_) => self.receive(bytes, procedure),
                _ => return Err(Mismatch::Differs("the driver has nothing to send".into())),
            },
            What::ReceiveError(kind) => self.receive_failed(*kind).map_err(|error| Mismatch::Ended(Err(error)))?,
        }
        Ok(())
    }

    /// What the engine wants, unless the call has ended.
    fn next(&mut self, procedure: &mut dyn Procedure) -> Result<Wanted, Mismatch> {
        match self.wanted(procedure) {
            Ok(Wanted::End) => Err(Mismatch::Ended(Ok(()))),
            Ok(wanted) => Ok(wanted),
            Err(error) => Err(Mismatch::Differs(format!("the call has ended before this row: {error:?}"))),
        }
    }

    fn expect_nothing(&mut self, procedure: &mut dyn Procedure) -> Result<(), Mismatch> {
        match self.next(procedure)? {
            Wanted::Send(bytes) => Err(Mismatch::Differs(format!("the driver sends {}", quoted(&bytes)))),
            Wanted::Source(limit) => Err(Mismatch::Differs(format!("the driver wants {limit} bytes of its source"))),
            Wanted::Nothing | Wanted::End => Ok(()),
        }
    }

    fn follow_sent(&mut self, mut bytes: &[u8], procedure: &mut dyn Procedure) -> Result<(), Mismatch> {
        while !bytes.is_empty() {
            let Wanted::Send(offered) = self.next(procedure)? else {
                return Err(Mismatch::Differs(format!("the driver does not send {}", quoted(bytes))));
            };
            let count = offered.len().min(bytes.len());
            if offered[..count] != bytes[..count] {
                return Err(Mismatch::Differs(format!("the driver sends {} instead", quoted(&offered))));
            }
            self.transmitted(count);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    fn follow_source(&mut self, mut bytes: &[u8], procedure: &mut dyn Procedure) -> Result<(), Mismatch> {
        while !bytes.is_empty() {
            let Wanted::Source(limit) = self.next(procedure)? else {
                return Err(Mismatch::Differs("the driver wants no bytes of its source".into()));
            };
            // A shell's buffer has 32 bytes.
            let count = limit.min(bytes.len()).min(32);
            self.transmitted(count);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Lets time pass. Deadlines on the way expire.
    fn follow_time(
        &mut self,
        milliseconds: u32,
        is_sending: bool,
        procedure: &mut dyn Procedure,
    ) -> Result<(), Mismatch> {
        let mut left = milliseconds;
        for _ in 0..1_000 {
            match self.wanted(procedure) {
                Ok(Wanted::Nothing) if !is_sending => {}
                Ok(Wanted::Send(_)) if is_sending => {}
                other => return Err(Mismatch::Differs(format!("{left} ms before the end of this time: {other:?}"))),
            }
            let until_deadline = self.engine.time_left().unwrap_or(u32::MAX);
            let time = left.min(until_deadline);
            self.pass(Duration::from_millis(time.into()));
            left -= time;
            if time == until_deadline {
                self.expire();
            }
            if left == 0 {
                return Ok(());
            }
        }
        Err(Mismatch::Differs("a deadline passes again and again".into()))
    }
}
