//! The async client: it moves bytes and time between a UART and the sans-I/O core, and contains no protocol.

mod certificates;
pub(crate) mod drive;
mod modem;

use core::fmt;
use core::time::Duration;

use embedded_io_async::{BufRead, Read, Write};

use crate::command::{ClientIndex, QoS, Sub, Unsub};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::options::{ConnectOptions, Publish};
use crate::procedure::{
    Connect, Connection, DISCONNECT_TIMEOUT, Disconnect, PublishMessage, Single, Subscribe, SubscribeAll,
};
use crate::session::{ClientState, Procedure};
use crate::skipped::SkippedSettings;
use crate::timer::Timer;
use drive::{NO_SOURCE, ReadBuffer, Reader};
pub use modem::Modem;

/// One of the two MQTT clients of a [`Modem`].
///
/// # Longest times
///
/// Every call ends by itself, except [`next_event`](Modem::next_event), which waits for an event;
/// [`next_event_until`](Modem::next_event_until) ends at its deadline. In seconds, with the
/// default [`Timeouts`](crate::Timeouts):
///
/// | call | at most | of these |
/// |---|---:|---|
/// | [`connect`](Self::connect) | 480 | 125 for START (17 on A76xx and SIM767x), again if that was lost, or 124 while the module is busy; 65 DISC; 125 CONNECT |
/// | [`subscribe`](Self::subscribe), [`unsubscribe`](Self::unsubscribe) | 160 | 125 until the outcome |
/// | [`subscribe_all`](Self::subscribe_all), [`unsubscribe_all`](Self::unsubscribe_all) | 160 | 125 until the outcome; 125 more for each further SUB or UNSUB, where filters are sent one after the other or in several groups |
/// | [`publish`](Self::publish), [`publish_from`](Self::publish_from) | 100 | 65 until the outcome: the message's [timeout](Publish::timeout) and 5; `publish_from` and the time of its reader |
/// | [`disconnect`](Self::disconnect), [`disconnect_within`](Self::disconnect_within) | 100 | 65 until the outcome: the time given and 5 |
/// | [`shutdown`](Modem::shutdown) | 182 | 65 for each DISC, 17 STOP |
/// | [`execute`](Modem::execute), [`detect_family`](Modem::detect_family), [`identify`](Modem::identify), certificates | 35 | a command with an outcome or a time of its own: that in place of 9; `store_certificate` and the time of its reader |
/// | [`bring_up`](Modem::bring_up) | 266 | its [time limit](crate::network::Apn::time_limit) of 180, and 60 in place of 9 for its last command |
///
/// 9 of each are for the one prompt or final result that does not come: the call ends with it. 26 of each are for bytes
/// that were lost before it: 2 until a message that has stalled is given up, 3 for the query what was missed, 21 for a
/// resync (1 for `AT`, 9 for three queries, 1 for data of a prompt that may be open, 9 for the queries again).
///
/// What can be added:
///
/// * CONNECT over TLS: the [time of its handshake](crate::Tls::negotiation_time) and 5 in place of 125, where that is
///   longer, and 305 where the firmware has refused the default of 120;
/// * the time that the UART needs for the bytes, up to 10,241 more of them where a prompt may be open;
/// * the rest of the time of a dropped call: the next one awaits the outcome of what that began; 9 after a call whose
///   prompt was not seen, for the same reason;
/// * 185 at most after [`Connection::Adopted`]: an operation from before the reset may keep the client busy, and the
///   command is repeated once a second until its first success;
/// * 26 for each further loss of bytes during the call;
/// * messages that arrive without a pause: no command begins inside of one;
/// * answers that come, but late: each prompt and each final result has 9; the `OK` of START and STOP has as long as
///   their outcome.
///
/// # After an adoption
///
/// A connection that [`connect`](Self::connect) has [adopted](Connection::Adopted) can still be busy with an operation
/// from before the reset of the microcontroller, as long as that waits for the broker. The module refuses every command
/// of the client meanwhile (14). Until the first success of a command of this client, every call repeats a command that
/// was refused so, once a second, for at most 185 s from the adoption; then the call fails. A payload from a reader is
/// repeated only if it was refused before a byte was read.
///
/// # What lost bytes can cost
///
/// Lost bytes are noticed by an error of the UART, or by what they leave: a line that is almost the awaited one, a
/// message that does not fit its lengths, a missing answer. Then at most 8 s are waited for what may have been among
/// them. These losses leave nothing to notice, and have their full time:
///
/// * An outcome line that is lost as a whole without an error of the UART, or by so many bytes that the rest resembles
///   nothing: 65 s for PUB and DISC, 125 s for CONNECT, SUB and UNSUB, 125 s or 17 s for START. Then the call fails
///   with [`Error::OutcomeUnknown`], unless the module can be asked: [`connect`](Self::connect),
///   [`disconnect`](Self::disconnect) and [`shutdown`](Modem::shutdown) ask it, and
///   [`subscribe`](Self::subscribe) where the module can tell. As long as CONNECT may still be at work,
///   `connect` asks every 2 s and does not send it again.
/// * The carriage return of START or STOP on its way to the module, which then carries out and answers nothing: 125 s
///   or 17 s for START, 17 s for STOP. The same for the `A` or the `T`, on a module that does not answer a line without
///   them. The module may take as long to answer these two commands at all, and what is sent to it meanwhile may abort
///   them. Any other command ends after 9 s.
/// * An outcome of CONNECT that comes more than 2 s behind its `ERROR` (the documents have it behind `ERROR`, without a
///   time), while the next CONNECT is under way: it is taken for that of the next one.
/// * A data byte on its way to the module: the module goes on waiting for it. The call fails with [`Error::NoAnswer`]
///   after 9 s, and the `AT` of the next call fills the gap. A payload of that kind is not published. But SUB
///   subscribes to a filter that lacks this byte and ends with `A`: the driver does not know of it and does not undo
///   it.
/// * A bit that changes inside the data of a message, in either direction: nothing on the UART is a check of them.
pub struct Client<'m, R, T, C, H> {
    modem: &'m mut Modem<R, T, C, H>,
    index: ClientIndex,
}

