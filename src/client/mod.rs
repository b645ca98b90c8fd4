//! The async client: it moves bytes and time between a UART and the sans-I/O core, and knows nothing of the protocol.

pub(crate) mod drive;

use core::fmt;

use embedded_io_async::{BufRead, Read, Write};

use crate::command::{Ccertdele, Ccertdown, Ccertlist, ClientIndex, Command, Disc, Part, QoS, Sub, Unsub};
use crate::error::Error;
use crate::family::{Family, Timeouts};
use crate::handler::MessageHandler;
use crate::options::{ConnectOptions, Publish};
use crate::procedure::{
    Connect, Connection, DISCONNECT_TIMEOUT, Detect, Execute, LastOptions, Listen, PublishMessage, Shutdown, Single,
    Store, SubscribeAll,
};
use crate::session::{ClientState, Counters, Engine, Event, Procedure, ServiceState};
use crate::timer::Timer;
use drive::NoSource;

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
    receiver: R,
    transmitter: T,
    pub(crate) timer: C,
    handler: H,
    engine: Engine,
    options: [LastOptions<'a>; 2],
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
        Client { modem: self, index }
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
    /// [`Error::Receive`] and [`Error::Transmit`] where the UART fails; [`Error::NoAnswer`] and
    /// [`Error::ModemRestarted`] where settling does.
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

/// One of the two MQTT clients of a [`Modem`].
pub struct Client<'m, 'a, R, T, C, H> {
    modem: &'m mut Modem<'a, R, T, C, H>,
    index: ClientIndex,
}

impl<R, T, C: fmt::Debug, H: fmt::Debug> fmt::Debug for Client<'_, '_, R, T, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("modem", &self.modem).field("index", &self.index).finish()
    }
}

