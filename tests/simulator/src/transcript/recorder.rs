//! Writes the dialogue while it takes place.

use core::time::Duration;
use std::io::{self, Write};
use std::time::Instant;

use super::call::{Call, check_result};
use super::mask::{masked_data, masked_line};
use super::write_step;
use crate::family::Family;
use crate::fault::Strike;
use crate::front_end::Observer;
use crate::pipe::Direction;

/// The longest data of any command or message.
const LONGEST_DATA: usize = 10_240;

/// The header of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// Model of the module.
    pub module: &'a str,
    /// Version of its firmware.
    pub firmware: &'a str,
    /// Family of the module.
    pub family: Family,
    /// Origin of the dialogue.
    pub origin: &'a str,
}

/// Writes a transcript: a step for each line and for each part of data, and the calls and results that the host passes
/// in. Without these, a person adds them.
///
/// A step is written when it is complete, so a secret is masked as a whole. An incomplete step is written when the
/// recorder is dropped. The first error of the output is reported on stderr.
#[derive(Debug)]
pub struct Recorder<W: Write> {
    output: W,
    begun: Instant,
    last: Duration,
    from_host: Half,
    from_module: Half,
    /// The data that the last command of the host announced; they follow if the module prompts for them.
    announced: Announced,
    has_failed: bool,
}

/// The data of a prompt.
#[derive(Clone, Copy, Debug, Default)]
struct Announced {
    length: usize,
    is_secret: bool,
}

/// Bytes from one side that are not written yet.
#[derive(Debug, Default)]
struct Half {
    pending: Vec<u8>,
    /// Number of missing data bytes.
    data: Announced,
}

impl Half {
    /// Takes announced data off `bytes`; returns them when they are complete, secrets masked.
    fn take_data(&mut self, bytes: &mut &[u8]) -> Option<Vec<u8>> {
        let (data, rest) = bytes.split_at(self.data.length.min(bytes.len()));
        self.pending.extend(data);
        *bytes = rest;
        self.data.length -= data.len();
        if self.data.length > 0 {
            return None;
        }
        let data = std::mem::take(&mut self.pending);
        Some(if self.data.is_secret { masked_data(&data) } else { data })
    }

    /// The pending bytes as lines, secrets masked.
    fn take_lines(&mut self) -> Vec<u8> {
        let pending = std::mem::take(&mut self.pending);
        if self.data.is_secret && self.data.length > 0 {
            return masked_data(&pending);
        }
        let ends = |byte: &u8| matches!(byte, b'\r' | b'\n');
        pending.chunk_by(|one, other| ends(one) == ends(other)).flat_map(masked_line).collect()
    }

    fn is_blank(&self) -> bool {
        self.pending.trim_ascii().is_empty()
    }
}

impl<W: Write> Recorder<W> {
    /// Writes the header to `output` and starts the clock.
    ///
    /// # Errors
    ///
    /// Errors of `output`.
    pub fn new(mut output: W, known: &Observation<'_>) -> io::Result<Self> {
        let Observation { module, firmware, family, origin } = known;
        writeln!(output, "module: {module}\nfirmware: {firmware}\nfamily: {family}\norigin: {origin}\n")?;
        output.flush()?;
        Ok(Self {
            output,
            begun: Instant::now(),
            last: Duration::ZERO,
            from_host: Half::default(),
            from_module: Half::default(),
            announced: Announced::default(),
            has_failed: false,
        })
    }

