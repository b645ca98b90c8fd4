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
use host::uart::{Overheard, overheard};

/// How long the loop rests when there is nothing to do. A microcontroller would sleep until its next interrupt.
const REST: Duration = Duration::from_millis(1);

/// Subscribes, publishes, and prints what arrives, without async.
#[derive(Parser)]
#[command(disable_help_flag = true)]
struct Arguments {
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

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let client_id = arguments.session.client_id("blocking");
    let will = arguments.session.will();
    let options = arguments.session.options(&client_id, will.as_ref(), None);
    let (receiver, transmitter) = open(&arguments.port)?;

    let inbox = Inbox::<16_384>::new();
    let end = Instant::now() + Duration::from_secs(arguments.limit);
    let modem = Modem::new(receiver, transmitter, Clock(Instant::now()), arguments.port.family(), &inbox);
    let mut modem = modem.with_idle(|| {
        sleep(REST);
        if Instant::now() < end { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let exchanged = exchange(&mut modem, arguments, &options, &inbox);
    let (_, _, ended) = modem.shutdown();
    exchanged?;
    ended?;
    Ok(())
}

fn exchange<'a, I: FnMut() -> ControlFlow<()>>(
    modem: &mut Modem<'a, Overheard<Half>, Overheard<Half>, Clock, &Inbox<16_384>, I>,
    arguments: &Arguments,
    options: &'a ConnectOptions<'a>,
    inbox: &Inbox<16_384>,
) -> Result<(), Failure> {
    let port = &arguments.port;
    if let Some(apn) = port.apn() {
        modem.bring_up(&apn, |stage| port.tell(stage)).map_err(|error| error.to_string())?;
    }
    let index = port.index();
    let mut client = modem.client(index);
    client.connect(options)?;
    client.subscribe(&arguments.topic, arguments.qos)?;
    client.publish(&Publish::new(&arguments.topic, arguments.message.as_bytes()).qos(arguments.qos))?;

    let mut buffer = vec![0; 16_384];
    let mut left = arguments.count;
    while left > 0 {
        match modem.next_event() {
            Ok(Event::Message(_)) => {}
            Ok(Event::ConnectionLost { client, .. }) => {
                modem.client(client).reconnect()?;
                modem.client(client).subscribe(&arguments.topic, arguments.qos)?;
            }
            Ok(other) => return Err(format!("cannot go on after {other:?}").into()),
            Err(Error::Aborted) => return Err(format!("{left} messages did not come in time").into()),
            Err(error) => return Err(error.into()),
        }
        while let Some(message) = inbox.take(&mut buffer) {
            let mut out = std::io::stdout().lock();
            let printed = out.write_all(message.payload()).and_then(|()| out.write_all(b"\n"));
            printed.map_err(|error| format!("cannot print: {error}"))?;
            left = left.saturating_sub(1);
        }
    }
    Ok(())
}

fn open(port: &Port) -> Result<(Overheard<Half>, Overheard<Half>), Failure> {
    let cannot = |error| Failure::from(format!("cannot open {}: {error}", port.device()));
    let transmitter = serialport::new(port.device(), port.baud()).open().map_err(cannot)?;
    let receiver = transmitter.try_clone().map_err(cannot)?;
    Ok(overheard(Half(receiver), Half(transmitter), port.listeners()?))
}
