//! The ready-made message handler: a queue of whole messages.

use core::cell::Cell;
use core::fmt;

use super::MessageHandler;
use crate::command::ClientIndex;

/// Bytes that each message takes besides its topic and payload: client index and two lengths.
pub(super) const HEADER_BYTES: usize = 5;

/// A queue of whole messages in `N` bytes. Each message takes 5 bytes besides its topic and payload.
///
/// It is shared by reference: the [`Modem`](crate::Modem) puts messages in through one reference, the program takes
/// them out through another, even while a call is under way. Both must be in the same thread or executor, since `Inbox`
/// is not `Sync`: `SyncInbox`, of the feature `sync`, is. For a `'static` inbox, use a `StaticCell`.
///
/// A message that does not fit into the free space is refused as a whole, never cut, and reported as
/// [`Event::MessageRefused`](crate::Event::MessageRefused). Later, smaller messages still fit.
///
/// ```
/// use simcom_mqtt::{ClientIndex, Inbox, MessageHandler};
///
/// let inbox = Inbox::<256>::new();
/// let mut handler = &inbox;
/// assert!(handler.begin(ClientIndex::First, 4, 2));
/// handler.topic(b"door");
/// handler.payload(b"on");
/// handler.end();
///
/// let mut buffer = [0; 256];
/// let message = inbox.take(&mut buffer).unwrap();
/// assert_eq!((message.topic(), message.payload()), (&b"door"[..], &b"on"[..]));
/// assert!(inbox.take(&mut buffer).is_none());
/// ```
pub struct Inbox<const N: usize> {
    queue: Queue<[Cell<u8>; N]>,
}

impl<const N: usize> Inbox<N> {
    /// An empty queue.
    pub const fn new() -> Self {
        Self { queue: Queue::new() }
    }

    /// Whether the queue holds no whole message.
    pub fn is_empty(&self) -> bool {
        self.queue().used() == 0
    }

    /// Takes the oldest message out of the queue and copies it into `buffer`.
    ///
    /// A buffer of `N` bytes is always large enough. If the message does not fit, its first bytes are copied, the
    /// others are lost, as with a datagram, and [`Message::missing`] says how many they are.
    pub fn take<'b>(&self, buffer: &'b mut [u8]) -> Option<Message<'b>> {
        let header = self.queue().pop_header()?;
        self.queue().pop(buffer, header.length);
        Some(header.message(buffer))
    }

    fn queue(&self) -> &Queue<[Cell<u8>]> {
        &self.queue
    }
}

impl<const N: usize> Default for Inbox<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Inbox<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("capacity", &N).field("used", &self.queue().used()).finish_non_exhaustive()
    }
}

impl<const N: usize> MessageHandler for &Inbox<N> {
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        self.queue().begin(client, topic_length, payload_length)
    }

    fn topic(&mut self, part: &[u8]) {
        self.queue().push(part);
    }

    fn payload(&mut self, part: &[u8]) {
        self.queue().push(part);
    }

    fn end(&mut self) -> bool {
        self.queue().end();
        true
    }

    fn aborted(&mut self) {
        self.queue().abort();
    }
}

/// The queue of an inbox. The methods know the capacity as a length, so that they exist once for inboxes of all
/// capacities.
pub(super) struct Queue<Ring: ?Sized> {
    /// Where the oldest message begins.
    start: Cell<usize>,
    /// Bytes of whole messages.
    used: Cell<usize>,
    /// Bytes of the incoming message, which follow the whole ones.
    reassembly: Cell<usize>,
    ring: Ring,
}

impl<const N: usize> Queue<[Cell<u8>; N]> {
    pub(super) const fn new() -> Self {
        Self { start: Cell::new(0), used: Cell::new(0), reassembly: Cell::new(0), ring: [const { Cell::new(0) }; N] }
    }
}

impl Queue<[Cell<u8>]> {
    /// Bytes of whole messages.
    pub(super) fn used(&self) -> usize {
        self.used.get()
    }

