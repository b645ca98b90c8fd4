//! A module on a UART.

use core::fmt;
use core::time::Duration;

#[cfg(feature = "outbox")]
use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::Client;
use super::drive::{NO_SOURCE, Port, Source};
use crate::command::{ClientIndex, Command};
use crate::error::Error;
use crate::family::{Family, Timeouts};
use crate::handler::MessageHandler;
#[cfg(feature = "outbox")]
use crate::outbox::{Outbox, PublishOldest, WhenFull};
use crate::procedure::{Detect, Execute, Listen, ListenUntil, Shutdown};
use crate::session::{Counters, Event, Procedure, ServiceState};
use crate::timer::Timer;

/// A module on a UART.
///
/// `R` receives and `T` transmits. They are two arguments because bytes keep arriving while a long payload goes out.
/// `C` is the [`Timer`]. `H` takes the received messages, usually an `&`[`Inbox`](crate::Inbox).
///
/// One call is under way at a time; the borrow checker ensures it. Received messages, lost connections and restarts are
/// noticed during any call. [`next_event`](Self::next_event) reports them, and waits for more.
///
/// # Cancel safety
///
/// Every call can be dropped at any point, for example in a `select` with a timeout. The next call resyncs with the
/// module first.
///
/// This requires that [`BufRead::fill_buf`] of `R`, [`Write::write`] and [`Write::flush`] of `T` are cancel safe as
/// well: a dropped `write` must not have sent anything, a dropped `fill_buf` must not have taken anything. The buffered
/// UARTs of embassy-stm32, embassy-nrf and embassy-rp fulfil this, and so does [`Buffered`](crate::transport::Buffered)
/// over esp-hal's.
pub struct Modem<R, T, C, H> {
    pub(crate) port: Port<R, T, C, H>,
    /// A PIN was sent, and its acceptance was not seen: it is not sent again before the card is unlocked.
    pub(crate) pin_unconfirmed: bool,
}

