//! A command as bytes, for programs that do their own I/O.

use core::fmt;
use core::time::Duration;

use embedded_io::Write;

use super::{Answer, ClientIndex, CommandInfo, CommandWriter, Request, code_in};
use crate::ResultCode;
use crate::at::{Line, WINDOW_BYTES};
use crate::error::InvalidInput;
use crate::family::{Family, Timeouts};

/// A command as a module of one family gets it: checked, to be sent and answered without a [`Modem`](crate::Modem).
///
/// What makes the answer: lines that it [takes](Self::takes), which [`Command::line`](super::Command::line) reads; a
/// [`FinalResult`](crate::at::FinalResult); and for a [deferred](Answer::Deferred) command its
/// [outcome](Self::outcome), before or behind that. Nothing in here knows whether the command fits the state of the
/// module: that is what the [engine](crate::sans_io) is for.
///
/// # Examples
///
/// Encode a command into a buffer, and parse its answer:
///
/// ```
/// use simcom_mqtt::at::{FinalResult, Parser, Token};
/// use simcom_mqtt::command::network::{Csq, Rssi};
/// use simcom_mqtt::command::{Command, Encoded};
/// use simcom_mqtt::{Error, Family};
///
/// let command = Encoded::new(&Csq, Family::A76xx)?;
/// let mut buffer = [0; 32];
/// assert_eq!(command.encode(&mut buffer), Some(&b"AT+CSQ\r"[..]));
///
/// let (mut parser, mut rssi, mut result) = (Parser::new(), None, None);
/// let mut answer = &b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n"[..];
/// while let Some(token) = parser.next(&mut answer, false) {
///     match token {
///         Token::Line(line) if command.takes(line) => Csq.line(&mut rssi, line),
///         Token::Line(line) => result = result.or(FinalResult::parse(line.bytes())),
///         _ => {}
///     }
/// }
/// assert_eq!(rssi.map(Rssi::dbm), Some(-67));
/// assert_eq!(result, Some(FinalResult::Ok));
/// # Ok::<(), Error>(())
/// ```
///
/// A command with a prompt and an outcome, into a sink:
///
/// ```
/// use simcom_mqtt::at::Line;
/// use simcom_mqtt::command::{Encoded, QoS, Sub};
/// use simcom_mqtt::{ClientIndex, Error, Family, ResultCode};
///
/// let sub = Sub { client: ClientIndex::First, filter: b"device-7/cmd", qos: QoS::AtLeastOnce };
/// let command = Encoded::new(&sub, Family::A76xx)?;
/// let mut sink = [0; 64];
/// let mut room = &mut sink[..];
/// assert_eq!(command.write(&mut room), Ok(()));
/// assert!(sink.starts_with(b"AT+CMQTTSUB=0,12,1\r"));
/// // After the prompt:
/// assert_eq!((command.data_bytes(), command.data()), (12, &b"device-7/cmd"[..]));
/// // After the final result, or before it:
/// assert_eq!(command.outcome(Line::new(b"+CMQTTSUB: 0,0")), Some(ResultCode::new(0)));
/// assert_eq!(command.outcome(Line::new(b"+CMQTTSUB: 1,0")), None);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Encoded<'c> {
    command: &'c dyn Request,
    family: Family,
    info: &'static CommandInfo,
    client: Option<ClientIndex>,
    line_bytes: u16,
    data_bytes: u16,
    timeout_ms: u32,
    least_timeout_ms: u32,
}

impl<'c> Encoded<'c> {
    /// Checks a command for a module of this family.
    ///
    /// # Errors
    ///
    /// Which argument is wrong, and how.
    pub fn new(command: &'c dyn Request, family: Family) -> Result<Self, InvalidInput> {
        let mut writer = CommandWriter::checking(family);
        command.describe(&mut writer);
        writer.checked()?;
        let CommandWriter { info, client, data_length, timeout_ms, least_timeout_ms, .. } = writer;
        let line_bytes = writer.line_length();
        Ok(Self { command, family, info, client, line_bytes, data_bytes: data_length, timeout_ms, least_timeout_ms })
    }

    /// How long the line is, in bytes, with its CR.
    pub const fn line_bytes(&self) -> usize {
        self.line_bytes as usize
    }

