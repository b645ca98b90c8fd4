//! Makes the calls of a transcript on the driver.

use core::time::Duration;

use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_modem_simulator::transcript::Call;
use simcom_mqtt::command::network::{CclkRead, Cpin, Csq, DateTime, SimState};
use simcom_mqtt::command::{Accq, AccqRead, At, EchoOff, MqttVersion, Rel, ServerType, Start, Stop};
use simcom_mqtt::family::VersionSetting;
use simcom_mqtt::network::{Apn, Credentials};
use simcom_mqtt::supervisor::{Backoff, Policy, Recovery, SubscriptionList, SupervisedEvent, Supervisor};
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Event, Family, Inbox, Publish, QoS, Tls, Will};

use crate::families::ALL_FAMILIES;
use crate::shell::ShellModem;
use crate::words;

pub type ReplayInbox = Inbox<32_768>;
pub type ReplayModem<'a> = ShellModem<&'a ReplayInbox>;

/// A masked PIN is no number: the driver gets this one, and its bytes are masked before they are compared.
const PINS: &str = "00000000";

/// The longest wait of the examples.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The result of a call after `shutdown`.
const SHUTDOWN: &str = "there was a shutdown already";

fn text<'c>(call: &'c Call, name: &str) -> &'c str {
    call.text(name).unwrap_or_default()
}

fn bytes<'c>(call: &'c Call, name: &str) -> &'c [u8] {
    call.bytes(name).unwrap_or_default()
}

fn seconds(call: &Call, name: &str) -> Option<Duration> {
    call.number(name).map(|seconds| Duration::from_secs(seconds.into()))
}

fn client(call: &Call) -> ClientIndex {
    if call.number("client") == Some(1) { ClientIndex::Second } else { ClientIndex::First }
}

fn qos(call: &Call, name: &str) -> QoS {
    call.number(name).and_then(|number| QoS::from_number(number as u8)).unwrap_or(QoS::AtMostOnce)
}

/// What keeps the session of a transcript up, made by its first `supervise`.
type ReplaySupervisor = Supervisor<'static, &'static SubscriptionList<String, 8>>;
pub type Supervision = Option<(ReplaySupervisor, Recovery<Option<&'static Apn<'static>>>)>;

/// Makes a call and returns its result in the words of the format.
pub async fn make(
    call: &Call,
    modem: &mut Option<ReplayModem<'_>>,
    supervision: &mut Supervision,
    inbox: &ReplayInbox,
) -> String {
    if call.name == "shutdown" {
        return match modem.take() {
            Some(modem) => words::done(modem.shutdown().await.2),
            None => SHUTDOWN.to_owned(),
        };
    }
    if call.name == "next_event" {
        return next_event(modem, inbox).await.unwrap_or_else(|| SHUTDOWN.to_owned());
    }
    let Some(modem) = modem else { return SHUTDOWN.to_owned() };
    match call.name {
        "supervise" => supervise(modem, supervision.get_or_insert_with(|| supervision_of(call)), inbox).await,
        "bring_up" => bring_up(call, modem).await,
        "connect" => words::connection(modem.client(client(call)).connect(&options(call)).await),
        "publish" | "publish_from" | "subscribe" | "subscribe_all" | "unsubscribe" | "unsubscribe_all"
        | "disconnect" => words::done(with_client(call, modem).await),
        _ => execute(call, modem).await,
    }
}

fn supervision_of(call: &Call) -> (ReplaySupervisor, Recovery<Option<&'static Apn<'static>>>) {
    let list = SubscriptionList::new();
    for (filter, qos) in filters(call) {
        list.add(filter.to_owned(), qos).expect("no example subscribes to more filters");
    }
    let options = &*Box::leak(Box::new(options(call)));
    let policy = Policy::new(Backoff::new(call.number("seed").unwrap_or_default()).longest(LONGEST_WAIT));
    let apn = call.text("apn").map(|name| &*Box::leak(Box::new(Apn::new(name.to_owned().leak()))));
    (Supervisor::new(client(call), options, Box::leak(Box::new(list)), policy), Recovery::new(apn))
}

