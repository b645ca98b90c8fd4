//! A module on a UART.

use core::fmt;

use embedded_io_async::{BufRead, Read, Write};

use super::Client;
use super::drive::{self, NoSource};
use crate::command::{Ccertdele, Ccertdown, Ccertlist, ClientIndex, Command, Part};
use crate::error::Error;
use crate::family::{Family, Timeouts};
use crate::handler::MessageHandler;
use crate::procedure::{Detect, Execute, LastOptions, Listen, Shutdown, Store};
use crate::session::{Counters, Engine, Event, ServiceState};
use crate::timer::Timer;

/// A module on a UART.
///
/// `R` receives, `T` transmits: two halves, because bytes keep coming while a long payload goes out. `C` is the
/// [`Timer`], `H` takes the received messages, usually an `&`[`Inbox`](crate::Inbox).
///
/// Only one call is under way at a time, which the borrow checker sees to. Every call can be dropped at any point, in a
/// `select` with a timeout for example: what the module is still owed, or owes, is settled by the next call.
/// For that, [`BufRead::fill_buf`] of `R`, [`Write::write`] and [`Write::flush`] of `T` must be safe to drop as well: a
/// dropped `write` must not have sent anything, a dropped `fill_buf` must not have taken anything. The buffered UARTs of embassy-stm32,
/// embassy-nrf and embassy-rp are like that, and [`Buffered`](crate::transport::Buffered) over esp-hal's is.
///
/// Received messages, lost connections and restarts are noticed during any call; [`next_event`](Self::next_event) tells
/// of them, and waits for more.
pub struct Modem<'a, R, T, C, H> {
    pub(super) receiver: R,
    pub(super) transmitter: T,
    pub(crate) timer: C,
    pub(super) handler: H,
    pub(super) engine: Engine,
    pub(super) options: [LastOptions<'a>; 2],
}