    /// A message begins. What has come of one that did not end is forgotten.
    pub(super) fn begin(&self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        let free = self.ring.len().saturating_sub(self.used.get());
        let (Ok(topic), Ok(payload)) = (u16::try_from(topic_length), u16::try_from(payload_length)) else {
            return false;
        };
        if HEADER_BYTES + topic_length + payload_length > free {
            return false;
        }
        self.reassembly.set(0);
        let ([topic, topic_high], [payload, payload_high]) = (topic.to_le_bytes(), payload.to_le_bytes());
        self.push(&[client.number(), topic, topic_high, payload, payload_high]);
        true
    }

    /// Adds bytes to the incoming message.
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut place = self.start.get() + self.used.get() + self.reassembly.get();
        for &byte in bytes {
            if place >= self.ring.len() {
                place -= self.ring.len();
            }
            if let Some(cell) = self.ring.get(place) {
                cell.set(byte);
            }
            place += 1;
        }
        self.reassembly.set(self.reassembly.get() + bytes.len());
    }

    /// Forgets what has come of the incoming message behind this many bytes of topic and payload.
    #[cfg(feature = "shared")]
    pub(super) fn go_back(&self, received: usize) {
        self.reassembly.set(HEADER_BYTES + received);
    }

    /// The incoming message is whole.
    pub(super) fn end(&self) {
        self.used.set(self.used.get() + self.reassembly.replace(0));
    }

    /// The incoming message will not become whole.
    pub(super) fn abort(&self) {
        self.reassembly.set(0);
    }

    /// Takes the header of the oldest message out of the queue.
    pub(super) fn pop_header(&self) -> Option<Header> {
        if self.used.get() == 0 {
            return None;
        }
        let mut header = [0; HEADER_BYTES];
        self.pop(&mut header, HEADER_BYTES);
        let [client, topic, topic_high, payload, payload_high] = header;
        let client = ClientIndex::from_number(client.into()).unwrap_or(ClientIndex::First);
        let topic_length = usize::from(u16::from_le_bytes([topic, topic_high]));
        let length = topic_length + usize::from(u16::from_le_bytes([payload, payload_high]));
        Some(Header { client, topic_length, length })
    }

    /// Takes the oldest `count` bytes out of the queue, and copies those that fit into `bytes`.
    pub(super) fn pop(&self, bytes: &mut [u8], count: usize) {
        let mut start = self.start.get();
        for index in 0..count {
            if let (Some(place), Some(byte)) = (bytes.get_mut(index), self.ring.get(start)) {
                *place = byte.get();
            }
            start = if start + 1 < self.ring.len() { start + 1 } else { 0 };
        }
        self.start.set(start);
        self.used.set(self.used.get().saturating_sub(count));
    }
}

/// What is known of a message before its bytes are taken.
pub(crate) struct Header {
    client: ClientIndex,
    topic_length: usize,
    /// Of topic and payload together.
    pub(super) length: usize,
}

impl Header {
    /// The message of which `buffer` has the bytes, or the first of them.
    pub(super) fn message(self, buffer: &[u8]) -> Message<'_> {
        let Self { client, topic_length, length } = self;
        let bytes = buffer.get(..length).unwrap_or(buffer);
        let (topic, payload) = bytes.split_at_checked(topic_length).unwrap_or((bytes, &[]));
        Message { client, topic, payload, missing: length.saturating_sub(bytes.len()) }
    }
}

/// A message taken out of an [`Inbox`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'b> {
    client: ClientIndex,
    topic: &'b [u8],
    payload: &'b [u8],
    missing: usize,
}

impl<'b> Message<'b> {
    /// The client that received it.
    pub const fn client(&self) -> ClientIndex {
        self.client
    }

