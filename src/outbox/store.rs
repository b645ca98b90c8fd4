//! Blocks of bytes, of which messages are chains. One list holds the blocks of the queued messages in their order,
//! another one the free blocks. So any message can be taken out without moving a byte of the others, while one of them
//! is sent.

use core::cell::Cell;
use core::num::NonZeroU16;
#[cfg(feature = "async")]
use core::task::Waker;

use super::OutboxCounters;
use super::header::Header;
use crate::command::QoS;
use crate::error::Delivery;

/// Bytes of a message in one block.
pub(super) const BLOCK_BYTES: usize = 30;

/// After how many refusals a message is given up.
const REFUSALS_LIMIT: u8 = 5;

/// The number of a block, from 1 on; none is zero, so that an empty store is.
pub(super) type Link = Option<NonZeroU16>;

pub(super) struct Block {
    next: Cell<Link>,
    bytes: [Cell<u8>; BLOCK_BYTES],
}

/// A message that is not complete yet.
pub(super) struct Chain {
    first: Link,
    last: Link,
    /// Bytes in the last block.
    filled: usize,
}

impl Chain {
    pub(super) const EMPTY: Self = Self { first: None, last: None, filled: BLOCK_BYTES };
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

struct Counts {
    delivered: Cell<u32>,
    repeated: Cell<u32>,
    unknown: Cell<u32>,
    refused: Cell<u32>,
    dropped: Cell<u32>,
}

fn count(counter: &Cell<u32>) {
    counter.set(counter.get().saturating_add(1));
}

/// `Blocks` is an array of blocks; what works on them knows a slice, so that its code exists once for all lengths.
pub(super) struct Store<Blocks: ?Sized = [Block]> {
    /// How many of the blocks have been in use ever: the free ones among these are in a list.
    touched: Cell<u16>,
    free: Cell<Link>,
    /// The first block of the oldest message, and the last one of the newest.
    first: Cell<Link>,
    last: Cell<Link>,
    /// The last block of the oldest message, while that is being sent.
    held: Cell<Link>,
    /// Whole messages.
    messages: Cell<u16>,
    /// Blocks of whole messages that are not being sent.
    droppable: Cell<u16>,
    /// Blocks of all messages, also of those that are not complete.
    used: Cell<u16>,
    /// How often the oldest message was refused.
    refusals: Cell<u8>,
    counts: Counts,
    #[cfg(feature = "async")]
    waker: Cell<Option<Waker>>,
    blocks: Blocks,
}

impl<const N: usize> Store<[Block; N]> {
    pub(super) const fn new() -> Self {
        Self {
            touched: Cell::new(0),
            free: Cell::new(None),
            first: Cell::new(None),
            last: Cell::new(None),
            held: Cell::new(None),
            messages: Cell::new(0),
            droppable: Cell::new(0),
            used: Cell::new(0),
            refusals: Cell::new(0),
            counts: Counts {
                delivered: Cell::new(0),
                repeated: Cell::new(0),
                unknown: Cell::new(0),
                refused: Cell::new(0),
                dropped: Cell::new(0),
            },
            #[cfg(feature = "async")]
            waker: Cell::new(None),
            blocks: [const { Block { next: Cell::new(None), bytes: [const { Cell::new(0) }; BLOCK_BYTES] } }; N],
        }
    }
}

impl Store {
    pub(super) fn len(&self) -> usize {
        self.messages.get().into()
    }

    pub(super) fn used(&self) -> usize {
        self.used.get().into()
    }

    pub(super) fn counters(&self) -> OutboxCounters {
        let Counts { delivered, repeated, unknown, refused, dropped } = &self.counts;
        OutboxCounters {
            delivered: delivered.get(),
            repeated: repeated.get(),
            unknown: unknown.get(),
            refused: refused.get(),
            dropped: dropped.get(),
        }
    }

    #[cfg(feature = "async")]
    pub(super) fn set_waker(&self, waker: &Waker) {
        self.waker.set(Some(waker.clone()));
    }

    #[inline(never)]
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

    #[inline(never)]
    fn header(&self, first: Link) -> Option<Header> {
        Some(Header::of(&self.block(first)?.bytes))
    }

    /// Reserves blocks for a message. May drop one message for it, if that can be enough at all.
    pub(super) fn make_room(&self, blocks: u16, may_drop: bool) -> Room {
        let used = usize::from(self.used.get() + blocks);
        if used <= self.blocks.len() {
            self.used.set(self.used.get() + blocks);
            Room::Reserved
        } else if may_drop && used - usize::from(self.droppable.get()) <= self.blocks.len() && self.drop_oldest() {
            Room::Dropped
        } else {
            Room::Full
        }
    }

    /// Drops the oldest message that is not being sent. Returns whether there was one.
    pub(super) fn drop_oldest(&self) -> bool {
        let is_dropped = self.remove_behind(self.held.get());
        if is_dropped {
            count(&self.counts.dropped);
        }
        is_dropped
    }

