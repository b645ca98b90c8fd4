//! The flags that the programs on a computer share, named as mosquitto_pub and mosquitto_sub name them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use simcom_mqtt::network::{Apn, BringUpStage};
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Family, QoS, Tls, Will};
use tokio_serial::{SerialPortBuilderExt, SerialStream};

use super::dialogue::Dialogue;
use super::ending::Failure;
use super::family::FamilyName;
use super::recording::{Call, Recording};
use super::tls::Certificates;
use super::uart::{Listeners, Receiver, Transmitter, halves};

/// The module.
#[derive(Args)]
#[command(next_help_heading = "Module")]
pub struct Port {
    /// Serial port of the module, such as /dev/ttyUSB2
    #[arg(long, value_name = "PATH")]
    device: String,

    /// Speed of the port
    #[arg(long, value_name = "N", default_value_t = 115_200)]
    baud: u32,

    /// Family of the module
    #[arg(long, value_enum, default_value_t = FamilyName::A76xx)]
    family: FamilyName,

    /// Which of the module's two MQTT clients to use
    #[arg(long, value_name = "0|1", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    index: u8,

    /// Access point of the mobile network to attach to first; without it the module is expected to be attached
    #[arg(long)]
    apn: Option<String>,

    /// Print the AT dialogue to stderr, without passwords
    #[arg(long)]
    debug: bool,

    /// Write the AT dialogue and the driver's calls to a file as a transcript, secrets masked
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

impl Port {
    pub fn family(&self) -> Family {
        self.family.family()
    }

    pub fn index(&self) -> ClientIndex {
        if self.index == 0 { ClientIndex::First } else { ClientIndex::Second }
    }

    /// The access point, if the module must be attached first.
    pub fn apn(&self) -> Option<Apn<'_>> {
        self.apn.as_deref().map(Apn::new)
    }

    /// Its name, or an empty text.
    pub fn apn_name(&self) -> &str {
        self.apn.as_deref().unwrap_or_default()
    }

    /// Prints what the module waits for during a bring-up.
    pub fn show_stage(&self, stage: BringUpStage) {
        if self.debug {
            eprintln!("waiting for {stage}");
        }
    }

    pub fn device(&self) -> &str {
        &self.device
    }

    pub fn baud(&self) -> u32 {
        self.baud
    }

    /// What is recorded, if anything.
    pub fn recording(&self) -> Result<Recording, Failure> {
        self.record.as_deref().map_or(Ok(Recording::default()), |path| Recording::create(path, self.family))
    }

    pub fn open(&self, recording: &Recording) -> Result<(Receiver<SerialStream>, Transmitter<SerialStream>), Failure> {
        let port = tokio_serial::new(&self.device, self.baud)
            .open_native_async()
            .map_err(|error| format!("cannot open {}: {error}", self.device))?;
        Ok(halves(port, self.listeners(recording)))
    }

    /// The listeners to the AT dialogue.
    pub fn listeners(&self, recording: &Recording) -> Listeners {
        let dialogue = self.debug.then(|| Dialogue::new(std::io::stderr()));
        Listeners::new(dialogue, recording.clone())
    }
}

/// The broker and the session with it.
#[derive(Args)]
#[command(next_help_heading = "Session")]
pub struct Session {
    /// Broker
    #[arg(short = 'h', long, default_value = "localhost")]
    host: String,

    /// Port of the broker [default: 1883, or 8883 with TLS]
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Client id [default: simcom- with the program's name and process id]
    #[arg(short, long)]
    id: Option<String>,

    /// User name
    #[arg(short, long = "username", value_name = "USER")]
    user: Option<String>,

    /// Password
    #[arg(short = 'P', long = "pw", value_name = "PASSWORD", requires = "user")]
    password: Option<String>,

    /// Seconds of silence before the module pings the broker
    #[arg(short, long = "keepalive", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=64_800))]
    keep_alive: u16,

    /// Disable clean session: the broker keeps subscriptions and messages for this client id
    #[arg(short = 'c', long = "disable-clean-session", requires = "id")]
    persistent: bool,

    /// Topic on which the broker publishes the will if this client vanishes
    #[arg(long, value_name = "TOPIC", requires = "will_payload")]
    will_topic: Option<String>,

    /// Message of the will
    #[arg(long, value_name = "MESSAGE", requires = "will_topic")]
    will_payload: Option<String>,

    /// Quality of service of the will
    #[arg(long, value_name = "QOS", default_value = "0", value_parser = parse_qos, requires = "will_topic")]
    will_qos: QoS,

    /// Print this help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

impl Session {
    /// The client id, or a default that is unique on this computer.
    pub fn client_id(&self, program: &str) -> String {
        self.id.clone().unwrap_or_else(|| format!("simcom-{program}-{}", std::process::id()))
    }

    pub fn will(&self) -> Option<Will<'_>> {
        let (topic, message) = (self.will_topic.as_deref()?, self.will_payload.as_deref()?);
        Some(Will::new(topic, message.as_bytes()).qos(self.will_qos))
    }

    /// Begins a connect in the recording, with its options as arguments.
    pub fn begin_connect(
        &self,
        recording: &Recording,
        index: ClientIndex,
        client_id: &str,
        certificates: Option<&Certificates>,
    ) -> Call {
        recording.begin("connect", &self.recorded(index, client_id, certificates))
    }

    /// The options of a connection as arguments of a call in a recording.
    pub fn recorded(
        &self,
        index: ClientIndex,
        client_id: &str,
        certificates: Option<&Certificates>,
    ) -> Vec<(&'static str, String)> {
        let mut arguments = vec![
            ("client", index.number().to_string()),
            ("host", self.host.clone()),
            ("port", self.broker_port(certificates.is_some()).to_string()),
            ("id", client_id.to_owned()),
            ("keep_alive", self.keep_alive.to_string()),
            ("clean_session", (!self.persistent).to_string()),
        ];
        arguments.extend(self.user.iter().map(|user| ("user", user.clone())));
        arguments.extend(self.password.iter().map(|password| ("password", password.clone())));
        if let (Some(topic), Some(message)) = (&self.will_topic, &self.will_payload) {
            let qos = (self.will_qos as u8).to_string();
            arguments.extend([("will_topic", topic.clone()), ("will_message", message.clone()), ("will_qos", qos)]);
        }
        arguments.extend(certificates.iter().flat_map(|certificates| certificates.recorded()));
        arguments
    }

    fn broker_port(&self, tls: bool) -> u16 {
        self.port.unwrap_or(if tls { 8883 } else { 1883 })
    }

    pub fn options<'a>(
        &'a self,
        client_id: &'a str,
        will: Option<&'a Will<'a>>,
        tls: Option<&'a Tls<'a>>,
    ) -> ConnectOptions<'a> {
        let broker = match tls {
            Some(tls) => Broker::tls(&self.host, self.broker_port(true), tls),
            None => Broker::tcp(&self.host, self.broker_port(false)),
        };
        let mut options = ConnectOptions::new(broker, client_id)
            .keep_alive(Duration::from_secs(self.keep_alive.into()))
            .clean_session(!self.persistent);
        options = match (&self.user, &self.password) {
            (Some(user), Some(password)) => options.credentials(user, password),
            (Some(user), None) => options.user(user),
            (None, _) => options,
        };
        match will {
            Some(will) => options.will(will),
            None => options,
        }
    }
}

pub fn parse_qos(text: &str) -> Result<QoS, String> {
    text.parse().ok().and_then(QoS::from_number).ok_or_else(|| "not 0, 1 or 2".to_owned())
}
