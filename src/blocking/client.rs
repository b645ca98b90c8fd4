//! The calls of one client.

use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;

use embedded_io::{Read, ReadReady, Write};

use super::Modem;
use super::drive::{self, NoSource};
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

/// One of the two MQTT clients of a [`Modem`].
///
/// # Longest times
///
/// As those of [`crate::Client`](crate::Client#longest-times). The time that the idle hook, the transmitter or a reader
/// spends is added. What [the module is busy with after an adoption](crate::Client#after-an-adoption) is waited for as
/// there.
pub struct Client<'m, R, T, C, H, I = fn() -> ControlFlow<()>> {
    pub(super) modem: &'m mut Modem<R, T, C, H, I>,
    pub(super) index: ClientIndex,
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
    /// What the module's firmware has refused of the defaults of [`connect`](Self::connect), for either client, since
    /// the module's last restart: settings that were not asked for, and without which the connection was opened.
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
    /// [`Error::Invalid`]: an argument is wrong; nothing was sent. [`Error::ConnectRefused`]: with the code and the
    /// time that it took. [`Error::Refused`]: another command, with the code. [`Error::NoTls`], [`Error::NoMqtt`]: what
    /// the module's firmware lacks. After any error, `connect` can be called again.
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
    /// The errors of [`subscribe`](Self::subscribe). If filters are sent one after the other, the subscriptions before
    /// the failed one have ended.
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
    /// A blocking reader cannot be waited for beside the UART. While its `read` waits, no byte is taken from the UART
    /// and no time is kept: its time is added to that of the call. The receiver's buffer must hold what arrives
    /// meanwhile. The idle hook is not called.
    ///
    /// # Errors
    ///
    /// The errors of [`publish`](Self::publish). [`Error::Source`] and [`Error::SourceEnded`]: the reader did not
    /// deliver the announced bytes; nothing is published.
    pub fn publish_from<S: Read>(&mut self, message: &Publish<'_>, length: usize, reader: &mut S) -> Result<(), Error> {
        let mut procedure = PublishMessage::announced(self.index, message, length);
        self.modem.port.drive(&mut procedure, &mut drive::Reader(reader))
    }

    /// Disconnects from the broker (`AT+CMQTTDISC`), for which the module has 60 s. The client stays acquired, and
    /// [`connect`](Self::connect) connects it again.
    ///
    /// # Errors
    ///
    /// [`Error::Illegal`]: the client is not connected. [`Error::Refused`]: with the code.
    pub fn disconnect(&mut self) -> Result<(), Error> {
        self.disconnect_within(DISCONNECT_TIMEOUT)
    }

    /// As [`disconnect`](Self::disconnect), with another time for the module: 60-180 s, from 1 s on A76xx, in whole
    /// seconds. 0 means no time limit of the module, where the family [has
    /// that](crate::Family::has_disconnect_without_timeout).
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