    /// Adds bytes to a message that is not complete, as many as fit into one of its reserved blocks. Returns the
    /// others.
    pub(super) fn append<'b>(&self, chain: &mut Chain, bytes: &'b [u8]) -> &'b [u8] {
        if chain.filled == BLOCK_BYTES {
            let link = self.take();
            self.set_next(chain.last, link);
            chain.first = chain.first.or(link);
            chain.last = link;
            chain.filled = 0;
        }
        let Some(block) = self.block(chain.last) else { return &[] };
        let mut rest = bytes.iter();
        for (place, &byte) in block.bytes.iter().skip(chain.filled).zip(&mut rest) {
            place.set(byte);
        }
        chain.filled = BLOCK_BYTES.min(chain.filled + bytes.len());
        rest.as_slice()
    }

    /// Takes a block that is reserved.
    fn take(&self) -> Link {
        let link = self.free.get();
        if link.is_some() {
            self.free.set(self.next(link));
            self.set_next(link, None);
            return link;
        }
        self.touched.set(self.touched.get() + 1);
        NonZeroU16::new(self.touched.get())
    }

    /// Whom to wake, now that there is a message.
    #[cfg(feature = "async")]
    pub(super) fn take_waker(&self) -> Option<Waker> {
        self.waker.take()
    }

    /// A message is complete.
    pub(super) fn commit(&self, chain: &Chain, blocks: u16) {
        if let Some(block) = self.block(chain.first) {
            Header::set_last(&block.bytes, chain.last);
        }
        if self.first.get().is_none() {
            self.first.set(chain.first);
        }
        self.set_next(self.last.replace(chain.last), chain.first);
        self.messages.set(self.messages.get() + 1);
        self.droppable.set(self.droppable.get() + blocks);
    }

    /// Removes the message behind a block, or the oldest one. Returns whether there was one.
    fn remove_behind(&self, previous: Link) -> bool {
        let first = if previous.is_some() { self.next(previous) } else { self.first.get() };
        let Some(header) = self.header(first) else { return false };
        let next = self.next(header.last());
        if previous.is_some() {
            self.set_next(previous, next);
        } else {
            self.first.set(next);
            self.refusals.set(0);
        }
        if next.is_none() {
            self.last.set(previous);
        }
        self.set_next(header.last(), self.free.replace(first));
        self.messages.set(self.messages.get() - 1);
        self.droppable.set(self.droppable.get() - header.blocks());
        self.used.set(self.used.get() - header.blocks());
        true
    }

    /// Holds the oldest message, if there is one and it is not held already: it stays where it is until
    /// [`end`](Self::end).
    pub(super) fn hold(&self) -> Option<(Header, Place)> {
        if self.held.get().is_some() {
            return None;
        }
        let first = self.first.get();
        let header = self.header(first)?;
        self.held.set(header.last());
        self.droppable.set(self.droppable.get() - header.blocks());
        Some((header, Place { block: first, start: 0 }))
    }

    /// The publish of the held message has ended.
    #[inline(never)]
    pub(super) fn end(&self, ending: Ending) {
        self.held.set(None);
        let Some(block) = self.block(self.first.get()) else { return };
        let header = Header::of(&block.bytes);
        self.droppable.set(self.droppable.get() + header.blocks());
        let counts = &self.counts;
        let refusals = self.refusals.get() + u8::from(matches!(ending, Ending::Failed { is_refused: true, .. }));
        let (counter, stays) = match ending {
            Ending::Delivered => (&counts.delivered, false),
            Ending::Failed { delivery: Delivery::Unknown, .. } if header.qos() != QoS::AtLeastOnce => {
                (&counts.unknown, false)
            }
            Ending::Failed { .. } if refusals >= REFUSALS_LIMIT => (&counts.refused, false),
            Ending::Failed { delivery: Delivery::Unknown, .. } => {
                Header::set_duplicate(&block.bytes);
                (&counts.repeated, true)
            }
            Ending::Failed { delivery: Delivery::NotSent, .. } => {
                self.refusals.set(refusals);
                return;
            }
        };
        count(counter);
        if stays {
            self.refusals.set(refusals);
        } else {
            self.remove_behind(None);
        }
    }

    /// Copies bytes of a held message from `offset` on, at most those of one block. Returns how many. The offset never
    /// goes back.
    pub(super) fn copy(&self, place: &mut Place, offset: usize, target: &mut [u8]) -> usize {
        while offset >= place.start + BLOCK_BYTES && place.block.is_some() {
            *place = Place { block: self.next(place.block), start: place.start + BLOCK_BYTES };
        }
        let Some(block) = self.block(place.block) else { return 0 };
        let bytes = block.bytes.iter().skip(offset.saturating_sub(place.start));
        target.iter_mut().zip(bytes).map(|(place, byte)| *place = byte.get()).count()
    }
}

/// Where a message was read last: a block, and the offset of its first byte in the message, the header included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    block: Link,
    start: usize,
}
