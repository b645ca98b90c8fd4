//! The verdict of a run, by the state of broker and module, not by what the driver reports.

use core::time::Duration;

use simcom_modem_simulator::broker::Request;
use simcom_modem_simulator::loopback::Publication;
use simcom_modem_simulator::modem::{JournalEntry, Service};
use simcom_modem_simulator::pipe::Bench;

use crate::case::{Case, Class};
use crate::driver::{Error, Event};
use crate::session::{
    Call, EXECUTED, FILTER, FURTHER_FILTERS, HostInbox, PUBLISHES, RECEIVES, sent_by_broker, sent_by_host,
};

/// What no fault may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    Panic,
    /// A call takes longer than it may.
    Hang,
    /// `Ok`, but the call had no effect.
    ForgedResult,
    /// The driver reports a loss or restart that did not happen.
    ForgedEvent,
    /// A delivered message differs from all that were sent.
    CorruptMessage,
    /// A message is delivered twice.
    DoubledMessage,
    /// A publish reaches the broker twice.
    DoubledPublish,
    /// The broker gets a publish that the host did not make.
    ForeignPublish,
    /// The module carries out payload as commands.
    PayloadExecuted,
    /// A loss or restart is reported after the `connect` that has repaired it.
    StaleEvent,
    /// The driver does not work after one `connect`.
    NotRecovered,
}

impl Violation {
    pub const ALL: [Self; 11] = [
        Self::Panic,
        Self::Hang,
        Self::ForgedResult,
        Self::ForgedEvent,
        Self::CorruptMessage,
        Self::DoubledMessage,
        Self::DoubledPublish,
        Self::ForeignPublish,
        Self::PayloadExecuted,
        Self::StaleEvent,
        Self::NotRecovered,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Hang => "hang",
            Self::ForgedResult => "forged result",
            Self::ForgedEvent => "forged event",
            Self::CorruptMessage => "corrupt message",
            Self::DoubledMessage => "doubled message",
            Self::DoubledPublish => "doubled publish",
            Self::ForeignPublish => "foreign publish",
            Self::PayloadExecuted => "payload executed",
            Self::StaleEvent => "stale event",
            Self::NotRecovered => "not recovered",
        }
    }

    /// Whether it counts even if no host can see the fault.
    const fn always_counts(self) -> bool {
        matches!(self, Self::Panic | Self::Hang | Self::PayloadExecuted | Self::NotRecovered)
    }
}

/// The verdict of a run.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub class: Class,
    /// Each kind once, with a description.
    pub violations: Vec<(Violation, String)>,
    pub failed_calls: usize,
    /// A corrupt message is not as long as any that was sent.
    pub has_wrong_length: bool,
    /// Time from the end of the fault until the host has connected, subscribed, published and received.
    pub recovery: Option<Duration>,
}

impl Verdict {
    pub fn new(case: &Case) -> Self {
        Self { class: case.class, violations: Vec::new(), failed_calls: 0, has_wrong_length: false, recovery: None }
    }

    pub fn add(&mut self, violation: Violation, what: impl Into<String>) {
        if self.violations.iter().all(|(known, _)| *known != violation) {
            self.violations.push((violation, what.into()));
        }
    }

    pub fn is_corrupt(&self) -> bool {
        self.violations.iter().any(|(violation, _)| *violation == Violation::CorruptMessage)
    }

    /// A fault that no host can see excuses this violation.
    pub fn of_class(mut self, class: Class) -> Self {
        self.class = class;
        if class.is_exempt() {
            self.violations.retain(|(violation, _)| violation.always_counts());
        }
        self
    }
}

/// The state of broker and module at the beginning of a call.
pub struct Before {
    pub at: Duration,
    requests: usize,
    publications: usize,
    journal: usize,
}

impl Before {
    pub fn of(bench: &Bench) -> Self {
        let (requests, publications) =
            bench.loopback(|broker, _| (broker.requests().len(), broker.publications().len()));
        Self { at: bench.now(), requests, publications, journal: bench.modem(|module, _| module.journal().len()) }
    }

    /// Whether a call that returned `Ok` has had its effect.
    pub fn is_done(&self, call: Call, case: &Case, bench: &Bench) -> bool {
        let asked = |is_it: &dyn Fn(&Request) -> bool| {
            bench.loopback(|broker, _| broker.requests().iter().skip(self.requests).any(is_it))
        };
        let subscribed = |wanted: &str| {
            asked(&|request| {
                matches!(request, Request::Subscribe { filters, .. }
                    if filters.iter().any(|(filter, _)| filter == wanted.as_bytes()))
            })
        };
        if let Some(sent) = sent_by_host(call, case.setting.family) {
            return bench.loopback(|broker, _| {
                let new = broker.publications().iter().skip(self.publications);
                new.into_iter().any(|it| sent.is(&it.topic, &it.payload) && it.qos == sent.qos as u8)
            });
        }
        match call {
            Call::Connect => self.is_connected(bench),
            Call::Subscribe => subscribed(FILTER),
            Call::SubscribeAll => FURTHER_FILTERS.iter().all(|filter| subscribed(filter)),
            Call::Unsubscribe => asked(&|request| {
                matches!(request, Request::Unsubscribe { filters, .. }
                    if filters.iter().any(|filter| filter == FURTHER_FILTERS[0].as_bytes()))
            }),
            Call::Disconnect => bench.loopback(|broker, _| broker.connection(0).is_none()),
            Call::Shutdown => bench.modem(|module, _| module.service() == Service::Stopped),
            _ => true,
        }
    }

