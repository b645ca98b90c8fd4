//! The message that is coming in.

#[cfg(test)]
mod tests;

use super::Events;
use super::error_window::{ErrorWindow, Question};
use crate::at::Separator;
use crate::command::ClientIndex;
use crate::family::{RECEIVED_PAYLOAD_LIMIT_BYTES, TOPIC_LIMIT_BYTES};
use crate::fmt::debug;
use crate::handler::MessageHandler;
use crate::saturating::saturating_u16;
use crate::timer::Instant;
use crate::urc::{RxPayload, RxStart, RxTopic};

/// How long an incomplete message may go without a byte of its own. A module sends a message in one go.
const STALL_MS: u32 = 2_000;
/// How many bytes one fault loses at most, as far as the end of a message that it hit can be found.
const LOST_BYTES: u16 = 64;

/// What is known of the message.
#[derive(Clone, Copy, Debug)]
enum Message {
    /// There is none.
    None,
    /// It is whole so far.
    Open(Open),
    /// It broke off. What still comes of it is skipped.
    Broken,
    /// Its beginning was lost: it is skipped, and nothing but their headers says how long its parts are.
    Headless,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    client: ClientIndex,
    /// Of topic and payload, as announced.
    lengths: (u16, u16),
    topic_left: u16,
    payload_left: u16,
    accepted: bool,
    separators: Separators,
}

/// What stood behind the parts of a message. Boundaries of one kind are alike within a message.
#[derive(Clone, Copy, Debug, Default)]
struct Separators {
    between_topic_parts: Option<Separator>,
    between_payload_parts: Option<Separator>,
    /// Behind the topic, and behind the payload.
    behind_field: Option<Separator>,
}

/// Which field the data that the parser hands over belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Topic,
    Payload,
    /// Of a message that broke off: still data, whatever they look like.
    Nothing,
}

/// Puts the blocks of a message together: `+CMQTTRXSTART`, topic parts, payload parts, `+CMQTTRXEND`.
///
/// A message is delivered only if each block has its place, each part the announced length, and nothing but CR LF or
/// the next header stands behind it. Otherwise bytes were lost or added, and what follows may be payload although it
/// looks like a line.
#[derive(Debug)]
pub(super) struct Reassembly {
    message: Message,
    part: Part,
    /// What stood behind the last part, until the next line.
    separator: Option<Separator>,
    /// Of a message that broke off: until this many more bytes have come, a line may be part of it.
    untrusted_bytes: u16,
    last_byte: Instant,
    /// When the last byte of the message came.
    last_of_message: Instant,
    pub(super) window: ErrorWindow,
}

impl Reassembly {
    pub(super) const fn new() -> Self {
        Self {
            message: Message::None,
            part: Part::Nothing,
            separator: None,
            untrusted_bytes: 0,
            last_byte: Instant::ZERO,
            last_of_message: Instant::ZERO,
            window: ErrorWindow::CLOSED,
        }
    }

    /// Whether more of a message is to come, whole or not.
    #[inline(never)]
    pub(super) fn is_incomplete(&self) -> bool {
        !matches!(self.message, Message::None) || self.untrusted_bytes > 0
    }

    /// Whether a loss or a restart is believed.
    pub(super) fn believes_losses(&self) -> bool {
        !self.is_incomplete() && !self.window.is_open()
    }

