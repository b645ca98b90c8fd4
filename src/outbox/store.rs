//! Blocks of bytes, of which messages are chains. One list holds the blocks of the queued messages in their order, another
//! one the free blocks. So any message can be taken out without moving a byte of the others, while one of them is sent.

use core::cell::Cell;
use core::num::NonZeroU16;
#[cfg(feature = "async")]
use core::task::Waker;

use super::OutboxCounters;
use crate::command::{ClientIndex, QoS};
use crate::error::Delivery;
use crate::options::Publish;
use crate::saturating::saturating_u16;

/// Bytes of a message in one block.
pub(super) const BLOCK_BYTES: usize = 30;

/// After how many refusals a message is given up.
const REFUSALS_LIMIT: u8 = 5;

/// The number of a block, from 1 on; none is zero, so that an empty store is.
pub(super) type Link = Option<NonZeroU16>;

struct Block {
    next: Cell<Link>,
    bytes: Cell<[u8; BLOCK_BYTES]>,
}

/// What is kept of a message besides its topic and payload. It stands at the beginning of the first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The last block of the message.
    last: Link,
    flags: u8,
    pub(super) timeout_s: u8,
    pub(super) topic_length: u16,
    pub(super) payload_length: u16,
}

const QOS: u8 = 0b11;
const RETAINED: u8 = 0b100;
const DUPLICATE: u8 = 0b1000;
const SECOND_CLIENT: u8 = 0b1_0000;

impl Header {
    pub(super) const BYTES: usize = 8;

    /// Of a message that was checked: its timeout has at most 180 s.
    pub(super) fn new(client: ClientIndex, message: &Publish<'_>) -> Self {
        let mut flags = message.qos as u8;
        for (flag, is_set) in [
            (RETAINED, message.retained),
            (DUPLICATE, message.duplicate),
            (SECOND_CLIENT, client == ClientIndex::Second),
        ] {
            flags |= if is_set { flag } else { 0 };
        }
        Self {
            last: None,
            flags,
            timeout_s: u8::try_from(message.timeout_s).unwrap_or(u8::MAX),
            topic_length: saturating_u16(message.topic.len()),
            payload_length: saturating_u16(message.payload.len()),
        }
    }

    pub(super) fn client(&self) -> ClientIndex {
        if self.flags & SECOND_CLIENT == 0 { ClientIndex::First } else { ClientIndex::Second }
    }

    pub(super) fn qos(&self) -> QoS {
        QoS::from_number(self.flags & QOS).unwrap_or_default()
    }

    pub(super) fn is_retained(&self) -> bool {
        self.flags & RETAINED != 0
    }

    pub(super) fn is_duplicate(&self) -> bool {
        self.flags & DUPLICATE != 0
    }

    /// How many blocks the message takes.
    pub(super) fn blocks(&self) -> usize {
        (Self::BYTES + usize::from(self.topic_length) + usize::from(self.payload_length)).div_ceil(BLOCK_BYTES)
    }

    pub(super) fn encoded(&self) -> [u8; Self::BYTES] {
        let [last, last_high] = self.last.map_or(0, NonZeroU16::get).to_le_bytes();
        let [topic, topic_high] = self.topic_length.to_le_bytes();
        let [payload, payload_high] = self.payload_length.to_le_bytes();
        [last, last_high, self.flags, self.timeout_s, topic, topic_high, payload, payload_high]
    }

    fn decoded(block: [u8; BLOCK_BYTES]) -> Self {
        let [last, last_high, flags, timeout_s, topic, topic_high, payload, payload_high, ..] = block;
        Self {
            last: NonZeroU16::new(u16::from_le_bytes([last, last_high])),
            flags,
            timeout_s,
            topic_length: u16::from_le_bytes([topic, topic_high]),
            payload_length: u16::from_le_bytes([payload, payload_high]),
        }
    }
}

/// Blocks of a message that is not complete yet.
#[derive(Default)]
pub(super) struct Chain {
    first: Link,
    last: Link,
}

/// Whether there is room for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// There is, and it is reserved.
    Reserved,
    /// A message was dropped, which may be enough or not.
    Dropped,
    Full,
}

