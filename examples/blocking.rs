//! The blocking client on a serial port: no async, no executor, a superloop.
//!
//! Three jobs in one loop: publishes a message every ten seconds, asks for the signal every minute, and prints what
//! arrives on the topic. A supervisor keeps the session up meanwhile:
//!
//! ```sh
//! cargo run --example blocking --features blocking,std -- --device /dev/ttyUSB2 -h broker.example -t device-7/echo -m on -C 1
//! ```

#[allow(dead_code, reason = "no example needs everything that they share")]
mod host;

use std::io::Write as _;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use serialport::SerialPort;
use simcom_mqtt::blocking::Modem;
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::network::Apn;
use simcom_mqtt::supervisor::{Recovery, SupervisedEvent, Supervisor, Transition};
use simcom_mqtt::transport::std::Serial;
use simcom_mqtt::{Error, Event, Inbox, NextStep, Publish, QoS, Timer};

use host::arguments::{Port, Session, parse_qos};
use host::ending::{Failure, exit_code};
use host::recording::{NO_ARGUMENTS, Recording};
use host::supervision::{Filters, Supervision, filters, policy};
use host::uart::{Overheard, overheard};
use host::words;

/// How often the message is published.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);
/// How often the module is asked for its signal.
const SIGNAL_INTERVAL: Duration = Duration::from_secs(60);
/// Pause of the loop when there is nothing to do. A microcontroller would sleep until its next interrupt.
const REST: Duration = Duration::from_millis(1);

/// Publishes, asks for the signal, and prints what arrives, without async.
#[derive(Parser)]
#[command(disable_help_flag = true)]
pub struct Arguments {
    /// Topic to subscribe and publish to
    #[arg(short, long)]
    topic: String,

    /// Message
    #[arg(short, long, default_value = "hello")]
    message: String,

    /// Quality of service
    #[arg(short, long, default_value = "1", value_parser = parse_qos)]
    qos: QoS,

    /// End after this number of messages
    #[arg(short = 'C', value_name = "COUNT", default_value_t = 1)]
    count: usize,

    /// Give up after this number of seconds
    #[arg(short = 'W', value_name = "SECONDS", default_value_t = 60)]
    limit: u64,

    #[command(flatten)]
    session: Session,

    #[command(flatten)]
    port: Port,
}

/// One half of a serial port.
type Half = Serial<Box<dyn SerialPort>>;

struct Clock(Instant);

impl Timer for Clock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

