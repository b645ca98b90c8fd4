//! The device, independent of the client: topics, times of measurements, and the effects of commands.

use core::fmt::{self, Write as _};
use core::time::Duration;

use simcom_mqtt::command::network::{FlowControl, Rssi};
use simcom_mqtt::{ClientIndex, Publish, QoS, Tls, Will};

use crate::certificate::Certificate;
use crate::command::{Answer, Command};
use crate::measurement::Measurement;
use crate::settings::{Settings, is_client_id};

/// The MQTT client of the module that the application uses.
pub(crate) const CLIENT: ClientIndex = ClientIndex::First;

/// The payload that says that the device is online.
pub(crate) const ONLINE: &[u8] = b"online";
/// The payload with which the broker says that it is offline.
const OFFLINE: &[u8] = b"offline";

/// How often a measurement is published until a command changes it.
const INTERVAL: Duration = Duration::from_secs(60);
/// When a measurement that was not published is repeated.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The interface of a board, besides a UART and the pins of the module.
pub trait Board {
    /// How the UART is wired. The application sets the module accordingly.
    const FLOW_CONTROL: FlowControl;

    /// The temperature in tenths of a degree Celsius.
    fn temperature(&mut self) -> i16;

    /// Switches a light on or off.
    fn set_led(&mut self, on: bool);
}

/// A topic, an answer, or a measurement.
pub type Text = heapless::String<96>;

/// The formatted text is never longer: a client id has at most 64 bytes.
pub(crate) fn text(arguments: fmt::Arguments<'_>) -> Text {
    let mut text = Text::new();
    text.write_fmt(arguments).expect("it is no longer than a text");
    text
}

/// The names that follow from the settings.
#[derive(Debug)]
pub struct Names {
    pub(crate) status: Text,
    pub(crate) measurement: Text,
    pub(crate) command: Text,
    pub(crate) answer: Text,
    #[cfg(feature = "async")]
    locate: Text,
    #[cfg(feature = "async")]
    pub(crate) position: Text,
    pub(crate) certificate: Text,
}

impl Names {
    /// The topics begin with the client id.
    ///
    /// # Panics
    ///
    /// If the client id does not satisfy [`Settings`].
    pub fn of(settings: &Settings<'_>) -> Self {
        assert!(is_client_id(settings.client_id), "the client id has 1-64 bytes, and no wildcard");
        let topic = |name| text(format_args!("{}/{name}", settings.client_id));
        Self {
            status: topic("status"),
            measurement: topic("measurement"),
            command: topic("command"),
            answer: topic("answer"),
            #[cfg(feature = "async")]
            locate: topic("locate"),
            #[cfg(feature = "async")]
            position: topic("position"),
            certificate: Certificate::name_of(settings.ca),
        }
    }

    /// The topic of the commands.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The topic of messages that ask for the position.
    #[cfg(feature = "async")]
    pub fn locate(&self) -> &str {
        &self.locate
    }

    pub(crate) fn tls(&self) -> Tls<'_> {
        Tls::server(&self.certificate)
    }

    pub(crate) fn will(&self) -> Will<'_> {
        Will::new(&self.status, OFFLINE).qos(QoS::AtLeastOnce)
    }
}

/// The state of the device.
#[derive(Debug)]
pub(crate) struct Device<B> {
    board: B,
    interval: Duration,
    /// When the next measurement is published.
    due: Duration,
}

impl<B: Board> Device<B> {
    pub(crate) const fn new(board: B) -> Self {
        Self { board, interval: INTERVAL, due: Duration::ZERO }
    }

    /// When the next measurement is published.
    pub(crate) const fn due(&self) -> Duration {
        self.due
    }

    /// The present measurement.
    pub(crate) fn measure(&mut self, now: Duration, rssi: Option<Rssi>) -> Text {
        let temperature = self.board.temperature();
        text(format_args!("{}", Measurement { uptime: now, temperature, rssi }))
    }

    /// The measurement that was begun at this time has been published.
    pub(crate) fn measured(&mut self, begun: Duration) {
        self.due = begun + self.interval;
    }

    /// The measurement could not be published.
    pub(crate) fn not_measured(&mut self, now: Duration) {
        self.due = now + RETRY_INTERVAL;
    }

    /// Obeys a message on the command topic. Returns the answer.
    pub(crate) fn obey(&mut self, payload: &[u8], now: Duration) -> Answer {
        let Some(command) = Command::parse(payload) else { return Answer::Unknown };
        match command {
            Command::Led(on) => self.board.set_led(on),
            Command::Interval(interval) => {
                self.interval = interval;
                self.due = self.due.min(now + interval);
            }
            Command::Restart => {}
        }
        Answer::Done(command)
    }
}

/// How everything is published: the call ends when the broker has it.
pub(crate) const fn message<'p>(topic: &'p str, payload: &'p [u8]) -> Publish<'p> {
    Publish::new(topic, payload).qos(QoS::AtLeastOnce)
}