impl<'a, R: BufRead, T: Write, C: Timer, H: MessageHandler> Client<'_, 'a, R, T, C, H> {
    /// The state of this client, as far as it is known.
    pub fn state(&self) -> ClientState {
        self.modem.engine.session.lifecycle.client(self.index).state
    }

    /// Connects to a broker, from any state.
    ///
    /// Sends, as far as they are needed: `AT`, `ATE0`, `AT+CMQTTACCQ?`, `AT+CMQTTSTART`, `AT+CMQTTDISC?`,
    /// `AT+CMQTTCONNECT?`, `AT+CMQTTACCQ`, `AT+CMQTTCFG`, `AT+CMQTTWILLTOPIC`, `AT+CMQTTWILLMSG`, `AT+CMQTTCONNECT`.
    /// A module that outlived a reset of the microcontroller may be connected still: then the connection is adopted
    /// where client id and address are the ones asked for. Whatever else is left is disconnected and released; so is a
    /// connection with other options than these.
    ///
    /// The options are borrowed until the modem is done, because [`reconnect`](Self::reconnect) uses them again.
    ///
    /// If it is dropped, the next `connect` goes on from wherever the module is then.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// let mut client = modem.client(ClientIndex::First);
    /// assert_eq!(client.connect(&options).await?, Connection::Opened);
    /// // Nothing has happened to it: it is not opened again.
    /// assert_eq!(client.connect(&options).await?, Connection::Adopted);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] before anything is sent. [`Error::Refused`] names the command and the code, usually of
    /// `AT+CMQTTCONNECT`; the codes of `AT+CMQTTSTART` are about the network. After any error, `connect` can be called
    /// again.
    pub async fn connect(&mut self, options: &'a ConnectOptions<'a>) -> Result<Connection, Error> {
        let Modem { engine, options: remembered, .. } = &mut *self.modem;
        let last = self.index.of_mut(remembered).replace(options);
        let mut procedure = Connect::new(self.index, options, last, &mut engine.session);
        let result = self.drive(&mut procedure).await;
        if let Err(Error::Invalid(_)) = result {
            *self.index.of_mut(&mut self.modem.options) = last;
        }
        result.map(|()| procedure.connection)
    }

    /// Connects again with the options of the last [`connect`](Self::connect).
    ///
    /// After a lost connection this is no more than `AT+CMQTTCONNECT`.
    ///
    /// # Errors
    ///
    /// [`Illegal::NeverConnected`](crate::error::Illegal::NeverConnected) where there was no `connect`; else those of `connect`.
    pub async fn reconnect(&mut self) -> Result<Connection, Error> {
        let Modem { engine, options: remembered, .. } = &mut *self.modem;
        let mut procedure = Connect::again(self.index, *self.index.of(remembered), &mut engine.session)?;
        self.drive(&mut procedure).await?;
        Ok(procedure.connection)
    }

    /// Subscribes to a topic filter of 1-1024 bytes (`AT+CMQTTSUB`, the direct form), and returns when the broker has
    /// granted it. The module does not tell which quality of service was granted.
    ///
    /// If it is dropped, the subscription may or may not come about: subscribe or unsubscribe to be sure. A filter of
    /// which no byte was sent yet does not come about.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// # modem.client(ClientIndex::First).connect(&options).await?;
    /// modem.client(ClientIndex::First).subscribe("device-7/cmd/#", QoS::AtLeastOnce).await?;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a bad filter, [`Error::Illegal`] where the client is not connected: nothing was sent.
    /// [`Error::Refused`] with the code; 6, 11 and 16 mean that the connection is gone.
    pub async fn subscribe(&mut self, filter: &str, qos: QoS) -> Result<(), Error> {
        self.drive(&mut Single(Sub { client: self.index, filter, qos })).await
    }

    /// Subscribes to several topic filters: staged one by one and sent together (`AT+CMQTTSUBTOPIC`, `AT+CMQTTSUB`), or, on a
    /// family that cannot (SIM767x), or where a dropped call may have left a filter staged, one after the other.
    ///
    /// If it is dropped, some of the subscriptions may have come about.
    ///
    /// # Errors
    ///
    /// Those of [`subscribe`](Self::subscribe). Where one by one, those before the one that failed have come about.
    pub async fn subscribe_all(&mut self, filters: &[(&str, QoS)]) -> Result<(), Error> {
        let family = self.modem.engine.session.family;
        self.drive(&mut SubscribeAll::new(self.index, filters, family)).await
    }

    /// Ends the subscription to a topic filter (`AT+CMQTTUNSUB`, the direct form).
    ///
    /// If it is dropped, the subscription may or may not have ended.
    ///
    /// # Errors
    ///
    /// Those of [`subscribe`](Self::subscribe).
    pub async fn unsubscribe(&mut self, filter: &str) -> Result<(), Error> {
        self.drive(&mut Single(Unsub { client: self.index, filter })).await
    }

    /// Publishes a message (`AT+CMQTTTOPIC`, `AT+CMQTTPAYLOAD`, `AT+CMQTTPUB`), and returns when its quality of service
    /// is satisfied: with 1 and 2, when the broker has it.
    ///
    /// If it is dropped, the message may or may not be published, but never in part.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// # modem.client(ClientIndex::First).connect(&options).await?;
    /// let message = Publish::new("device-7/state", b"on").qos(QoS::AtLeastOnce).retained(true);
    /// modem.client(ClientIndex::First).publish(&message).await?;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a bad topic, payload or timeout, [`Error::Illegal`] where the client is not connected:
    /// nothing was sent. [`Error::Refused`] with the code: not published. [`Error::OutcomeUnknown`]: perhaps published;
    /// repeat it with [`duplicate`](Publish::duplicate) if it may arrive twice.
    pub async fn publish(&mut self, message: &Publish<'_>) -> Result<(), Error> {
        self.drive(&mut PublishMessage::new(self.index, message)).await
    }

    /// Publishes `length` bytes of a reader, which take the place of the message's payload: no buffer holds more than 32
    /// of them.
    ///
    /// If it is dropped, the message is not published unless all of it had gone to the module; what was read is gone.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// # modem.client(ClientIndex::First).connect(&options).await?;
    /// let mut log = &[b'x'; 5000][..];
    /// let message = Publish::new("device-7/log", b"").qos(QoS::AtLeastOnce);
    /// modem.client(ClientIndex::First).publish_from(&message, 5000, &mut log).await?;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish); [`Error::Source`] and [`Error::SourceEnded`] where the reader does not hold
    /// what was announced: then nothing is published.
    pub async fn publish_from<S: Read>(
        &mut self,
        message: &Publish<'_>,
        length: usize,
        reader: &mut S,
    ) -> Result<(), Error> {
        let mut procedure = PublishMessage::announced(self.index, message, length);
        self.modem.drive(&mut procedure, drive::Reader::new(reader)).await
    }

    /// Disconnects from the broker (`AT+CMQTTDISC`); the client stays acquired, and can
    /// [`reconnect`](Self::reconnect).
    ///
    /// If it is dropped, the client may or may not be connected: `connect` finds out.
    ///
    /// # Errors
    ///
    /// [`Error::Illegal`] where it is not connected; [`Error::Refused`] with the code.
    pub async fn disconnect(&mut self) -> Result<(), Error> {
        self.drive(&mut Single(Disc { client: self.index, timeout: DISCONNECT_TIMEOUT })).await
    }

    fn drive(&mut self, procedure: &mut dyn Procedure) -> impl Future<Output = Result<(), Error>> {
        self.modem.drive(procedure, NoSource)
    }
}
