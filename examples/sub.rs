//! Prints the messages that a module on a serial port receives, with the flags of mosquitto_sub:
//!
//! ```sh
//! cargo run --example sub -- --device /dev/ttyUSB2 --family a7600 -h broker.example -t 'device-7/#' -q 1 -v
//! ```
//!
//! A supervisor keeps the session up: when broker, network or module is lost, it connects and subscribes again.

#[allow(dead_code, reason = "no example needs everything that they share")]
mod host;

use std::io::stdout;
use std::num::NonZeroU64;
use std::process::ExitCode;

use clap::Parser;
use simcom_mqtt::command::{Request, Sub};
use simcom_mqtt::network::Apn;
use simcom_mqtt::supervisor::{Recovery, SupervisedEvent, Supervisor, SupervisorEvent, Transition};
use simcom_mqtt::urc::LossCause;
use simcom_mqtt::{Error, Event, Modem, NextStep, QoS};
use tokio_serial::SerialStream;

use host::arguments::{Port, Session, parse_qos};
use host::clock::Clock;
use host::ending::{Failure, Signals, end, exit_code};
use host::format::{Format, Layout, Pieces};
use host::messages::{Message, Messages};
use host::network::attach;
use host::recording::Recording;
use host::supervision::{Filters, Supervision, filters, policy};
use host::tls::{Certificates, TlsFlags};
use host::uart::{Receiver, Transmitter};
use host::words;

/// Prints the messages that a SIMCom module receives.
#[derive(Parser)]
#[command(disable_help_flag = true, args_override_self = true)]
pub struct Arguments {
    /// Topic filter to subscribe to; may be repeated
    #[arg(short, long = "topic", value_name = "TOPIC", required = true)]
    topics: Vec<String>,

    /// Quality of service of the subscriptions
    #[arg(short, long, default_value = "0", value_parser = parse_qos)]
    qos: QoS,

    /// End after COUNT messages
    #[arg(short = 'C', value_name = "COUNT")]
    count: Option<NonZeroU64>,

    /// Print no end of line behind a payload
    #[arg(short = 'N')]
    no_end_of_line: bool,

    /// Print topic and payload
    #[arg(short, long)]
    verbose: bool,

    /// What to print: %t topic, %p payload, %x payload in hexadecimal, %l its length, %% and \n as in C
    #[arg(short = 'F')]
    format: Option<Pieces>,

    #[command(flatten)]
    session: Session,

    #[command(flatten)]
    tls: TlsFlags,

    #[command(flatten)]
    port: Port,
}

impl Arguments {
    fn format(&self) -> Format {
        let layout = match &self.format {
            Some(pieces) => Layout::Pieces(pieces.clone()),
            None if self.verbose => Layout::Verbose,
            None => Layout::Payload,
        };
        Format { layout, end_of_line: !self.no_end_of_line }
    }

    fn subscriptions(&self) -> impl Iterator<Item = Sub<'_>> {
        self.topics.iter().map(|filter| Sub { client: self.port.index(), filter: filter.as_bytes(), qos: self.qos })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code("sub", run(Arguments::parse()).await)
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let family = arguments.port.family();
    for subscription in arguments.subscriptions() {
        (&subscription as &dyn Request).check(family).map_err(Error::from)?;
    }
    let client_id = arguments.session.client_id("sub");
    let will = arguments.session.will();
    let certificates = arguments.tls.read()?;
    let tls = certificates.as_ref().map(Certificates::tls);
    let options = arguments.session.options(&client_id, will.as_ref(), tls.as_ref());

    let recording = arguments.port.recording()?;
    let (receiver, transmitter) = arguments.port.open(&recording)?;
    let mut signals = Signals::listen()?;
    let messages = Messages::default();
    let filters = filters(&arguments.topics, arguments.qos)?;
    let apn = arguments.port.apn();
    let Arguments { session, port, topics, qos, .. } = &arguments;
    let mut modem = Modem::new(receiver, transmitter, Clock::start(), family, messages.clone());
    let mut subscriber = Subscriber {
        arguments: &arguments,
        certificates: certificates.as_ref(),
        recording: &recording,
        supervision: Supervision::new(session, port, &client_id, certificates.as_ref(), topics, *qos),
        supervisor: Supervisor::new(port.index(), &options, &filters, policy()),
        recovery: Recovery::new(apn.as_ref()),
        format: arguments.format(),
        messages,
        left: arguments.count.map(NonZeroU64::get),
        was_up: false,
        is_lost: false,
    };
    let outcome = tokio::select! {
        outcome = subscriber.run(&mut modem) => outcome,
        () = signals.next() => Ok(()),
    };
    let outcome = end(modem, &mut signals, &recording, outcome).await;
    // Messages received meanwhile were acknowledged to the broker, which will not send them again.
    subscriber.print_rest().and(outcome)
}