    /// Records bytes to the module, this long after the start of the recording.
    pub fn sent(&mut self, now: Duration, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.from_host.data.length > 0 {
                if let Some(data) = self.from_host.take_data(&mut bytes) {
                    self.write(now, Direction::ToModem, &data);
                }
                continue;
            }
            let [byte, rest @ ..] = bytes else { return };
            bytes = rest;
            self.from_host.pending.push(*byte);
            if *byte == b'\r' {
                self.announced = announced(self.from_host.pending.trim_ascii());
                let line = self.from_host.take_lines();
                self.write(now, Direction::ToModem, &line);
            }
        }
    }

    /// Records bytes from the module, this long after the start of the recording.
    pub fn received(&mut self, now: Duration, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.from_module.data.length > 0 {
                if let Some(data) = self.from_module.take_data(&mut bytes) {
                    self.write(now, Direction::ToHost, &data);
                }
                continue;
            }
            let [byte, rest @ ..] = bytes else { return };
            bytes = rest;
            self.from_module.pending.push(*byte);
            match byte {
                b'\n' => self.end_received_line(now),
                b'>' if self.announced.length > 0 && self.from_module.pending.trim_ascii() == b">" => {
                    self.from_host.data = std::mem::take(&mut self.announced);
                    self.write_received_lines(now);
                }
                _ => {}
            }
        }
    }

    /// Records a call of the driver; secrets among the arguments are masked.
    pub fn call(&mut self, name: &str, arguments: &[(&str, &[u8])]) {
        match Call::new(name, arguments.iter().map(|(key, value)| (*key, value.to_vec()))) {
            Ok(call) => self.write_text(&format!("call: {}\n", call.masked())),
            Err(problem) => self.report(io::Error::other(problem)),
        }
    }

    /// Records the end of the call, with a result in the words of the format.
    pub fn result(&mut self, result: &str) {
        match check_result(result) {
            Ok(()) => self.write_text(&format!("result: {result}\n")),
            Err(problem) => self.report(io::Error::other(problem)),
        }
    }

    fn end_received_line(&mut self, now: Duration) {
        if self.from_module.is_blank() {
            return;
        }
        let line = self.from_module.pending.trim_ascii();
        let is_header = line.starts_with(b"+CMQTTRXTOPIC:") || line.starts_with(b"+CMQTTRXPAYLOAD:");
        let length = if is_header { second_number(line) } else { 0 };
        self.write_received_lines(now);
        self.from_module.data = Announced { length, is_secret: false };
    }

    fn write_received_lines(&mut self, now: Duration) {
        let lines = self.from_module.take_lines();
        self.write(now, Direction::ToHost, &lines);
    }

    fn write(&mut self, now: Duration, direction: Direction, bytes: &[u8]) {
        // Blank lines are not part of a later line.
        if direction == Direction::ToModem && !self.from_module.pending.is_empty() && self.from_module.is_blank() {
            self.write_received_lines(now);
        }
        let after = now.saturating_sub(self.last);
        // Times are written in milliseconds: the remainder counts for the next step.
        self.last += Duration::from_millis(after.as_millis() as u64);
        let mut text = String::new();
        match write_step(&mut text, direction, after, bytes) {
            Ok(()) => self.write_text(&text),
            Err(error) => self.report(io::Error::other(error)),
        }
    }

    fn write_text(&mut self, text: &str) {
        if let Err(error) = self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush()) {
            self.report(error);
        }
    }

    fn report(&mut self, error: io::Error) {
        if !std::mem::replace(&mut self.has_failed, true) {
            // The dialogue continues after an error of the output.
            eprintln!("cannot record: {error}");
        }
    }

    /// Writes incomplete steps.
    fn write_rest(&mut self, now: Duration) {
        for direction in [Direction::ToModem, Direction::ToHost] {
            let half = if direction == Direction::ToModem { &mut self.from_host } else { &mut self.from_module };
            let rest = half.take_lines();
            if !rest.is_empty() {
                self.write(now, direction, &rest);
            }
        }
    }
}

impl<W: Write> Drop for Recorder<W> {
    fn drop(&mut self) {
        self.write_rest(self.begun.elapsed());
    }
}

impl<W: Write> Observer for Recorder<W> {
    fn host_sent(&mut self, bytes: &[u8]) {
        self.sent(self.begun.elapsed(), bytes);
    }

    fn module_sent(&mut self, bytes: &[u8]) {
        self.received(self.begun.elapsed(), bytes);
    }

    /// A comment before the line with the fault. The byte may belong to a secret and is not shown.
    fn fault_struck(&mut self, direction: Direction, strike: &Strike) {
        let arrow = if direction == Direction::ToModem { "->" } else { "<-" };
        self.write_text(&format!("# fault: {arrow} byte {} {}\n", strike.position, strike.fault));
    }
}

/// The data that a command announces. Only those of `AT+CCERTDOWN` are secret; the module refuses a command that is cut
/// or has a damaged name.
fn announced(line: &[u8]) -> Announced {
    Announced { length: second_number(line), is_secret: line.windows(8).any(|name| name == b"CERTDOWN") }
}

