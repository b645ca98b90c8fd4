//! A queue of messages to publish, for the time without a connection.

mod header;
mod policy;
mod publish_oldest;
mod store;

use core::fmt;
#[cfg(feature = "async")]
use core::future::poll_fn;
use core::marker::PhantomData;
#[cfg(feature = "async")]
use core::task::Poll;

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;

use crate::command::{ClientIndex, CommandWriter, Request, Topic};
use crate::error::InvalidInput;
use crate::family::Family;
use crate::options::Publish;
use crate::procedure::PublishStep;
use header::Header;
use store::{BLOCK_BYTES, Block, Chain, Room, Store};

pub use policy::{DropOldest, RefuseNew, WhenFull};
pub use publish_oldest::PublishOldest;

/// A bounded queue of whole messages in RAM, which [`Modem::drain`](crate::Modem::drain) publishes in their order.
///
/// [`push`](Self::push) never waits: any task pushes at any time, connected or not. A static outbox is shared by tasks,
/// threads and interrupts:
///
/// ```
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use simcom_mqtt::outbox::{DropOldest, Outbox};
/// use simcom_mqtt::{ClientIndex, Publish, QoS};
///
/// static OUTBOX: Outbox<CriticalSectionRawMutex, 64, DropOldest> = Outbox::new();
///
/// let reading = Publish::new("device-7/temperature", b"21.5").qos(QoS::AtLeastOnce);
/// OUTBOX.push(ClientIndex::First, &reading)?;
/// assert_eq!(OUTBOX.len(), 1);
/// # Ok::<(), simcom_mqtt::outbox::PushError>(())
/// ```
///
/// `Raw` is the mutex of embassy-sync, usually `CriticalSectionRawMutex`. It is locked for one block at a time, so
/// interrupts are off for no longer than it takes to copy 32 bytes. While a message is being sent, the mutex is free:
/// the message is read from the queue block by block, and no second buffer holds it.
///
/// Where a message does not fit, the new one is [refused](RefuseNew), or the oldest ones are [dropped](DropOldest).
///
/// # RAM
///
/// `N` blocks of 32 bytes, and about 50 bytes besides. A message takes the blocks that its topic, its payload and 8
/// bytes fill, at 30 bytes a block: [`blocks`](Self::blocks). All bytes of an empty outbox are zero, so a static one
/// takes no flash.
///
/// # What becomes of a message
///
/// | the publish | QoS 0 and 2 | QoS 1 | counted as |
/// |---|---|---|---|
/// | succeeded | gone | gone | [`delivered`](OutboxCounters::delivered) |
/// | failed, [not sent](crate::error::Delivery::NotSent) | stays | stays | |
/// | failed or was dropped, outcome [unknown](crate::error::Delivery::Unknown) | gone, never repeated | stays, repeated with the duplicate flag | [`unknown`](OutboxCounters::unknown) or [`repeated`](OutboxCounters::repeated) |
/// | refused for the fifth time: without a code, or where the [next step](crate::Error::next_step) is to correct the input | gone | gone | [`refused`](OutboxCounters::refused) |
///
/// So a message at QoS 1 arrives at least once, the others at most once, and what is missing is counted. The messages
/// of one client arrive in their order. A message waits for those before it, whatever their client: give each client an
/// outbox of its own.
///
/// A broker that ends the connection because of a message leaves its outcome unknown: at QoS 1 it is repeated without a
/// limit, since a broker that is out of order looks the same. [`discard_oldest`](Self::discard_oldest) drops it.
///
/// The queue is lost with the RAM. `examples/flash-queue` in the repository keeps messages in flash.
pub struct Outbox<Raw, const N: usize, F = RefuseNew> {
    store: Mutex<Raw, Store<[Block; N]>>,
    when_full: PhantomData<fn() -> F>,
}

/// What has become of messages. Every number stays at its highest value once it is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct OutboxCounters {
    /// Messages that were published.
    pub delivered: u32,
    /// Publishes at QoS 1 whose outcome was unknown, and which are repeated.
    pub repeated: u32,
    /// Messages at QoS 0 and 2 whose outcome was unknown. They are gone: they may have arrived or not.
    pub unknown: u32,
    /// Messages that the module has refused five times. They are gone.
    pub refused: u32,
    /// Messages that were dropped for newer ones, or discarded.
    pub dropped: u32,
}