impl<R, T, C: fmt::Debug, H: fmt::Debug> fmt::Debug for Client<'_, R, T, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("modem", &self.modem).field("index", &self.index).finish()
    }
}

impl<'m, R: BufRead, T: Write, C: Timer, H: MessageHandler> Client<'m, R, T, C, H> {
    fn new(modem: &'m mut Modem<R, T, C, H>, index: ClientIndex) -> Self {
        Self { modem, index }
    }

    /// What the module's firmware has refused of the defaults of [`connect`](Self::connect), for either client, since
    /// the module's last restart: settings that were not asked for, and without which the connection was opened.
    pub fn skipped_settings(&self) -> SkippedSettings {
        self.modem.port.engine.skipped_settings()
    }

    /// The state of this client, where the driver knows it.
    pub fn state(&self) -> ClientState {
        self.modem.port.engine.session.lifecycle.client(self.index).state
    }

    /// Connects to a broker, from any state.
    ///
    /// Sends the necessary ones of: `AT`, `AT+CSQ`, `ATE0`, `AT+CMQTTACCQ?`, `AT+CMQTTSTART`, `AT+CMQTTDISC?`,
    /// `AT+CMQTTCONNECT?`, `AT+CMQTTDISC`, `AT+CMQTTREL`, `AT+CMQTTACCQ`, `AT+CMQTTCFG`, `AT+CMQTTWILLTOPIC`,
    /// `AT+CMQTTWILLMSG`, `AT+CSSLCFG`, `AT+CMQTTSSLCFG`, `AT+CMQTTCONNECT` (A76 §2.1, S67 §2.2).
    ///
    /// After a reset of the microcontroller, the module may still be connected. The driver adopts that connection if
    /// client id and address are the requested ones. It disconnects and releases a client with another id, address or
    /// other options. After an adoption, the next call [may have to wait](#after-an-adoption).
    ///
    /// If the outcome of START, DISC or CONNECT is lost, the module is asked for it. If CONNECT is refused because the
    /// client is connected (13), the module is asked once what it is connected to. A loss or restart that `connect` has
    /// repaired is not reported as an event any more, unless the other client was connected when it happened.
    ///
    /// The options are borrowed for the call. With the options of the last `connect`, this sends only `AT+CMQTTCONNECT`
    /// after a lost connection, and only `AT+CMQTTDISC?` while the client is connected. Options are the same where the
    /// module gets the same bytes of them. The `Modem` keeps a hash of 32 bits of these, and no copy.
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
    /// // The connection is untouched: it is not opened again.
    /// assert_eq!(client.connect(&options).await?, Connection::Adopted);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: an argument is wrong; nothing was sent. [`Error::ConnectRefused`]: with the code and the
    /// time that it took. [`Error::Refused`]: another command, with the code; those of `AT+CMQTTSTART` are about the
    /// network. [`Error::NoTls`], [`Error::NoMqtt`]: what the module's firmware lacks. After any error, `connect` can
    /// be called again.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the next `connect` continues from the state that the
    /// module is in then.
    pub async fn connect(&mut self, options: &ConnectOptions<'_>) -> Result<Connection, Error> {
        let mut procedure = Connect::new(self.index, options);
        self.drive(&mut procedure).await?;
        Ok(procedure.connection)
    }

