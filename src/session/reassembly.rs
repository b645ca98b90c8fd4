//! The message that is coming in.

#[cfg(test)]
mod tests;

use super::Events;
use crate::command::ClientIndex;
use crate::family::RECEIVED_PAYLOAD_LIMIT_BYTES;
use crate::handler::MessageHandler;
use crate::timer::Instant;
use crate::urc::{RxPayload, RxStart, RxTopic};

/// How long an open message may go without a byte. A module sends a message in one go.
const STALL_MS: u32 = 2_000;
/// How much earlier than the bytes that it lost an error of the UART can be reported: some drivers report it before they
/// hand over what they had buffered.
const ERROR_WINDOW_MS: u32 = 100;

/// How many bytes of a message are neither topic nor payload, at most: eleven parts, each behind a line of up to 25 bytes.
const HEADERS_BYTES: u16 = 275;

#[derive(Clone, Copy, Debug)]
struct Open {
    client: ClientIndex,
    topic_left: u16,
    payload_left: u16,
    accepted: bool,
}

/// Which field the data that the parser hands over belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Topic,
    Payload,
    /// Of a message whose beginning was lost: still data, whatever they look like.
    Nothing,
}

/// Puts the blocks of a message together: `+CMQTTRXSTART`, topic parts, payload parts, `+CMQTTRXEND`.
#[derive(Debug)]
pub(super) struct Reassembly {
    open: Option<Open>,
    /// The blocks that come belong to a message that was counted as aborted already.
    discarding: bool,
    part: Part,
    part_left: u16,
    /// The UART lost bytes inside a message: until this many more have come, or its end, a line may be part of its payload.
    untrusted_bytes: u16,
    last_byte: Instant,
    /// Until when a message that begins counts as hit by an error of the UART; never before the last byte.
    error_window: Instant,
}

impl Reassembly {
    pub(super) const fn new() -> Self {
        Self {
            open: None,
            discarding: false,
            part: Part::Nothing,
            part_left: 0,
            untrusted_bytes: 0,
            last_byte: Instant::ZERO,
            error_window: Instant::ZERO,
        }
    }

