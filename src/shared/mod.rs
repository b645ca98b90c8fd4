//! One module for many tasks.

mod attach;
#[cfg(feature = "outbox")]
mod drain;
mod queue;
mod run;
mod turn;

use core::cell::RefCell;
use core::fmt;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;
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
use queue::{Queue, Turn, Wants};
use turn::Place;

/// A [`Modem`] for several tasks, which it borrows.
///
/// Calls are made one after the other, in the order in which they came. One task [runs](Self::run) it: that receives
/// messages and events while no call is under way.
///
/// ```
/// use embassy_sync::blocking_mutex::raw::NoopRawMutex;
/// use embedded_io_async::{BufRead, Write};
/// use simcom_mqtt::command::network::Csq;
/// use simcom_mqtt::supervisor::{NoBringUp, Recovery, SubscriptionList, Supervisor};
/// use simcom_mqtt::{EmbassyTimer, Error, Family, Modem, RefuseAll, SharedModem};
///
/// async fn firmware<R: BufRead, T: Write>(receiver: R, transmitter: T) -> Result<(), Error> {
///     let mut modem = Modem::new(receiver, transmitter, EmbassyTimer, Family::A76xx, RefuseAll);
///     let module: SharedModem<'_, NoopRawMutex, _, _, _, _> = SharedModem::new();
///     let _ = module.give(&mut modem);
///
///     let mut supervisors: [Supervisor<'_, &SubscriptionList<&str, 1>>; 0] = [];
///     let mut recovery = Recovery::new(NoBringUp);
///     let signal = async {
///         loop {
///             let _rssi = module.execute(&Csq).await?;
///         }
///     };
///     tokio::select! {
///         ended = module.run(&mut supervisors, &mut recovery, |_event| {}) => ended,
///         ended = signal => ended,
///     }
/// }
/// ```
///
/// Tasks of an executor name a `static` of this type. The modem that it is [given](Self::give) is then borrowed for
/// `'static`: in a firmware, from a `StaticCell`.
///
/// ```
/// # use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// # use embedded_io_adapters::tokio_1::FromTokio;
/// # use simcom_mqtt::{EmbassyTimer, Family, Modem, RefuseAll, SharedModem};
/// # type Receiver = FromTokio<tokio::io::BufReader<tokio::io::DuplexStream>>;
/// # type Transmitter = FromTokio<tokio::io::DuplexStream>;
/// static MODULE: SharedModem<'_, CriticalSectionRawMutex, Receiver, Transmitter, EmbassyTimer, RefuseAll> =
///     SharedModem::new();
///
/// # fn start(receiver: Receiver, transmitter: Transmitter) {
/// let modem = Modem::new(receiver, transmitter, EmbassyTimer, Family::A76xx, RefuseAll);
/// let _ = MODULE.give(Box::leak(Box::new(modem)));
/// # }
/// ```
///
/// **An outcome does not hold the module.** A publish waits for the broker, which can take a minute; once the module
/// has accepted it, other tasks use the module. What waits meanwhile: every call of the same client; after START or
/// STOP, every command of MQTT; a CONNECT beside that of the other client; a read form whose answer looks like the
/// outcome. A module that refuses commands during an operation is found out, and not shared during operations from then
/// on.
///
/// **How long a call waits for its turn.** A command that the module does not answer keeps the module for its time:
/// 9 s, for `AT+CGACT` of a bring-up 60 s, for START 125 s (A7600, SIM7600) or 17 s. After it, up to 20 s show whether
/// the module answers at all. As long as it is not known whether a module shares, the first command beside an operation
/// that it does not answer is awaited until the operation has ended, which takes up to its timeout.
///
/// **Every call can be dropped**, for example in a `select` with a timeout, and leaves no other task waiting.
///
/// `N` calls can be under way or waiting at a time, of which one place is for [`run`](Self::run); one more fails with
/// [`Error::QueueFull`]. A place costs 24 bytes. A call whose future is kept and not polled keeps its turn, and all
/// other tasks waiting.
///
/// A module that answers nothing is found out once: when a call has found it silent, all that wait fail with
/// [`Error::NoAnswer`], and none of them takes its time.
///
/// Before a modem was [given](Self::give), every call waits.
pub struct SharedModem<'m, Raw: RawMutex, R, T, C, H, const N: usize = 8> {
    queue: Mutex<Raw, RefCell<Calls<'m, R, T, C, H, N>>>,
}

type Calls<'m, R, T, C, H, const N: usize> = Queue<&'m mut Modem<R, T, C, H>, N>;
type TurnOf<'m, R, T, C, H> = Turn<&'m mut Modem<R, T, C, H>>;
type Act<'a, 'm, R, T, C, H, const N: usize> = dyn FnMut(&mut Calls<'m, R, T, C, H, N>) + 'a;

impl<'m, Raw: RawMutex, R, T, C, H, const N: usize> SharedModem<'m, Raw, R, T, C, H, N> {
    /// Without a modem yet.
    pub const fn new() -> Self {
        Self { queue: Mutex::new(RefCell::new(Queue::new())) }
    }

    /// Does something with the queue, and then wakes those whose turn it is.
    #[inline(never)]
    fn with(&self, act: &mut Act<'_, 'm, R, T, C, H, N>) {
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
    fn poll(&self, place: usize, context: &Context<'_>) -> Poll<Option<TurnOf<'m, R, T, C, H>>> {
        let mut turn = None;
        self.with(&mut |queue| turn = queue.poll(place, context.waker()));
        turn.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Default for SharedModem<'_, Raw, R, T, C, H, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> fmt::Debug for SharedModem<'_, Raw, R, T, C, H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedModem").field("places", &N).finish_non_exhaustive()
    }
}

impl<'m, Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize>
    SharedModem<'m, Raw, R, T, C, H, N>
{
    /// Gives the modem that is to be shared, once. The calls that wait for it begin.
    ///
    /// # Errors
    ///
    /// Returns the modem if there is one already.
    pub fn give(&self, modem: &'m mut Modem<R, T, C, H>) -> Result<(), &'m mut Modem<R, T, C, H>> {
        let mut given = Some(modem);
        self.with(&mut |queue| queue.give(&mut given));
        given.map_or(Ok(()), Err)
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
        let mut place = Place::new(self);
        place.enter(*client.of(&[Wants::UpOfFirst, Wants::UpOfSecond]))?;
        place.turn().await;
        Ok(())
    }

    /// Whether the session of a client is up: connected, and subscribed to what its supervisor subscribes to.
    pub fn is_up(&self, client: ClientIndex) -> bool {
        let mut is_up = false;
        self.with(&mut |queue| is_up = queue.is_up(client));
        is_up
    }

    /// Connects a client to a broker, from any state: as [`Client::connect`](crate::Client::connect). A supervisor
    /// makes this unnecessary.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]. Otherwise the errors of [`Client::connect`](crate::Client::connect).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the next `connect` continues from the state that the
    /// module is in then.
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

    /// Ends both clients and the service, from any state: as [`Modem::shutdown`], but the modem stays. Other calls can
    /// begin again what this ends, so no other one should be under way.
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
    /// This method is cancel safe. If the future is dropped, the message may or may not be published, but never in
    /// part.
    pub async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error> {
        self.online(client)?;
        self.call(&mut PublishMessage::new(client, message)).await
    }

    /// Subscribes to a topic filter: as [`Client::subscribe`](crate::Client::subscribe). After the next connection,
    /// only the filters in the list of the supervisor are subscribed to again.
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
