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
use host::tls::{Certificates, TlsFlags};
use host::uart::{Receiver, Transmitter};

/// Publishes one message through a SIMCom module.
#[derive(Parser)]
#[command(disable_help_flag = true, args_override_self = true, group = ArgGroup::new("payload").required(true))]
struct Arguments {
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

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut payload = payload(&arguments).await?;
    check(&arguments, payload.length())?;
    let client_id = arguments.session.client_id("pub");
    let will = arguments.session.will();
    let certificates = arguments.tls.read()?;
    let tls = certificates.as_ref().map(Certificates::tls);
    let options = arguments.session.options(&client_id, will.as_ref(), tls.as_ref());

    let (receiver, transmitter) = arguments.port.open()?;
    let mut signals = Signals::listen()?;
    let mut modem = Modem::new(receiver, transmitter, Clock::start(), arguments.port.family(), RefuseAll);
    let outcome = tokio::select! {
        outcome = publish(&mut modem, &arguments, certificates.as_ref(), &options, &mut payload) => outcome,
        () = signals.next() => Err("interrupted, the message may not be published".to_owned().into()),
    };
    end(modem, &mut signals, outcome).await
}

/// Checks what can be checked before anything is opened or sent.
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

type SerialModem<'a> = Modem<'a, Receiver<SerialStream>, Transmitter<SerialStream>, Clock, RefuseAll>;

async fn publish<'a>(
    modem: &mut SerialModem<'a>,
    arguments: &Arguments,
    certificates: Option<&Certificates>,
    options: &'a ConnectOptions<'a>,
    payload: &mut Payload,
) -> Result<(), Failure> {
    attach(modem, &arguments.port).await?;
    if let Some(certificates) = certificates {
        certificates.store(modem).await?;
    }
    let mut client = modem.client(arguments.port.index());
    client.connect(options).await?;
    let message = |bytes| Publish::new(&arguments.topic, bytes).qos(arguments.qos).retained(arguments.retain);
    match payload {
        Payload::Bytes(bytes) => client.publish(&message(bytes)).await?,
        Payload::File(file, length) => client.publish_from(&message(&[]), *length, file).await?,
    }
    Ok(())
}
