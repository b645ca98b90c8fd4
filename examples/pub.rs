//! Publishes one message through a module on a serial port, with the flags of mosquitto_pub:
//!
//! ```sh
//! cargo run --example pub -- --device /dev/ttyUSB2 --family a7600 -h broker.example -t device-7/state -m on -q 1
//! ```

#[allow(dead_code, reason = "no example needs everything that they share")]
mod host;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use embedded_io_adapters::tokio_1::FromTokio;
use simcom_mqtt::command::{Request, Topic};
use simcom_mqtt::{ConnectOptions, Error, Modem, Publish, QoS, RefuseAll};
use tokio::fs::File;
use tokio_serial::SerialStream;

use host::arguments::{Port, Session, parse_qos};
use host::clock::Clock;
use host::ending::{Failure, Signals, end, exit_code};
use host::network::attach;
use host::recording::{Call, Recording};
use host::tls::{Certificates, TlsFlags};
use host::uart::{Receiver, Transmitter};
use host::words;

/// Publishes one message through a SIMCom module.
#[derive(Parser)]
#[command(disable_help_flag = true, args_override_self = true, group = ArgGroup::new("payload").required(true))]
pub struct Arguments {
    /// Topic to publish to
    #[arg(short, long)]
    topic: String,

    /// Message
    #[arg(short, long, group = "payload")]
    message: Option<String>,

    /// Send a file as the message
    #[arg(short, long, group = "payload")]
    file: Option<PathBuf>,

    /// Send an empty message
    #[arg(short, long = "null-message", group = "payload")]
    null: bool,

    /// Send all of stdin as the message
    #[arg(short, long = "stdin-file", group = "payload")]
    stdin: bool,

    /// Quality of service
    #[arg(short, long, default_value = "0", value_parser = parse_qos)]
    qos: QoS,

    /// The broker keeps the message for later subscribers
    #[arg(short, long)]
    retain: bool,

    #[command(flatten)]
    session: Session,

    #[command(flatten)]
    tls: TlsFlags,

    #[command(flatten)]
    port: Port,
}

enum Payload {
    Bytes(Vec<u8>),
    /// A file and its length.
    File(FromTokio<File>, usize),
}

impl Payload {
    fn length(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(_, length) => *length,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code("pub", run(Arguments::parse()).await)
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut payload = payload(&arguments).await?;
    check(&arguments, payload.length())?;
    let client_id = arguments.session.client_id("pub");
    let will = arguments.session.will();
    let certificates = arguments.tls.read()?;
    let tls = certificates.as_ref().map(Certificates::tls);
    let options = arguments.session.options(&client_id, will.as_ref(), tls.as_ref());

    let recording = arguments.port.recording()?;
    let (receiver, transmitter) = arguments.port.open(&recording)?;
    let mut signals = Signals::listen()?;
    let mut modem = Modem::new(receiver, transmitter, Clock::start(), arguments.port.family(), RefuseAll);
    let publisher = Publisher { arguments: &arguments, certificates: certificates.as_ref(), recording: &recording };
    let outcome = tokio::select! {
        outcome = publisher.publish(&mut modem, &client_id, &options, &mut payload) => outcome,
        () = signals.next() => Err("interrupted, the message may not be published".to_owned().into()),
    };
    end(modem, &mut signals, &recording, outcome).await
}

/// Checks the arguments before anything is opened or sent.
fn check(arguments: &Arguments, length: usize) -> Result<(), Failure> {
    let family = arguments.port.family();
    let topic = Topic { client: arguments.port.index(), topic: &arguments.topic };
    (&topic as &dyn Request).check(family).map_err(Error::from)?;
    match family.payload_limit() {
        limit if length > limit => Err(format!("the message is longer than the {limit} bytes a module takes").into()),
        _ => Ok(()),
    }
}

async fn payload(arguments: &Arguments) -> Result<Payload, Failure> {
    if let Some(path) = &arguments.file {
        return file(path).await.map_err(|error| format!("cannot read {}: {error}", path.display()).into());
    }
    if !arguments.stdin {
        return Ok(Payload::Bytes(arguments.message.clone().unwrap_or_default().into_bytes()));
    }
    // One byte more than a module takes shows that the message is too long.
    let longest = arguments.port.family().payload_limit() as u64 + 1;
    let mut bytes = Vec::new();
    std::io::stdin().take(longest).read_to_end(&mut bytes).map_err(|error| format!("cannot read stdin: {error}"))?;
    Ok(Payload::Bytes(bytes))
}

async fn file(path: &Path) -> std::io::Result<Payload> {
    let file = File::open(path).await?;
    let metadata = file.metadata().await?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    Ok(Payload::File(FromTokio::new(file), length))
}

type SerialModem = Modem<Receiver<SerialStream>, Transmitter<SerialStream>, Clock, RefuseAll>;

struct Publisher<'p> {
    arguments: &'p Arguments,
    certificates: Option<&'p Certificates>,
    recording: &'p Recording,
}

impl Publisher<'_> {
    async fn publish(
        &self,
        modem: &mut SerialModem,
        client_id: &str,
        options: &ConnectOptions<'_>,
        payload: &mut Payload,
    ) -> Result<(), Failure> {
        let Self { arguments, certificates, recording } = self;
        attach(modem, &arguments.port, recording).await?;
        if let Some(certificates) = certificates {
            certificates.store(modem, recording).await?;
        }
        let index = arguments.port.index();
        let mut client = modem.client(index);
        let call = arguments.session.begin_connect(recording, index, client_id, *certificates);
        call.end(client.connect(options).await, words::connection)?;
        let message = |bytes| Publish::new(&arguments.topic, bytes).qos(arguments.qos).retained(arguments.retain);
        match payload {
            Payload::Bytes(bytes) => {
                let call = self.begin("publish", bytes);
                call.end(client.publish(&message(bytes)).await, words::done)?;
            }
            Payload::File(file, length) => {
                let call = self.begin("publish_from", &self.recorded_file());
                call.end(client.publish_from(&message(&[]), *length, file).await, words::done)?;
            }
        }
        Ok(())
    }

    fn begin(&self, name: &str, payload: &[u8]) -> Call {
        let Arguments { topic, qos, retain, port, .. } = self.arguments;
        self.recording.begin_publish(name, port.index(), topic, payload, *qos, *retain)
    }

    /// The content of the file: the driver reads it piece by piece, a recorded call has the whole payload.
    fn recorded_file(&self) -> Vec<u8> {
        let path = self.arguments.file.as_ref().filter(|_| self.recording.is_on());
        path.and_then(|path| std::fs::read(path).ok()).unwrap_or_default()
    }
}
