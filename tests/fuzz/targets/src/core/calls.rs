//! The calls of a script, and the conditions for their success.

use core::time::Duration;

use simcom_mqtt::at::Line;
use simcom_mqtt::command::network::{CclkRead, CgdcontRead, Cgmm, Cpsi, Csq};
use simcom_mqtt::command::{self, Answer, Command, CommandInfo, CommandWriter, Request};
use simcom_mqtt::network::Apn;
use simcom_mqtt::sans_io::{
    BringUp, Connect, Detect, Disconnect, Engine, Execute, Listen, Procedure, PublishMessage, Shutdown, Store,
    Subscribe, SubscribeAll,
};
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, MqttVersion, Publish, QoS, Tls, Will};

use super::places;

/// Number of different calls.
pub(crate) const CALLS: u8 = 36;

pub(crate) static PLAIN: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
static WILL: Will<'static> = Will::new("device-7/state", b"gone").qos(QoS::AtLeastOnce);
static DETAILED: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1884), "device-7")
    .credentials("device", "secret")
    .will(&WILL)
    .operation_timeout(Duration::from_secs(30));
static WILLING: ConnectOptions<'static> =
    ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7").will(&WILL);
static TLS: Tls<'static> = Tls::server("ca.pem");
static ENCRYPTED: ConnectOptions<'static> = ConnectOptions::new(Broker::tls("broker.example", 8883, &TLS), "device-8");
static VERSIONED: ConnectOptions<'static> =
    ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-9").version(MqttVersion::V3_1_1);
/// Looks like every kind of line of a module.
const PAYLOAD: &[u8; 200] = &{
    let text = b"\r\nOK\r\n+CMQTTPUB: 0,0\r\n>\r\n+CMQTTRXEND: 0\r\nRDY\r\n";
    let mut payload = [0; 200];
    let mut place = 0;
    while place < payload.len() {
        payload[place] = text[place % text.len()];
        place += 1;
    }
    payload
};
const FILTERS: [(&str, QoS); 3] =
    [("device-7/cmd/#", QoS::AtLeastOnce), ("device-7/+/set", QoS::AtMostOnce), ("all", QoS::ExactlyOnce)];

/// Properties of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// It only waits for events.
    pub(super) listens: bool,
    /// Its data come from a source.
    pub(super) has_source: bool,
    /// If it succeeds, one of these outcomes was received: the name of a command, and the numbers after it.
    outcomes: Vec<(&'static str, Vec<u32>)>,
    /// Or the module was asked for its subscriptions, and these were among them.
    filters: Vec<&'static str>,
    /// If it succeeds, a final result `OK` was received.
    ok: bool,
    /// If it succeeds, the bytes sent end with this.
    sent: Vec<u8>,
}

impl Expected {
    /// An outcome is enough: its `OK` may have been lost.
    fn outcome(name: &'static str, client: ClientIndex) -> Self {
        Self { outcomes: vec![(name, vec![client.number().into(), 0])], ..Self::default() }
    }

    fn subscribed(client: ClientIndex, filters: &[&'static str]) -> Self {
        Self { filters: filters.to_vec(), ..Self::outcome("+CMQTTSUB", client) }
    }

    fn ok() -> Self {
        Self { ok: true, ..Self::default() }
    }

    /// Checks a successful call: its outcome was received, and its bytes were sent.
    pub(super) fn check(&self, received: &[u8], sent: &[u8]) {
        let is_reported = |(name, numbers): &(&str, Vec<u32>)| has_line(received, name, numbers);
        let is_listed = |filter: &&str| places(received, filter.as_bytes()).next().is_some();
        let was_asked = !self.filters.is_empty() && places(sent, b"AT+CMQTTSUB?\r").next().is_some();
        assert!(
            self.outcomes.is_empty()
                || self.outcomes.iter().any(is_reported)
                || was_asked && self.filters.iter().all(is_listed),
            "a success that was not reported"
        );
        assert!(!self.ok || places(received, b"OK").next().is_some(), "a success without OK");
        assert!(sent.ends_with(&self.sent), "a success without what was to be sent: {}", sent.escape_ascii());
    }
}

/// Whether a line of the module has this name and these numbers.
fn has_line(received: &[u8], name: &str, numbers: &[u32]) -> bool {
    let name = format!("{name}:");
    places(received, name.as_bytes()).any(|place| {
        let behind = &received[place + name.len()..];
        let end = behind.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(behind.len());
        let line = String::from_utf8_lossy(&behind[..end]).into_owned();
        // The driver takes a blank for a comma.
        let said = line.split([',', ' ']).filter(|number| !number.is_empty()).map(|number| {
            let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
            number[..end].parse::<u32>().ok()
        });
        said.take(numbers.len()).collect::<Vec<_>>() == numbers.iter().map(|it| Some(*it)).collect::<Vec<_>>()
    })
}

fn published(client: ClientIndex, topic: &str, payload: &[u8], qos: QoS) -> Expected {
    let mut expected = Expected::outcome("+CMQTTPUB", client);
    let index = client.number();
    expected.sent = format!("AT+CMQTTTOPIC={index},{}\r{topic}", topic.len()).into_bytes();
    if !payload.is_empty() {
        expected.sent.extend(format!("AT+CMQTTPAYLOAD={index},{}\r", payload.len()).into_bytes());
        expected.sent.extend(payload);
    }
    expected.sent.extend(format!("AT+CMQTTPUB={index},{},60,0,0\r", qos as u8).into_bytes());
    expected
}

/// A user's command with a prompt and any answer lines.
struct Own;

impl Request for Own {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let info = const { &CommandInfo::new("+CMGS", Answer::Text) };
        writer.command(info).byte(b'=').number(7).prompt(self.data().len());
    }

