//! The description of a command, in one place: checked before its first byte is sent, then written one window at a
//! time.

use core::time::Duration;

use super::check::{self, Checked};
use super::{ClientIndex, CommandInfo};
use crate::at::{Encoder, Hash};
use crate::error::{InvalidInput, Parameter, Problem};
use crate::family::{Family, TOPIC_LIMIT_BYTES, milliseconds};
use crate::saturating::{saturating_u16, saturating_u32};

/// The most bytes that any command sends after its prompt.
const DATA_LIMIT_BYTES: u16 = 16_384;

/// Records how a command is written: its client, its timeout, how many bytes follow its prompt, and whether its
/// arguments are valid.
///
/// It keeps one window of the line at a time, so a command can be longer than any buffer. The command is
/// [described](super::Request::describe) once for each window, and must be described the same every time.
#[derive(Debug)]
pub struct CommandWriter<'w> {
    line: Encoder<'w>,
    family: Family,
    pub(crate) client: Option<ClientIndex>,
    pub(crate) info: &'static CommandInfo,
    /// 0 for the usual timeout of the command.
    pub(crate) timeout_ms: u32,
    /// In milliseconds; the usual timeout of the command is no shorter.
    pub(crate) least_timeout_ms: u32,
    pub(crate) data_length: u16,
    invalid: Option<InvalidInput>,
}

impl<'w> CommandWriter<'w> {
    /// Keeps the window of the line that begins at byte `start`.
    #[inline(never)]
    pub(crate) fn new(family: Family, start: usize, window: &'w mut [u8]) -> Self {
        Self {
            line: Encoder::new(window, start),
            family,
            client: None,
            info: CommandInfo::NAMELESS,
            timeout_ms: 0,
            least_timeout_ms: 0,
            data_length: 0,
            invalid: None,
        }
    }

    /// Without a window: only what must be known before the first byte is sent.
    #[inline(never)]
    pub(crate) fn checking(family: Family) -> Self {
        Self::new(family, 0, &mut [])
    }

    /// Whether no command was described.
    pub(crate) fn is_blank(&self) -> bool {
        self.line.position() == 0
    }

    /// How many bytes of the window are filled.
    pub(crate) fn filled(&self) -> usize {
        self.line.filled()
    }

    /// The hash of everything that was described.
    pub(crate) fn hash(&self) -> Hash {
        self.line.hash()
    }

