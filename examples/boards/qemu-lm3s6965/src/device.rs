//! The options of the device, and its messages and expected events where it has one task.

use core::fmt;
use core::time::Duration;

use simcom_mqtt::{Broker, ConnectOptions, Event, Publish, QoS, Will};

use crate::checksum::Receipt;
use crate::uart;

/// The limit of the whole run.
pub const LIMIT: Duration = Duration::from_secs(45);

/// Published by the broker when the device vanishes.
static WILL: Will<'static> = Will::new("firmware/status", b"lost").qos(QoS::AtLeastOnce);

/// How the device connects.
pub const OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7")
    .credentials("device-7", "secret")
    .keep_alive(Duration::from_secs(60))
    .will(&WILL);

/// What the device subscribes to.
pub const COMMANDS: &str = "firmware/in/#";

/// Published when the device is connected and has subscribed.
pub const ONLINE: Publish<'static> = Publish::new("firmware/status", b"online").qos(QoS::AtLeastOnce).retained(true);

/// One message of each quality of service; some payloads look like lines of a module.
pub const REPORTS: [Publish<'static>; 3] = [
    Publish::new("firmware/out/0", b"21.5").qos(QoS::AtMostOnce),
    Publish::new("firmware/out/1", b"\r\nOK\r\n").qos(QoS::AtLeastOnce),
    Publish::new("firmware/out/2", b"> on").qos(QoS::ExactlyOnce),
];

/// The topic of the receipt.
pub const RECEIPT: &str = "firmware/out/checksum";

/// A receipt as a payload.
pub fn text(receipt: Receipt) -> heapless::String<24> {
    heapless::format!("{receipt}").unwrap_or_default()
}

/// The next action of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait for the next event.
    Listen,
    /// Connect and subscribe again.
    Connect,
    /// Confirm the message that has come.
    Confirm,
}

/// Follows the events: the module restarts in the middle of a message, which then arrives again.
#[derive(Debug, Default)]
pub struct Course {
    broken_off: bool,
    restarted: bool,
}

impl Course {
    /// Decides about an event.
    ///
    /// # Errors
    ///
    /// The event must not happen, or not at this time.
    pub fn follow(&mut self, event: Event) -> Result<Next, Failure> {
        match event {
            Event::MessageAborted { .. } if !self.broken_off => {
                self.broken_off = true;
                Ok(Next::Listen)
            }
            Event::ModemRestarted if self.broken_off && !self.restarted => {
                self.restarted = true;
                Ok(Next::Connect)
            }
            Event::Message(_) if self.restarted => Ok(Next::Confirm),
            other => Err(Failure::Unexpected(other)),
        }
    }
}

/// Why the device gave up.
#[derive(Debug)]
pub enum Failure {
    /// An error of the driver.
    Driver(simcom_mqtt::Error),
    /// `AT+CGMM` names no known family.
    UnknownModule,
    /// This event must not happen, or not at this time.
    Unexpected(Event),
    /// The handler has no message although one was reported.
    NoMessage,
    /// The UART lost bytes.
    Overruns(u32),
    /// A task could not be spawned.
    NotSpawned,
    /// The time limit was exceeded.
    Late,
}

impl From<simcom_mqtt::Error> for Failure {
    fn from(error: simcom_mqtt::Error) -> Self {
        Self::Driver(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::UnknownModule => f.write_str("the module is of no known family"),
            Self::Unexpected(event) => write!(f, "unexpected: {event:?}"),
            Self::NoMessage => f.write_str("a message was announced, and is not there"),
            Self::Overruns(count) => write!(f, "the UART lost bytes; overruns: {count}"),
            Self::NotSpawned => f.write_str("a task could not be spawned"),
            Self::Late => write!(f, "not done within {} s", LIMIT.as_secs()),
        }
    }
}

/// Fails if the UART has lost bytes.
///
/// # Errors
///
/// [`Failure::Overruns`].
pub fn check_uart() -> Result<(), Failure> {
    match uart::overruns() {
        0 => Ok(()),
        count => Err(Failure::Overruns(count)),
    }
}
