//! One module for many tasks.

mod attach;
#[cfg(feature = "outbox")]
mod drain;
mod queue;
mod run;
mod turn;

use core::cell::RefCell;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::mutex::Mutex;
use embassy_sync::once_lock::OnceLock;
use embedded_io_async::{BufRead, Write};

use crate::client::Modem;
use crate::command::{ClientIndex, Command, QoS, Sub, Unsub};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::options::{ConnectOptions, Publish};
use crate::procedure::{
    Connect, Connection, DISCONNECT_TIMEOUT, Disconnect, Execute, PublishMessage, Shutdown, Single, Subscribe,
};
use crate::timer::Timer;
use queue::{Queue, Reply, Wants};
pub use turn::Guard;
use turn::{Held, Place};

/// A [`Modem`] for several tasks.
///
/// A `static` holds it, and each task calls it by its name. Calls are made one after the other, in the order in which they
/// came. One task [runs](Self::run) it: that receives messages and events while no call is under way.
///
/// **An outcome does not hold the module.** A publish waits for the broker, which can take a minute; once the module has
/// accepted it, other tasks use the module. What waits meanwhile: every call of the same client; after START or STOP, every
/// command of MQTT; a CONNECT beside that of the other client; a read form whose answer looks like the outcome. A module that
/// refuses commands during an operation is found out, and not shared during operations from then on.
///
/// **Every call can be dropped**, for example in a `select` with a timeout, and leaves no other task waiting.
///
/// `N` calls can be under way or waiting at a time, of which two places are for [`run`](Self::run); one more fails with
/// [`Error::QueueFull`]. A place costs 24 bytes. A call whose future is kept and not polled keeps its turn, and all other
/// tasks waiting.
///
/// A module that answers nothing is found out once: when a call has failed with [`Error::NoAnswer`], so do all that have
/// waited meanwhile, and none of them takes its time.
///
/// Before a modem was [given](Self::give), every call waits.
pub struct SharedModem<Raw: RawMutex, R, T, C, H, const N: usize = 8> {
    queue: blocking_mutex::Mutex<Raw, RefCell<Queue<N>>>,
    /// Locked by the one that the queue has let in, so never waited for.
    modem: OnceLock<Mutex<Raw, Held<R, T, C, H>>>,
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> SharedModem<Raw, R, T, C, H, N> {
    /// Without a modem yet.
    pub const fn new() -> Self {
        Self { queue: blocking_mutex::Mutex::new(RefCell::new(Queue::new())), modem: OnceLock::new() }
    }

    /// Does something with the queue, and then wakes those whose turn it is.
    #[inline(never)]
    fn queue(&self, act: &mut dyn FnMut(&mut Queue<N>)) {
        let mut act = Some(act);
        while let Some(waker) = self.queue.lock(|queue| {
            // Nothing in there calls back.
            let mut queue = queue.try_borrow_mut().ok()?;
            if let Some(act) = act.take() {
                act(&mut queue);
            }
            queue.next_to_wake()
        }) {
            waker.wake();
        }
    }

    /// Waits for what the waiter in this place wants.
    #[inline(never)]
    fn poll(&self, place: usize, context: &Context<'_>) -> Poll<Reply> {
        let mut reply = None;
        self.queue(&mut |queue| reply = queue.poll(place, context.waker()));
        reply.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Default for SharedModem<Raw, R, T, C, H, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> fmt::Debug for SharedModem<Raw, R, T, C, H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedModem").field("places", &N).finish_non_exhaustive()
    }
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> SharedModem<Raw, R, T, C, H, N> {
    /// Gives the modem that is to be shared, once. The calls that wait for it begin.
    ///
    /// # Errors
    ///
    /// Returns the modem if there is one already.
    #[expect(clippy::result_large_err, reason = "it is the modem itself that comes back")]
    pub fn give(&self, modem: Modem<R, T, C, H>) -> Result<(), Modem<R, T, C, H>> {
        if self.modem.is_set() {
            return Err(modem);
        }
        self.modem.get_or_init(|| Mutex::new(Held::new(modem)));
        self.queue(&mut Queue::give);
        Ok(())
    }

    /// Waits for the module, and keeps it for several calls in a row, or for one that is not a method of this.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]: as many calls as there are places wait already.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the place in the queue is left.
    pub async fn lock(&self) -> Result<Guard<'_, Raw, R, T, C, H, N>, Error> {
        Guard::new(self).await
    }

    /// Waits until the session of a client is up.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]: as many calls as there are places wait already.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    pub async fn wait_up(&self, client: ClientIndex) -> Result<(), Error> {
        let Some(place) = Place::enter(self, Wants::Up(client), false) else { return Err(Error::QueueFull) };
        poll_fn(|context| self.poll(place.index, context)).await;
        Ok(())
    }

