//! Unbounded inboxes: what a router does, without its limits.

use core::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use simcom_modem_simulator::loopback::matches;
use tokio::sync::Notify;

use crate::driver::{ClientIndex, MessageHandler};
use crate::soak::module::FILTERS;

#[derive(Default)]
pub struct Queues {
    messages: [RefCell<VecDeque<Vec<u8>>>; 2],
    arrived: [Notify; 2],
}

impl Queues {
    pub async fn receive(&self, inbox: usize) -> Vec<u8> {
        loop {
            if let Some(payload) = self.messages[inbox].borrow_mut().pop_front() {
                return payload;
            }
            self.arrived[inbox].notified().await;
        }
    }
}

/// Puts each message into the inboxes whose filter matches.
#[derive(Default)]
pub struct Inboxes {
    pub queues: Rc<Queues>,
    topic: Vec<u8>,
    payload: Vec<u8>,
}

impl MessageHandler for Inboxes {
    fn begin(&mut self, _: ClientIndex, _: usize, _: usize) -> bool {
        self.topic.clear();
        self.payload.clear();
        true
    }

    fn topic(&mut self, part: &[u8]) {
        self.topic.extend_from_slice(part);
    }

    fn payload(&mut self, part: &[u8]) {
        self.payload.extend_from_slice(part);
    }

    fn end(&mut self) -> bool {
        for (inbox, filter) in FILTERS.iter().enumerate() {
            if matches(filter.as_bytes(), &self.topic) {
                self.queues.messages[inbox].borrow_mut().push_back(self.payload.clone());
                self.queues.arrived[inbox].notify_one();
            }
        }
        true
    }
}