    /// Writes the line, with its CR, to the front of `buffer`. Returns that part of it, or `None` where the line
    /// [is longer](Self::line_bytes).
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let place = buffer.get_mut(..self.line_bytes())?;
        Some(self.encode_window(0, place))
    }

    /// Writes what fits into `window` of the line from its byte `start` on. Returns the part of the window that was
    /// filled, empty behind the end of the line. So a line of 800 bytes can be sent from a window of any size. For each
    /// window the line is made from its beginning.
    pub fn encode_window<'b>(&self, start: usize, window: &'b mut [u8]) -> &'b [u8] {
        let mut writer = CommandWriter::new(self.family, start, window);
        self.command.describe(&mut writer);
        writer.line()
    }

    /// Writes the line, with its CR, to a sink, 32 bytes at a time. The sink is not flushed.
    ///
    /// # Errors
    ///
    /// That of the sink. A part of the line may have been written.
    pub fn write<W: Write>(&self, sink: &mut W) -> Result<(), W::Error> {
        let mut start = 0;
        loop {
            let mut window = [0; WINDOW_BYTES];
            match self.encode_window(start, &mut window) {
                [] => return Ok(()),
                bytes => sink.write_all(bytes)?,
            }
            start += WINDOW_BYTES;
        }
    }

    /// How many bytes are sent after the prompt; with 0 there is no prompt.
    pub const fn data_bytes(&self) -> usize {
        self.data_bytes as usize
    }

    /// The bytes that are sent after the prompt.
    pub fn data(&self) -> &'c [u8] {
        self.command.data()
    }

    /// The name without the leading `AT`, such as `+CMQTTPUB`.
    pub const fn name(&self) -> &'static str {
        self.info.name
    }

    /// How the module answers.
    pub const fn answer(&self) -> Answer {
        self.info.answer
    }

    /// The client whose number the outcome begins with.
    pub const fn client(&self) -> Option<ClientIndex> {
        self.client
    }

    /// How long the final result may take after the last byte was sent, or the outcome of a deferred command after
    /// that.
    pub fn timeout(&self, timeouts: &Timeouts) -> Duration {
        Duration::from_millis(self.info.timeout_ms(timeouts, self.timeout_ms, self.least_timeout_ms).into())
    }

    /// How long the prompt may take after the last byte of the line was sent.
    pub fn prompt_timeout(&self, timeouts: &Timeouts) -> Duration {
        Duration::from_millis(timeouts.command_ms.into())
    }

    /// Whether a line that is neither a URC nor a final result is a part of the answer.
    pub fn takes(&self, line: Line<'_>) -> bool {
        self.info.takes(line)
    }

    /// The code in a line that is the outcome of the command, `+CMQTTxxx: [<client_index>,]<err>`; `None` where it is
    /// another line. Commands that are not deferred have one only if they fail.
    pub fn outcome(&self, line: Line<'_>) -> Option<ResultCode> {
        code_in(line, self.info.name, self.client)
    }
}

/// Without the arguments, which can be a password.
impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("name", &self.info.name)
            .field("client", &self.client)
            .field("line_bytes", &self.line_bytes)
            .field("data_bytes", &self.data_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::command::{At, Connect, Payload, Start};
    use crate::error::{Parameter, Problem};

    const FAMILY: Family = Family::A76xx;

    const CONNECT: Connect<'_> = Connect {
        client: ClientIndex::Second,
        host: "a-broker-with-a-long-name.example",
        port: 8883,
        keep_alive: Duration::from_secs(60),
        clean_session: true,
        user: Some("device-7"),
        password: Some("secret"),
    };

    const LINE: &[u8] =
        b"AT+CMQTTCONNECT=1,\"tcp://a-broker-with-a-long-name.example:8883\",60,1,\"device-7\",\"secret\"\r";

    #[test]
    fn a_line_is_the_same_in_a_buffer_in_a_sink_and_in_windows_of_any_size() {
        let command = Encoded::new(&CONNECT, FAMILY).unwrap();
        assert_eq!(command.line_bytes(), LINE.len());
        assert_eq!(command.encode(&mut [0; 256]), Some(LINE));
        let mut sink = [0; LINE.len()];
        assert_eq!(command.write(&mut &mut sink[..]), Ok(()));
        assert_eq!(sink, LINE);
        for size in 1..=LINE.len() + 1 {
            let mut line = Vec::new();
            loop {
                let mut window = std::vec![0; size];
                match command.encode_window(line.len(), &mut window) {
                    [] => break,
                    bytes => line.extend_from_slice(bytes),
                }
            }
            assert_eq!(line, LINE, "in windows of {size}");
        }
    }

    #[test]
    fn a_buffer_or_sink_that_is_one_byte_too_small_is_an_error() {
        let command = Encoded::new(&CONNECT, FAMILY).unwrap();
        assert_eq!(command.encode(&mut [0; LINE.len() - 1]), None);
        assert!(command.write(&mut &mut [0; LINE.len() - 1][..]).is_err());
        assert_eq!(command.encode(&mut [0; LINE.len()]), Some(LINE));
    }

    #[test]
    fn a_wrong_argument_is_refused_before_anything_is_encoded() {
        let connect = Connect { host: "bro\"ker", ..CONNECT };
        let refused = Encoded::new(&connect, FAMILY).unwrap_err();
        assert_eq!(refused.problem, Problem::Character);
        let payload = [0; 4_097];
        let refused = Encoded::new(&Payload::new(ClientIndex::First, &payload), Family::Sim767x).unwrap_err();
        assert_eq!((refused.parameter, refused.problem), (Parameter::Payload, Problem::TooLong(4_096)));
    }

    #[test]
    fn the_answer_and_its_time_are_those_of_the_driver() {
        let timeouts = Timeouts::of(FAMILY);
        let start = Encoded::new(&Start, FAMILY).unwrap();
        assert_eq!((start.name(), start.answer(), start.client()), ("+CMQTTSTART", Answer::Deferred, None));
        assert_eq!(start.outcome(Line::new(b"+CMQTTSTART: 23")), Some(ResultCode::new(23)));
        assert_eq!(start.outcome(Line::new(b"+CMQTTSTOP: 0")), None);
        assert_eq!(start.timeout(&timeouts), Duration::from_secs(17));
        let at = Encoded::new(&At, FAMILY).unwrap();
        assert_eq!((at.answer(), at.data_bytes()), (Answer::Plain, 0));
        assert!(!at.takes(Line::new(b"+CSQ: 1,0")));
        assert_eq!(at.timeout(&timeouts), Duration::from_secs(9));
        assert_eq!(at.prompt_timeout(&timeouts), Duration::from_secs(9));
    }

    #[test]
    fn no_argument_is_in_the_debug_output() {
        let output = std::format!("{:?}", Encoded::new(&CONNECT, FAMILY).unwrap());
        assert!(
            output.contains("+CMQTTCONNECT") && !output.contains("secret") && !output.contains("device-7"),
            "{output}"
        );
    }
}
