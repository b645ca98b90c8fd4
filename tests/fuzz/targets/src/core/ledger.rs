//! Checks the calls of the message handler against its contract.

use std::collections::VecDeque;

use simcom_mqtt::at::Line;
use simcom_mqtt::{ClientIndex, Inbox, MessageHandler};

use crate::findings::Findings;

/// Small, so that messages are refused too.
const INBOX_BYTES: usize = 700;
/// The longest message of MQTT on these modules.
const LONGEST_TOPIC: usize = 1_024;
const LONGEST_PAYLOAD: usize = 10_240;

#[derive(Debug)]
struct Open {
    client: ClientIndex,
    topic_length: usize,
    payload_length: usize,
    topic: Vec<u8>,
    payload: Vec<u8>,
}

/// A message handler that counts messages and passes them to an inbox.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    inbox: Inbox<INBOX_BYTES>,
    open: Option<Open>,
    complete: VecDeque<Open>,
    /// Per client, since its last event: complete, refused, aborted.
    pub(super) since_event: [[u16; 3]; 2],
    pub(super) findings: Findings,
    handed_over: usize,
}

impl Ledger {
    /// Whether an accepted message is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Number of complete messages that were handed over.
    pub(crate) fn handed_over(&self) -> usize {
        self.handed_over
    }

    /// Takes all messages out of the inbox and checks that they are those that were handed over.
    pub(crate) fn take_messages(&mut self) {
        let mut buffer = [0; INBOX_BYTES];
        while let Some(message) = self.inbox.take(&mut buffer) {
            let complete = self.complete.pop_front().expect("a message that never came");
            assert_eq!((message.client(), message.missing()), (complete.client, 0));
            assert_eq!((message.topic(), message.payload()), (&complete.topic[..], &complete.payload[..]));
        }
        assert!(self.complete.is_empty(), "a message has got lost in the inbox");
    }
}

impl MessageHandler for Ledger {
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        assert!(self.open.is_none(), "a message begins inside of another");
        assert!(topic_length <= LONGEST_TOPIC && payload_length <= LONGEST_PAYLOAD, "a message longer than any");
        let accepted = (&self.inbox).begin(client, topic_length, payload_length);
        if accepted {
            self.open = Some(Open { client, topic_length, payload_length, topic: vec![], payload: vec![] });
        } else {
            self.since_event[usize::from(client.number())][1] += 1;
        }
        accepted
    }

    fn topic(&mut self, part: &[u8]) {
        let open = self.open.as_mut().expect("a topic outside of a message");
        assert!(!part.is_empty(), "an empty part");
        assert!(open.payload.is_empty(), "a topic behind the payload");
        open.topic.extend(part);
        assert!(open.topic.len() <= open.topic_length, "more of a topic than was announced");
        (&self.inbox).topic(part);
    }

    fn payload(&mut self, part: &[u8]) {
        let open = self.open.as_mut().expect("a payload outside of a message");
        assert!(!part.is_empty(), "an empty part");
        open.payload.extend(part);
        assert!(open.payload.len() <= open.payload_length, "more of a payload than was announced");
        (&self.inbox).payload(part);
    }

    fn end(&mut self) -> bool {
        let open = self.open.take().expect("an end outside of a message");
        assert_eq!((open.topic.len(), open.payload.len()), (open.topic_length, open.payload_length));
        self.since_event[usize::from(open.client.number())][0] += 1;
        self.complete.push_back(open);
        self.handed_over += 1;
        (&self.inbox).end()
    }

    fn aborted(&mut self) {
        let open = self.open.take().expect("a message broke off that never began");
        self.since_event[usize::from(open.client.number())][2] += 1;
        (&self.inbox).aborted();
    }

    fn unknown_line(&mut self, line: Line<'_>) {
        assert!((1..=64).contains(&line.bytes().len()));
        (&self.inbox).unknown_line(line);
    }
}
