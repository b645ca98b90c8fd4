//! Messages from the broker on their way to the host.

use super::Modem;
use super::operation::Kind;
use crate::behaviour::{Behaviour, DuringPrompt, MessagePlace, PartSeparator};

/// A message that has not been sent to the host yet.
#[derive(Debug)]
pub(super) struct Received {
    client: usize,
    topic: Vec<u8>,
    payload: Vec<u8>,
}

/// The bytes of a received message, from RXSTART to RXEND.
pub fn message_bytes(behaviour: &Behaviour, client: usize, topic: &[u8], payload: &[u8]) -> Vec<u8> {
    let blank = "\r\n".repeat(behaviour.blank_lines);
    let separator = match behaviour.part_separator {
        PartSeparator::CrLf => "\r\n",
        PartSeparator::None => "",
    };
    let mut bytes = Vec::new();
    let (topic_length, payload_length) = (topic.len(), payload.len());
    bytes.extend_from_slice(
        format!("\r\n{blank}+CMQTTRXSTART: {client},{topic_length},{payload_length}\r\n").as_bytes(),
    );
    for (name, data) in [("TOPIC", topic), ("PAYLOAD", payload)] {
        for part in data.chunks(behaviour.part_size.max(1)) {
            let header = format!("{blank}+CMQTTRX{name}: {client},{}\r\n", part.len());
            bytes.extend_from_slice(header.as_bytes());
            bytes.extend_from_slice(part);
            bytes.extend_from_slice(separator.as_bytes());
        }
    }
    bytes.extend_from_slice(format!("{blank}+CMQTTRXEND: {client}\r\n").as_bytes());
    bytes
}

impl Modem {
    pub(super) fn message(&mut self, client: usize, topic: Vec<u8>, payload: Vec<u8>) {
        let state = &self.clients[client];
        let connecting = state.operation.as_ref().is_some_and(|it| it.kind().is_connect());
        if state.connected || connecting {
            self.received.push_back(Received { client, topic, payload });
        }
    }

    /// Sends every message that may go now; those of one client stay in order.
    pub(super) fn deliver_received(&mut self) {
        let mut waiting = [false; 2];
        let mut index = 0;
        while let Some(client) = self.received.get(index).map(|message| message.client) {
            if waiting[client] || !self.may_deliver(client) {
                waiting[client] = true;
                index += 1;
            } else {
                self.deliver(index);
            }
        }
    }

    /// Sends every message of a client, whatever its place was to be: nothing comes after CONNLOST.
    pub(super) fn deliver_all(&mut self, client: usize) {
        while let Some(index) = self.received.iter().position(|message| message.client == client) {
            self.deliver(index);
        }
    }

    fn deliver(&mut self, index: usize) {
        if let Some(Received { client, topic, payload }) = self.received.remove(index) {
            self.wire.extend(message_bytes(&self.behaviour, client, &topic, &payload));
        }
    }

    fn may_deliver(&self, client: usize) -> bool {
        if self.behaviour.during_prompt == DuringPrompt::Hold && self.input.awaited().is_some() {
            return false;
        }
        let Some(operation) = &self.clients[client].operation else { return true };
        let place = match operation.kind() {
            Kind::Connect => return false,
            Kind::Disconnect => MessagePlace::AsItComes,
            Kind::Publish => self.behaviour.message_in_publish,
            Kind::Subscribe(_) | Kind::Unsubscribe(_) => self.behaviour.message_in_subscribe,
        };
        match place {
            MessagePlace::AsItComes => true,
            MessagePlace::Inside => !self.input.is_executing(),
            MessagePlace::After => false,
        }
    }
}
