//! The async client: it moves bytes and time between a UART and the sans-I/O core, and knows nothing of the protocol.

pub(crate) mod drive;
mod modem;

use core::fmt;

use embedded_io_async::{BufRead, Read, Write};

use crate::command::{ClientIndex, Disc, QoS, Sub, Unsub};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::options::{ConnectOptions, Publish};
use crate::procedure::{Connect, Connection, DISCONNECT_TIMEOUT, PublishMessage, Single, SubscribeAll};
use crate::session::{ClientState, Procedure};
use crate::timer::Timer;
use drive::NoSource;
pub use modem::Modem;

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

impl<'m, 'a, R: BufRead, T: Write, C: Timer, H: MessageHandler> Client<'m, 'a, R, T, C, H> {
    fn new(modem: &'m mut Modem<'a, R, T, C, H>, index: ClientIndex) -> Self {
        Self { modem, index }
    }

    /// The state of this client, as far as it is known.
    pub fn state(&self) -> ClientState {
        self.modem.engine.session.lifecycle.client(self.index).state
    }

    /// Connects to a broker, from any state.
    ///
    /// Sends, as far as they are needed: `AT`, `AT+CSQ`, `ATE0`, `AT+CMQTTACCQ?`, `AT+CMQTTSTART`, `AT+CMQTTDISC?`,
    /// `AT+CMQTTCONNECT?`, `AT+CMQTTDISC`, `AT+CMQTTREL`, `AT+CMQTTACCQ`, `AT+CMQTTCFG`, `AT+CMQTTWILLTOPIC`,
    /// `AT+CMQTTWILLMSG`, `AT+CSSLCFG`, `AT+CMQTTSSLCFG`, `AT+CMQTTCONNECT` (A76 §2.1, S67 §2.2).
    /// A module that outlived a reset of the microcontroller may be connected still: then the connection is adopted
    /// where client id and address are the ones asked for. Whatever else is left is disconnected and released; so is a
    /// connection with other options than these.
    ///
    /// The options are borrowed until the modem is done, because [`reconnect`](Self::reconnect) uses them again. Other
    /// options are others in memory, whatever they say: keep them in a variable or a `static`, not in a `const`.
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