impl<R, T, C: fmt::Debug, H: fmt::Debug> fmt::Debug for Modem<R, T, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modem")
            .field("timer", &self.port.timer)
            .field("handler", &self.port.handler)
            .field("engine", &self.port.engine)
            .finish_non_exhaustive()
    }
}

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<R, T, C, H> {
    /// A driver for a module in any state. Nothing is sent before the first call.
    pub fn new(receiver: R, transmitter: T, timer: C, family: Family, handler: H) -> Self {
        Self { port: Port::new(receiver, transmitter, timer, family, handler), pin_unconfirmed: false }
    }

    /// Replaces the timeouts of the family.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.port.engine.session.timeouts = timeouts;
        self
    }

    /// One of the two MQTT clients of the module: a cheap view, made whenever it is needed.
    pub fn client(&mut self, index: ClientIndex) -> Client<'_, R, T, C, H> {
        Client::new(self, index)
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

    /// The receiver and the transmitter, for example to set the baud rate of both after
    /// [`Ipr`](crate::command::network::Ipr). Take no bytes from the receiver: all that arrives belongs to the driver.
    pub fn uart(&mut self) -> (&mut R, &mut T) {
        (&mut self.port.receiver, &mut self.port.transmitter)
    }

    /// Returns the UART and sends nothing; the module stays in its present state. Use it for a module without power,
    /// where [`shutdown`](Self::shutdown) would wait for answers for seconds.
    pub fn into_uart(self) -> (R, T) {
        (self.port.receiver, self.port.transmitter)
    }

    /// Waits for the next event. Messages come before changes of state, and equal events are joined.
    ///
    /// It sends nothing, except to resync after a dropped call.
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
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. [`Error::NoAnswer`]: the module did not answer
    /// during a resync.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no event is lost.
    pub async fn next_event(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.port.engine.session.events.take() {
                return Ok(event);
            }
            self.drive(&mut Listen, NO_SOURCE).await?;
        }
    }

    /// As [`next_event`](Self::next_event), until the `deadline` on the clock of the modem's [`Timer`] at most; then
    /// `None`. What has arrived is taken in any case: with a deadline that has passed, this does not wait.
    ///
    /// After a dropped call, the resync comes first, whatever time it takes. So does a query after lost bytes.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// let deadline = modem.now() + core::time::Duration::from_secs(60);
    /// assert_eq!(modem.next_event_until(deadline).await?, None);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`next_event`](Self::next_event).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no event is lost.
    pub async fn next_event_until(&mut self, deadline: Duration) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.port.engine.session.events.take() {
                return Ok(Some(event));
            }
            let (mut procedure, is_far) = ListenUntil::new(self.now(), deadline);
            self.drive(&mut procedure, NO_SOURCE).await?;
            if !is_far {
                return Ok(self.port.engine.session.events.take());
            }
        }
    }

    /// The time of the [`Timer`] given at construction, on which deadlines are.
    pub fn now(&self) -> Duration {
        self.port.timer.now()
    }

    /// Sends any command of [`command`](crate::command), or one of your own, and returns its typed response.
    ///
    /// A command that does not fit the present state of service and clients is refused before a byte is sent. The
    /// driver tracks the changes of state that a command makes. [After an
    /// adoption](super::Client#after-an-adoption), a command of that client waits while the client is busy.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// let rssi = modem.execute(&command::network::Csq).await?;
    /// modem.execute(&command::Start).await?;
    /// # let _ = rssi;
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`], see there.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the module may or may not have carried out the command.
    pub async fn execute<Q: Command + Sync>(&mut self, command: &Q) -> Result<Q::Response, Error>
    where
        Q::Response: Send,
    {
        let mut procedure = Execute::new(command);
        self.drive(&mut procedure, NO_SOURCE).await?;
        Ok(procedure.response)
    }

    /// As [`execute`](Self::execute), for a command that one thread only may use, because it holds an `Rc` or a `Cell`,
    /// for example. The future is not `Send`. A program that calls both has the loop of the calls twice.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`], see there.
    ///
    /// # Cancel safety
    ///
    /// As [`execute`](Self::execute).
    pub async fn execute_local<Q: Command>(&mut self, command: &Q) -> Result<Q::Response, Error> {
        let mut procedure = Execute::new(command);
        let local: &mut dyn Procedure = &mut procedure;
        self.port.drive(local, NO_SOURCE).await?;
        Ok(procedure.response)
    }

    /// Detects the family of the module: by its model (`AT+CGMM`), or by the ranges of its commands where the model is
    /// unknown. The driver then uses that family, and its timeouts unless you set your own. `None` changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NoAnswer`]: there is no module. Otherwise the errors of [`execute`](Self::execute).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the family stays as it was.
    pub async fn detect_family(&mut self) -> Result<Option<Family>, Error> {
        let mut procedure = Detect::new();
        self.drive(&mut procedure, NO_SOURCE).await?;
        Ok(procedure.family)
    }

    /// Publishes the messages of an [`Outbox`], the oldest one first, each to its client. Returns how many when there
    /// are no more of those that were queued at the beginning, or with the first failure. Each message is read from the
    /// queue while it goes out.
    ///
    /// [What becomes of a message](crate::outbox::Outbox#what-becomes-of-a-message) that has failed: see there. After a
    /// failure, do what its [next step](Error::next_step) says, then drain again.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # use simcom_mqtt::outbox::*;
    /// # use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// let outbox = Outbox::<CriticalSectionRawMutex, 32>::new();
    /// outbox.push(ClientIndex::First, &Publish::new("device-7/state", b"on").qos(QoS::AtLeastOnce)).unwrap();
    /// // Not connected yet: the message stays.
    /// assert!(modem.drain(&outbox).await.is_err());
    /// modem.client(ClientIndex::First).connect(&options).await?;
    /// assert_eq!(modem.drain(&outbox).await?, 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`publish`](Client::publish).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped after the last command of a message was begun, the outcome
    /// of that message is unknown. No message is published in part.
    #[cfg(feature = "outbox")]
    pub async fn drain<Raw: RawMutex + Sync, const N: usize, F: WhenFull>(
        &mut self,
        outbox: &Outbox<Raw, N, F>,
    ) -> Result<usize, Error> {
        let mut published = 0;
        for _ in 0..outbox.len() {
            let Some(mut oldest) = PublishOldest::new(outbox) else { break };
            let result = self.drive(&mut oldest, NO_SOURCE).await;
            oldest.finish(result)?;
            published += 1;
        }
        Ok(published)
    }

    /// Ends both clients and the service where they are active (`AT+CMQTTDISC`, `AT+CMQTTREL`, `AT+CMQTTSTOP`), and
    /// returns the UART. If the outcome of STOP is lost, or STOP is refused without a code, the module is asked whether
    /// the service is still started. [After an adoption](super::Client#after-an-adoption), this waits while the client
    /// is busy.
    ///
    /// # Errors
    ///
    /// The last element says whether clients and service have ended. The UART is returned in any case.
    ///
    /// # Cancel safety
    ///
    /// This method is not cancel safe. If the future is dropped, the UART is dropped with it, and the module stays in
    /// the state that it had reached.
    pub async fn shutdown(mut self) -> (R, T, Result<(), Error>) {
        let result = self.drive(&mut Shutdown::new(), NO_SOURCE).await;
        (self.port.receiver, self.port.transmitter, result)
    }

    /// Drives a call to its end.
    pub(crate) fn drive<S: Source>(
        &mut self,
        procedure: &mut (dyn Procedure + Send),
        source: Option<S>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.port.drive(procedure, source)
    }
}
