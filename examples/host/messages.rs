//! A message handler for messages of any size. A host has the memory; a microcontroller uses an `Inbox` or streams.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use simcom_mqtt::{ClientIndex, MessageHandler};

/// A received message.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    pub client: ClientIndex,
    pub topic: Vec<u8>,
    pub payload: Vec<u8>,
}

/// Keeps messages in order until they are taken. Clones share them: one clone goes to the driver.
#[derive(Clone, Default)]
pub struct Messages(Rc<RefCell<Queue>>);

#[derive(Default)]
struct Queue {
    incoming: Option<Message>,
    complete: VecDeque<Message>,
}

impl Messages {
    /// The oldest message in the queue.
    pub fn take(&self) -> Option<Message> {
        self.0.borrow_mut().complete.pop_front()
    }
}

impl MessageHandler for Messages {
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        let (topic, payload) = (Vec::with_capacity(topic_length), Vec::with_capacity(payload_length));
        self.0.borrow_mut().incoming = Some(Message { client, topic, payload });
        true
    }

    fn topic(&mut self, part: &[u8]) {
        self.0.borrow_mut().incoming.iter_mut().for_each(|message| message.topic.extend_from_slice(part));
    }

    fn payload(&mut self, part: &[u8]) {
        self.0.borrow_mut().incoming.iter_mut().for_each(|message| message.payload.extend_from_slice(part));
    }

    fn end(&mut self) -> bool {
        let mut queue = self.0.borrow_mut();
        let message = queue.incoming.take();
        queue.complete.extend(message);
        true
    }
}