/// How the publish of the oldest message has ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Delivered,
    Failed {
        delivery: Delivery,
        /// The module or the driver does not take this message.
        is_refused: bool,
    },
}

pub(super) struct Store<const N: usize> {
    blocks: [Block; N],
    /// How many of the blocks have been in use ever: the free ones among these are in a list.
    touched: Cell<u16>,
    free: Cell<Link>,
    /// The first block of the oldest message, and the last one of the newest.
    first: Cell<Link>,
    last: Cell<Link>,
    /// Whole messages, and their blocks.
    messages: Cell<u16>,
    queued: Cell<u16>,
    /// Blocks of these, and of messages that are not complete.
    used: Cell<u16>,
    /// The oldest message is being sent.
    held: Cell<bool>,
    /// How often the oldest message was refused.
    refusals: Cell<u8>,
    counters: Cell<OutboxCounters>,
    #[cfg(feature = "async")]
    waker: Cell<Option<Waker>>,
}

impl<const N: usize> Store<N> {
    pub(super) const fn new() -> Self {
        Self {
            blocks: [const { Block { next: Cell::new(None), bytes: Cell::new([0; BLOCK_BYTES]) } }; N],
            touched: Cell::new(0),
            free: Cell::new(None),
            first: Cell::new(None),
            last: Cell::new(None),
            messages: Cell::new(0),
            queued: Cell::new(0),
            used: Cell::new(0),
            held: Cell::new(false),
            refusals: Cell::new(0),
            counters: Cell::new(OutboxCounters { delivered: 0, repeated: 0, unknown: 0, refused: 0, dropped: 0 }),
            #[cfg(feature = "async")]
            waker: Cell::new(None),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.get().into()
    }

    pub(super) fn used(&self) -> usize {
        self.used.get().into()
    }

    pub(super) fn counters(&self) -> OutboxCounters {
        self.counters.get()
    }

    #[cfg(feature = "async")]
    pub(super) fn set_waker(&self, waker: &Waker) {
        self.waker.set(Some(waker.clone()));
    }

    #[cfg(feature = "async")]
    pub(super) fn take_waker(&self) -> Option<Waker> {
        self.waker.take()
    }

    fn block(&self, link: Link) -> Option<&Block> {
        self.blocks.get(usize::from(link?.get()) - 1)
    }

    fn next(&self, link: Link) -> Link {
        self.block(link)?.next.get()
    }

    fn set_next(&self, link: Link, next: Link) {
        if let Some(block) = self.block(link) {
            block.next.set(next);
        }
    }

    fn header(&self, first: Link) -> Option<Header> {
        Some(Header::decoded(self.block(first)?.bytes.get()))
    }

    fn set_header(&self, first: Link, header: Header) {
        if let Some(block) = self.block(first) {
            let mut bytes = block.bytes.get();
            bytes.iter_mut().zip(header.encoded()).for_each(|(place, byte)| *place = byte);
            block.bytes.set(bytes);
        }
    }

    /// Reserves blocks for a message. May drop one message for it, if that can be enough at all.
    pub(super) fn make_room(&self, blocks: usize, may_drop: bool) -> Room {
        let free = N.saturating_sub(self.used());
        if blocks <= free {
            self.used.set(self.used.get() + saturating_u16(blocks));
            return Room::Reserved;
        }
        let held = if self.held.get() { self.header(self.first.get()).map_or(0, |header| header.blocks()) } else { 0 };
        if may_drop && blocks + held <= free + usize::from(self.queued.get()) && self.drop_oldest() {
            Room::Dropped
        } else {
            Room::Full
        }
    }

    /// Drops the oldest message that is not being sent. Returns whether there was one.
    pub(super) fn drop_oldest(&self) -> bool {
        let held = if self.held.get() { self.header(self.first.get()) } else { None };
        let is_dropped = self.remove_behind(held.and_then(|header| header.last));
        if is_dropped {
            self.count(|counters| &mut counters.dropped);
        }
        is_dropped
    }

    /// Adds a block to a message that is not complete, of the reserved ones.
    pub(super) fn extend(&self, chain: &mut Chain, bytes: [u8; BLOCK_BYTES]) {
        let link = if self.free.get().is_some() {
            self.free.replace(self.next(self.free.get()))
        } else {
            self.touched.set(self.touched.get() + 1);
            NonZeroU16::new(self.touched.get())
        };
        if let Some(block) = self.block(link) {
            block.next.set(None);
            block.bytes.set(bytes);
        }
        self.set_next(chain.last, link);
        chain.first = chain.first.or(link);
        chain.last = link;
    }

    /// A message is complete.
    pub(super) fn commit(&self, chain: &Chain, header: Header) {
        self.set_header(chain.first, Header { last: chain.last, ..header });
        if self.first.get().is_none() {
            self.first.set(chain.first);
        }
        self.set_next(self.last.replace(chain.last), chain.first);
        self.messages.set(self.messages.get() + 1);
        self.queued.set(self.queued.get() + saturating_u16(header.blocks()));
    }

    /// Removes the message behind a block, or the oldest one. Returns whether there was one.
    fn remove_behind(&self, previous: Link) -> bool {
        let first = if previous.is_some() { self.next(previous) } else { self.first.get() };
        let Some(header) = self.header(first) else { return false };
        let next = self.next(header.last);
        if previous.is_some() {
            self.set_next(previous, next);
        } else {
            self.first.set(next);
            self.refusals.set(0);
        }
        if next.is_none() {
            self.last.set(previous);
        }
        self.set_next(header.last, self.free.replace(first));
        let blocks = saturating_u16(header.blocks());
        self.messages.set(self.messages.get().saturating_sub(1));
        self.queued.set(self.queued.get().saturating_sub(blocks));
        self.used.set(self.used.get().saturating_sub(blocks));
        true
    }

    /// Holds the oldest message, if there is one and it is not held already: it stays where it is until
    /// [`end`](Self::end).
    pub(super) fn hold(&self) -> Option<(Header, Place)> {
        if self.held.get() {
            return None;
        }
        let first = self.first.get();
        let header = self.header(first)?;
        self.held.set(true);
        Some((header, Place { block: first, start: 0 }))
    }

    /// The publish of the held message has ended.
    pub(super) fn end(&self, ending: Ending) {
        self.held.set(false);
        let first = self.first.get();
        let Some(mut header) = self.header(first) else { return };
        match ending {
            Ending::Delivered => self.count(|counters| &mut counters.delivered),
            Ending::Failed { delivery: Delivery::Unknown, .. } if header.qos() != QoS::AtLeastOnce => {
                self.count(|counters| &mut counters.unknown);
            }
            Ending::Failed { is_refused: true, .. } if self.refusals.get() + 1 >= REFUSALS_LIMIT => {
                self.count(|counters| &mut counters.refused);
            }
            Ending::Failed { delivery, is_refused } => {
                self.refusals.set(self.refusals.get() + u8::from(is_refused));
                if delivery == Delivery::Unknown {
                    self.count(|counters| &mut counters.repeated);
                    header.flags |= DUPLICATE;
                    self.set_header(first, header);
                }
                return;
            }
        }
        self.remove_behind(None);
    }

    /// Copies bytes of a held message from `offset` on, at most those of one block. Returns how many.
    pub(super) fn copy(&self, first: Link, place: &mut Place, offset: usize, target: &mut [u8]) -> usize {
        if offset < place.start {
            *place = Place { block: first, start: 0 };
        }
        while offset >= place.start + BLOCK_BYTES && place.block.is_some() {
            *place = Place { block: self.next(place.block), start: place.start + BLOCK_BYTES };
        }
        let Some(block) = self.block(place.block) else { return 0 };
        let bytes = block.bytes.get();
        let rest = bytes.get(offset - place.start..).unwrap_or(&[]);
        target.iter_mut().zip(rest).map(|(place, &byte)| *place = byte).count()
    }

    fn count(&self, counter: impl FnOnce(&mut OutboxCounters) -> &mut u32) {
        let mut counters = self.counters.get();
        let counter = counter(&mut counters);
        *counter = counter.saturating_add(1);
        self.counters.set(counters);
    }
}

/// Where a message was read last: a block, and the offset of its first byte in the message, the header included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) block: Link,
    start: usize,
}
