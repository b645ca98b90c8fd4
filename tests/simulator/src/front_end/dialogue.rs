//! Prints the dialogue on the line for a human reader.

use std::fmt;
use std::io::Write;
use std::time::Instant;

use crate::fault::Strike;
use crate::pipe::Direction;
use crate::referee::Complaint;

/// Observes the bytes between host and module.
pub trait Observer {
    /// Bytes from the host, as they arrived at the module, faults included.
    fn host_sent(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// Bytes from the module, as they arrived at the host's end of the line.
    fn module_sent(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// A fault has hit a byte. The bytes that result from it, if any, come next.
    fn fault_struck(&mut self, direction: Direction, strike: &Strike) {
        let _ = (direction, strike);
    }

    /// The referee complains.
    fn complained(&mut self, complaint: &Complaint) {
        let _ = complaint;
    }
}

/// Two observers see the same bytes.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn host_sent(&mut self, bytes: &[u8]) {
        self.0.host_sent(bytes);
        self.1.host_sent(bytes);
    }

    fn module_sent(&mut self, bytes: &[u8]) {
        self.0.module_sent(bytes);
        self.1.module_sent(bytes);
    }

    fn complained(&mut self, complaint: &Complaint) {
        self.0.complained(complaint);
        self.1.complained(complaint);
    }

    fn fault_struck(&mut self, direction: Direction, strike: &Strike) {
        self.0.fault_struck(direction, strike);
        self.1.fault_struck(direction, strike);
    }
}

/// An observer that may be missing.
impl<O: Observer> Observer for Option<O> {
    fn host_sent(&mut self, bytes: &[u8]) {
        self.iter_mut().for_each(|observer| observer.host_sent(bytes));
    }

    fn module_sent(&mut self, bytes: &[u8]) {
        self.iter_mut().for_each(|observer| observer.module_sent(bytes));
    }

    fn complained(&mut self, complaint: &Complaint) {
        self.iter_mut().for_each(|observer| observer.complained(complaint));
    }

    fn fault_struck(&mut self, direction: Direction, strike: &Strike) {
        self.iter_mut().for_each(|observer| observer.fault_struck(direction, strike));
    }
}

/// Longest piece of a line that is shown.
const SHOWN: usize = 100;

/// An [`Observer`] that writes the dialogue line by line: `→` from the host, `←` to it, long lines abridged, faults
/// after `fault:`, complaints after `referee:`. A line that contains a fault follows the line of the fault.
pub struct Dialogue<W> {
    output: W,
    lines_shown: bool,
    started: Instant,
    from_host: Vec<u8>,
    to_host: Vec<u8>,
}

impl<W: Write> Dialogue<W> {
    /// Writes lines and complaints to `output`.
    pub fn new(output: W) -> Self {
        Self { output, lines_shown: true, started: Instant::now(), from_host: Vec::new(), to_host: Vec::new() }
    }

    /// Writes complaints only.
    pub fn complaints_only(output: W) -> Self {
        Self { lines_shown: false, ..Self::new(output) }
    }

    fn show_from_host(&mut self) {
        let line = std::mem::take(&mut self.from_host);
        self.show('→', &line);
    }

    fn show_to_host(&mut self) {
        let line = std::mem::take(&mut self.to_host);
        self.show('←', &line);
    }

    fn show(&mut self, arrow: char, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        let shown = line[..line.len().min(SHOWN)].escape_ascii();
        let rest = match line.len() {
            0..=SHOWN => String::new(),
            length => format!("… {length} bytes"),
        };
        self.write(arrow, format_args!("{shown}{rest}"));
    }

    fn write(&mut self, arrow: char, what: fmt::Arguments<'_>) {
        let seconds = self.started.elapsed().as_secs_f32();
        // A closed output must not end the module.
        let _ = writeln!(self.output, "{seconds:9.3} {arrow} {what}");
    }
}

impl<W: Write> Observer for Dialogue<W> {
    fn host_sent(&mut self, bytes: &[u8]) {
        if !self.lines_shown {
            return;
        }
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' => self.show_from_host(),
                _ => self.from_host.push(byte),
            }
        }
    }

    fn module_sent(&mut self, bytes: &[u8]) {
        if !self.lines_shown {
            return;
        }
        // Data after a prompt has no end of line; an answer shows that it is over.
        if bytes.contains(&b'\n') {
            self.show_from_host();
        }
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' => self.show_to_host(),
                _ => self.to_host.push(byte),
            }
        }
        if matches!(self.to_host.as_slice(), b">" | b"> ") {
            self.show_to_host();
        }
    }

    fn fault_struck(&mut self, direction: Direction, strike: &Strike) {
        if self.lines_shown {
            let arrow = match direction {
                Direction::ToModem => '→',
                Direction::ToHost => '←',
            };
            self.write(arrow, format_args!("fault: {strike}"));
        }
    }

    fn complained(&mut self, complaint: &Complaint) {
        let _ = writeln!(self.output, "referee: {complaint}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fault::Fault;

    fn without_times(written: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(written).unwrap();
        text.lines().map(|line| line[10..].to_owned()).collect()
    }

    #[test]
    fn commands_data_and_answers_stand_on_lines_of_their_own() {
        let mut written = Vec::new();
        let mut dialogue = Dialogue::new(&mut written);
        dialogue.host_sent(b"AT+CMQTTTOPIC=");
        dialogue.host_sent(b"0,3\r");
        dialogue.module_sent(b"\r\n>");
        dialogue.host_sent(b"a/b");
        dialogue.module_sent(b"\r\nOK\r\n");
        assert_eq!(without_times(&written), ["→ AT+CMQTTTOPIC=0,3", "← >", "→ a/b", "← OK"]);
    }

    #[test]
    fn a_fault_stands_before_the_line_that_it_struck() {
        let mut written = Vec::new();
        let mut dialogue = Dialogue::new(&mut written);
        dialogue.host_sent(b"AT+");
        let fault = Fault::Flip(0x20);
        dialogue.fault_struck(Direction::ToModem, &Strike { at: Duration::ZERO, position: 3, byte: b'C', fault });
        dialogue.host_sent(b"cSQ\r");
        assert_eq!(without_times(&written), ["→ fault: byte 3 'C' changed by 0x20", "→ AT+cSQ"]);
    }

    #[test]
    fn long_and_binary_data_is_abridged() {
        let mut written = Vec::new();
        Dialogue::new(&mut written).host_sent(&[&[0xff; 10_240][..], b"\r"].concat());
        assert_eq!(without_times(&written), [format!("→ {}… 10240 bytes", "\\xff".repeat(SHOWN))]);
    }
}
