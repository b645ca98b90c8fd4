//! Prints the messages that a module on a serial port receives, with the flags of mosquitto_sub:
//!
//! ```sh
//! cargo run --example sub -- --device /dev/ttyUSB2 --family a7600 -h broker.example -t 'device-7/#' -q 1 -v
//! ```
//!
//! When the connection to broker, network or module is lost, it connects and subscribes again.

#[allow(dead_code, reason = "no example needs everything that they share")]
mod host;

use std::io::stdout;
use std::num::NonZeroU64;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use simcom_mqtt::command::{Request, Sub};
use simcom_mqtt::urc::LossCause;
use simcom_mqtt::{ClientState, ConnectOptions, Error, Event, Modem, QoS};
use tokio::time::{Instant, timeout_at};
use tokio_serial::SerialStream;

use host::arguments::{Port, Session, parse_qos};
use host::clock::Clock;
use host::ending::{Failure, Signals, end, exit_code};
use host::format::{Format, Layout, Pieces};
use host::messages::{Message, Messages};
use host::network::attach;
use host::recording::{NO_ARGUMENTS, Recording};
use host::tls::{Certificates, TlsFlags};
use host::uart::{Receiver, Transmitter};
use host::words;

/// The first wait between two attempts to connect again. Each further wait is twice as long, up to the longest.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

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
        self.topics.iter().map(|filter| Sub { client: self.port.index(), filter, qos: self.qos })
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
    let mut modem = Modem::new(receiver, transmitter, Clock::start(), family, messages.clone());
    let mut subscriber = Subscriber {
        arguments: &arguments,
        certificates: certificates.as_ref(),
        client_id: &client_id,
        options: &options,
        recording: &recording,
        format: arguments.format(),
        messages,
        left: arguments.count.map(NonZeroU64::get),
        connected: Instant::now(),
        wait: SHORTEST_WAIT,
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

/// The results of `next_event`.
enum Next {
    Message(Message),
    Event(Event),
}

struct Subscriber<'a> {
    arguments: &'a Arguments,
    certificates: Option<&'a Certificates>,
    client_id: &'a str,
    options: &'a ConnectOptions<'a>,
    recording: &'a Recording,
    format: Format,
    messages: Messages,
    /// How many messages are still to be printed, if the number is limited.
    left: Option<u64>,
    /// When the present connection was opened.
    connected: Instant,
    /// The wait before the next attempt to connect again.
    wait: Duration,
}

impl<'a> Subscriber<'a> {
    /// Prints messages up to the requested number.
    async fn run(&mut self, modem: &mut SerialModem) -> Result<(), Failure> {
        attach(modem, &self.arguments.port, self.recording).await?;
        if let Some(certificates) = self.certificates {
            certificates.store(modem, self.recording).await?;
        }
        match self.connect(modem).await {
            Err(error) if is_loss(error) => eprintln!("sub: {error}"),
            outcome => outcome?,
        }
        while self.left != Some(0) {
            if modem.client(self.arguments.port.index()).state() != ClientState::Connected {
                self.connect_again(modem).await?;
            }
            match self.next(modem).await {
                Ok(next) => self.take(next)?,
                Err(error) if is_final(error) => return Err(error.into()),
                Err(error) => eprintln!("sub: {error}"),
            }
        }
        Ok(())
    }

    /// The next message or event. Dropping it loses nothing.
    async fn next(&mut self, modem: &mut SerialModem) -> Result<Next, Error> {
        let call = self.recording.begin("next_event", NO_ARGUMENTS);
        loop {
            if let Some(message) = self.messages.take() {
                call.end((), |()| words::message(message.client, &message.topic, &message.payload));
                return Ok(Next::Message(message));
            }
            match modem.next_event().await {
                Ok(Event::Message(_)) => {}
                outcome => return call.end(outcome, words::event).map(Next::Event),
            }
        }
    }

    /// Prints a message, or a line about another event.
    fn take(&mut self, next: Next) -> Result<(), Failure> {
        match next {
            Next::Message(message) => return self.print(&message),
            Next::Event(event) => reported(event).iter().for_each(|text| eprintln!("sub: {text}")),
        }
        Ok(())
    }

    /// Connects and subscribes. A second subscription does no harm where the connection was adopted.
    async fn connect(&mut self, modem: &mut SerialModem) -> Result<(), Error> {
        let mut client = modem.client(self.arguments.port.index());
        let index = self.arguments.port.index();
        let call = self.arguments.session.begin_connect(self.recording, index, self.client_id, self.certificates);
        call.end(client.connect(self.options).await, words::connection)?;
        for Sub { filter, qos, .. } in self.arguments.subscriptions() {
            let call = self.recording.begin_subscribe(index, filter, qos);
            call.end(client.subscribe(filter, qos).await, words::done)?;
        }
        self.connected = Instant::now();
        Ok(())
    }

    /// Tries until it succeeds, or until trying is useless. The waits grow, to spare a broker that refuses every
    /// client.
    async fn connect_again(&mut self, modem: &mut SerialModem) -> Result<(), Failure> {
        if self.connected.elapsed() > LONGEST_WAIT {
            self.wait = SHORTEST_WAIT;
        }
        loop {
            self.listen(modem).await?;
            self.wait = LONGEST_WAIT.min(self.wait * 2);
            match self.connect(modem).await {
                Ok(()) => {
                    eprintln!("sub: connected again");
                    return Ok(());
                }
                Err(error) if is_final(error) => return Err(error.into()),
                Err(error) => eprintln!("sub: {error}; trying again in {} s", self.wait.as_secs()),
            }
        }
    }

    /// Waits, and takes the module's events meanwhile.
    async fn listen(&mut self, modem: &mut SerialModem) -> Result<(), Failure> {
        let end = Instant::now() + self.wait;
        while let Ok(next) = timeout_at(end, self.next(modem)).await {
            match next {
                Ok(next) => self.take(next)?,
                Err(error) if is_final(error) => return Err(error.into()),
                Err(error) => eprintln!("sub: {error}"),
            }
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
            let call = self.recording.begin("next_event", NO_ARGUMENTS);
            call.end((), |()| words::message(message.client, &message.topic, &message.payload));
            self.print(&message)?;
        }
        Ok(())
    }
}

/// The event as a line, if it is worth one.
fn reported(event: Event) -> Option<String> {
    Some(match event {
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

/// Whether the connection was lost meanwhile.
fn is_loss(error: Error) -> bool {
    matches!(error, Error::ConnectionLost { .. } | Error::NetworkLost { .. } | Error::ModemRestarted { .. })
}

/// Whether another attempt is useless.
fn is_final(error: Error) -> bool {
    matches!(error, Error::Invalid(_) | Error::Illegal { .. } | Error::Receive(_) | Error::Transmit(_))
}