/// Why a message was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PushError {
    /// No module of any family can publish it.
    Invalid(InvalidInput),
    /// It does not fit into the empty outbox.
    TooLarge,
    /// There is no room for it now. Of an outbox that [drops the oldest](DropOldest): even without them, since the
    /// message that is being sent stays.
    Full,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => write!(f, "{invalid}; it was not queued"),
            Self::TooLarge => f.write_str("the message is larger than the outbox"),
            Self::Full => f.write_str("the outbox is full"),
        }
    }
}

impl core::error::Error for PushError {}

/// The family that takes every message that any family takes. What the module at hand does not take, such as 5000 bytes
/// on SIM767x, is refused when its turn comes.
const LEAST_STRICT: Family = Family::A76xx;

impl<Raw: RawMutex, const N: usize, F: WhenFull> Outbox<Raw, N, F> {
    /// An empty queue. There are at most 32,767 blocks.
    pub const fn new() -> Self {
        const { assert!(N <= i16::MAX as usize, "an outbox has 32,767 blocks at most") };
        Self { store: Mutex::new(Store::new()), when_full: PhantomData }
    }

    /// How many blocks a message takes with a topic and a payload of these lengths.
    pub const fn blocks(topic_bytes: usize, payload_bytes: usize) -> usize {
        (Header::BYTES + topic_bytes + payload_bytes).div_ceil(BLOCK_BYTES)
    }

    /// Puts a message at the end of the queue. All of it is kept: client, topic, payload, quality of service, retain
    /// and duplicate flag, timeout. It does not wait.
    ///
    /// # Errors
    ///
    /// See [`PushError`]. The queue is as before.
    pub fn push(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), PushError> {
        let header = Header::new(client, message);
        let mut writer = CommandWriter::checking(LEAST_STRICT);
        Topic { client, topic: message.topic }.describe(&mut writer);
        header.describe(&mut writer, PublishStep::Begin);
        writer.checked().map_err(PushError::Invalid)?;
        if usize::from(header.blocks()) > N {
            return Err(PushError::TooLarge);
        }
        loop {
            match self.lock(|store| store.make_room(header.blocks(), F::DROPS_OLDEST)) {
                Room::Reserved => break,
                Room::Dropped => {}
                Room::Full => return Err(PushError::Full),
            }
        }
        let mut chain = Chain::EMPTY;
        self.append(&mut chain, header.bytes());
        self.append(&mut chain, message.topic);
        self.append(&mut chain, message.payload);
        #[cfg(not(feature = "async"))]
        self.lock(|store| store.commit(&chain, header.blocks()));
        #[cfg(feature = "async")]
        let waker = self.lock(|store| {
            store.commit(&chain, header.blocks());
            store.take_waker()
        });
        #[cfg(feature = "async")]
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    #[inline(never)]
    fn append(&self, chain: &mut Chain, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = self.lock(|store| store.append(chain, bytes));
        }
    }

    fn lock<O>(&self, change: impl FnOnce(&Store) -> O) -> O {
        self.store.lock(|store| change(store))
    }

    /// How many messages it holds, with the one that is being sent.
    pub fn len(&self) -> usize {
        self.lock(Store::len)
    }

    /// Whether it holds no message.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many blocks are in use.
    pub fn used_blocks(&self) -> usize {
        self.lock(Store::used)
    }

    /// What has become of the messages so far.
    pub fn counters(&self) -> OutboxCounters {
        self.lock(Store::counters)
    }

    /// Drops the oldest message that is not being sent, and counts it. Returns whether there was one.
    pub fn discard_oldest(&self) -> bool {
        self.lock(Store::drop_oldest)
    }

    /// Waits until there is a message. One task waits at a time: a second one takes the place of the first, which is
    /// not woken any more.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # use simcom_mqtt::outbox::*;
    /// # use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let outbox = Outbox::<CriticalSectionRawMutex, 8>::new();
    /// # outbox.push(ClientIndex::First, &Publish::new("device-7/state", b"on")).unwrap();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// # modem.client(ClientIndex::First).connect(&options).await?;
    /// outbox.not_empty().await;
    /// assert_eq!(modem.drain(&outbox).await?, 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    #[cfg(feature = "async")]
    pub async fn not_empty(&self) {
        poll_fn(|context| {
            self.lock(|store| {
                if store.len() > 0 {
                    return Poll::Ready(());
                }
                store.set_waker(context.waker());
                Poll::Pending
            })
        })
        .await;
    }
}

impl<Raw: RawMutex, const N: usize, F: WhenFull> Default for Outbox<Raw, N, F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Raw: RawMutex, const N: usize, F: WhenFull> fmt::Debug for Outbox<Raw, N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Outbox");
        debug.field("blocks", &N).field("used_blocks", &self.used_blocks()).field("len", &self.len());
        debug.field("counters", &self.counters()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
