//! Messages for several tasks: which inbox gets a message.

mod matching;
mod route;
#[cfg(test)]
mod tests;

use core::fmt;
use core::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

pub use self::matching::topic_matches;
pub use self::route::Route;
use self::route::{RouteProblem, count};
use crate::command::ClientIndex;
use crate::error::InvalidInput;
use crate::handler::{MessageHandler, PIECE_BYTES};

/// A message handler that distributes messages among inboxes, by their topics.
///
/// Every inbox with a matching [`Route`] gets the message, once. What no filter matches goes to the inboxes of
/// [`Route::unmatched`], and is [counted](Self::unmatched) where there is none. Each task awaits the messages of its
/// inbox with [`SyncInbox::receive`](crate::SyncInbox::receive):
///
/// ```
/// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use embedded_io_async::{BufRead, Write};
/// use simcom_mqtt::{
///     Broker, ClientIndex, ConnectOptions, Error, Family, Modem, Publish, QoS, Route, Router, SyncInbox, Timer,
/// };
///
/// static COMMANDS: SyncInbox<CriticalSectionRawMutex, 512> = SyncInbox::new();
/// static CLOCK: SyncInbox<CriticalSectionRawMutex, 64> = SyncInbox::new();
///
/// static ROUTES: [Route; 2] = [
///     Route::new("device-7/cmd/#", &COMMANDS),
///     Route::new("+/clock", &CLOCK).client(ClientIndex::First),
/// ];
/// static ROUTER: Router = match Router::new(&ROUTES) {
///     Ok(router) => router,
///     // While the program is compiled.
///     Err(_) => panic!("a route is invalid"),
/// };
///
/// async fn commands() {
///     let mut buffer = [0; 512];
///     let message = COMMANDS.receive(&mut buffer).await;
///     assert_eq!((message.topic(), message.payload()), (&b"device-7/cmd/pump"[..], &b"on"[..]));
/// }
///
/// async fn clock() {
///     let mut buffer = [0; 64];
///     assert_eq!(CLOCK.receive(&mut buffer).await.payload(), b"12:00");
/// }
///
/// async fn session(receiver: impl BufRead, transmitter: impl Write, timer: impl Timer) -> Result<(), Error> {
///     let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
///     let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &ROUTER);
///     let mut client = modem.client(ClientIndex::First);
///     client.connect(&options).await?;
///     client.subscribe_all(&[("device-7/cmd/#", QoS::AtLeastOnce), ("+/clock", QoS::AtMostOnce)]).await?;
/// #   client.publish(&Publish::new("device-7/cmd/pump", b"on")).await?;
/// #   client.publish(&Publish::new("home/clock", b"12:00")).await?;
///     loop {
///         modem.next_event().await?;
///     }
/// }
/// # module::on_simulated_module(async |receiver, transmitter, timer| {
/// #     let tasks = async { tokio::join!(commands(), clock()) };
/// #     tokio::select! { _ = tasks => Ok(()), ended = session(receiver, transmitter, timer) => ended }
/// # });
/// ```
///
/// A modem takes `&ROUTER`, or the `Router` itself. One `Modem` belongs to a router, and one router to its routes and
/// inboxes.
///
/// # What becomes of a message
///
/// A full inbox holds nothing up. The other matching inboxes get the message, and the route [counts](Route::refused)
/// it, as it does a message larger than its inbox. [`Event::Message`](crate::Event::Message) means that at least one
/// inbox took messages; [`Event::MessageRefused`](crate::Event::MessageRefused) means that none took these, because the
/// matching ones were full or no filter matched. To hear of every refusal, read the counters, or [their
/// sum](Self::refused). A message that breaks off reaches no inbox, and no counter of the router:
/// [`Event::MessageAborted`](crate::Event::MessageAborted) reports it.
///
/// The topic is matched byte by byte while it arrives, and is not stored for that. So room for a message is reserved in
/// every inbox that has some, until the message is whole. No other message could use that room meanwhile. From the
/// first part of the topic that does not match, an inbox gets no more of the message.
///
/// On a microcontroller of 32 bits, a router takes 16 bytes of RAM, each route 24, and each inbox its capacity and 24.
///
/// Lines that the driver does not know are dropped. To get them, put a router into a handler of your own that passes
/// the other calls on and implements [`unknown_line`](MessageHandler::unknown_line).
#[derive(Debug)]
pub struct Router<'a> {
    routes: &'a [Route<'a>],
    /// Bytes of topic and payload that have come of the incoming message.
    received: AtomicUsize,
    unmatched: AtomicU16,
}

