//! A message from the driver to a broker and back, without any hardware: the module is a simulated one.
//!
//! ```sh
//! cargo run --example quickstart
//! ```
//!
//! Connects with a will, subscribes, publishes with every quality of service and with the longest payload, receives all
//! of it, disconnects, and prints the AT dialogue as it happens. Ends with an error if anything differs from what was
//! sent.

#[allow(dead_code, reason = "no example needs everything that they share")]
mod host;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use rumqttd::{Config, ConnectionSettings, RouterConfig, ServerSettings};
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::front_end::Simulator;
use simcom_modem_simulator::referee::ComplaintKind;
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Error, Event, Inbox, Modem, Publish, QoS, Will};
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use host::clock::Clock;
use host::dialogue::Dialogue;
use host::ending::{Failure, exit_code};
pub use host::family::FamilyName;
use host::recording::Recording;
use host::uart::{Listeners, Receiver, Transmitter, halves};

/// Time limit for the broker to listen, and for the messages to return.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Publishes and receives through a simulated module and an embedded broker.
#[derive(Parser)]
struct Arguments {
    /// Family of the module
    #[arg(long, value_enum, default_value_t = FamilyName::A76xx)]
    family: FamilyName,
}

/// A message that is sent and must be received again.
struct Expected {
    topic: &'static str,
    payload: Vec<u8>,
    qos: QoS,
}

type Quickstart<'a> = Modem<Receiver<DuplexStream>, Transmitter<DuplexStream>, Clock, &'a Inbox<32_768>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code("quickstart", run(Arguments::parse().family).await)
}

pub async fn run(family: FamilyName) -> Result<(), Failure> {
    let broker = start_broker().await?;
    let (stream, module) = start_module(family);
    let messages = messages(family);

    let host = broker.ip().to_string();
    let will = Will::new("quickstart/state", b"gone").qos(QoS::AtLeastOnce);
    let options = ConnectOptions::new(Broker::tcp(&host, broker.port()), "quickstart").will(&will);

    let inbox = Inbox::new();
    let (receiver, transmitter) =
        halves(stream, Listeners::new(Some(Dialogue::new(std::io::stdout())), Recording::default()));
    let mut modem = Modem::new(receiver, transmitter, Clock::start(), family.family(), &inbox);
    send(&mut modem, &options, &messages).await?;
    let came_back = timeout(TIME_LIMIT, receive(&mut modem, &inbox, &messages)).await;
    came_back.map_err(|_| "not every message came back".to_owned())??;
    let (receiver, transmitter, ended) = modem.shutdown().await;
    ended?;

    // The UART is closed: the module's task ends, and returns its complaints about the driver.
    drop((receiver, transmitter));
    match module.await {
        Ok(complaints) if complaints.is_empty() => {}
        Ok(complaints) => return Err(format!("the module complains: {}", complaints.join("; ")).into()),
        Err(error) => return Err(format!("the simulated module failed: {error}").into()),
    }
    summary(&messages);
    Ok(())
}

/// One message of each quality of service, and one as long as the family takes.
fn messages(family: FamilyName) -> Vec<Expected> {
    let every_byte = (0..=255).cycle().take(family.family().payload_limit()).collect();
    vec![
        Expected { topic: "quickstart/at-most-once", payload: b"21.5".to_vec(), qos: QoS::AtMostOnce },
        Expected { topic: "quickstart/at-least-once", payload: b"\r\nOK\r\n".to_vec(), qos: QoS::AtLeastOnce },
        Expected { topic: "quickstart/exactly-once", payload: b"> on".to_vec(), qos: QoS::ExactlyOnce },
        Expected { topic: "quickstart/longest", payload: every_byte, qos: QoS::AtLeastOnce },
    ]
}

async fn send(modem: &mut Quickstart<'_>, options: &ConnectOptions<'_>, messages: &[Expected]) -> Result<(), Error> {
    let mut client = modem.client(ClientIndex::First);
    client.connect(options).await?;
    client.subscribe("quickstart/#", QoS::ExactlyOnce).await?;
    for Expected { topic, payload, qos } in messages {
        client.publish(&Publish::new(topic, payload).qos(*qos)).await?;
    }
    Ok(())
}

/// Receives as many messages as were sent, and compares them.
async fn receive(modem: &mut Quickstart<'_>, inbox: &Inbox<32_768>, messages: &[Expected]) -> Result<(), Failure> {
    let mut buffer = vec![0; 16_384];
    let mut missing: Vec<&Expected> = messages.iter().collect();
    while !missing.is_empty() {
        match modem.next_event().await? {
            Event::Message(_) => {}
            other => return Err(format!("unexpected: {other:?}").into()),
        }
        while let Some(message) = inbox.take(&mut buffer) {
            let topic = String::from_utf8_lossy(message.topic());
            let sent = missing.iter().position(|sent| sent.topic == topic && sent.payload == message.payload());
            let Some(place) = sent else {
                return Err(format!("what came back on {topic} is not what was sent").into());
            };
            missing.remove(place);
        }
    }
    Ok(())
}

fn summary(messages: &[Expected]) {
    println!();
    for Expected { topic, payload, qos } in messages {
        println!("{topic}: {} bytes with QoS {} sent and received", payload.len(), *qos as u8);
    }
    println!("all {} messages came back as they were sent", messages.len());
}

/// The module at the other end of a pipe. Its task ends with the pipe, and returns the complaints of its referee.
fn start_module(family: FamilyName) -> (DuplexStream, JoinHandle<Vec<String>>) {
    let family = family.simulated();
    let mut simulator = Simulator::new(family, Behaviour::of(family));
    let (driver_side, module_side) = duplex(64);
    let module = tokio::spawn(async move {
        let served = simulator.serve(module_side).await;
        // A new driver does not know the module's state: it sends a query that a stopped service refuses.
        let complaints = simulator.complaints().iter().filter(|complaint| complaint.kind != ComplaintKind::NotStarted);
        complaints.map(ToString::to_string).chain(served.err().map(|error| error.to_string())).collect()
    });
    (driver_side, module)
}

/// A broker on a free loopback port, which runs as long as the program.
async fn start_broker() -> Result<SocketAddr, Failure> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.map_err(|error| format!("no free loopback port: {error}"))?;
    let mut broker = rumqttd::Broker::new(broker_settings(address));
    std::thread::spawn(move || {
        if let Err(error) = broker.start() {
            eprintln!("quickstart: the broker failed: {error}");
        }
    });
    let listening = async {
        while TcpStream::connect(address).is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(TIME_LIMIT, listening).await.map_err(|_| format!("the broker does not listen at {address}"))?;
    Ok(address)
}

fn broker_settings(listen: SocketAddr) -> Config {
    let connections = ConnectionSettings {
        connection_timeout_ms: 5_000,
        max_payload_size: 65_536,
        max_inflight_count: 100,
        auth: None,
        external_auth: None,
        dynamic_filters: true,
    };
    let server = ServerSettings { name: "v4".to_owned(), listen, tls: None, next_connection_delay_ms: 0, connections };
    Config {
        router: RouterConfig {
            max_connections: 10,
            max_outgoing_packet_count: 200,
            max_segment_size: 1024 * 1024,
            max_segment_count: 10,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("1".to_owned(), server)])),
        ..Config::default()
    }
}
