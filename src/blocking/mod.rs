//! The client without async: the same calls as [`crate::Modem`] and [`crate::Client`], for firmware without an executor.
//!
//! ```no_run
//! use core::ops::ControlFlow;
//! use embedded_io::{Read, ReadReady, Write};
//! use simcom_mqtt::blocking::Modem;
//! use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Error, Family, Inbox, Publish, Timer};
//!
//! fn report(receiver: impl Read + ReadReady, transmitter: impl Write, timer: impl Timer) -> Result<(), Error> {
//!     let inbox = Inbox::<1024>::new();
//!     let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
//!     let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox).with_idle(|| {
//!         // Feed the watchdog here.
//!         ControlFlow::Continue(())
//!     });
//!     let mut client = modem.client(ClientIndex::First);
//!     client.connect(&options)?;
//!     client.publish(&Publish::new("device-7/state", b"on"))
//! }
//! ```

pub(crate) mod drive;

use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;

#[cfg(feature = "outbox")]
use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io::{Read, ReadReady, Write};

use crate::command::{Ccertdele, Ccertdown, ClientIndex, Command, Part, QoS, Request, Sub, Unsub};
use crate::error::Error;
use crate::family::{Family, Timeouts};
use crate::handler::MessageHandler;
use crate::options::{ConnectOptions, Publish};
#[cfg(feature = "outbox")]
use crate::outbox::{Outbox, PublishOldest, WhenFull};
use crate::procedure::{
    Connect, Connection, DISCONNECT_TIMEOUT, Detect, Disconnect, Execute, ListCertificates, Listen, ListenUntil,
    PublishMessage, Shutdown, Single, Store, Subscribe, SubscribeAll,
};
use crate::session::{ClientState, Counters, Event, Procedure, ServiceState};
use crate::skipped::SkippedSettings;
use crate::timer::Timer;
use crate::tls::Tls;
use crate::tls::search::Search;
use drive::{NoSource, Port};

/// A module on a UART, without async.
///
/// `R` receives, `T` transmits, `C` is the clock, `H` takes the received messages, usually an
/// `&`[`Inbox`](crate::Inbox). While a call waits, it calls the idle hook `I` repeatedly.
///
/// `R` must not lose bytes between two reads: use a UART with an interrupt-fed ring buffer, or RTS/CTS. The hook must
/// return before that buffer is full.
///
/// Received messages, lost connections and restarts are noticed during any call. [`next_event`](Self::next_event)
/// reports them, and waits for more.
pub struct Modem<R, T, C, H, I = fn() -> ControlFlow<()>> {
    pub(crate) port: Port<R, T, C, H, I>,
    /// A PIN was sent, and its acceptance was not seen: it is not sent again before the card is unlocked.
    pub(crate) pin_unconfirmed: bool,
}

impl<R, T, C: fmt::Debug, H: fmt::Debug, I> fmt::Debug for Modem<R, T, C, H, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modem")
            .field("timer", &self.port.timer)
            .field("handler", &self.port.handler)
            .field("engine", &self.port.engine)
            .finish_non_exhaustive()
    }
}

impl<R, T, C, H> Modem<R, T, C, H> {
    /// A driver for a module in any state. Nothing is sent before the first call.
    pub fn new(receiver: R, transmitter: T, timer: C, family: Family, handler: H) -> Self {
        let idle: fn() -> ControlFlow<()> = || ControlFlow::Continue(());
        Self { port: Port::new(receiver, transmitter, timer, family, handler, idle), pin_unconfirmed: false }
    }
}

impl<R, T, C, H, I> Modem<R, T, C, H, I> {
    /// Calls `idle` repeatedly while a call waits: to feed a watchdog, or to sleep until the next interrupt. `Break`
    /// aborts the call, which fails with [`Error::Aborted`]; the next call resyncs with the module first.
    #[must_use]
    pub fn with_idle<J: FnMut() -> ControlFlow<()>>(self, idle: J) -> Modem<R, T, C, H, J> {
        let Self { port: Port { receiver, transmitter, timer, handler, engine, .. }, pin_unconfirmed } = self;
        Modem { port: Port { receiver, transmitter, timer, handler, idle, engine }, pin_unconfirmed }
    }

