//! What is kept of a message besides its topic and payload.

use core::cell::Cell;
use core::num::NonZeroU16;
use core::time::Duration;

use super::store::{BLOCK_BYTES, Link};
use crate::command::{ClientIndex, CommandWriter, Payload, Pub, QoS, Request, Topic};
use crate::options::Publish;
use crate::procedure::PublishStep;
use crate::saturating::saturating_u16;

/// It stands at the beginning of the first block of a message: flags, timeout in seconds, lengths of topic and payload,
/// and the number of the last block of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header([u8; Header::BYTES]);

const QOS: u8 = 0b11;
const RETAINED: u8 = 0b100;
const DUPLICATE: u8 = 0b1000;
/// The number of the client is above these bits.
const CLIENT: u8 = 4;

impl Header {
    pub(super) const BYTES: usize = 8;

    /// What is too large for its field is too large for every module: the check of the header finds it.
    pub(super) fn new(client: ClientIndex, message: &Publish<'_>) -> Self {
        let mut flags = message.qos as u8 | client.number() << CLIENT;
        if message.retained {
            flags |= RETAINED;
        }
        if message.duplicate {
            flags |= DUPLICATE;
        }
        let timeout_s = u8::try_from(message.timeout_s).unwrap_or(u8::MAX);
        let [topic, topic_high] = saturating_u16(message.topic.len()).to_le_bytes();
        let [payload, payload_high] = saturating_u16(message.payload.len()).to_le_bytes();
        Self([flags, timeout_s, topic, topic_high, payload, payload_high, 0, 0])
    }

    /// The header in the first block of a message.
    pub(super) fn of(block: &[Cell<u8>; BLOCK_BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = block;
        Self([a.get(), b.get(), c.get(), d.get(), e.get(), f.get(), g.get(), h.get()])
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn flags(&self) -> u8 {
        self.0[0]
    }

    pub(super) fn client(&self) -> ClientIndex {
        if self.flags() >> CLIENT == 0 { ClientIndex::First } else { ClientIndex::Second }
    }

    pub(super) fn qos(&self) -> QoS {
        QoS::from_number(self.flags() & QOS).unwrap_or_default()
    }

    pub(super) fn is_retained(&self) -> bool {
        self.flags() & RETAINED != 0
    }

    pub(super) fn is_duplicate(&self) -> bool {
        self.flags() & DUPLICATE != 0
    }

    pub(super) fn timeout_s(&self) -> u8 {
        self.0[1]
    }

    pub(super) fn topic_length(&self) -> u16 {
        u16::from_le_bytes([self.0[2], self.0[3]])
    }

    pub(super) fn payload_length(&self) -> u16 {
        u16::from_le_bytes([self.0[4], self.0[5]])
    }

    /// The last block of the message.
    pub(super) fn last(&self) -> Link {
        NonZeroU16::new(u16::from_le_bytes([self.0[6], self.0[7]]))
    }

    /// How many blocks the message takes.
    pub(super) fn blocks(&self) -> u16 {
        // Both lengths were checked: together they have 11 KB at most.
        let bytes = const { saturating_u16(Self::BYTES) } + self.topic_length() + self.payload_length();
        bytes.div_ceil(const { saturating_u16(BLOCK_BYTES) })
    }

    /// Describes the command of this step; of the topic no more than its length, since it was checked when it was
    /// pushed. Before the first step, describes every command with other arguments.
    #[inline(never)]
    pub(super) fn describe(&self, writer: &mut CommandWriter<'_>, step: PublishStep) {
        let client = self.client();
        if step == PublishStep::Topic {
            writer.client_command(Topic::INFO, client).announce(self.topic_length().into());
        }
        if matches!(step, PublishStep::Begin | PublishStep::Payload) && self.payload_length() > 0 {
            Payload::announced(client, self.payload_length().into()).describe(writer);
        }
        if matches!(step, PublishStep::Begin | PublishStep::Pub) {
            let timeout = Duration::from_secs(self.timeout_s().into());
            let (qos, retained, duplicate) = (self.qos(), self.is_retained(), self.is_duplicate());
            Pub { client, qos, timeout, retained, duplicate }.describe(writer);
        }
    }

    pub(super) fn set_last(block: &[Cell<u8>; BLOCK_BYTES], link: Link) {
        let [low, high] = link.map_or(0, NonZeroU16::get).to_le_bytes();
        block[6].set(low);
        block[7].set(high);
    }

    pub(super) fn set_duplicate(block: &[Cell<u8>; BLOCK_BYTES]) {
        block[0].set(block[0].get() | DUPLICATE);
    }
}
