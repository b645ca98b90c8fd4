//! The device, independent of the client: topics, times of measurements, and the effects of commands.

use core::fmt::{self, Write as _};
use core::time::Duration;

use simcom_mqtt::command::network::{FlowControl, Ifc, Rssi};
use simcom_mqtt::error::Refusal;
use simcom_mqtt::{ClientIndex, Error, Inbox, Publish, QoS, Tls, Will};

use crate::INBOX;
use crate::certificate::{Certificate, hash};
use crate::command::{Answer, Command};
use crate::measurement::Measurement;
use crate::recovery::{Cause, Failure, Recovery, Step};
use crate::settings::{Settings, is_client_id};

/// The MQTT client of the module that the application uses.
pub(crate) const CLIENT: ClientIndex = ClientIndex::First;

/// The payload that says that the device is online.
pub(crate) const ONLINE: &[u8] = b"online";
/// The payload with which the broker says that it is offline.
const OFFLINE: &[u8] = b"offline";

/// How often a measurement is published until a command changes it.
const INTERVAL: Duration = Duration::from_secs(60);

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
            certificate: Certificate::name_of(settings.ca),
        }
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
pub(crate) struct Device<'a, B> {
    pub(crate) names: &'a Names,
    pub(crate) certificate: Certificate<'a>,
    board: B,
    inbox: &'a Inbox<INBOX>,
    recovery: Recovery,
    interval: Duration,
    /// When the next measurement is published.
    due: Duration,
}

impl<'a, B: Board> Device<'a, B> {
    pub(crate) fn new(board: B, settings: &Settings<'a>, names: &'a Names, inbox: &'a Inbox<INBOX>) -> Self {
        Self {
            names,
            certificate: Certificate::new(&names.certificate, settings.ca),
            board,
            inbox,
            recovery: Recovery::new(hash(settings.client_id.as_bytes())),
            interval: INTERVAL,
            due: Duration::ZERO,
        }
    }

    /// The command that sets the module's flow control to the wiring of the UART.
    pub(crate) const fn flow_control(&self) -> Ifc {
        Ifc { flow_control: B::FLOW_CONTROL }
    }

    /// A connection is open. A measurement soon shows whether it lasts, however long the interval is. It is not due at
    /// once: two devices with the same client id, which disconnect each other, would otherwise alternate without ever
    /// waiting longer.
    pub(crate) fn connected(&mut self, now: Duration) {
        self.due = self.due.min(now + INTERVAL);
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
        self.recovery.succeeded();
        self.due = begun + self.interval;
    }

    /// Obeys the next command in the inbox. Returns the answer.
    pub(crate) fn obey(&mut self, now: Duration) -> Option<Answer> {
        let mut buffer = [0; INBOX];
        let message = self.inbox.take(&mut buffer)?;
        let Some(command) = Command::parse(message.payload()) else { return Some(Answer::Unknown) };
        match command {
            Command::Led(on) => self.board.set_led(on),
            Command::Interval(interval) => {
                self.interval = interval;
                self.due = self.due.min(now + interval);
            }
            Command::Restart => {}
        }
        Some(Answer::Done(command))
    }

    /// The step after a failure, and the wait before it.
    pub(crate) fn recover(&mut self, failure: Failure) -> (Step, Duration) {
        if let Failure::Call(error) = failure
            && let Some(Refusal::Code(code)) = error.refusal()
        {
            self.certificate.connect_failed(code);
        }
        let (step, wait) = self.recovery.after(Cause::from(failure));
        warning!("{}: {} in {} ms", failure, step, wait.as_millis() as u32);
        (step, wait)
    }
}

/// Firmware that refuses `AT+IFC` goes on with its present flow control.
pub(crate) fn tolerate_refusal(answer: Result<(), Error>) -> Result<(), Error> {
    match answer {
        Err(error @ Error::Refused { .. }) => {
            warning!("flow control: {}", error);
            Ok(())
        }
        answer => answer,
    }
}

/// How everything is published: the call ends when the broker has it.
pub(crate) const fn message<'p>(topic: &'p str, payload: &'p [u8]) -> Publish<'p> {
    Publish::new(topic, payload).qos(QoS::AtLeastOnce)
}