    /// Replaces the timeouts of the family.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.port.engine.session.timeouts = timeouts;
        self
    }

    /// The receiver and the transmitter, as [`crate::Modem::uart`].
    pub fn uart(&mut self) -> (&mut R, &mut T) {
        (&mut self.port.receiver, &mut self.port.transmitter)
    }

    /// Returns the UART and sends nothing, as [`crate::Modem::into_uart`].
    pub fn into_uart(self) -> (R, T) {
        (self.port.receiver, self.port.transmitter)
    }

    /// The family given at construction.
    pub fn family(&self) -> Family {
        self.port.engine.session.family
    }

    /// The state of the MQTT service, where the driver knows it.
    pub fn service_state(&self) -> ServiceState {
        self.port.engine.session.lifecycle.service
    }

    /// Counts of what was ignored or lost since construction.
    pub fn counters(&self) -> Counters {
        self.port.engine.session.events.counters()
    }

    /// The message handler given at construction.
    pub fn handler(&mut self) -> &mut H {
        &mut self.port.handler
    }

    /// One of the two MQTT clients of the module: a cheap view, made whenever it is needed.
    pub fn client(&mut self, index: ClientIndex) -> Client<'_, R, T, C, H, I> {
        Client { modem: self, index }
    }
}

impl<R, T, C, H, I> Modem<R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Waits for the next event. Messages come before changes of state, and equal events are joined. It sends nothing,
    /// except to resync after an aborted call.
    ///
    /// # Errors
    ///
    /// [`Error::Aborted`]: the idle hook aborted the call. [`Error::Receive`] and [`Error::Transmit`]: the UART failed.
    /// [`Error::NoAnswer`]: the module did not answer during a resync.
    pub fn next_event(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.port.engine.session.events.take() {
                return Ok(event);
            }
            self.port.drive(&mut Listen, &mut NoSource)?;
        }
    }

    /// As [`next_event`](Self::next_event), until the `deadline` on the modem's clock at most; then `None`. After an
    /// aborted call, the resync comes first, whatever time it takes. So does a query after lost bytes.
    ///
    /// # Errors
    ///
    /// The errors of [`next_event`](Self::next_event).
    pub fn next_event_until(&mut self, deadline: Duration) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.port.engine.session.events.take() {
                return Ok(Some(event));
            }
            let (mut procedure, is_far) = ListenUntil::new(self.now(), deadline);
            self.port.drive(&mut procedure, &mut NoSource)?;
            if !is_far {
                return Ok(self.port.engine.session.events.take());
            }
        }
    }

    /// The time of the clock given at construction, on which deadlines are.
    pub fn now(&self) -> Duration {
        self.port.timer.now()
    }

    /// Takes what has arrived, and returns the next event if there is one. It does not wait: for a superloop.
    ///
    /// # Errors
    ///
    /// The errors of [`next_event`](Self::next_event), except `Aborted`.
    pub fn poll_event(&mut self) -> Result<Option<Event>, Error> {
        while self.port.take(&mut Listen)? {}
        self.port.engine.input_is_drained();
        self.port.expire_if_due();
        Ok(self.port.engine.session.events.take())
    }

    /// Sends any command of [`command`](crate::command), or one of your own, and returns its typed response.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`], see there.
    pub fn execute<Q: Command>(&mut self, command: &Q) -> Result<Q::Response, Error> {
        let mut procedure = Execute::new(command);
        self.port.drive(&mut procedure, &mut NoSource)?;
        Ok(procedure.response)
    }

    /// Detects the family of the module: by its model (`AT+CGMM`), or by the ranges of its commands where the model is
    /// unknown. The driver then uses that family, and its timeouts unless you set your own. `None` changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NoAnswer`]: there is no module. Otherwise the errors of [`execute`](Self::execute).
    pub fn detect_family(&mut self) -> Result<Option<Family>, Error> {
        let mut procedure = Detect::new();
        self.port.drive(&mut procedure, &mut NoSource)?;
        Ok(procedure.family)
    }

    /// Stores a certificate or key of 1-10240 bytes in the module, where it survives a restart (`AT+CCERTDOWN`). The
    /// name has 5-108 bytes with an extension, such as `ca.pem`. A file of the same name is replaced.
    ///
    /// `length` bytes are taken from `reader` (a `&[u8]` is one) and written in pieces of at most 3072 bytes. The
    /// transmitter is flushed after each piece. A reader that waits holds everything up, as in
    /// [`publish_from`](Client::publish_from).
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: name or length is wrong; nothing was sent. [`Error::Source`] and [`Error::SourceEnded`]: the
    /// reader did not deliver the announced bytes; the file in the module is not valid, store it again.
    pub fn store_certificate<S: Read>(&mut self, name: &str, length: usize, reader: &mut S) -> Result<(), Error> {
        let mut procedure = Store(Ccertdown::announced(name, length));
        self.port.drive(&mut procedure, &mut drive::Reader(reader))
    }

    /// Stores a certificate or key as [`store_certificate`](Self::store_certificate), on firmware too that does not replace
    /// a file: deletes the old one, stores, and looks for the name in the list (`AT+CCERTDELE`, `AT+CCERTDOWN`,
    /// `AT+CCERTLIST`).
    ///
    /// # Errors
    ///
    /// The errors of [`store_certificate`](Self::store_certificate). [`Error::CertificateMissing`]: the module has accepted
    /// the file, and does not list it.
    pub fn replace_certificate<S: Read>(&mut self, name: &str, length: usize, reader: &mut S) -> Result<(), Error> {
        let store: &dyn Request = &Ccertdown::announced(name, length);
        store.check(self.family())?;
        match self.delete_certificate(name) {
            // There was no such file.
            Ok(()) | Err(Error::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        self.store_certificate(name, length, reader)?;
        let mut search = Search::stored(name);
        self.list_certificates(|part| search.part(part))?;
        search.result()
    }

    /// Looks for the files that `tls` names in the module's list (`AT+CCERTLIST`), since `connect` succeeds or fails with a
    /// bare 33 or 34 where one is missing. Files of [`extra`](Tls::extra) settings are not looked for.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateMissing`]: names the setting whose file is missing.
    pub fn check_certificates(&mut self, tls: &Tls<'_>) -> Result<(), Error> {
        let mut search = Search::of(tls);
        self.list_certificates(|part| search.part(part))?;
        search.result()
    }

    /// Passes the names of the certificates and keys in the module to `name`, each in one or more parts
    /// (`AT+CCERTLIST`). Returns how many there are.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`], see there.
    pub fn list_certificates(&mut self, name: impl FnMut(Part<'_>)) -> Result<u16, Error> {
        let mut procedure = ListCertificates::new(name);
        self.port.drive(&mut procedure, &mut NoSource)?;
        Ok(procedure.listed.count())
    }

    /// Deletes a certificate or key from the module (`AT+CCERTDELE`).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`]: there is no file of this name.
    pub fn delete_certificate(&mut self, name: &str) -> Result<(), Error> {
        self.execute(&Ccertdele { name })
    }

    /// Publishes the messages of an [`Outbox`](crate::outbox::Outbox), the oldest one first, each to its client. Returns how
    /// many when there are no more of those that were queued at the beginning, or with the first failure. Each message is
    /// read from the queue while it goes out.
    ///
    /// [What becomes of a message](crate::outbox::Outbox#what-becomes-of-a-message) that has failed: see there. After a
    /// failure, do what its [next step](Error::next_step) says, then drain again.
    ///
    /// # Errors
    ///
    /// The errors of [`publish`](Client::publish).
    #[cfg(feature = "outbox")]
    pub fn drain<Raw: RawMutex, const N: usize, F: WhenFull>(
        &mut self,
        outbox: &Outbox<Raw, N, F>,
    ) -> Result<usize, Error> {
        let mut published = 0;
        for _ in 0..outbox.len() {
            let Some(mut oldest) = PublishOldest::new(outbox) else { break };
            let result = self.port.drive(&mut oldest, &mut NoSource);
            oldest.finish(result)?;
            published += 1;
        }
        Ok(published)
    }

    /// Ends both clients and the service where they are active (`AT+CMQTTDISC`, `AT+CMQTTREL`, `AT+CMQTTSTOP`), and
    /// returns the UART.
    ///
    /// # Errors
    ///
    /// The last element says whether clients and service have ended. The UART is returned in any case.
    pub fn shutdown(mut self) -> (R, T, Result<(), Error>) {
        let result = self.port.drive(&mut Shutdown::new(), &mut NoSource);
        (self.port.receiver, self.port.transmitter, result)
    }
}

/// One of the two MQTT clients of a [`Modem`].
///
/// # Longest times
///
/// As those of [`crate::Client`](crate::Client#longest-times). The time that the idle hook, the transmitter or a reader
/// spends is added. What [the module is busy with after an adoption](crate::Client#after-an-adoption) is waited for as there.
pub struct Client<'m, R, T, C, H, I = fn() -> ControlFlow<()>> {
    modem: &'m mut Modem<R, T, C, H, I>,
    index: ClientIndex,
}

impl<R, T, C: fmt::Debug, H: fmt::Debug, I> fmt::Debug for Client<'_, R, T, C, H, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("modem", &self.modem).field("index", &self.index).finish()
    }
}

