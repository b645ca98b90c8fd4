//! The queue of whole messages for several threads.

use core::cell::Cell;
use core::fmt;
#[cfg(feature = "shared")]
use core::future::poll_fn;
#[cfg(feature = "shared")]
use core::task::{Context, Poll, Waker};

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::MessageHandler;
#[cfg(feature = "shared")]
use super::inbox::HEADER_BYTES;
use super::inbox::{Header, Message, Queue};
use crate::command::ClientIndex;

/// How many bytes are copied in one critical section at most.
pub(crate) const PIECE_BYTES: usize = 64;

/// An [`Inbox`](super::Inbox) that is `Sync`: the [`Modem`](crate::Modem) puts messages in on one thread or executor,
/// the program takes them out on another, or in an interrupt.
///
/// `Raw` is the mutex of embassy-sync, usually `CriticalSectionRawMutex`. It is locked for 64 bytes of a message at a
/// time, so interrupts are off for no longer than it takes to copy these. One `Modem` belongs to an inbox. A `static`
/// holds it:
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
    shared: Mutex<Raw, Shared<[Cell<u8>; N]>>,
}

impl<Raw: RawMutex, const N: usize> SyncInbox<Raw, N> {
    /// Whether any message fits.
    #[cfg(feature = "shared")]
    pub(crate) const HOLDS_MESSAGES: bool = N > HEADER_BYTES;

    /// An empty queue.
    pub const fn new() -> Self {
        Self {
            shared: Mutex::new(Shared {
                left: Cell::new(0),
                #[cfg(feature = "shared")]
                receiver: Cell::new(None),
                queue: Queue::new(),
            }),
        }
    }

    /// Whether the queue holds no whole message.
    pub fn is_empty(&self) -> bool {
        self.lock(|shared| shared.queue.used() == shared.left.get())
    }

    /// Takes the oldest message out of the queue and copies it into `buffer`, as [`Inbox::take`](super::Inbox::take).
    ///
    /// One message is taken at a time: while another thread, or a task that an interrupt has interrupted, is about to
    /// take one, this returns `None`. Have one place that takes messages, or take until there is none.
    pub fn take<'b>(&self, buffer: &'b mut [u8]) -> Option<Message<'b>> {
        let header = self.lock(Shared::begin_take)?;
        Some(self.any().finish_take(header, buffer))
    }

    /// Waits for a message, takes the oldest out of the queue and copies it into `buffer`, as [`take`](Self::take).
    ///
    /// The task sleeps until a [`Modem`](crate::Modem) or a [`Router`](crate::Router) has put in a whole message.
    ///
    /// One task receives from an inbox. Where two wait, the one polled last is woken. The other one waits until it is
    /// polled for another reason, for example a timeout. By that no message is lost or taken twice.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: a message leaves the queue only in the poll that returns it.
    #[cfg(feature = "shared")]
    pub async fn receive<'b>(&self, buffer: &'b mut [u8]) -> Message<'b> {
        let header = poll_fn(|context| self.any().poll_begin_take(context)).await;
        self.any().finish_take(header, buffer)
    }

    fn lock<O>(&self, action: impl FnOnce(&Shared<[Cell<u8>]>) -> O) -> O {
        self.shared.lock(|shared| action(shared))
    }

    /// Adds bytes to the incoming message.
    fn push(&self, part: &[u8]) {
        for piece in part.chunks(PIECE_BYTES) {
            self.lock(|shared| shared.queue.push(piece));
        }
    }

    fn any(&self) -> &dyn AnyInbox {
        self
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
        AnyInbox::begin(*self, client, topic_length, payload_length)
    }

    fn topic(&mut self, part: &[u8]) {
        SyncInbox::push(self, part);
    }

    fn payload(&mut self, part: &[u8]) {
        SyncInbox::push(self, part);
    }

    fn end(&mut self) -> bool {
        AnyInbox::end(*self).wake();
        true
    }

    fn aborted(&mut self) {
        self.lock(|shared| shared.queue.abort());
    }
}

/// What a [`SyncInbox`] keeps behind its mutex.
pub(crate) struct Shared<Ring: ?Sized> {
    /// Of a message that is being taken: how many bytes are still in the queue.
    left: Cell<usize>,
    /// Of the task that waits for a message.
    #[cfg(feature = "shared")]
    receiver: Cell<Option<Waker>>,
    queue: Queue<Ring>,
}

