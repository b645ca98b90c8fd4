//! A session without faults: the positions for faults, and the module's journal.

use core::ops::Range;

use simcom_modem_simulator::modem::JournalEntry;

use crate::case::Case;
use crate::execution::Execution;
use crate::session::HostInbox;

/// Bytes on the line and journal of a session without faults.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub to_host: Vec<u8>,
    pub to_module: Vec<u8>,
    pub journal: Vec<JournalEntry>,
    /// Number of polls of each call.
    pub polls: Vec<usize>,
    /// Data of received messages in `to_host`.
    pub data: Vec<Range<usize>>,
    /// Received messages in `to_host`, from the beginning of RXSTART to the end of RXEND.
    pub messages: Vec<Range<usize>>,
}

/// Runs a session without faults.
pub fn reference(case: &Case) -> Reference {
    let inbox = HostInbox::new();
    let mut execution = Execution::new(case, &inbox);
    execution.session();
    let text = execution.bench.transcript_text();
    assert!(execution.verdict.violations.is_empty(), "{:?}\n{text}", execution.verdict.violations);
    assert_eq!(execution.verdict.failed_calls, 0, "{text}");
    Reference::new(execution)
}

impl Reference {
    fn new(execution: Execution<'_>) -> Self {
        let to_host = execution.bench.received();
        let (data, messages) = ranges(&to_host);
        Self {
            to_module: execution.bench.sent(),
            journal: execution.bench.modem(|module, _| module.journal().to_vec()),
            polls: execution.polls,
            to_host,
            data,
            messages,
        }
    }

    /// Whether a byte of the module's output is data of a received message.
    pub fn is_data(&self, position: usize) -> bool {
        self.data.iter().any(|range| range.contains(&position))
    }

    /// Whether a byte of the module's output belongs to a received message.
    pub fn is_in_message(&self, position: usize) -> bool {
        self.messages.iter().any(|range| range.contains(&position))
    }
}

/// The positions of received messages, and of their data, in the module's output.
fn ranges(output: &[u8]) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (mut data, mut messages) = (Vec::new(), Vec::new());
    let (mut at, mut begin) = (0, 0);
    while at < output.len() {
        let rest = &output[at..];
        let parameter = |name: &[u8]| {
            let digits = rest.strip_prefix(name)?;
            let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            Some((name.len() + length, str::from_utf8(&digits[..length]).ok()?.parse::<usize>().ok()?))
        };
        if rest.starts_with(b"+CMQTTRXSTART: ") {
            begin = at;
        } else if let Some((header, length)) =
            parameter(b"+CMQTTRXTOPIC: 0,").or_else(|| parameter(b"+CMQTTRXPAYLOAD: 0,"))
        {
            let first = at + header + 2;
            data.push(first..first + length);
            at = first + length;
            continue;
        } else if rest.starts_with(b"+CMQTTRXEND: ") {
            messages.push(begin..at + b"+CMQTTRXEND: 0\r\n".len());
        }
        at += 1;
    }
    (data, messages)
}
