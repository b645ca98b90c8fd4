//! Messages from the broker on their way to the host.

use super::Modem;
use super::operation::Kind;
use crate::behaviour::{Behaviour, DuringPrompt, MessagePlace, Separator};

/// A message that has not been sent to the host yet.
#[derive(Debug)]
pub(super) struct Received {
    client: usize,
    topic: Vec<u8>,
    payload: Vec<u8>,
}

impl Received {
    pub(super) fn client(&self) -> usize {
        self.client
    }
}

/// The bytes of a received message, from RXSTART to RXEND.
pub fn message_bytes(behaviour: &Behaviour, client: usize, topic: &[u8], payload: &[u8]) -> Vec<u8> {
    let blank = "\r\n".repeat(behaviour.blank_lines);
    let mut bytes = Vec::new();
    let (topic_length, payload_length) = (topic.len(), payload.len());
    bytes.extend_from_slice(
        format!("\r\n{blank}+CMQTTRXSTART: {client},{topic_length},{payload_length}\r\n").as_bytes(),
    );
    let (between_topics, between_payloads) = (behaviour.topic_separator, behaviour.payload_separator);
    for (name, data, between) in [("TOPIC", topic, between_topics), ("PAYLOAD", payload, between_payloads)] {
        let mut parts = data.chunks(behaviour.part_size.max(1)).peekable();
        while let Some(part) = parts.next() {
            let header = format!("{blank}+CMQTTRX{name}: {client},{}\r\n", part.len());
            bytes.extend_from_slice(header.as_bytes());
            bytes.extend_from_slice(part);
            let separator = if parts.peek().is_some() { between } else { behaviour.block_separator };
            bytes.extend_from_slice(separator_bytes(separator));
        }
    }
    bytes.extend_from_slice(format!("{blank}+CMQTTRXEND: {client}\r\n").as_bytes());
    bytes
}

fn separator_bytes(separator: Separator) -> &'static [u8] {
    match separator {
        Separator::CrLf => b"\r\n",
        Separator::None => b"",
    }
}

impl Modem {
    pub(super) fn message(&mut self, client: usize, topic: Vec<u8>, payload: Vec<u8>) {
        let state = &self.clients[client];
        let connecting = state.operation.as_ref().is_some_and(|it| it.kind().is_connect());
        if state.connected || connecting {
            self.received.push_back(Received { client, topic, payload });
        }
    }

    /// Sends every message that may be sent now; those of one client stay in order.
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

    /// Sends every message of a client, regardless of its planned position: nothing follows CONNLOST.
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
        if self.behaviour.glued_messages && self.input.executes_other_command() {
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