/// The second parameter of a line, where it is a number.
fn second_number(line: &[u8]) -> usize {
    let parameter = line.split(|&byte| byte == b',').nth(1).unwrap_or_default();
    let number = std::str::from_utf8(parameter.trim_ascii()).ok().and_then(|digits| digits.parse().ok());
    number.filter(|number| *number <= LONGEST_DATA).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::Transcript;
    use super::*;

    const KNOWN: Observation<'_> =
        Observation { module: "simulated", firmware: "0.1.0", family: Family::A76xx, origin: "a unit test" };

    /// Time, bytes to the module, bytes from it.
    type Exchange<'a> = (u64, &'a [u8], &'a [u8]);

    fn recorded(exchanges: &[Exchange<'_>], chunk: usize) -> String {
        let mut written = Vec::new();
        let mut recorder = Recorder::new(&mut written, &KNOWN).unwrap();
        for (millis, sent, received) in exchanges {
            let now = Duration::from_millis(*millis);
            sent.chunks(chunk).for_each(|bytes| recorder.sent(now, bytes));
            received.chunks(chunk).for_each(|bytes| recorder.received(now, bytes));
        }
        drop(recorder);
        String::from_utf8(written).unwrap()
    }

    fn dialogue(exchanges: &[Exchange<'_>]) -> String {
        let whole = recorded(exchanges, usize::MAX);
        for chunk in [1, 2, 7] {
            assert_eq!(recorded(exchanges, chunk), whole);
        }
        whole.parse::<Transcript>().unwrap();
        whole.split_once("\n\n").unwrap().1.to_owned()
    }

    #[test]
    fn what_is_recorded_is_a_transcript_with_lines_data_and_times() {
        let exchanges: [Exchange<'_>; 4] = [
            (5, b"AT+CMQTTTOPIC=0,4\r", b""),
            (25, b"", b"AT+CMQTTTOPIC=0,4\r\r\n>"),
            (30, b"a\rb>", b""),
            (1_031, b"", b"\r\nOK\r\n\r\n+CMQTTRXTOPIC: 0,3\r\na\r\n\r\n+CMQTTRXEND: 0\r\n"),
        ];
        let expected = "-> +0.005 AT+CMQTTTOPIC=0,4\\r\n\
                        <- +0.020 AT+CMQTTTOPIC=0,4\\r\\r\\n\n\
                        <- +0.000 >\n\
                        -> +0.005 a\\rb>\n\
                        <- +1.001 \\r\\nOK\\r\\n\n\
                        <- +0.000 \\r\\n+CMQTTRXTOPIC: 0,3\\r\\n\n\
                        <- +0.000 a\\r\\n\n\
                        <- +0.000 \\r\\n+CMQTTRXEND: 0\\r\\n\n";
        assert_eq!(dialogue(&exchanges), expected);
    }

    #[test]
    fn secrets_are_masked_in_commands_echoes_answers_and_data() {
        let connect = br#"AT+CMQTTCONNECT=0,"tcp://h:1883",60,1,"me","secret""#;
        let connect = [&connect[..], b"\r"].concat();
        let answer = b"\r\n+CMQTTCONNECT: 0,\"tcp://h:1883\",60,1,\"me\",\"secret\"\r\n";
        let exchanges: [Exchange<'_>; 5] = [
            (0, &connect, &connect),
            (0, b"AT+CMQTTCONNECT?\r", answer),
            (0, b"AT+CPIN=1234\r", b"AT+CPIN=1234\r\r\nOK\r\n"),
            (0, b"AT+CCERTDOWN=\"key.pem\",9\r", b"\r\n>"),
            (0, b"secret\r\n!", b"\r\nOK\r\n"),
        ];
        let text = dialogue(&exchanges);
        assert!(!text.contains("secret") && !text.contains("1234") && !text.contains('!'), "{text}");
        assert_eq!(text.matches("\"me\",\"xxxxxx\"").count(), 3);
        assert_eq!(text.matches("AT+CPIN=xxxx\\r").count(), 2);
        assert!(text.contains("-> +0.000 xxxxxxxxx\n"));
    }

    #[test]
    fn a_payload_that_looks_like_a_secret_is_what_it_is() {
        let payload = b"AT+CPIN=1234\r";
        let exchanges: [Exchange<'_>; 2] = [(0, b"AT+CMQTTPAYLOAD=0,13\r", b"\r\n> "), (0, payload, b"\r\nOK\r\n")];
        assert!(dialogue(&exchanges).contains("-> +0.000 AT+CPIN=1234\\r\n"));
    }

    #[test]
    fn calls_and_results_stand_between_the_lines_with_secrets_masked() {
        let mut written = Vec::new();
        let mut recorder = Recorder::new(&mut written, &KNOWN).unwrap();
        recorder.call("bring_up", &[("apn", b"internet"), ("pin", b"1234")]);
        recorder.sent(Duration::ZERO, b"AT+CPIN?\r");
        recorder.received(Duration::ZERO, b"\r\nERROR\r\n");
        recorder.result("refused +CPIN ERROR");
        recorder.call("next_event", &[]);
        drop(recorder);
        let text = String::from_utf8(written).unwrap();
        let expected = "call: bring_up apn=internet pin=xxxx\n-> +0.000 AT+CPIN?\\r\n<- +0.000 \\r\\nERROR\\r\\n\n\
                        result: refused +CPIN ERROR\ncall: next_event\n";
        assert_eq!(text.split_once("\n\n").unwrap().1, expected);
        assert_eq!(text.parse::<Transcript>().unwrap().calls[1].result, "dropped");
    }

    #[test]
    fn what_is_incomplete_at_the_end_is_written_and_masked() {
        let exchanges: [Exchange<'_>; 1] = [(0, b"AT+CPIN=1234", b"\r\n+CMQTT")];
        assert_eq!(dialogue(&exchanges), "-> +0.000 AT+CPIN=xxxx\n<- +0.000 \\r\\n+CMQTT\n");
        let data: [Exchange<'_>; 2] = [(0, b"AT+CCERTDOWN=\"a.pem\",99\r", b"\r\n>"), (0, b"secret", b"")];
        assert!(!dialogue(&data).contains("secret"));
    }
}