impl<R, T, C: fmt::Debug, H: fmt::Debug> fmt::Debug for Modem<'_, R, T, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modem")
            .field("timer", &self.timer)
            .field("handler", &self.handler)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl<'a, R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<'a, R, T, C, H> {
    /// A driver for a module in whatever state it is. Nothing is sent before the first call.
    pub fn new(receiver: R, transmitter: T, timer: C, family: Family, handler: H) -> Self {
        Self { receiver, transmitter, timer, handler, engine: Engine::new(family), options: [None; 2] }
    }

    /// Waits for other times than the family's own.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.engine.session.timeouts = timeouts;
        self
    }

    /// One of the two MQTT clients of the module: a cheap view, to be made whenever it is needed.
    pub fn client(&mut self, index: ClientIndex) -> Client<'_, 'a, R, T, C, H> {
        Client::new(self, index)
    }

    /// The family given at construction.
    pub fn family(&self) -> Family {
        self.engine.session.family
    }

    /// The state of the MQTT service, as far as it is known.
    pub fn service_state(&self) -> ServiceState {
        self.engine.session.lifecycle.service
    }

    /// What has been passed over since construction.
    pub fn counters(&self) -> Counters {
        self.engine.session.events.counters()
    }

    /// The message handler given at construction.
    pub fn handler(&mut self) -> &mut H {
        &mut self.handler
    }

    /// The receiver and the transmitter, to set the speed of both behind [`Ipr`](crate::network::Ipr) for example. What
    /// arrives while it is done is the driver's: take nothing from the receiver.
    pub fn uart(&mut self) -> (&mut R, &mut T) {
        (&mut self.receiver, &mut self.transmitter)
    }

    /// Gives the UART back without a word to the module, which stays where it was brought: to one that has no power any
    /// more, [`shutdown`](Self::shutdown) would talk for seconds.
    pub fn into_uart(self) -> (R, T) {
        (self.receiver, self.transmitter)
    }

    /// Waits for the next event. Messages come before changes of state, and equal events are joined.
    ///
    /// It sends nothing, except to settle what a dropped call left behind. Dropping it loses nothing.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// # modem.client(ClientIndex::First).connect(&options).await?;
    /// # modem.client(ClientIndex::First).subscribe("device-7/cmd", QoS::AtMostOnce).await?;
    /// # modem.client(ClientIndex::First).publish(&Publish::new("device-7/cmd", b"on")).await?;
    /// let mut buffer = [0; 1024];
    /// if let Event::Message(_) = modem.next_event().await? {
    ///     while let Some(message) = inbox.take(&mut buffer) {
    ///         assert_eq!(message.payload(), b"on");
    ///     }
    /// }
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`] where the UART fails; [`Error::NoAnswer`] where settling does.
    pub async fn next_event(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.engine.session.events.take() {
                return Ok(event);
            }
            self.drive(&mut Listen, NoSource).await?;
        }
    }

    /// Sends any command of [`command`](crate::command), or one of your own, and gives its typed response.
    ///
    /// A command that does not fit the present state of service and clients is refused before a byte is sent. Where it
    /// changes that state, the driver takes note.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// let rssi = modem.execute(&command::Csq).await?;
    /// modem.execute(&command::Start).await?;
    /// # let _ = rssi;
    /// # Ok(()) });
    /// ```
    ///
    /// If it is dropped, the module may or may not have carried the command out.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`], see there.
    pub async fn execute<Q: Command>(&mut self, command: &Q) -> Result<Q::Response, Error> {
        let mut procedure = Execute::new(command);
        self.drive(&mut procedure, NoSource).await?;
        Ok(procedure.response)
    }

    /// Finds out of which family the module is: by its model (`AT+CGMM`), else by the ranges of its commands. From then on it
    /// is the family of this driver, with that family's timeouts; `None` leaves everything as it was.
    ///
    /// # Errors
    ///
    /// [`Error::NoAnswer`] where there is no module; whatever else a command can meet with.
    pub async fn detect_family(&mut self) -> Result<Option<Family>, Error> {
        let mut procedure = Detect::new();
        self.drive(&mut procedure, NoSource).await?;
        Ok(procedure.family)
    }

    /// Stores a certificate or key of 1-10240 bytes in the module, where it survives a restart (`AT+CCERTDOWN`). The name has
    /// 5-108 bytes with an extension, such as `ca.pem`; a file of the same name is replaced.
    ///
    /// `length` bytes are taken from `reader` (a `&[u8]` is one) and written in pieces of at most 3072 bytes, after each of
    /// which the transmitter is flushed.
    ///
    /// If it is dropped, the next call completes it with bytes that are no certificate: store it again.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// let certificate = b"-----BEGIN CERTIFICATE-----\n...";
    /// modem.store_certificate("ca.pem", certificate.len(), &mut &certificate[..]).await?;
    /// assert_eq!(modem.list_certificates(|_| {}).await?, 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a bad name or length: nothing was sent. [`Error::Source`] and [`Error::SourceEnded`] where the
    /// reader does not hold what was announced: store it again, what the module has got is not it.
    pub async fn store_certificate<S: Read>(&mut self, name: &str, length: usize, reader: &mut S) -> Result<(), Error> {
        let mut procedure = Store(Ccertdown::announced(name, length));
        self.drive(&mut procedure, drive::Reader::new(reader)).await
    }

    /// Tells the names of the certificates and keys in the module, in one or more parts each (`AT+CCERTLIST`); returns how
    /// many there are.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`], see there.
    pub async fn list_certificates(&mut self, name: impl Fn(Part<'_>)) -> Result<u16, Error> {
        Ok(self.execute(&Ccertlist::new(name)).await?.count())
    }

    /// Deletes a certificate or key from the module (`AT+CCERTDELE`).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where there is none of this name.
    pub async fn delete_certificate(&mut self, name: &str) -> Result<(), Error> {
        self.execute(&Ccertdele { name }).await
    }

    /// Ends both clients and the service (`AT+CMQTTDISC`, `AT+CMQTTREL`, `AT+CMQTTSTOP`), as far as they were begun, and
    /// gives the UART back.
    ///
    /// If it is dropped, the UART goes with it, and the module stays where it was brought.
    ///
    /// # Errors
    ///
    /// The last element tells whether the module was brought to an end; the UART comes back in any case.
    pub async fn shutdown(mut self) -> (R, T, Result<(), Error>) {
        let result = self.drive(&mut Shutdown::new(), NoSource).await;
        (self.receiver, self.transmitter, result)
    }
}