/// The next message, or event of the module or the supervisor.
async fn supervise(
    modem: &mut ReplayModem<'_>,
    (supervisor, recovery): &mut (ReplaySupervisor, Recovery<Option<&'static Apn<'static>>>),
    inbox: &ReplayInbox,
) -> String {
    let mut buffer = vec![0; 32_768];
    loop {
        if let Some(message) = inbox.take(&mut buffer) {
            return words::message(message.client(), message.topic(), message.payload());
        }
        match modem.supervise(core::slice::from_mut(supervisor), recovery).await {
            Ok(SupervisedEvent::Modem(Event::Message(_))) => {}
            other => return words::supervised(other),
        }
    }
}

async fn with_client(call: &Call, modem: &mut ReplayModem<'_>) -> Result<(), simcom_mqtt::Error> {
    let mut client = modem.client(client(call));
    match call.name {
        "publish" => client.publish(&publish(call)).await,
        "publish_from" => {
            let mut payload = bytes(call, "payload");
            client.publish_from(&publish(call), payload.len(), &mut payload).await
        }
        "subscribe_all" => client.subscribe_all(&filters(call)).await,
        "subscribe" => client.subscribe(bytes(call, "filter"), qos(call, "qos")).await,
        "unsubscribe_all" => {
            let filters: Vec<_> = text(call, "filters").split_whitespace().collect();
            client.unsubscribe_all(&filters).await
        }
        "unsubscribe" => client.unsubscribe(bytes(call, "filter")).await,
        _ => client.disconnect().await,
    }
}

/// Single commands, and calls without a client.
async fn execute(call: &Call, modem: &mut ReplayModem<'_>) -> String {
    let client = client(call);
    let is_versioned = modem.family().version_setting() == VersionSetting::AcquireArgument;
    let version = is_versioned.then_some(MqttVersion::V3_1_1);
    let optional = |value: Option<String>| format!("ok {}", value.as_deref().unwrap_or("none"));
    match call.name {
        "at" => words::done(modem.execute(&At).await),
        "echo_off" => words::done(modem.execute(&EchoOff).await),
        "start" => words::done(modem.execute(&Start).await),
        "stop" => words::done(modem.execute(&Stop).await),
        "rel" => words::done(modem.execute(&Rel { client }).await),
        "accq_read" => words::done(modem.execute(&AccqRead).await),
        "accq" => {
            let accq = Accq { client, client_id: text(call, "id"), server_type: ServerType::Tcp, version };
            words::done(modem.execute(&accq).await)
        }
        "csq" => words::signal(modem.execute(&Csq).await),
        "cpin" => words::result(modem.execute(&Cpin).await, |state| optional(state.map(sim_state))),
        "cclk" => {
            let time = |time: DateTime| {
                let date = format!("{}-{:02}-{:02}", time.year, time.month, time.day);
                format!("{date}T{:02}:{:02}:{:02}{:+}", time.hour, time.minute, time.second, time.quarters_from_utc)
            };
            words::result(modem.execute(&CclkRead).await, |read| optional(read.map(time)))
        }
        "store_certificate" => {
            let data = bytes(call, "data");
            words::done(modem.store_certificate(text(call, "name"), data.len(), &mut &data[..]).await)
        }
        "replace_certificate" => {
            let data = bytes(call, "data");
            words::done(modem.replace_certificate(text(call, "name"), data.len(), &mut &data[..]).await)
        }
        "list_certificates" => words::count(modem.list_certificates(|_| {}).await),
        "delete_certificate" => words::done(modem.delete_certificate(text(call, "name")).await),
        other => format!("the replay does not know {other}"),
    }
}

fn sim_state(state: SimState) -> String {
    format!("{state:?}").to_lowercase()
}

/// The next message or event, if there is a modem.
pub async fn next_event_of(modem: &mut Option<ReplayModem<'_>>, inbox: &ReplayInbox) -> String {
    match modem {
        Some(_) => next_event(modem, inbox).await.unwrap_or_default(),
        None => core::future::pending().await,
    }
}

/// The next message or event. The driver joins the events of several messages; here each message is one. After a
/// shutdown there are only messages that arrived before.
async fn next_event(modem: &mut Option<ReplayModem<'_>>, inbox: &ReplayInbox) -> Option<String> {
    let mut buffer = vec![0; 32_768];
    loop {
        if let Some(message) = inbox.take(&mut buffer) {
            return Some(words::message(message.client(), message.topic(), message.payload()));
        }
        match modem.as_mut()?.next_event().await {
            Ok(Event::Message(_)) => {}
            other => return Some(words::event(other)),
        }
    }
}

