//! The client without async: the same calls as [`crate::Modem`] and [`crate::Client`], for firmware without an
//! executor.
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

mod client;
pub(crate) mod drive;

use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;

#[cfg(feature = "outbox")]
use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io::{Read, ReadReady, Write};

use crate::command::{Ccertdele, Ccertdown, ClientIndex, Command, Part, Request};
use crate::error::Error;
use crate::family::{Family, Timeouts};
use crate::handler::MessageHandler;
#[cfg(feature = "outbox")]
use crate::outbox::{Outbox, PublishOldest, WhenFull};
use crate::procedure::{Detect, Execute, ListCertificates, Listen, ListenUntil, Shutdown, Store};
use crate::session::{Counters, Event, ServiceState};
use crate::timer::Timer;
use crate::tls::Tls;
use crate::tls::search::Search;
pub use client::Client;
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

    /// Stores a certificate or key as [`store_certificate`](Self::store_certificate), on firmware too that does not
    /// replace a file: deletes the old one, stores, and looks for the name in the list (`AT+CCERTDELE`, `AT+CCERTDOWN`,
    /// `AT+CCERTLIST`).
    ///
    /// # Errors
    ///
    /// The errors of [`store_certificate`](Self::store_certificate). [`Error::CertificateMissing`]: the module has
    /// accepted the file, and does not list it.
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

    /// Looks for the files that `tls` names in the module's list (`AT+CCERTLIST`). Files of [`extra`](Tls::extra)
    /// settings are not looked for.
    ///
    /// Call it before `connect`, which does not look: `AT+CSSLCFG` accepts names of files that do not exist, and
    /// CONNECT then fails with a bare 33 or 34. Files survive a restart of the module, so once after they were stored,
    /// and once after such a failure, is enough.
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

    /// Publishes the messages of an [`Outbox`], the oldest one first, each to its client. Returns how many when there
    /// are no more of those that were queued at the beginning, or with the first failure. Each message is read from the
    /// queue while it goes out.
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
