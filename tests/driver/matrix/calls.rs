//! Every call of the client, and its result in a few words.

use core::time::Duration;

use crate::bench::*;
use crate::driver::command::network::Csq;
use crate::driver::command::{AccqRead, DiscRead, Rel, Start, Stop};
use crate::driver::error::Refusal;
use crate::driver::network::Apn;
use crate::driver::{Error, Event, Publish, QoS};

/// A call of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Connect,
    Disconnect,
    Subscribe,
    SubscribeAll,
    Unsubscribe,
    Publish,
    PublishFrom,
    NextEvent,
    DetectFamily,
    Identify,
    BringUp,
    Clock,
    SetClock,
    StoreCertificate,
    ListCertificates,
    DeleteCertificate,
    Signal,
    AcquiredClients,
    ConnectedClients,
    Start,
    Release,
    Stop,
    Shutdown,
}

impl Call {
    pub const ALL: [Self; 23] = [
        Self::Connect,
        Self::Disconnect,
        Self::Subscribe,
        Self::SubscribeAll,
        Self::Unsubscribe,
        Self::Publish,
        Self::PublishFrom,
        Self::NextEvent,
        Self::DetectFamily,
        Self::Identify,
        Self::BringUp,
        Self::Clock,
        Self::SetClock,
        Self::StoreCertificate,
        Self::ListCertificates,
        Self::DeleteCertificate,
        Self::Signal,
        Self::AcquiredClients,
        Self::ConnectedClients,
        Self::Start,
        Self::Release,
        Self::Stop,
        Self::Shutdown,
    ];

    /// Whether it needs to know that the client is connected.
    pub const fn needs_connection(self) -> bool {
        matches!(self, Self::Subscribe | Self::SubscribeAll | Self::Unsubscribe | Self::Publish | Self::PublishFrom)
    }

    /// Makes the call. The driver is gone after a shutdown only.
    pub async fn make<'a>(self, bench: &Bench, mut modem: TestModem<'a>) -> (String, Option<TestModem<'a>>) {
        let message = Publish::new("meter-3/a", b"42").qos(QoS::AtLeastOnce);
        let mut client = modem.client(FIRST);
        let said = match self {
            Self::Connect => match client.connect(&OPTIONS).await {
                Ok(connection) => format!("{connection:?}").to_lowercase(),
                Err(error) => failure(error),
            },
            Self::Disconnect => done(client.disconnect().await),
            Self::Subscribe => done(client.subscribe("meter-3/+", QoS::AtLeastOnce).await),
            Self::SubscribeAll => done(client.subscribe_all(&[("meter-3/+", QoS::AtLeastOnce)]).await),
            Self::Unsubscribe => done(client.unsubscribe("meter-3/+").await),
            Self::Publish => done(client.publish(&message).await),
            Self::PublishFrom => done(client.publish_from(&message, 2, &mut &b"43"[..]).await),
            Self::NextEvent => return (next_event(bench, &mut modem).await, Some(modem)),
            Self::DetectFamily => done(modem.detect_family().await.map(|family| assert!(family.is_some()))),
            Self::Identify => done(modem.identify().await),
            Self::BringUp => match modem.bring_up(&Apn::new("internet"), |_| {}).await {
                Ok(_) => "ok".to_owned(),
                Err(error) => error.to_string(),
            },
            Self::Clock => modem.clock().await.map_or_else(|error| error.to_string(), |_| "ok".to_owned()),
            Self::SetClock => {
                let set = modem.set_clock_by_ntp("ntp.example", 0).await;
                set.map_or_else(|error| error.to_string(), |_| "ok".to_owned())
            }
            Self::StoreCertificate => done(modem.store_certificate("new.pem", 3, &mut &b"PEM"[..]).await),
            Self::ListCertificates => done(modem.list_certificates(|_| {}).await),
            Self::DeleteCertificate => done(modem.delete_certificate("ca.pem").await),
            Self::Signal => done(modem.execute(&Csq).await),
            Self::AcquiredClients => done(modem.execute(&AccqRead).await),
            Self::ConnectedClients => done(modem.execute(&DiscRead).await),
            Self::Start => done(modem.execute(&Start).await),
            Self::Release => done(modem.execute(&Rel { client: FIRST }).await),
            Self::Stop => done(modem.execute(&Stop).await),
            Self::Shutdown => return (done(modem.shutdown().await.2), None),
        };
        (said, Some(modem))
    }
}

/// What comes up within a minute; a message is one event.
async fn next_event(bench: &Bench, modem: &mut TestModem<'_>) -> String {
    let events = events_of(bench, modem, Duration::from_secs(60)).await;
    let words = events.iter().map(|event| match event {
        Event::Message(_) => "message".to_owned(),
        other => format!("{other:?}"),
    });
    match words.collect::<Vec<_>>() {
        words if words.is_empty() => "nothing".to_owned(),
        words => words.join(", "),
    }
}

/// Connects, at most this many times, and publishes. Returns the result of the last call.
pub async fn connects_and_publishes(modem: &mut TestModem<'_>, attempts: u8) -> String {
    let mut said = String::new();
    for _ in 0..attempts {
        said = done(modem.client(FIRST).connect(&OPTIONS).await);
        if said == "ok" {
            let message = Publish::new("meter-3/after", b"x").qos(QoS::AtLeastOnce);
            said = done(modem.client(FIRST).publish(&message).await);
        }
    }
    said
}

/// `ok`, or the failure.
pub fn done<T>(result: Result<T, Error>) -> String {
    result.map_or_else(failure, |_| "ok".to_owned())
}

/// The failure, and the command without `+CMQTT`.
fn failure(error: Error) -> String {
    let short = |command: crate::driver::error::CommandName| command.as_str().trim_start_matches("+CMQTT").to_owned();
    let refused = |name: String, refusal| match refusal {
        Refusal::Code(code) => format!("{name} {}", code.number()),
        Refusal::Error => format!("{name} ERROR"),
        other => format!("{name} {other:?}"),
    };
    match error {
        Error::Refused { command, refusal } => refused(short(command), refusal),
        Error::ConnectRefused { refusal, .. } => refused("CONNECT".to_owned(), refusal),
        Error::NoMqtt => "no MQTT".to_owned(),
        Error::Illegal { reason, .. } => format!("{reason:?}"),
        Error::NoAnswer { command } => format!("{} no answer", short(command)),
        Error::OutcomeUnknown { command } => format!("{} outcome unknown", short(command)),
        Error::ModemRestarted { .. } => "restarted".to_owned(),
        other => other.to_string(),
    }
}