impl<'a> Router<'a> {
    /// Distributes messages among the inboxes of these routes. In a `static`, an error stops the compiler.
    ///
    /// # Errors
    ///
    /// [`InvalidRoutes`]: there is no route, a filter is invalid, or no message fits into an inbox.
    pub const fn new(routes: &'a [Route<'a>]) -> Result<Self, InvalidRoutes> {
        if routes.is_empty() {
            return Err(InvalidRoutes::Empty);
        }
        let (mut index, mut rest) = (0, routes);
        while let Some((route, behind)) = rest.split_first() {
            match route.check() {
                Ok(()) => {}
                Err(RouteProblem::Filter(invalid)) => return Err(InvalidRoutes::Filter { index, invalid }),
                Err(RouteProblem::Inbox) => return Err(InvalidRoutes::Inbox { index }),
            }
            (index, rest) = (index + 1, behind);
        }
        Ok(Self { routes, received: AtomicUsize::new(0), unmatched: AtomicU16::new(0) })
    }

    /// The routes given at construction.
    pub const fn routes(&self) -> &'a [Route<'a>] {
        self.routes
    }

    /// How many messages no route had an inbox for. Stops at 65,535.
    pub fn unmatched(&self) -> u16 {
        self.unmatched.load(Ordering::Relaxed)
    }

    /// How many messages the routes had for inboxes without room: the sum of [`Route::refused`].
    pub fn refused(&self) -> u32 {
        self.routes.iter().map(|route| u32::from(route.refused())).sum()
    }

    fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    /// Adds a part of topic or payload to each inbox that takes the message.
    fn push(&self, part: &[u8]) {
        for piece in part.chunks(PIECE_BYTES) {
            for route in self.routes {
                // Where several routes have one inbox, it gets the piece several times, which is the same as once.
                route.push(self.received(), piece);
            }
            self.received.store(self.received() + piece.len(), Ordering::Relaxed);
        }
    }
}

impl MessageHandler for &Router<'_> {
    /// Always `true`: only the topic shows which route has a message for its inbox, and which one counts it.
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        for route in self.routes {
            // Where several routes have one inbox, the message begins there several times, which is the same as once.
            route.begin(client, topic_length, payload_length);
        }
        self.received.store(0, Ordering::Relaxed);
        true
    }

    fn topic(&mut self, part: &[u8]) {
        for route in self.routes {
            route.match_topic(self.received(), part);
        }
        self.push(part);
    }

    fn payload(&mut self, part: &[u8]) {
        self.push(part);
    }

    // What an inbox has of a message that is aborted, or that does not match, it forgets when the next one begins. That
    // takes no room from any other message, so there is nothing to do earlier.

    /// Whether at least one inbox took the message.
    fn end(&mut self) -> bool {
        let (mut is_matched, mut is_taken) = (false, false);
        for by_filter in [true, false] {
            for route in self.routes.iter().filter(|route| route.matches(by_filter)) {
                is_matched = true;
                is_taken |= route.end();
            }
            if is_matched {
                return is_taken;
            }
        }
        count(&self.unmatched);
        false
    }
}

impl MessageHandler for Router<'_> {
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        (&mut &*self).begin(client, topic_length, payload_length)
    }

    fn topic(&mut self, part: &[u8]) {
        (&mut &*self).topic(part);
    }

    fn payload(&mut self, part: &[u8]) {
        (&mut &*self).payload(part);
    }

    fn end(&mut self) -> bool {
        (&mut &*self).end()
    }
}

/// Why routes cannot become a [`Router`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InvalidRoutes {
    /// There are none.
    Empty,
    /// A topic filter is invalid.
    Filter {
        /// The place of the route, 0 the first.
        index: usize,
        /// What is wrong with the filter.
        invalid: InvalidInput,
    },
    /// No message fits into an inbox: it has 5 bytes or less.
    Inbox {
        /// The place of the route, 0 the first.
        index: usize,
    },
}

impl fmt::Display for InvalidRoutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there are no routes"),
            Self::Filter { index, invalid } => write!(f, "route {index}: {invalid}"),
            Self::Inbox { index } => write!(f, "route {index}: no message fits into its inbox"),
        }
    }
}

/// The message of an error holds that of its source.
impl core::error::Error for InvalidRoutes {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Filter { invalid, .. } => Some(invalid),
            Self::Empty | Self::Inbox { .. } => None,
        }
    }
}
