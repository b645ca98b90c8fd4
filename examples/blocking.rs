//! The blocking client on a serial port: no async, no executor, a superloop.
//!
//! Subscribes to a topic, publishes a message to it, and prints what arrives:
//!
//! ```sh
//! cargo run --example blocking --features blocking -- --device /dev/ttyUSB2 -h broker.example -t device-7/echo -m on -C 1
//! ```

#[allow(dead_code, reason = "no example needs everything that they share")]
mod host;

use std::io::{ErrorKind, Read as _, Write as _};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use serialport::SerialPort;
use simcom_mqtt::blocking::Modem;
use simcom_mqtt::{ConnectOptions, Error, Event, Inbox, Publish, QoS, Timer};

use host::arguments::{Port, Session, parse_qos};
use host::ending::{Failure, exit_code};
use host::recording::{NO_ARGUMENTS, Recording};
use host::uart::{Overheard, overheard};
use host::words;

/// Pause of the loop when there is nothing to do. A microcontroller would sleep until its next interrupt.
const REST: Duration = Duration::from_millis(1);

/// Subscribes, publishes, and prints what arrives, without async.
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
struct Half(Box<dyn SerialPort>);

impl ErrorType for Half {
    type Error = embedded_io::ErrorKind;
}

impl ReadReady for Half {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        let waiting = self.0.bytes_to_read().map_err(|_| embedded_io::ErrorKind::BrokenPipe)?;
        Ok(waiting > 0)
    }
}

impl Read for Half {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        self.0.read(buffer).map_err(|error| error.kind().into())
    }
}

impl Write for Half {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::TimedOut => {}
                written => return written.map_err(|error| error.kind().into()),
            }
        }
    }

    /// The kernel sends the bytes without a flush.
    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

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
    let exchange = Exchange { arguments, client_id: &client_id, inbox: &inbox, recording: &recording };
    let exchanged = exchange.run(&mut modem, &options);
    let call = recording.begin("shutdown", NO_ARGUMENTS);
    let (_, _, ended) = modem.shutdown();
    let ended = call.end(ended, words::done);
    exchanged?;
    ended?;
    Ok(())
}

type SerialModem<'a, I> = Modem<Overheard<Half>, Overheard<Half>, Clock, &'a Inbox<16_384>, I>;

struct Exchange<'e> {
    arguments: &'e Arguments,
    client_id: &'e str,
    inbox: &'e Inbox<16_384>,
    recording: &'e Recording,
}

impl Exchange<'_> {
    fn run<I>(&self, modem: &mut SerialModem<'_, I>, options: &ConnectOptions<'_>) -> Result<(), Failure>
    where
        I: FnMut() -> ControlFlow<()>,
    {
        let Self { arguments, recording, .. } = self;
        let Arguments { topic, message, qos, session, port, .. } = arguments;
        if let Some(apn) = port.apn() {
            let call = recording.begin("bring_up", &[("apn", port.apn_name())]);
            let attached = call.end(modem.bring_up(&apn, |stage| port.show_stage(stage)), words::attachment);
            attached.map_err(|error| error.to_string())?;
        }
        let index = port.index();
        let mut client = modem.client(index);
        let call = session.begin_connect(recording, index, self.client_id, None);
        call.end(client.connect(options), words::connection)?;
        let call = recording.begin_subscribe(index, topic, *qos);
        call.end(client.subscribe(topic, *qos), words::done)?;
        let message = Publish::new(topic, message.as_bytes()).qos(*qos);
        let call = recording.begin_publish("publish", index, topic, self.arguments.message.as_bytes(), *qos, false);
        call.end(client.publish(&message), words::done)?;

        let mut left = arguments.count;
        while left > 0 {
            match self.print_next(modem) {
                Ok(None) => left -= 1,
                Ok(Some(Event::ConnectionLost { client: index, .. })) => {
                    let mut client = modem.client(index);
                    let call = session.begin_connect(recording, index, self.client_id, None);
                    call.end(client.connect(options), words::connection)?;
                    let call = recording.begin_subscribe(index, topic, *qos);
                    call.end(client.subscribe(topic, *qos), words::done)?;
                }
                Ok(Some(other)) => return Err(format!("cannot go on after {other:?}").into()),
                Err(Failure::Driver(Error::Aborted)) => {
                    return Err(format!("{left} messages did not come in time").into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits for a message, which is printed, or for another event.
    fn print_next<I: FnMut() -> ControlFlow<()>>(
        &self,
        modem: &mut SerialModem<'_, I>,
    ) -> Result<Option<Event>, Failure> {
        let call = self.recording.begin("next_event", NO_ARGUMENTS);
        let mut buffer = vec![0; 16_384];
        loop {
            if let Some(message) = self.inbox.take(&mut buffer) {
                call.end((), |()| words::message(message.client(), message.topic(), message.payload()));
                let mut out = std::io::stdout().lock();
                let printed = out.write_all(message.payload()).and_then(|()| out.write_all(b"\n"));
                return printed.map(|()| None).map_err(|error| format!("cannot print: {error}").into());
            }
            match modem.next_event() {
                Ok(Event::Message(_)) => {}
                outcome => return Ok(Some(call.end(outcome, words::event)?)),
            }
        }
    }
}

fn open(port: &Port, recording: &Recording) -> Result<(Overheard<Half>, Overheard<Half>), Failure> {
    let cannot = |error| Failure::from(format!("cannot open {}: {error}", port.device()));
    let transmitter = serialport::new(port.device(), port.baud()).open().map_err(cannot)?;
    let receiver = transmitter.try_clone().map_err(cannot)?;
    Ok(overheard(Half(receiver), Half(transmitter), port.listeners(recording)))
}