    /// Its topic. MQTT requires UTF-8; the module does not check it.
    pub const fn topic(&self) -> &'b [u8] {
        self.topic
    }

    /// Its topic as text, or `None` where it is not UTF-8, or was cut inside a character.
    pub fn topic_str(&self) -> Option<&'b str> {
        str::from_utf8(self.topic).ok()
    }

    /// Its payload.
    pub const fn payload(&self) -> &'b [u8] {
        self.payload
    }

    /// How many of its bytes did not fit into the buffer.
    pub const fn missing(&self) -> usize {
        self.missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive<const N: usize>(inbox: &Inbox<N>, topic: &[u8], payload: &[u8]) -> bool {
        let mut handler = inbox;
        let taken = handler.begin(ClientIndex::Second, topic.len(), payload.len());
        if taken {
            topic.chunks(3).for_each(|part| handler.topic(part));
            payload.chunks(7).for_each(|part| handler.payload(part));
            handler.end();
        }
        taken
    }

    #[test]
    fn messages_come_out_whole_and_in_order_however_often_the_ring_wraps() {
        let inbox = Inbox::<64>::new();
        let mut buffer = [0; 64];
        for round in 0..200_u8 {
            let payload = [round; 17];
            assert!(receive(&inbox, b"first", &payload));
            assert!(receive(&inbox, b"second", b""));
            let first = inbox.take(&mut buffer).unwrap();
            assert_eq!(
                (first.client(), first.topic(), first.payload()),
                (ClientIndex::Second, &b"first"[..], &payload[..])
            );
            let second = inbox.take(&mut buffer).unwrap();
            assert_eq!((second.topic(), second.payload()), (&b"second"[..], &b""[..]));
            assert!(inbox.is_empty());
        }
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused_and_a_smaller_one_still_gets_in() {
        let inbox = Inbox::<32>::new();
        assert!(!receive(&inbox, b"topic", &[0; 23]));
        assert!(receive(&inbox, b"topic", &[1; 10]));
        assert!(!receive(&inbox, b"topic", &[2; 3]), "12 bytes are free, 13 are needed");
        assert!(receive(&inbox, b"topic", &[3; 2]));
        let mut buffer = [0; 32];
        assert_eq!(inbox.take(&mut buffer).unwrap().payload(), [1; 10]);
        assert_eq!(inbox.take(&mut buffer).unwrap().payload(), [3; 2]);
        assert_eq!(inbox.take(&mut buffer), None);
    }

    #[test]
    fn a_message_of_exactly_the_capacity_fits() {
        let inbox = Inbox::<32>::new();
        assert!(receive(&inbox, b"topic", &[7; 22]));
        let mut buffer = [0; 32];
        assert_eq!(inbox.take(&mut buffer).unwrap().payload(), [7; 22]);
    }

    #[test]
    fn an_aborted_message_leaves_nothing_behind() {
        let inbox = Inbox::<32>::new();
        let mut handler = &inbox;
        assert!(handler.begin(ClientIndex::First, 5, 22));
        handler.topic(b"top");
        handler.aborted();
        assert!(inbox.is_empty());
        assert!(receive(&inbox, b"topic", &[7; 22]));
    }

    #[test]
    fn a_buffer_that_is_too_small_gets_the_beginning_and_the_number_of_missing_bytes() {
        let inbox = Inbox::<64>::new();
        assert!(receive(&inbox, b"topic", b"payload"));
        assert!(receive(&inbox, b"next", b"n"));
        let mut buffer = [0; 8];
        let cut = inbox.take(&mut buffer).unwrap();
        assert_eq!((cut.topic(), cut.payload(), cut.missing()), (&b"topic"[..], &b"pay"[..], 4));
        let next = inbox.take(&mut buffer).unwrap();
        assert_eq!((next.topic(), next.payload(), next.missing()), (&b"next"[..], &b"n"[..], 0));
        assert!(receive(&inbox, b"topic", b""));
        assert_eq!(inbox.take(&mut buffer[..2]).unwrap().topic(), b"to");
    }
}