    fn data(&self) -> &[u8] {
        b"0011000B9164\x1a"
    }
}

impl Command for Own {
    type Response = Vec<u8>;

    fn line(&self, response: &mut Vec<u8>, line: Line<'_>) {
        response.extend(line.bytes());
    }

    fn rest(&self, response: &mut Vec<u8>, bytes: &[u8]) {
        response.extend(bytes);
    }
}

/// Carries out calls.
pub(crate) trait Carrier {
    /// The core that makes the call.
    fn core(&mut self) -> &mut Engine;

    /// The present time.
    fn now(&self) -> Duration;

    /// Carries out a call until it ends or is dropped.
    fn during(&mut self, call: &mut dyn Procedure, expected: &Expected);

    /// Takes all events. Returns their number.
    fn take_events(&mut self) -> usize;
}

/// Begins call `number`, and carries it out until it ends or is dropped.
pub(crate) fn begin(run: &mut impl Carrier, number: u8) {
    let (first, second) = (ClientIndex::First, ClientIndex::Second);
    match number % CALLS {
        0 => connect(run, first, &PLAIN),
        1 => connect(run, first, &DETAILED),
        2 => connect(run, second, &ENCRYPTED),
        3 => connect(run, second, &VERSIONED),
        4 => connect(run, first, &WILLING),
        5 => connect(run, second, &PLAIN),
        6 => publish(run, first, "device-7/state", b"on", QoS::AtMostOnce),
        7 => publish(run, first, "device-7/log", PAYLOAD, QoS::AtLeastOnce),
        8 => publish(run, second, "a", b"", QoS::ExactlyOnce),
        9 => publish(run, first, "device-7/state", b"", QoS::AtLeastOnce),
        10 => publish_from(run, first, 70),
        11 => publish_from(run, second, 4_000),
        12 => subscribe(run, first, FILTERS[0].0),
        13 => subscribe(run, second, "all"),
        14 => subscribe_all(run, first),
        15 => subscribe_all(run, second),
        16 => {
            let unsub = command::Unsub { client: first, filter: FILTERS[0].0.as_bytes() };
            run.during(&mut Execute::new(&unsub), &Expected::outcome("+CMQTTUNSUB", first));
        }
        17 => run.during(&mut Disconnect::new(first, Duration::from_secs(60)), &Expected::outcome("+CMQTTDISC", first)),
        18 => {
            run.during(&mut Disconnect::new(second, Duration::from_secs(60)), &Expected::outcome("+CMQTTDISC", second))
        }
        19 => run.during(&mut Shutdown::new(), &Expected::default()),
        20 => next_event(run),
        21 => run.during(&mut Detect::new(), &Expected::default()),
        22 => {
            let expected = Expected { has_source: true, ..Expected::ok() };
            run.during(&mut Store::new("ca.pem", 5_000), &expected);
        }
        23 => {
            // Without a PIN, none can be unconfirmed.
            let (mut pin_unconfirmed, mut on_stage) = (false, |_| {});
            let apn = Apn::new("internet");
            let mut call = BringUp::new(&apn, &mut pin_unconfirmed, &mut on_stage, run.now());
            run.during(&mut call, &Expected::default());
        }
        24 => execute(run, &command::At),
        25 => execute(run, &command::EchoOff),
        26 => execute(run, &Csq),
        27 => execute(run, &Cgmm),
        28 => execute(run, &command::ConnectRead),
        29 => execute(run, &Cpsi),
        30 => execute(run, &CclkRead),
        31 => execute(run, &CgdcontRead { context: 1 }),
        32 => execute(run, &Own),
        33 => execute(run, &command::Ccertlist::new(|_| {})),
        34 => execute(run, &command::Start),
        _ => execute(run, &command::Rel { client: first }),
    }
}

fn connect(run: &mut impl Carrier, client: ClientIndex, options: &'static ConnectOptions<'static>) {
    run.during(&mut Connect::new(client, options), &connected(client));
}

/// A new connection, or an adopted one.
fn connected(client: ClientIndex) -> Expected {
    let index = client.number().into();
    let outcomes = vec![("+CMQTTCONNECT", vec![index, 0]), ("+CMQTTDISC", vec![index, 0])];
    Expected { outcomes, ok: true, ..Expected::default() }
}

fn publish(run: &mut impl Carrier, client: ClientIndex, topic: &str, payload: &[u8], qos: QoS) {
    let message = Publish::new(topic, payload).qos(qos);
    run.during(&mut PublishMessage::new(client, &message), &published(client, topic, payload, qos));
}

fn publish_from(run: &mut impl Carrier, client: ClientIndex, length: usize) {
    let message = Publish::new("device-7/log", b"").qos(QoS::AtLeastOnce);
    let expected = published(client, "device-7/log", &vec![b'.'; length], QoS::AtLeastOnce);
    run.during(&mut PublishMessage::announced(client, &message, length), &Expected { has_source: true, ..expected });
}

fn subscribe(run: &mut impl Carrier, client: ClientIndex, filter: &'static str) {
    let sub = command::Sub { client, filter: filter.as_bytes(), qos: QoS::AtLeastOnce };
    run.during(&mut Subscribe::new(sub), &Expected::subscribed(client, &[filter]));
}

fn subscribe_all(run: &mut impl Carrier, client: ClientIndex) {
    let mut call = SubscribeAll::new(client, &FILTERS, run.core().family());
    run.during(&mut call, &Expected::subscribed(client, &FILTERS.map(|(filter, _)| filter)));
}

fn next_event(run: &mut impl Carrier) {
    if run.take_events() == 0 {
        run.during(&mut Listen, &Expected { listens: true, ..Expected::default() });
    }
}

fn execute(run: &mut impl Carrier, command: &impl Command) {
    run.during(&mut Execute::new(command), &Expected::ok());
}