/// Filters and their qualities of service, as `a/b:1 c/#:0`; without one it is 0.
fn filters(call: &Call) -> Vec<(&str, QoS)> {
    let filters = text(call, "filters").split_whitespace();
    let with_qos = filters.map(|filter| filter.rsplit_once(':').unwrap_or((filter, "0")));
    with_qos
        .map(|(filter, qos)| (filter, qos.parse().ok().and_then(QoS::from_number).unwrap_or(QoS::AtMostOnce)))
        .collect()
}

async fn bring_up(call: &Call, modem: &mut ReplayModem<'_>) -> String {
    let mut apn = Apn::new(text(call, "apn"));
    if let Some(pin) = call.text("pin") {
        let is_masked = pin.bytes().all(|byte| byte == b'x');
        apn = apn.pin(PINS.get(..pin.len()).filter(|_| is_masked).unwrap_or(pin));
    }
    if let (Some(user), Some(password)) = (call.text("user"), call.text("password")) {
        apn = apn.credentials(Credentials::pap(user, password));
    }
    if let Some(limit) = seconds(call, "time_limit") {
        apn = apn.time_limit(limit);
    }
    words::attachment(modem.bring_up(&apn, |_| {}).await)
}

fn publish(call: &Call) -> Publish<'_> {
    let message = Publish::with_topic_bytes(bytes(call, "topic"), bytes(call, "payload")).qos(qos(call, "qos"));
    let message = message.retained(call.flag("retained").unwrap_or(false));
    match seconds(call, "timeout") {
        Some(timeout) => message.timeout(timeout),
        None => message,
    }
}

fn options(call: &Call) -> ConnectOptions<'static> {
    let kept = |name: &str| call.text(name).map(|value| &*Box::leak(value.to_owned().into_boxed_str()));
    let host = kept("host").unwrap_or_default();
    let port = call.number("port").unwrap_or_default() as u16;
    let (ca, certificate, key) =
        (kept("ca").unwrap_or_default(), kept("certificate").unwrap_or_default(), kept("key").unwrap_or_default());
    let tls = call.text("tls").map(|kind| match kind {
        "server" => Tls::server(ca),
        "mutual" => Tls::mutual(ca, certificate, key),
        "client" => Tls::client_only(certificate, key),
        _ => Tls::without_verification(),
    });
    let tls = tls.map(|tls| match call.flag("ignore_local_time") {
        Some(ignored) => tls.ignore_local_time(ignored),
        None => tls,
    });
    let tls = tls.map(|tls| match call.flag("sni") {
        Some(sni) => tls.sni(sni),
        None => tls,
    });
    let broker = match tls {
        Some(tls) => Broker::tls(host, port, Box::leak(Box::new(tls))),
        None => Broker::tcp(host, port),
    };
    let mut options = ConnectOptions::new(broker, kept("id").unwrap_or_default());
    options = match (kept("user"), kept("password")) {
        (Some(user), Some(password)) => options.credentials(user, password),
        (Some(user), None) => options.user(user),
        _ => options,
    };
    if let Some(keep_alive) = seconds(call, "keep_alive") {
        options = options.keep_alive(keep_alive);
    }
    if let Some(clean_session) = call.flag("clean_session") {
        options = options.clean_session(clean_session);
    }
    if let Some(version) = call.text("version") {
        options = options.version(if version == "3.1" { MqttVersion::V3_1 } else { MqttVersion::V3_1_1 });
    }
    if let Some(check_utf8) = call.flag("check_utf8") {
        options = options.check_utf8(check_utf8);
    }
    if call.bytes("will_topic").is_some() {
        let [topic, message] = ["will_topic", "will_message"].map(|name| &*bytes(call, name).to_owned().leak());
        options = options.will(Box::leak(Box::new(Will::with_topic_bytes(topic, message).qos(qos(call, "will_qos")))));
    }
    options
}

/// The driver's name of a family.
pub fn family(family: ModuleFamily) -> Family {
    ALL_FAMILIES.iter().find(|(_, module)| *module == family).expect("every family is in the table").0
}