    /// When the message counts as stalled, or the error window ends, if no byte comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.is_incomplete() {
            Some(self.last_of_message.after(STALL_MS))
        } else {
            self.window.deadline(self.last_byte)
        }
    }

    /// Bytes came, whatever they were.
    pub(super) fn bytes_came(&mut self, count: usize, now: Instant) {
        // As many could have come since the last ones at 9,600 baud. So answers to one command after the other do not
        // keep the error window open.
        let possible = usize::try_from(now.since(self.last_byte)).unwrap_or(usize::MAX);
        self.last_byte = now;
        self.window.bytes_came(count.max(possible));
    }

    /// The UART lost bytes, perhaps of this message.
    pub(super) fn bytes_lost(&mut self, now: Instant, events: &mut Events, handler: &mut dyn MessageHandler) {
        self.last_byte = now;
        if self.is_incomplete() {
            self.break_off(events, handler);
        }
        self.window.open_for_error(now);
    }

    /// A line came that is no header. Returns whether it may be part of a message that broke off.
    pub(super) fn other_line(&mut self, length: usize, events: &mut Events, handler: &mut dyn MessageHandler) -> bool {
        // Without a line end behind a part, only a header can follow.
        if self.separator.take() == Some(Separator::Nothing) {
            self.break_off(events, handler);
        }
        self.takes_untrusted(length)
    }

    /// `length` bytes came that may be part of a message that broke off. Returns whether they may.
    pub(super) fn takes_untrusted(&mut self, length: usize) -> bool {
        let may_be_payload = self.untrusted_bytes > 0;
        if self.untrusted_bytes > 0 {
            self.last_of_message = self.last_byte;
        }
        self.untrusted_bytes = self.untrusted_bytes.saturating_sub(saturating_u16(length));
        may_be_payload
    }

    /// A line came that is almost a header: the message is not whole, or its data follow as lines.
    pub(super) fn header_damaged(&mut self, is_end: bool, events: &mut Events, handler: &mut dyn MessageHandler) {
        if matches!(self.message, Message::None) {
            return self.window.open();
        }
        self.break_off(events, handler);
        if is_end && self.untrusted_bytes <= 2 * LOST_BYTES {
            self.forget();
        }
    }

    /// A line came that is not believed.
    pub(super) fn distrust(&mut self, question: Question) {
        debug!("a line of a {:?} is not believed: the module is asked", question);
        self.window.distrust(question);
    }

    pub(super) fn start(&mut self, start: RxStart, events: &mut Events, handler: &mut dyn MessageHandler) {
        if self.untrusted_bytes > 2 * LOST_BYTES {
            // It may be payload of the message before, or a message behind one that is not whole.
            return events.aborted(start.client);
        }
        let is_hit = self.untrusted_bytes > 0 || self.window.hits(self.last_byte);
        if !matches!(self.message, Message::None) {
            self.break_off(events, handler);
        }
        let RxStart { client, topic_length, payload_length } = start;
        self.last_of_message = self.last_byte;
        self.separator = None;
        if is_hit {
            events.aborted(client);
            self.message = Message::Broken;
            self.untrusted_bytes = topic_length.saturating_add(payload_length).saturating_add(LOST_BYTES);
            return;
        }
        self.untrusted_bytes = 0;
        let fits = usize::from(topic_length) <= TOPIC_LIMIT_BYTES && payload_length <= RECEIVED_PAYLOAD_LIMIT_BYTES;
        let accepted = fits && handler.begin(client, topic_length.into(), payload_length.into());
        if !accepted {
            events.refused(client, topic_length, payload_length);
        }
        let separators = Separators::default();
        let (topic_left, payload_left) = (topic_length, payload_length);
        let lengths = (topic_length, payload_length);
        self.message = Message::Open(Open { client, lengths, topic_left, payload_left, accepted, separators });
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
        self.last_of_message = self.last_byte;
        let separator = self.separator.take();
        let last_part = core::mem::replace(&mut self.part, part);
        // What a damaged header can swallow is bounded.
        let mut bound = if self.untrusted_bytes > 0 { self.untrusted_bytes } else { RECEIVED_PAYLOAD_LIMIT_BYTES };
        let fits = match &mut self.message {
            Message::Open(open) => {
                // Either this length is damaged or that of the beginning. The shorter one is tried first.
                bound = Some(open.left(part)).filter(|left| *left > 0).unwrap_or(bound);
                open.takes(part, client, length) && open.separators.allow(last_part, part, separator)
            }
            Message::Broken if length <= bound => true,
            // More than a broken message can have: it has swallowed the beginning of this one.
            message => {
                if !matches!(message, Message::Headless) {
                    events.aborted(client);
                    *message = Message::Headless;
                }
                bound = RECEIVED_PAYLOAD_LIMIT_BYTES;
                false
            }
        };
        if !fits {
            self.break_off(events, handler);
            self.untrusted_bytes = self.untrusted_bytes.max(length.saturating_add(LOST_BYTES));
        }
        if !matches!(self.message, Message::Open(_)) {
            self.part = Part::Nothing;
        }
        length.min(bound)
    }

    pub(super) fn data(&mut self, bytes: &[u8], handler: &mut dyn MessageHandler) {
        self.last_of_message = self.last_byte;
        // The parser gives no more than the part.
        let length = saturating_u16(bytes.len());
        let Message::Open(open) = &mut self.message else {
            self.untrusted_bytes = self.untrusted_bytes.saturating_sub(length);
            return;
        };
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

    /// The data of a part have come, and this stands behind them.
    pub(super) fn separator(&mut self, separator: Separator, events: &mut Events, handler: &mut dyn MessageHandler) {
        if separator == Separator::Broken {
            self.break_off(events, handler);
        } else {
            self.separator = Some(separator);
        }
    }

    pub(super) fn end(&mut self, client: ClientIndex, events: &mut Events, handler: &mut dyn MessageHandler) {
        let separator = self.separator.take();
        // Directly behind the data of a part it is an end; elsewhere it may be payload.
        if separator.is_none() && self.untrusted_bytes > 2 * LOST_BYTES {
            return;
        }
        let last_part = core::mem::replace(&mut self.part, Part::Nothing);
        match &mut self.message {
            Message::Open(open) => {
                if open.ends(client) && open.separators.allow(last_part, Part::Nothing, separator) {
                    if open.accepted {
                        let (topic_length, payload_length) = open.lengths;
                        if handler.end() {
                            events.message(client);
                        } else {
                            events.refused(client, topic_length, payload_length);
                        }
                    }
                } else {
                    self.break_off(events, handler);
                }
            }
            // The whole message but its end was lost.
            Message::None => self.window.open(),
            Message::Broken | Message::Headless => {}
        }
        self.message = Message::None;
        self.untrusted_bytes = 0;
    }

    /// Gives up the message, if there is one. What is still announced of it stays data: what follows a lost byte must
    /// not be taken for protocol.
    #[inline(never)]
    fn break_off(&mut self, events: &mut Events, handler: &mut dyn MessageHandler) {
        self.window.open();
        self.separator = None;
        self.part = Part::Nothing;
        if let Message::Open(open) = self.message {
            // A refused message has been reported already.
            if open.accepted {
                handler.aborted();
                events.aborted(open.client);
            }
            self.untrusted_bytes = open.topic_left.saturating_add(open.payload_left).saturating_add(LOST_BYTES);
        }
        if !matches!(self.message, Message::Headless) {
            self.message = Message::Broken;
        }
    }

    /// No byte came for long enough. Returns whether announced data will not come.
    pub(super) fn expire(&mut self, now: Instant, events: &mut Events, handler: &mut dyn MessageHandler) -> bool {
        if !self.deadline().is_some_and(|deadline| now.has_reached(deadline)) {
            return false;
        }
        let is_stalled = self.is_incomplete();
        if is_stalled {
            self.break_off(events, handler);
            self.forget();
            self.last_byte = now;
        } else {
            self.window.end();
        }
        is_stalled
    }

    /// Nothing more comes of the message.
    fn forget(&mut self) {
        self.message = Message::None;
        self.untrusted_bytes = 0;
    }
}

impl Open {
    /// Whether nothing is missing.
    fn ends(&self, client: ClientIndex) -> bool {
        self.client == client && self.topic_left == 0 && self.payload_left == 0
    }

    /// Whether a part with this header has its place in the message.
    fn takes(&self, part: Part, client: ClientIndex, length: u16) -> bool {
        self.client == client && length <= self.left(part) && (part == Part::Topic || self.topic_left == 0)
    }

    /// How much of this field is missing.
    fn left(&self, part: Part) -> u16 {
        if part == Part::Topic { self.topic_left } else { self.payload_left }
    }
}

impl Separators {
    /// Whether this may stand between two parts, the second of which is nothing at the end of the message.
    fn allow(&mut self, last_part: Part, part: Part, separator: Option<Separator>) -> bool {
        let Some(separator) = separator else { return true };
        let place = match (last_part, part) {
            (Part::Topic, Part::Topic) => &mut self.between_topic_parts,
            (Part::Payload, Part::Payload) => &mut self.between_payload_parts,
            _ => &mut self.behind_field,
        };
        *place.get_or_insert(separator) == separator
    }
}