fn main() -> ExitCode {
    exit_code("blocking", run(&Arguments::parse()))
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let client_id = arguments.session.client_id("blocking");
    let will = arguments.session.will();
    let options = arguments.session.options(&client_id, will.as_ref(), None);
    let recording = arguments.port.recording()?;
    let (receiver, transmitter) = open(&arguments.port, &recording)?;

    let inbox = Inbox::<16_384>::new();
    let end = Instant::now() + Duration::from_secs(arguments.limit);
    let modem = Modem::new(receiver, transmitter, Clock(Instant::now()), arguments.port.family(), &inbox);
    let mut modem = modem.with_idle(|| {
        sleep(REST);
        if Instant::now() < end { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let Arguments { topic, qos, session, port, .. } = arguments;
    let (filters, apn) = (filters([topic], *qos)?, port.apn());
    let mut jobs = Jobs {
        arguments,
        inbox: &inbox,
        recording: &recording,
        supervision: Supervision::new(session, port, &client_id, None, [topic], *qos),
        supervisor: Supervisor::new(port.index(), &options, &filters, policy()),
        left: arguments.count,
        report_at: Duration::ZERO,
        signal_at: Duration::ZERO,
    };
    let mut recovery = Recovery::new(apn.as_ref());
    let done = jobs.run(&mut modem, &mut recovery);
    let call = recording.begin("shutdown", NO_ARGUMENTS);
    let (_, _, ended) = modem.shutdown();
    let ended = call.end(ended, words::done);
    done?;
    ended?;
    Ok(())
}

type SerialModem<'a, I> = Modem<Overheard<Half>, Overheard<Half>, Clock, &'a Inbox<16_384>, I>;

struct Jobs<'j> {
    arguments: &'j Arguments,
    inbox: &'j Inbox<16_384>,
    recording: &'j Recording,
    supervision: Supervision,
    supervisor: Supervisor<'j, &'j Filters>,
    /// How many messages are still to be printed.
    left: usize,
    /// When the message is published next, on the clock of the modem.
    report_at: Duration,
    /// When the module is asked for its signal next.
    signal_at: Duration,
}

impl Jobs<'_> {
    /// The loop: what is due, then what happens until the next job is due.
    fn run<I: FnMut() -> ControlFlow<()>>(
        &mut self,
        modem: &mut SerialModem<'_, I>,
        recovery: &mut Recovery<Option<&Apn<'_>>>,
    ) -> Result<(), Failure> {
        while self.left > 0 {
            let due = self.measure(modem).and_then(|()| self.publish(modem)).map_err(Failure::from);
            match due.and_then(|()| self.receive(modem, recovery)) {
                Err(Failure::Driver(Error::Aborted)) => {
                    return Err(format!("messages that did not come in time: {}", self.left).into());
                }
                turn => turn?,
            }
        }
        Ok(())
    }

    /// The first job: the signal.
    fn measure<I: FnMut() -> ControlFlow<()>>(&mut self, modem: &mut SerialModem<'_, I>) -> Result<(), Error> {
        if !self.supervisor.is_up() || modem.now() < self.signal_at {
            return Ok(());
        }
        self.signal_at = modem.now() + SIGNAL_INTERVAL;
        let call = self.recording.begin("csq", NO_ARGUMENTS);
        match call.end(modem.execute(&Csq), words::signal) {
            Ok(Some(rssi)) => eprintln!("blocking: {} dBm", rssi.dbm()),
            Ok(None) => eprintln!("blocking: no signal"),
            // Its success would say nothing of the broker.
            Err(error) => self.observe(modem, Err(error))?,
        }
        Ok(())
    }

    /// The second job: the message.
    fn publish<I: FnMut() -> ControlFlow<()>>(&mut self, modem: &mut SerialModem<'_, I>) -> Result<(), Error> {
        if !self.supervisor.is_up() || modem.now() < self.report_at {
            return Ok(());
        }
        self.report_at = modem.now() + REPORT_INTERVAL;
        let Arguments { topic, message, qos, port, .. } = self.arguments;
        let call = self.recording.begin_publish("publish", port.index(), topic, message.as_bytes(), *qos, false);
        let message = Publish::new(topic, message.as_bytes()).qos(*qos);
        let published = call.end(modem.client(port.index()).publish(&message), words::done);
        self.observe(modem, published)
    }

    /// The result of a call goes to the supervisor, which does what there is to do about a failure.
    fn observe<I>(&mut self, modem: &mut SerialModem<'_, I>, result: Result<(), Error>) -> Result<(), Error>
    where
        I: FnMut() -> ControlFlow<()>,
    {
        self.supervisor.observe(modem.now(), &result);
        match result {
            Err(error @ Error::Aborted) => Err(error),
            Err(error) => {
                eprintln!("blocking: {error}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The third job, and the supervisor's: what arrives until another job is due.
    fn receive<I: FnMut() -> ControlFlow<()>>(
        &mut self,
        modem: &mut SerialModem<'_, I>,
        recovery: &mut Recovery<Option<&Apn<'_>>>,
    ) -> Result<(), Failure> {
        let call = self.supervision.begin(self.recording);
        let mut buffer = vec![0; 16_384];
        if let Some(message) = self.inbox.take(&mut buffer) {
            call.end((), |()| words::message(message.client(), message.topic(), message.payload()));
            let mut out = std::io::stdout().lock();
            let printed = out.write_all(message.payload()).and_then(|()| out.write_all(b"\n"));
            self.left -= 1;
            return printed.map_err(|error| format!("cannot print: {error}").into());
        }
        let is_up = self.supervisor.is_up();
        let due = if is_up { self.report_at.min(self.signal_at) } else { modem.now() + REPORT_INTERVAL };
        let event = match modem.supervise_until(due, std::slice::from_mut(&mut self.supervisor), recovery) {
            // The message is in the inbox.
            Ok(None | Some(SupervisedEvent::Modem(Event::Message(_)))) => return Ok(()),
            Ok(Some(event)) => Ok(event),
            Err(error) => Err(error),
        };
        match call.end(event, words::supervised)? {
            SupervisedEvent::Modem(event) => eprintln!("blocking: {event}"),
            SupervisedEvent::Supervisor(event) => {
                eprintln!("blocking: {event}");
                if let Transition::ConnectFailed(error) = event.transition
                    && error.next_step() == NextStep::CorrectInput
                {
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }
}

fn open(port: &Port, recording: &Recording) -> Result<(Overheard<Half>, Overheard<Half>), Failure> {
    let cannot = |error| Failure::from(format!("cannot open {}: {error}", port.device()));
    let transmitter = serialport::new(port.device(), port.baud()).open().map_err(cannot)?;
    let receiver = transmitter.try_clone().map_err(cannot)?;
    Ok(overheard(Serial::new(receiver), Serial::new(transmitter), port.listeners(recording)))
}