    /// The broker has the session with the host's options, or had it before a loss.
    fn is_connected(&self, bench: &Bench) -> bool {
        let is_wanted = bench.loopback(|broker, _| {
            broker.connection(0).is_some_and(|connection| {
                let will = connection.will.as_ref().map(|will| (&will.topic[..], &will.message[..]));
                connection.client_id == "tank-5"
                    && connection.user.as_deref() == Some("tank-5")
                    && connection.password.as_deref() == Some("pa55word")
                    && will == Some((b"tank-5/state", b"vanished"))
            })
        });
        is_wanted || self.lost_since(bench)
    }

    pub fn lost_since(&self, bench: &Bench) -> bool {
        bench.modem(|module, _| {
            let new = module.journal().iter().skip(self.journal);
            new.into_iter().any(|entry| !matches!(entry, JournalEntry::Line { .. } | JournalEntry::Data { .. }))
        })
    }
}

/// A loss or restart that the driver reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    ConnectionLost,
    NetworkLost,
    Restarted,
}

impl Reported {
    pub fn by_event(event: Event) -> Option<Self> {
        match event {
            Event::ConnectionLost { .. } => Some(Self::ConnectionLost),
            Event::NetworkLost => Some(Self::NetworkLost),
            Event::ModemRestarted => Some(Self::Restarted),
            _ => None,
        }
    }

    pub fn by_error(error: Error) -> Option<Self> {
        match error {
            Error::ConnectionLost { .. } => Some(Self::ConnectionLost),
            Error::NetworkLost { .. } => Some(Self::NetworkLost),
            Error::ModemRestarted { .. } => Some(Self::Restarted),
            _ => None,
        }
    }

    /// Whether it happened.
    pub fn is_true(self, bench: &Bench) -> bool {
        bench.modem(|module, _| {
            let happened = |wanted: fn(&JournalEntry) -> bool| module.journal().iter().any(wanted);
            let restarted = happened(|entry| *entry == JournalEntry::Restarted);
            let network_lost = restarted || happened(|entry| *entry == JournalEntry::NetworkLost);
            match self {
                Self::Restarted => restarted,
                Self::NetworkLost => network_lost || module.service() == Service::Stopped,
                Self::ConnectionLost => {
                    let lost = happened(|entry| matches!(entry, JournalEntry::ConnectionLost { .. }));
                    network_lost || lost || !module.client(0).connected
                }
            }
        })
    }
}

/// Messages in the inbox, as topic and payload.
pub fn take_messages(inbox: &HostInbox) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut buffer = vec![0; 16_384];
    let mut messages = Vec::new();
    while let Some(message) = inbox.take(&mut buffer) {
        messages.push((message.topic().to_vec(), message.payload().to_vec()));
    }
    messages
}

/// Compares delivered, published and executed bytes with those that were sent.
pub fn judge_traffic(case: &Case, bench: &Bench, received: &[(Vec<u8>, Vec<u8>)], verdict: &mut Verdict) {
    let family = case.setting.family;
    let publications = bench.loopback(|broker, _| broker.publications().to_vec());
    let published: Vec<&Publication> = publications.iter().filter(|it| it.client == Some(0)).collect();
    let by_host = PUBLISHES.iter().filter_map(|call| sent_by_host(*call, family));
    for sent in by_host.clone() {
        if published.iter().filter(|it| sent.is(&it.topic, &it.payload)).count() > 1 {
            verdict.add(Violation::DoubledPublish, sent.topic);
        }
    }
    for publication in &published {
        if !by_host.clone().any(|sent| sent.is(&publication.topic, &publication.payload)) {
            let shown = publication.payload.get(..40).unwrap_or(&publication.payload).escape_ascii();
            let what = format!("{}: {} bytes, {shown}", publication.topic.escape_ascii(), publication.payload.len());
            verdict.add(Violation::ForeignPublish, what);
        }
    }
    let by_broker = RECEIVES.iter().filter_map(|call| sent_by_broker(*call));
    for (topic, payload) in received {
        let by_anyone = publications.iter().any(|it| it.topic == *topic && it.payload == *payload);
        if !by_anyone && !by_broker.clone().any(|sent| sent.is(topic, payload)) {
            let what = format!("{}: {} bytes", topic.escape_ascii(), payload.len());
            verdict.add(Violation::CorruptMessage, what);
            let lengths = (topic.len(), payload.len());
            let is_as_long = publications.iter().any(|it| (it.topic.len(), it.payload.len()) == lengths)
                || by_broker.clone().any(|sent| (sent.topic.len(), sent.payload.len()) == lengths);
            verdict.has_wrong_length |= !is_as_long;
        }
        if received.iter().filter(|other| *other == &(topic.clone(), payload.clone())).count() > 1 {
            verdict.add(Violation::DoubledMessage, topic.escape_ascii().to_string());
        }
    }
    let executed = bench.modem(|module, _| {
        let lines = module.journal().iter();
        lines.filter(|entry| matches!(entry, JournalEntry::Line { line, .. } if line.starts_with(EXECUTED))).count()
    });
    if executed > 0 {
        verdict.add(Violation::PayloadExecuted, "a line of the payload was carried out");
    }
}
