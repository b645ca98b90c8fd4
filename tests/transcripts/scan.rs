//! Finds final results, outcomes and prompts in the bytes of a module, outside the data of received messages.

/// Follows the bytes of a module.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    line: Vec<u8>,
    data_left: usize,
    /// Beginning of the outcome line of the command under way.
    outcome: Option<Vec<u8>>,
}

/// Deferred commands.
const DEFERRED: [&str; 7] = ["START", "STOP", "CONNECT", "DISC", "PUB", "SUB", "UNSUB"];

/// What a byte has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Nothing,
    FinalResult,
    /// The outcome of the command under way.
    Outcome,
    Prompt,
    /// A ready line.
    Boot,
}

impl Scan {
    /// Takes a command line of the host.
    pub fn command(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let Some(command) = line.strip_prefix("AT+CMQTT").map(str::trim_end) else { return };
        let (name, arguments) = command.split_once('=').unwrap_or((command, ""));
        if DEFERRED.contains(&name) {
            let client = arguments.split_once(',').map(|(client, _)| format!("{client},")).unwrap_or_default();
            self.outcome = Some(format!("+CMQTT{name}: {client}").into_bytes());
        }
    }

    /// Takes the next byte.
    pub fn take(&mut self, byte: u8) -> Found {
        if self.data_left > 0 {
            self.data_left -= 1;
            return Found::Nothing;
        }
        if !matches!(byte, b'\r' | b'\n') {
            self.line.push(byte);
            return if self.line == b">" { Found::Prompt } else { Found::Nothing };
        }
        // A header ends with its LF; data follow.
        if byte == b'\r' && data_length(&self.line) > 0 {
            return Found::Nothing;
        }
        let line = std::mem::take(&mut self.line);
        self.data_left = data_length(&line);
        match &line[..] {
            b"OK" | b"ERROR" => Found::FinalResult,
            line if line.starts_with(b"+CME ERROR") || line.starts_with(b"+CMS ERROR") => Found::FinalResult,
            b"RDY" => Found::Boot,
            line if line.starts_with(b"*ATREADY") => Found::Boot,
            line if self.outcome.as_ref().is_some_and(|outcome| line.starts_with(outcome)) => Found::Outcome,
            _ => Found::Nothing,
        }
    }
}

/// Number of data bytes after this line.
fn data_length(line: &[u8]) -> usize {
    let is_header = line.starts_with(b"+CMQTTRXTOPIC:") || line.starts_with(b"+CMQTTRXPAYLOAD:");
    let length =
        line.rsplit(|byte| *byte == b',').next().and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    if is_header { length.unwrap_or(0) } else { 0 }
}

#[test]
fn data_of_a_message_are_not_results() {
    let found = |bytes: &[u8]| {
        let mut scan = Scan::default();
        bytes.iter().map(|byte| scan.take(*byte)).filter(|found| *found != Found::Nothing).collect::<Vec<_>>()
    };
    assert_eq!(found(b"\r\nOK\r\n\r\n+CME ERROR: 13\r\n"), [Found::FinalResult; 2]);
    assert_eq!(found(b"\r\n+CMQTTRXPAYLOAD: 0,9\r\n\r\nERROR\r\n\r\nERROR\r\n"), [Found::FinalResult]);
    assert_eq!(found(b"\r\n>\r\nRDY\r\n*ATREADY: 1\r\n"), [Found::Prompt, Found::Boot, Found::Boot]);
}

#[test]
fn an_outcome_belongs_to_the_last_command_and_its_client() {
    let mut scan = Scan::default();
    let found = |scan: &mut Scan, bytes: &[u8]| {
        bytes.iter().map(|byte| scan.take(*byte)).filter(|found| *found != Found::Nothing).collect::<Vec<_>>()
    };
    scan.command(b"AT+CMQTTPUB=1,1,60,0,0\r");
    scan.command(b"AT+CMQTTDISC?\r");
    assert_eq!(found(&mut scan, b"\r\n+CMQTTPUB: 0,0\r\n"), []);
    assert_eq!(found(&mut scan, b"\r\n+CMQTTPUB: 1,6\r\n"), [Found::Outcome]);
    scan.command(b"AT+CMQTTSTOP\r");
    assert_eq!(found(&mut scan, b"\r\n+CMQTTPUB: 1,0\r\n+CMQTTSTOP: 0\r\n"), [Found::Outcome]);
}