    /// Subscribes to a topic filter of 1-1024 bytes (`AT+CMQTTSUB`, the direct form), and returns when the broker has
    /// granted it. The module does not report which quality of service was granted. [After an
    /// adoption](#after-an-adoption), it waits while the client is busy.
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
    /// [`Error::Invalid`]: the filter is wrong; nothing was sent. [`Error::Illegal`]: the client is not connected;
    /// nothing was sent. [`Error::Refused`]: with the code; 6, 11 and 16 mean that the connection is gone.
    ///
    /// # Lost outcome
    ///
    /// If the outcome is lost, the module is asked (`AT+CMQTTSUB?`) whether it lists the filter, on a
    /// [family](crate::Family::lists_subscriptions) that has this list. It does not say which client has a
    /// subscription, or with which quality of service: so it is asked only while the other client is
    /// [released](ClientState::Released), and a filter that the client was subscribed to before counts. A filter longer
    /// than 64 bytes is not looked for. Otherwise the call fails with [`Error::OutcomeUnknown`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the subscription may or may not be made: subscribe or
    /// unsubscribe to be sure. A filter of which no byte had been sent is not subscribed to.
    pub async fn subscribe(&mut self, filter: impl AsRef<[u8]>, qos: QoS) -> Result<(), Error> {
        self.drive(&mut Subscribe::new(Sub { client: self.index, filter: filter.as_ref(), qos })).await
    }

    /// Subscribes to several topic filters. They are staged one by one and sent together (`AT+CMQTTSUBTOPIC`,
    /// `AT+CMQTTSUB`). They are sent one after the other on a family that cannot stage them (SIM767x), and where a
    /// dropped or failed call may have left a filter staged: no filter of an earlier call is subscribed to. [After an
    /// adoption](#after-an-adoption), it waits while the client is busy. If an outcome is lost, the module is asked [as
    /// by `subscribe`](Self::subscribe), once for each filter of that SUB.
    ///
    /// # Errors
    ///
    /// The errors of [`subscribe`](Self::subscribe). If filters are sent one after the other, those before the failed
    /// one are subscribed to.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, some of the subscriptions may be made and others not.
    pub async fn subscribe_all(&mut self, filters: &[(impl AsRef<[u8]> + Sync, QoS)]) -> Result<(), Error> {
        let family = self.modem.port.engine.session.family;
        self.drive(&mut SubscribeAll::new(self.index, filters, family)).await
    }

    /// Ends the subscription to a topic filter (`AT+CMQTTUNSUB`, the direct form). [After an
    /// adoption](#after-an-adoption), it waits while the client is busy.
    ///
    /// # Errors
    ///
    /// The errors of [`subscribe`](Self::subscribe).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the subscription may or may not have ended.
    pub async fn unsubscribe(&mut self, filter: impl AsRef<[u8]>) -> Result<(), Error> {
        self.drive(&mut Single(Unsub { client: self.index, filter: filter.as_ref() })).await
    }