    /// When the message, if there is one, counts as stalled.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.open.is_some() || self.part_left > 0 || self.has_untrusted_bytes())
            .then(|| self.last_byte.after(STALL_MS))
    }

    /// Bytes came, whatever they were.
    pub(super) fn bytes_came(&mut self, now: Instant) {
        self.last_byte = now;
        // One that lies further ahead than any was ever set is long past.
        if now.has_reached(self.error_window) || now.until(self.error_window) > ERROR_WINDOW_MS {
            self.error_window = now;
        }
    }

    /// The UART lost bytes, perhaps of this message.
    pub(super) fn bytes_lost(&mut self, now: Instant, events: &mut Events, handler: &mut dyn MessageHandler) {
        self.untrusted_bytes = match self.open {
            Some(open) => open.topic_left.saturating_add(open.payload_left).saturating_add(HEADERS_BYTES),
            None => self.part_left,
        };
        self.error_window = now.after(ERROR_WINDOW_MS);
        self.abort(events, handler);
    }

    /// Whether a line may be payload. Of such lines, only the lines of messages count.
    pub(super) fn has_untrusted_bytes(&self) -> bool {
        self.untrusted_bytes > 0
    }

    /// `length` bytes came that may be payload.
    pub(super) fn count_untrusted(&mut self, length: usize) {
        let left = usize::from(self.untrusted_bytes).saturating_sub(length);
        #[expect(clippy::cast_possible_truncation, reason = "no more than before")]
        let left = left as u16;
        self.untrusted_bytes = left;
    }

    pub(super) fn start(&mut self, start: RxStart, events: &mut Events, handler: &mut dyn MessageHandler) {
        self.abort(events, handler);
        if self.error_window != self.last_byte {
            events.aborted(start.client);
            self.discarding = true;
            self.untrusted_bytes =
                start.topic_length.saturating_add(start.payload_length).saturating_add(HEADERS_BYTES);
            return;
        }
        self.discarding = false;
        let accepted = handler.begin(start.client, start.topic_length.into(), start.payload_length.into());
        let (topic_left, payload_left) = (start.topic_length, start.payload_length);
        if !accepted {
            events.refused(start.client, topic_left, payload_left);
        }
        self.open = Some(Open { client: start.client, topic_left, payload_left, accepted });
    }

    /// The header of a part came. Returns how many bytes of data follow it.
    pub(super) fn topic(&mut self, header: RxTopic, events: &mut Events, handler: &mut dyn MessageHandler) -> u16 {
        self.part(Part::Topic, header.client, header.length, events, handler)
    }

    /// The header of a part came. Returns how many bytes of data follow it.
    pub(super) fn payload(&mut self, header: RxPayload, events: &mut Events, handler: &mut dyn MessageHandler) -> u16 {
        self.part(Part::Payload, header.client, header.length, events, handler)
    }

    fn part(
        &mut self,
        part: Part,
        client: ClientIndex,
        length: u16,
        events: &mut Events,
        handler: &mut dyn MessageHandler,
    ) -> u16 {
        let room = match self.open {
            Some(open) if open.client == client && part == Part::Topic => open.topic_left,
            Some(open) if open.client == client => open.payload_left,
            _ => {
                self.abort(events, handler);
                if !core::mem::replace(&mut self.discarding, true) {
                    events.aborted(client);
                }
                // The beginning was lost, the data come nevertheless. What a forged header can swallow is bounded.
                if self.has_untrusted_bytes() { self.untrusted_bytes } else { RECEIVED_PAYLOAD_LIMIT_BYTES }
            }
        };
        if length > room {
            self.abort(events, handler);
            return 0;
        }
        self.part = if self.discarding { Part::Nothing } else { part };
        self.part_left = length;
        length
    }

    pub(super) fn data(&mut self, bytes: &[u8], handler: &mut dyn MessageHandler) {
        // The parser gives no more than the part, and the part was no longer than what the message lacked.
        #[expect(clippy::cast_possible_truncation, reason = "no more than `part_left`")]
        let length = bytes.len() as u16;
        self.part_left = self.part_left.saturating_sub(length);
        self.untrusted_bytes = self.untrusted_bytes.saturating_sub(length);
        let Some(open) = &mut self.open else { return };
        let left = match self.part {
            Part::Topic => &mut open.topic_left,
            Part::Payload => &mut open.payload_left,
            Part::Nothing => return,
        };
        *left = left.saturating_sub(length);
        if open.accepted {
            match self.part {
                Part::Topic => handler.topic(bytes),
                Part::Payload | Part::Nothing => handler.payload(bytes),
            }
        }
    }

    pub(super) fn end(&mut self, client: ClientIndex, events: &mut Events, handler: &mut dyn MessageHandler) {
        match self.open {
            Some(open) if open.client == client && open.topic_left == 0 && open.payload_left == 0 => {
                self.open = None;
                if open.accepted {
                    handler.end();
                    events.message(client);
                }
            }
            _ => self.abort(events, handler),
        }
        self.discarding = false;
        self.untrusted_bytes = 0;
    }

    /// Gives up the open message, if there is one. Data that are still announced stay data until they have come or
    /// stalled: what follows a lost byte must not be taken for protocol.
    pub(super) fn abort(&mut self, events: &mut Events, handler: &mut dyn MessageHandler) {
        self.part = Part::Nothing;
        if let Some(open) = self.open.take() {
            // A refused message has been reported already.
            if open.accepted {
                handler.aborted();
                events.aborted(open.client);
            }
            self.discarding = true;
        }
    }

    /// No byte came for too long: what is missing will not come.
    pub(super) fn stalled(&mut self, events: &mut Events, handler: &mut dyn MessageHandler) {
        self.part_left = 0;
        self.untrusted_bytes = 0;
        self.abort(events, handler);
        self.discarding = false;
    }
}