type SerialModem = Modem<Receiver<SerialStream>, Transmitter<SerialStream>, Clock, Messages>;

/// The results of `supervise`.
enum Next {
    Message(Message),
    Event(SupervisedEvent),
}

struct Subscriber<'a> {
    arguments: &'a Arguments,
    certificates: Option<&'a Certificates>,
    recording: &'a Recording,
    supervision: Supervision,
    supervisor: Supervisor<'a, &'a Filters>,
    recovery: Recovery<Option<&'a Apn<'a>>>,
    format: Format,
    messages: Messages,
    /// How many messages are still to be printed, if the number is limited.
    left: Option<u64>,
    /// The session was up before.
    was_up: bool,
    /// The connection, the network or the module was lost, and the session is not up again.
    is_lost: bool,
}

impl Subscriber<'_> {
    /// Prints messages up to the requested number.
    async fn run(&mut self, modem: &mut SerialModem) -> Result<(), Failure> {
        if let Some(certificates) = self.certificates {
            attach(modem, &self.arguments.port, self.recording).await?;
            certificates.store(modem, self.recording).await?;
        }
        while self.left != Some(0) {
            match self.next(modem).await? {
                Next::Message(message) => self.print(&message)?,
                Next::Event(SupervisedEvent::Modem(event)) => {
                    self.is_lost |= event.next_step() != NextStep::Continue;
                    if let Some(text) = reported(event) {
                        eprintln!("sub: {text}");
                    }
                }
                Next::Event(SupervisedEvent::Supervisor(event)) => self.report(event)?,
            }
        }
        Ok(())
    }

    /// The next message or event. Dropping it loses nothing.
    async fn next(&mut self, modem: &mut SerialModem) -> Result<Next, Error> {
        let call = self.supervision.begin(self.recording);
        loop {
            if let Some(message) = self.messages.take() {
                call.end((), |()| words::message(message.client, &message.topic, &message.payload));
                return Ok(Next::Message(message));
            }
            let supervisors = std::slice::from_mut(&mut self.supervisor);
            match modem.supervise(supervisors, &mut self.recovery).await {
                Ok(SupervisedEvent::Modem(Event::Message(_))) => {}
                outcome => return call.end(outcome, words::supervised).map(Next::Event),
            }
        }
    }

    /// Prints what the supervisor does about a failure. What is wrong from the beginning ends the program.
    fn report(&mut self, event: SupervisorEvent) -> Result<(), Failure> {
        match event.transition {
            Transition::ConnectFailed(error) if !self.was_up && error.next_step() == NextStep::CorrectInput => {
                return Err(error.into());
            }
            Transition::Up => {
                self.was_up = true;
                if std::mem::take(&mut self.is_lost) {
                    eprintln!("sub: connected again");
                }
            }
            Transition::Lost => self.is_lost = true,
            Transition::Connected(_) | Transition::BroughtUp => {}
            transition => eprintln!("sub: {transition}"),
        }
        Ok(())
    }

    /// Prints a message, if it is still wanted.
    fn print(&mut self, message: &Message) -> Result<(), Failure> {
        if self.left == Some(0) {
            return Ok(());
        }
        let written = self.format.write(message, &mut stdout().lock());
        written.map_err(|error| format!("cannot print: {error}"))?;
        self.left = self.left.map(|left| left - 1);
        Ok(())
    }

    /// Prints pending messages and events.
    fn print_rest(&mut self) -> Result<(), Failure> {
        while let Some(message) = self.messages.take() {
            let call = self.supervision.begin(self.recording);
            call.end((), |()| words::message(message.client, &message.topic, &message.payload));
            self.print(&message)?;
        }
        Ok(())
    }
}

/// The event as a line, if it is worth one.
fn reported(event: Event) -> Option<String> {
    Some(match event {
        Event::MessageAborted { count: 1, .. } => "a message broke off and is lost".to_owned(),
        Event::MessageAborted { count, .. } => format!("{count} messages broke off and are lost"),
        Event::BytesLost => "the serial port lost bytes".to_owned(),
        Event::ConnectionLost { cause: LossCause::Closed, .. } => "the broker closed the connection".to_owned(),
        Event::ConnectionLost { cause: LossCause::Reset, .. } => "the connection was reset".to_owned(),
        Event::ConnectionLost { .. } => "the connection was lost".to_owned(),
        Event::NetworkLost => "the network was lost".to_owned(),
        Event::ModemRestarted => "the module restarted".to_owned(),
        _ => return None,
    })
}
