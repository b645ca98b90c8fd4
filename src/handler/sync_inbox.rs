//! The queue of whole messages for several threads.

use core::cell::Cell;
use core::fmt;

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::MessageHandler;
use super::inbox::{Inbox, Message};
use crate::command::ClientIndex;

/// How many bytes are copied in one critical section at most.
const PIECE_BYTES: usize = 64;

/// An [`Inbox`] that is `Sync`: the [`Modem`](crate::Modem) puts messages in on one thread or executor, the program takes
/// them out on another, or in an interrupt.
///
/// `Raw` is the mutex of embassy-sync, usually `CriticalSectionRawMutex`. It is locked for 64 bytes of a message at a time,
/// so interrupts are off for no longer than it takes to copy these. One `Modem` belongs to an inbox. A `static` holds it:
///
/// ```
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use simcom_mqtt::{ClientIndex, MessageHandler, SyncInbox};
///
/// static INBOX: SyncInbox<CriticalSectionRawMutex, 256> = SyncInbox::new();
///
/// let mut handler = &INBOX;
/// assert!(handler.begin(ClientIndex::First, 4, 2));
/// handler.topic(b"door");
/// handler.payload(b"on");
/// assert!(handler.end());
///
/// let taken = std::thread::spawn(|| {
///     let mut buffer = [0; 256];
///     INBOX.take(&mut buffer).is_some_and(|message| message.payload() == b"on")
/// });
/// assert!(taken.join().unwrap());
/// ```
pub struct SyncInbox<Raw, const N: usize> {
    shared: Mutex<Raw, Shared<N>>,
}

struct Shared<const N: usize> {
    inbox: Inbox<N>,
    /// Of a message that is being taken: how many bytes are still in the queue.
    left: Cell<usize>,
}

impl<Raw: RawMutex, const N: usize> SyncInbox<Raw, N> {
    /// An empty queue.
    pub const fn new() -> Self {
        Self { shared: Mutex::new(Shared { inbox: Inbox::new(), left: Cell::new(0) }) }
    }

    /// Whether the queue holds no whole message.
    pub fn is_empty(&self) -> bool {
        self.shared.lock(|shared| shared.inbox.used() == shared.left.get())
    }

    /// Takes the oldest message out of the queue and copies it into `buffer`, as [`Inbox::take`].
    ///
    /// One message is taken at a time: while another thread, or a task that an interrupt has interrupted, is about to take
    /// one, this returns `None`. Have one place that takes messages, or take until there is none.
    pub fn take<'b>(&self, buffer: &'b mut [u8]) -> Option<Message<'b>> {
        let header = self.shared.lock(|shared| {
            if shared.left.get() > 0 {
                return None;
            }
            let header = shared.inbox.pop_header()?;
            shared.left.set(header.length);
            Some(header)
        })?;
        let (mut left, mut room) = (header.length, &mut *buffer);
        while left > 0 {
            let count = left.min(PIECE_BYTES);
            left -= count;
            let (piece, rest) = room.split_at_mut(room.len().min(count));
            room = rest;
            self.shared.lock(|shared| {
                shared.inbox.pop(piece, count);
                shared.left.set(left);
            });
        }
        Some(header.message(buffer))
    }

    /// Adds bytes to the incoming message.
    fn push(&self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE_BYTES) {
            self.shared.lock(|shared| shared.inbox.push(piece));
        }
    }
}

impl<Raw: RawMutex, const N: usize> Default for SyncInbox<Raw, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Raw: RawMutex, const N: usize> fmt::Debug for SyncInbox<Raw, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncInbox").field("capacity", &N).field("is_empty", &self.is_empty()).finish_non_exhaustive()
    }
}

impl<Raw: RawMutex, const N: usize> MessageHandler for &SyncInbox<Raw, N> {
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        self.shared.lock(|shared| (&shared.inbox).begin(client, topic_length, payload_length))
    }

    fn topic(&mut self, part: &[u8]) {
        self.push(part);
    }

    fn payload(&mut self, part: &[u8]) {
        self.push(part);
    }

    fn end(&mut self) -> bool {
        self.shared.lock(|shared| (&shared.inbox).end())
    }

    fn aborted(&mut self) {
        self.shared.lock(|shared| (&shared.inbox).aborted());
    }
}