impl Shared<[Cell<u8>]> {
    /// The incoming message is whole. Returns the task to wake.
    fn end(&self) -> Receiver {
        self.queue.end();
        self.take_receiver()
    }

    /// Takes the header of the oldest message out of the queue, unless one is being taken.
    fn begin_take(&self) -> Option<Header> {
        if self.left.get() > 0 {
            return None;
        }
        let header = self.queue.pop_header()?;
        self.left.set(header.length);
        Some(header)
    }

    #[cfg(feature = "shared")]
    fn begin_take_or_wait(&self, waker: &mut Option<Waker>) -> Option<Header> {
        let header = self.begin_take();
        if header.is_none() {
            *waker = self.receiver.replace(waker.take());
        }
        header
    }

    fn take_piece(&self, piece: &mut [u8], count: usize, left: usize) -> Receiver {
        self.queue.pop(piece, count);
        self.left.set(left);
        // A task that has come meanwhile has found no message.
        if left == 0 { self.take_receiver() } else { Receiver::default() }
    }

    fn take_receiver(&self) -> Receiver {
        Receiver {
            #[cfg(feature = "shared")]
            waker: self.receiver.take(),
        }
    }
}

/// The task to wake, outside of the critical section.
#[derive(Default)]
pub(crate) struct Receiver {
    #[cfg(feature = "shared")]
    waker: Option<Waker>,
}

impl Receiver {
    pub(crate) fn wake(self) {
        #[cfg(feature = "shared")]
        if let Some(waker) = self.waker {
            waker.wake();
        }
    }
}

/// A [`SyncInbox`] of any capacity, behind any mutex. Each of these methods is a critical section; they exist for each
/// capacity, what calls them exists once.
pub(crate) trait AnyInbox {
    /// A message begins, as in [`MessageHandler::begin`].
    fn begin(&self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool;

    /// Adds bytes to the incoming message, [`PIECE_BYTES`] at most, behind the first `received` ones of topic and
    /// payload. Doing it again changes nothing.
    #[cfg(feature = "shared")]
    fn push_piece(&self, received: usize, piece: &[u8]);

    /// The incoming message is whole. Returns the task to wake.
    fn end(&self) -> Receiver;

    /// Takes the header of the oldest message out of the queue, or else leaves a waker, in the place of another one.
    #[cfg(feature = "shared")]
    fn begin_take_or_wait(&self, waker: &mut Option<Waker>) -> Option<Header>;

    /// Takes the next bytes of a message out of the queue, of which `left` stay there. Returns the task to wake.
    fn take_piece(&self, piece: &mut [u8], count: usize, left: usize) -> Receiver;
}

impl<Raw: RawMutex, const N: usize> AnyInbox for SyncInbox<Raw, N> {
    fn begin(&self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        self.lock(|shared| shared.queue.begin(client, topic_length, payload_length))
    }

    #[cfg(feature = "shared")]
    fn push_piece(&self, received: usize, piece: &[u8]) {
        self.lock(|shared| {
            shared.queue.go_back(received);
            shared.queue.push(piece);
        });
    }

    fn end(&self) -> Receiver {
        self.lock(Shared::end)
    }

    #[cfg(feature = "shared")]
    fn begin_take_or_wait(&self, waker: &mut Option<Waker>) -> Option<Header> {
        self.lock(|shared| shared.begin_take_or_wait(waker))
    }

    fn take_piece(&self, piece: &mut [u8], count: usize, left: usize) -> Receiver {
        self.lock(|shared| shared.take_piece(piece, count, left))
    }
}

impl dyn AnyInbox + '_ {
    /// Takes the header of the oldest message out of the queue, or has the task woken when there is one.
    #[cfg(feature = "shared")]
    #[inline(never)] // Each task that receives would have a copy.
    fn poll_begin_take(&self, context: &Context<'_>) -> Poll<Header> {
        // Cloned, and dropped where it was not needed or another one was, outside of the critical section.
        let mut waker = Some(context.waker().clone());
        self.begin_take_or_wait(&mut waker).map_or(Poll::Pending, Poll::Ready)
    }

    /// Copies the message behind the header into `buffer`.
    fn finish_take<'b>(&self, header: Header, buffer: &'b mut [u8]) -> Message<'b> {
        let (mut left, mut room) = (header.length, &mut *buffer);
        while left > 0 {
            let count = left.min(PIECE_BYTES);
            left -= count;
            let (piece, rest) = room.split_at_mut(room.len().min(count));
            room = rest;
            self.take_piece(piece, count, left).wake();
        }
        header.message(buffer)
    }
}
