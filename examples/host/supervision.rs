//! A supervised session: what the examples keep up, and how they record it.

use std::time::Duration;

use simcom_mqtt::QoS;
use simcom_mqtt::supervisor::{Backoff, Policy, SubscriptionList};

use super::arguments::{Port, Session};
use super::recording::{Call, Recording};
use super::tls::Certificates;

/// The longest wait between two attempts to connect again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The most topic filters that an example subscribes to.
const FILTERS: usize = 8;
pub type Filters = SubscriptionList<String, FILTERS>;

/// Programs that lose their broker at the same moment come back at different moments.
fn seed() -> u32 {
    std::process::id()
}

pub fn policy() -> Policy {
    Policy::new(Backoff::new(seed()).longest(LONGEST_WAIT))
}

/// The list of these filters, if they are not too many.
pub fn filters<'t>(topics: impl IntoIterator<Item = &'t String>, qos: QoS) -> Result<Filters, String> {
    let filters = Filters::new();
    topics
        .into_iter()
        .try_for_each(|topic| filters.add(topic.clone(), qos))
        .map_err(|_| format!("more than {FILTERS} topic filters"))?;
    Ok(filters)
}

/// The arguments of `supervise` in a recording.
pub struct Supervision(Vec<(&'static str, String)>);

impl Supervision {
    pub fn new<'t>(
        session: &Session,
        port: &Port,
        client_id: &str,
        certificates: Option<&Certificates>,
        topics: impl IntoIterator<Item = &'t String>,
        qos: QoS,
    ) -> Self {
        let mut arguments = session.recorded(port.index(), client_id, certificates);
        let filters: Vec<_> = topics.into_iter().map(|topic| format!("{topic}:{}", qos as u8)).collect();
        arguments.extend([("filters", filters.join(" ")), ("seed", seed().to_string())]);
        arguments.extend(port.apn().map(|_| ("apn", port.apn_name().to_owned())));
        Self(arguments)
    }

    pub fn begin(&self, recording: &Recording) -> Call {
        recording.begin("supervise", &self.0)
    }
}