impl<R, T, C, H, I> Client<'_, R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// What the module's firmware has refused of the defaults of [`connect`](Self::connect), for either client, since the
    /// module's last restart: settings that were not asked for, and without which the connection was opened.
    pub fn skipped_settings(&self) -> SkippedSettings {
        self.modem.port.engine.skipped_settings()
    }

    /// The state of this client, where the driver knows it.
    pub fn state(&self) -> ClientState {
        self.modem.port.engine.session.lifecycle.client(self.index).state
    }

    /// Connects to a broker, from any state: a fresh module, or one that was already running when the microcontroller
    /// was reset. The driver adopts a live session if client id and address are the requested ones.
    ///
    /// The options are borrowed for the call.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: an argument is wrong; nothing was sent. [`Error::Refused`]: names the command and the code.
    /// After any error, `connect` can be called again.
    pub fn connect(&mut self, options: &ConnectOptions<'_>) -> Result<Connection, Error> {
        let mut procedure = Connect::new(self.index, options);
        self.drive(&mut procedure)?;
        Ok(procedure.connection)
    }

    /// Subscribes to a topic filter of 1-1024 bytes (`AT+CMQTTSUB`), and returns when the broker has granted it.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: the filter is wrong; nothing was sent. [`Error::Illegal`]: the client is not connected;
    /// nothing was sent. [`Error::Refused`]: with the code.
    pub fn subscribe(&mut self, filter: impl AsRef<[u8]>, qos: QoS) -> Result<(), Error> {
        self.drive(&mut Subscribe::new(Sub { client: self.index, filter: filter.as_ref(), qos }))
    }

    /// Subscribes to several topic filters. They are staged one by one and sent together (`AT+CMQTTSUBTOPIC`,
    /// `AT+CMQTTSUB`). They are sent one after the other on a family that cannot stage them (SIM767x), and where an
    /// aborted call may have left a filter staged.
    ///
    /// # Errors
    ///
    /// The errors of [`subscribe`](Self::subscribe). If filters are sent one after the other, those before the failed
    /// one are subscribed to.
    pub fn subscribe_all(&mut self, filters: &[(impl AsRef<[u8]>, QoS)]) -> Result<(), Error> {
        let family = self.modem.port.engine.session.family;
        self.drive(&mut SubscribeAll::new(self.index, filters, family))
    }

    /// Ends the subscription to a topic filter (`AT+CMQTTUNSUB`).
    ///
    /// # Errors
    ///
    /// The errors of [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&mut self, filter: impl AsRef<[u8]>) -> Result<(), Error> {
        self.drive(&mut Single(Unsub { client: self.index, filter: filter.as_ref() }))
    }

    /// Ends the subscriptions to several topic filters, as [`subscribe_all`](Self::subscribe_all) makes them
    /// (`AT+CMQTTUNSUBTOPIC`, `AT+CMQTTUNSUB`).
    ///
    /// # Errors
    ///
    /// The errors of [`subscribe`](Self::subscribe). If filters are sent one after the other, the subscriptions before the
    /// failed one have ended.
    pub fn unsubscribe_all(&mut self, filters: &[impl AsRef<[u8]>]) -> Result<(), Error> {
        let family = self.modem.port.engine.session.family;
        self.drive(&mut SubscribeAll::ending(self.index, filters, family))
    }

    /// Publishes a message (`AT+CMQTTTOPIC`, `AT+CMQTTPAYLOAD`, `AT+CMQTTPUB`), and returns when its quality of service
    /// is satisfied.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: topic, payload or timeout is wrong; nothing was sent. [`Error::Illegal`]: the client is not
    /// connected; nothing was sent. [`Error::Refused`]: not published, with the code. [`Error::OutcomeUnknown`]:
    /// perhaps published.
    pub fn publish(&mut self, message: &Publish<'_>) -> Result<(), Error> {
        self.drive(&mut PublishMessage::new(self.index, message))
    }

    /// Publishes `length` bytes of a reader in place of the message's payload.
    ///
    /// A blocking reader cannot be waited for beside the UART. While its `read` waits, no byte is taken from the UART and
    /// no time is kept: its time is added to that of the call. The receiver's buffer must hold what arrives meanwhile.
    /// The idle hook is not called.
    ///
    /// # Errors
    ///
    /// The errors of [`publish`](Self::publish). [`Error::Source`] and [`Error::SourceEnded`]: the reader did not
    /// deliver the announced bytes; nothing is published.
    pub fn publish_from<S: Read>(&mut self, message: &Publish<'_>, length: usize, reader: &mut S) -> Result<(), Error> {
        let mut procedure = PublishMessage::announced(self.index, message, length);
        self.modem.port.drive(&mut procedure, &mut drive::Reader(reader))
    }

    /// Disconnects from the broker (`AT+CMQTTDISC`), for which the module has 60 s. The client stays acquired, and [`connect`](Self::connect) connects it again.
    ///
    /// # Errors
    ///
    /// [`Error::Illegal`]: the client is not connected. [`Error::Refused`]: with the code.
    pub fn disconnect(&mut self) -> Result<(), Error> {
        self.disconnect_within(DISCONNECT_TIMEOUT)
    }

    /// As [`disconnect`](Self::disconnect), with another time for the module: 60-180 s, from 1 s on A76xx, in whole seconds.
    /// 0 means no time limit of the module, where the family [has that](crate::Family::has_disconnect_without_timeout).
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: the time is out of range; nothing was sent. Otherwise the errors of `disconnect`.
    pub fn disconnect_within(&mut self, timeout: Duration) -> Result<(), Error> {
        self.drive(&mut Disconnect::new(self.index, timeout))
    }

    fn drive(&mut self, procedure: &mut dyn Procedure) -> Result<(), Error> {
        self.modem.port.drive(procedure, &mut NoSource)
    }
}
