//! What the engine has delivered to the message handler.

extern crate std;

use std::string::String;
use std::vec::Vec;

use crate::at::Line;
use crate::command::ClientIndex;
use crate::handler::MessageHandler;

/// Keeps what a message handler gets.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Whole messages: client, topic, payload.
    pub(crate) messages: Vec<(ClientIndex, String, Vec<u8>)>,
    /// How many messages broke off.
    pub(crate) aborted: usize,
    pub(crate) unknown_lines: Vec<String>,
    /// Messages with a longer payload are refused.
    pub(crate) longest_payload: Option<usize>,
    open: Option<(ClientIndex, Vec<u8>, Vec<u8>)>,
}

impl Record {
    fn open(&mut self) -> &mut (ClientIndex, Vec<u8>, Vec<u8>) {
        self.open.as_mut().expect("a part, an end or an abort belongs to a message that was begun and accepted")
    }
}

impl MessageHandler for Record {
    fn begin(&mut self, client: ClientIndex, _: usize, payload_length: usize) -> bool {
        assert!(self.open.is_none(), "messages do not overlap");
        let is_accepted = self.longest_payload.is_none_or(|longest| payload_length <= longest);
        self.open = is_accepted.then_some((client, Vec::new(), Vec::new()));
        is_accepted
    }

    fn topic(&mut self, part: &[u8]) {
        self.open().1.extend_from_slice(part);
    }

    fn payload(&mut self, part: &[u8]) {
        self.open().2.extend_from_slice(part);
    }

    fn end(&mut self) -> bool {
        self.open();
        let (client, topic, payload) = self.open.take().expect("it is open");
        self.messages.push((client, String::from_utf8(topic).expect("topics of tests are text"), payload));
        true
    }

    fn aborted(&mut self) {
        self.open();
        self.open = None;
        self.aborted += 1;
    }

    fn unknown_line(&mut self, line: Line<'_>) {
        self.unknown_lines.push(String::from_utf8_lossy(line.bytes()).into_owned());
    }
}