    /// Whether the session of a client is up: connected, and subscribed to what its supervisor subscribes to.
    pub fn is_up(&self, client: ClientIndex) -> bool {
        let mut is_up = false;
        self.queue(&mut |queue| is_up = queue.is_up(client));
        is_up
    }

    /// Connects a client to a broker, from any state: as [`Client::connect`](crate::Client::connect). A supervisor makes this
    /// unnecessary.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]. Otherwise the errors of [`Client::connect`](crate::Client::connect).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the next `connect` continues from the state that the module is in
    /// then.
    pub async fn connect(&self, client: ClientIndex, options: &ConnectOptions<'_>) -> Result<Connection, Error> {
        let mut procedure = Connect::new(client, options);
        self.call(&mut procedure).await?;
        Ok(procedure.connection)
    }

    /// Disconnects from the broker: as [`Client::disconnect`](crate::Client::disconnect).
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]. Otherwise the errors of [`Client::disconnect`](crate::Client::disconnect).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the client may or may not be connected.
    pub async fn disconnect(&self, client: ClientIndex) -> Result<(), Error> {
        self.call(&mut Disconnect::new(client, DISCONNECT_TIMEOUT)).await
    }

    /// Ends both clients and the service, from any state: as [`Modem::shutdown`], but the modem stays. Other calls can begin
    /// again what this ends, so no other one should be under way.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]. Otherwise the errors of [`Modem::shutdown`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, a part may have ended.
    pub async fn shutdown(&self) -> Result<(), Error> {
        self.call(&mut Shutdown::new()).await
    }

    /// Publishes a message: as [`Client::publish`](crate::Client::publish).
    ///
    /// # Errors
    ///
    /// [`Error::Offline`]: the session is not up; nothing was sent. [`Error::QueueFull`]. Otherwise the errors of
    /// [`Client::publish`](crate::Client::publish).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the message may or may not be published, but never in part.
    pub async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error> {
        self.online(client)?;
        self.call(&mut PublishMessage::new(client, message)).await
    }

    /// Subscribes to a topic filter: as [`Client::subscribe`](crate::Client::subscribe). After the next connection, only the
    /// filters in the list of the supervisor are subscribed to again.
    ///
    /// # Errors
    ///
    /// [`Error::Offline`]: the session is not up; nothing was sent. [`Error::QueueFull`]. Otherwise the errors of
    /// [`Client::subscribe`](crate::Client::subscribe).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the subscription may or may not be made.
    pub async fn subscribe(&self, client: ClientIndex, filter: impl AsRef<[u8]>, qos: QoS) -> Result<(), Error> {
        self.online(client)?;
        self.call(&mut Subscribe::new(Sub { client, filter: filter.as_ref(), qos })).await
    }

    /// Ends the subscription to a topic filter: as [`Client::unsubscribe`](crate::Client::unsubscribe).
    ///
    /// # Errors
    ///
    /// The errors of [`subscribe`](Self::subscribe).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the subscription may or may not have ended.
    pub async fn unsubscribe(&self, client: ClientIndex, filter: impl AsRef<[u8]>) -> Result<(), Error> {
        self.online(client)?;
        self.call(&mut Single(Unsub { client, filter: filter.as_ref() })).await
    }

    /// Sends any command: as [`Modem::execute`].
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]. Otherwise the errors of [`Modem::execute`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the module may or may not have carried out the command.
    pub async fn execute<Q: Command + Sync>(&self, command: &Q) -> Result<Q::Response, Error>
    where
        Q::Response: Send,
    {
        let mut procedure = Execute::new(command);
        self.call(&mut procedure).await?;
        Ok(procedure.into_response())
    }

    fn online(&self, client: ClientIndex) -> Result<(), Error> {
        if self.is_up(client) { Ok(()) } else { Err(Error::Offline) }
    }
}