    /// Ends the subscriptions to several topic filters, as [`subscribe_all`](Self::subscribe_all) makes them
    /// (`AT+CMQTTUNSUBTOPIC`, `AT+CMQTTUNSUB`).
    ///
    /// # Errors
    ///
    /// The errors of [`subscribe`](Self::subscribe). If filters are sent one after the other, the subscriptions before
    /// the failed one have ended.
    ///
    /// # Cancel safety
    ///
    /// As [`subscribe_all`](Self::subscribe_all).
    pub async fn unsubscribe_all(&mut self, filters: &[impl AsRef<[u8]> + Sync]) -> Result<(), Error> {
        let family = self.modem.port.engine.session.family;
        self.drive(&mut SubscribeAll::ending(self.index, filters, family)).await
    }

    /// Publishes a message (`AT+CMQTTTOPIC`, `AT+CMQTTPAYLOAD`, `AT+CMQTTPUB`), and returns when its quality of service
    /// is satisfied: with 1 and 2, when the broker has it. [After an adoption](#after-an-adoption), it waits while the
    /// client is busy.
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
    /// [`Error::Invalid`]: topic, payload or timeout is wrong; nothing was sent. [`Error::Illegal`]: the client is not
    /// connected; nothing was sent. [`Error::Refused`]: not published, with the code. [`Error::OutcomeUnknown`]:
    /// perhaps published; repeat it with [`duplicate`](Publish::duplicate) if it may arrive twice.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the message may or may not be published, but never in
    /// part.
    pub async fn publish(&mut self, message: &Publish<'_>) -> Result<(), Error> {
        self.drive(&mut PublishMessage::new(self.index, message)).await
    }

    /// Publishes `length` bytes of a reader in place of the message's payload. No buffer holds more than 32 of them.
    ///
    /// [After an adoption](#after-an-adoption), it waits while the client is busy, unless bytes of the payload were
    /// read already.
    ///
    /// While the reader is pending, the UART is read: messages, losses and restarts are noticed at once, and an answer
    /// of the module ends the call. Each `read` has the [time of a command](crate::Timeouts::command), 9 s. It is not
    /// dropped before the call ends.
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
    /// The errors of [`publish`](Self::publish). [`Error::Source`] and [`Error::SourceEnded`]: the reader did not
    /// deliver the announced bytes, or not in time (`TimedOut`); nothing is published.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the modem stays usable, but the bytes that were read from the reader are lost. The
    /// message is not published unless all of it had gone to the module.
    pub async fn publish_from<S: Read>(
        &mut self,
        message: &Publish<'_>,
        length: usize,
        reader: &mut S,
    ) -> Result<(), Error> {
        let mut procedure = PublishMessage::announced(self.index, message, length);
        let mut buffer = ReadBuffer::default();
        self.modem.drive(&mut procedure, Some(Reader::new(reader, &mut buffer))).await
    }

    /// Disconnects from the broker (`AT+CMQTTDISC`), for which the module has 60 s. The client stays acquired, and
    /// [`connect`](Self::connect) connects it again. If the outcome is lost, the module is asked whether the client is
    /// connected. [After an adoption](#after-an-adoption), it waits while the client is busy.
    ///
    /// # Errors
    ///
    /// [`Error::Illegal`]: the client is not connected. [`Error::Refused`]: with the code. [`Error::OutcomeUnknown`] and
    /// [`Error::NoAnswer`]: it is still connected.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the client may or may not be connected: `connect` finds
    /// out.
    pub async fn disconnect(&mut self) -> Result<(), Error> {
        self.disconnect_within(DISCONNECT_TIMEOUT).await
    }

    /// As [`disconnect`](Self::disconnect), with another time for the module: 60-180 s, from 1 s on A76xx, in whole
    /// seconds. 0 means no time limit of the module, where the family [has
    /// that](crate::Family::has_disconnect_without_timeout).
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: the time is out of range; nothing was sent. Otherwise the errors of `disconnect`.
    ///
    /// # Cancel safety
    ///
    /// As [`disconnect`](Self::disconnect).
    pub async fn disconnect_within(&mut self, timeout: Duration) -> Result<(), Error> {
        self.drive(&mut Disconnect::new(self.index, timeout)).await
    }

    fn drive(&mut self, procedure: &mut (dyn Procedure + Send)) -> impl Future<Output = Result<(), Error>> {
        self.modem.drive(procedure, NO_SOURCE)
    }
}