    /// Ends the line with its CR. Returns the filled part of a borrowed window.
    pub(crate) fn line(mut self) -> &'w [u8] {
        self.byte(b'\r');
        self.line.into_filled()
    }

    /// How long the line is, with its CR.
    pub(crate) fn line_length(&self) -> u16 {
        saturating_u16(self.line.position() + 1)
    }

    /// The first problem of the arguments, if there is one.
    pub(crate) fn checked(&self) -> Result<(), InvalidInput> {
        self.invalid.map_or(Ok(()), Err)
    }

    /// The family of the module that the command is for.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Names the command: call it first. Writes `AT` and the name.
    #[inline(never)]
    pub fn command(&mut self, info: &'static CommandInfo) -> &mut Self {
        self.info = info;
        self.text("AT").text(info.name)
    }

    /// Sets the client of the command, whose number its answers begin with.
    pub fn of_client(&mut self, client: ClientIndex) -> &mut Self {
        self.client = Some(client);
        self
    }

    /// Sets the client of the command, and writes `=` and its number.
    pub fn client(&mut self, client: ClientIndex) -> &mut Self {
        self.of_client(client).byte(b'=').number(client.number().into())
    }

    /// Names the command, sets its client, and writes `=` and its number.
    #[inline(never)]
    pub fn client_command(&mut self, info: &'static CommandInfo, client: ClientIndex) -> &mut Self {
        self.command(info).client(client)
    }

    /// Sets how long the final result, or the outcome of a deferred command, may take, at most 37 hours.
    pub fn timeout(&mut self, timeout: Duration) -> &mut Self {
        self.timeout_milliseconds(milliseconds(timeout))
    }

    /// As [`timeout`](Self::timeout).
    pub(crate) fn timeout_milliseconds(&mut self, milliseconds: u32) -> &mut Self {
        self.timeout_ms = milliseconds;
        self
    }

    /// As [`timeout`](Self::timeout), but the [time of all commands](crate::Timeouts::command) counts where it is
    /// longer: for a command that is slow by nature, on whatever network or UART.
    pub fn least_timeout(&mut self, timeout: Duration) -> &mut Self {
        self.least_timeout_milliseconds(milliseconds(timeout))
    }

    /// As [`least_timeout`](Self::least_timeout).
    pub(crate) fn least_timeout_milliseconds(&mut self, milliseconds: u32) -> &mut Self {
        self.least_timeout_ms = milliseconds;
        self
    }

    /// Announces how many bytes are sent after the prompt, at most 16,384. A command without data awaits no prompt.
    pub fn prompt(&mut self, length: usize) -> &mut Self {
        if length > DATA_LIMIT_BYTES.into() {
            return self.refuse(Parameter::Data, Problem::TooLong(DATA_LIMIT_BYTES));
        }
        #[expect(clippy::cast_possible_truncation, reason = "no more than `DATA_LIMIT_BYTES`")]
        let length = length as u16;
        self.data_length = length;
        self
    }

    /// Announces how many bytes are sent after the prompt, and writes a comma and their number.
    #[inline(never)]
    pub fn announce(&mut self, length: usize) -> &mut Self {
        self.prompt(length).comma_number(saturating_u32(length as u64))
    }

    /// Writes one byte as it is.
    #[inline(never)]
    pub fn byte(&mut self, byte: u8) -> &mut Self {
        self.line.byte(byte);
        self
    }

    /// Writes `text` as it is.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Writes `bytes` as they are.
    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            self.byte(byte);
        }
        self
    }

    /// Writes `number` in decimal.
    #[inline(never)]
    pub fn number(&mut self, number: u32) -> &mut Self {
        let (mut divisor, mut first_digits) = (1, number);
        while first_digits >= 10 {
            first_digits /= 10;
            divisor *= 10;
        }
        while divisor > 0 {
            self.byte(b'0' + (number / divisor % 10) as u8);
            divisor /= 10;
        }
        self
    }

    /// Writes a comma and `number`.
    #[inline(never)]
    pub fn comma_number(&mut self, number: u32) -> &mut Self {
        self.byte(b',').number(number)
    }

    /// Writes a comma and `number`; refuses the command where it is not within the range.
    #[inline(never)]
    pub fn comma_number_within(&mut self, number: u32, least: u16, most: u16, parameter: Parameter) -> &mut Self {
        self.comma_number(number).check(parameter, check::range(number, least, most))
    }

    /// Writes a comma, and `text` in quotes. Refuses the command where `text` is empty, longer than `limit` bytes, or
    /// has a character that would end the quotes or the line.
    #[inline(never)]
    pub fn comma_quoted(&mut self, text: &str, limit: usize, parameter: Parameter) -> &mut Self {
        self.byte(b',').quoted(text, limit, parameter)
    }

    /// As [`comma_quoted`](Self::comma_quoted), without the comma.
    pub fn quoted(&mut self, text: &str, limit: usize, parameter: Parameter) -> &mut Self {
        self.byte(b'"').text(text).byte(b'"').check(parameter, check::quoted(text, limit))
    }

    /// Refuses the command: it fails with [`Error::Invalid`](crate::Error::Invalid) before a byte of it is sent.
    pub fn refuse(&mut self, parameter: Parameter, problem: Problem) -> &mut Self {
        self.check(parameter, Err(problem))
    }

    /// Refuses the command where a check has failed. The first of several problems counts.
    #[inline(never)]
    pub(crate) fn check(&mut self, parameter: Parameter, checked: Checked) -> &mut Self {
        if let (None, Err(problem)) = (self.invalid, checked) {
            self.invalid = Some(InvalidInput { parameter, problem });
        }
        self
    }

    /// Refuses a command that the family does not have.
    pub(crate) fn known(&mut self, is_known: bool) -> &mut Self {
        if is_known { self } else { self.refuse(Parameter::Command, Problem::NotInFamily) }
    }

    /// As [`announce`](Self::announce); refuses the command where there are no bytes, or more than `limit`.
    #[inline(never)]
    pub(super) fn announce_within(&mut self, length: usize, limit: usize, parameter: Parameter) -> &mut Self {
        self.check(parameter, check::length(length, limit)).announce(length)
    }

    /// Checks a topic that can be published to, and announces it.
    pub(super) fn topic(&mut self, topic: &[u8], parameter: Parameter) -> &mut Self {
        self.announce_within(topic.len(), TOPIC_LIMIT_BYTES, parameter).check(parameter, check::topic(topic))
    }

    /// Checks a topic filter, and announces it.
    pub(super) fn filter(&mut self, filter: &[u8]) -> &mut Self {
        let parameter = Parameter::Filter;
        self.announce_within(filter.len(), TOPIC_LIMIT_BYTES, parameter).check(parameter, check::filter(filter))
    }

    /// Writes the name of a file in the module's certificate store, in quotes.
    pub(super) fn file_name(&mut self, name: &str) -> &mut Self {
        self.byte(b'"').text(name).byte(b'"').check(Parameter::FileName, check::file_name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::at::WINDOW_BYTES;

    #[test]
    fn of_several_problems_the_first_counts() {
        let mut writer = CommandWriter::checking(Family::A76xx);
        writer.refuse(Parameter::Topic, Problem::Empty).refuse(Parameter::Data, Problem::Character).number(1);
        assert_eq!(writer.checked(), Err(InvalidInput { parameter: Parameter::Topic, problem: Problem::Empty }));
    }

    #[test]
    fn numbers_are_decimal_without_leading_zeros() {
        for (number, text) in [(0, "0"), (9, "9"), (10, "10"), (10_240, "10240"), (u32::MAX, "4294967295")] {
            let mut window = [0; WINDOW_BYTES];
            let mut writer = CommandWriter::new(Family::A76xx, 0, &mut window);
            writer.number(number);
            assert_eq!(writer.line.into_filled(), text.as_bytes());
        }
    }
}
