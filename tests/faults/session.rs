//! The calls of a session, and the messages that it sends and receives.

use std::sync::LazyLock;

use crate::driver::{Broker, ClientIndex, ConnectOptions, Error, Event, Family, Inbox, Publish, QoS, Will};
use crate::shell::ShellModem;

pub const FIRST: ClientIndex = ClientIndex::First;

pub type HostInbox = Inbox<32_768>;
pub type HostModem<'a> = ShellModem<&'a HostInbox>;

static WILL: Will<'static> = Will::new("tank-5/state", b"vanished");
pub static OPTIONS: ConnectOptions<'static> =
    ConnectOptions::new(Broker::tcp("broker.example", 1883), "tank-5").credentials("tank-5", "pa55word").will(&WILL);

pub const FILTER: &str = "tank-5/cmd/#";
pub const FURTHER_FILTERS: [&str; 2] = ["tank-5/config", "site/+/alarm"];

/// A payload of three parts that look like results, prompts, URCs and headers.
pub const LOOK_ALIKES: &[u8] = b"\r\nOK\r\n>\r\n\r\n> \r\n+CMQTTCONNLOST: 0,1\r\n\r\nERROR\r\n\0\xff\r\n\
+CMQTTPUB: 0,6\r\n\r\nRDY\r\n+CMQTTRXPAYLOAD: 0,9\r\n*ATREADY: 1\r\n\r\n+CMQTTNONET\r\n\r\n+CMQTTRXEND: 0\r\n\r\nOK\r\n";
/// The module sends it in three parts.
pub const PART_SIZE: usize = 60;

/// A line that occurs only in a payload of this host.
pub const EXECUTED: &[u8] = b"AT+CRESET";

/// A payload that ends in command lines, which a module that no longer takes data would carry out. They are further
/// from its beginning than the bytes that can be on the wire at 115,200 baud before an early `OK` arrives.
static COMMANDS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut payload = vec![b'.'; 760];
    payload.extend(b"\r".iter().chain(EXECUTED).chain(b"\r"));
    payload
});

/// The longest message, with look-alikes at every position of a part.
static LONGEST: LazyLock<Vec<u8>> = LazyLock::new(|| LOOK_ALIKES.iter().copied().cycle().take(10_240).collect());

/// A call of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Connect,
    Subscribe,
    SubscribeAll,
    PublishAtMostOnce,
    PublishAtLeastOnce,
    PublishExactlyOnce,
    PublishLongest,
    /// The broker sends a message, and the host waits for it.
    Receive,
    ReceiveLongest,
    Unsubscribe,
    Disconnect,
    Shutdown,
    /// After a recovery.
    PublishAfterwards,
    /// Waits for its own message.
    ReceiveAfterwards,
}

/// The session with every kind of call.
pub const WHOLE: &[Call] = &[
    Call::Connect,
    Call::Subscribe,
    Call::SubscribeAll,
    Call::PublishAtMostOnce,
    Call::PublishAtLeastOnce,
    Call::PublishExactlyOnce,
    Call::Receive,
    Call::Unsubscribe,
    Call::Disconnect,
    Call::Shutdown,
];

/// The session with the longest payloads.
pub const LONG: &[Call] = &[Call::Connect, Call::Subscribe, Call::PublishLongest, Call::ReceiveLongest, Call::Shutdown];

/// A message of this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    pub topic: &'static str,
    pub payload: &'static [u8],
    pub qos: QoS,
}

impl Sent {
    pub fn is(&self, topic: &[u8], payload: &[u8]) -> bool {
        self.topic.as_bytes() == topic && self.payload == payload
    }
}

/// The message of the broker during a call.
pub fn sent_by_broker(call: Call) -> Option<Sent> {
    let (topic, payload) = match call {
        Call::Receive => ("tank-5/cmd/valve", LOOK_ALIKES),
        Call::ReceiveLongest => ("tank-5/cmd/image", &LONGEST[..]),
        _ => return None,
    };
    Some(Sent { topic, payload, qos: QoS::AtLeastOnce })
}

/// The message that the host publishes in a call.
pub fn sent_by_host(call: Call, family: Family) -> Option<Sent> {
    let longest = if family == Family::Sim767x { 4096 } else { 10_240 };
    let (topic, payload, qos) = match call {
        Call::PublishAtMostOnce => ("tank-5/level", &b"71"[..], QoS::AtMostOnce),
        // The host receives it again: it has subscribed to the topic.
        Call::PublishAtLeastOnce => ("tank-5/cmd/echo", &b"+CMQTTPUB: 0,0\r\n"[..], QoS::AtLeastOnce),
        Call::PublishExactlyOnce => ("tank-5/report", &COMMANDS[..], QoS::ExactlyOnce),
        Call::PublishLongest => ("tank-5/log", &LONGEST[..longest], QoS::AtLeastOnce),
        Call::PublishAfterwards => ("tank-5/cmd/after", LOOK_ALIKES, QoS::AtLeastOnce),
        _ => return None,
    };
    Some(Sent { topic, payload, qos })
}

/// Every call that publishes.
pub const PUBLISHES: [Call; 5] = [
    Call::PublishAtMostOnce,
    Call::PublishAtLeastOnce,
    Call::PublishExactlyOnce,
    Call::PublishLongest,
    Call::PublishAfterwards,
];

/// Every call during which the broker sends a message of its own.
pub const RECEIVES: [Call; 2] = [Call::Receive, Call::ReceiveLongest];

/// Makes a call. `Some` is an event that ended the wait for a message.
pub async fn make(call: Call, family: Family, modem: &mut HostModem<'_>) -> Result<Option<Event>, Error> {
    if let Some(message) = sent_by_host(call, family) {
        let publish = Publish::new(message.topic, message.payload).qos(message.qos);
        modem.client(FIRST).publish(&publish).await?;
        return Ok(None);
    }
    let mut client = modem.client(FIRST);
    match call {
        Call::Connect => {
            client.connect(&OPTIONS).await?;
        }
        Call::Subscribe => client.subscribe(FILTER, QoS::AtLeastOnce).await?,
        Call::SubscribeAll => {
            let filters = FURTHER_FILTERS.map(|filter| (filter, QoS::AtMostOnce));
            client.subscribe_all(&filters).await?;
        }
        Call::Unsubscribe => client.unsubscribe(FURTHER_FILTERS[0]).await?,
        Call::Disconnect => client.disconnect().await?,
        _ => return modem.next_event().await.map(Some),
    }
    Ok(None)
}
