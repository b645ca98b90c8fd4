//! Events and messages between the calls of a run.

use core::time::Duration;

use simcom_modem_simulator::pipe::{Stopped, Why};

use super::{Ended, Execution};
use crate::driver::{Error, Event};
use crate::session::{Call, sent_by_host};
use crate::verdict::{Before, Reported, Violation, take_messages};

/// Time for which the host waits for a message.
const MESSAGE_WAIT: Duration = Duration::from_secs(60);

impl Execution<'_> {
    /// Takes the events of the meantime.
    pub(super) fn pending_events(&mut self, before: &Before) -> Ended {
        loop {
            match self.next_event(Duration::ZERO) {
                Ok(Some(Ok(event))) => {
                    let is_loss = self.judge_event(event);
                    if is_loss && self.is_recovering && !before.lost_since(&self.bench) {
                        self.verdict.add(Violation::StaleEvent, format!("{event:?}"));
                    } else if is_loss {
                        return Ended::Badly;
                    }
                }
                Ok(Some(Err(Error::Aborted))) | Err(_) => return Ended::Fine,
                Ok(Some(Err(_))) => return Ended::Badly,
                Ok(None) => return Ended::Reset,
            }
        }
    }

    fn next_event(&mut self, time: Duration) -> Result<Option<Result<Event, Error>>, Stopped> {
        let Some(mut modem) = self.modem.take() else { return Ok(None) };
        let result = self.bound(modem.next_event(), time);
        self.modem = Some(modem);
        self.received.extend(take_messages(self.inbox));
        result
    }

    /// Whether the host has to connect.
    fn judge_event(&mut self, event: Event) -> bool {
        let reported = Reported::by_event(event);
        if reported.is_some_and(|reported| !reported.is_true(&self.bench)) {
            self.verdict.add(Violation::ForgedEvent, format!("{event:?}"));
        }
        reported.is_some()
    }

    /// Waits for a message.
    pub(super) fn receive(&mut self, topic: &[u8], payload: &[u8]) -> Ended {
        let end = self.bench.now() + MESSAGE_WAIT;
        loop {
            self.received.extend(take_messages(self.inbox));
            if self.received.iter().any(|(known, bytes)| known == topic && bytes == payload) {
                return Ended::Fine;
            }
            match self.next_event(end.saturating_sub(self.bench.now())) {
                Ok(None) => return Ended::Reset,
                // A message that the fault has damaged is not waited for.
                Ok(Some(Ok(Event::MessageAborted { .. }))) => return self.ended_without(topic),
                Ok(Some(Ok(event))) => {
                    if self.judge_event(event) {
                        return Ended::Badly;
                    }
                }
                Ok(Some(Err(Error::Aborted))) => return self.ended_without(topic),
                Ok(Some(Err(error))) => {
                    self.judge_error(Call::Receive, error);
                    self.verdict.failed_calls += 1;
                    return Ended::Badly;
                }
                Err(Stopped { why: Why::WaitsForNothing | Why::TimeExceeded, .. }) => return self.ended_without(topic),
                Err(stopped) => {
                    self.verdict.add(Violation::Hang, format!("next_event: {stopped}"));
                    return Ended::Badly;
                }
            }
        }
    }

    /// A message did not arrive. During the session the fault may have hit it; afterwards that is a violation.
    fn ended_without(&self, topic: &[u8]) -> Ended {
        let afterwards = sent_by_host(Call::PublishAfterwards, self.case.setting.family);
        if afterwards.is_some_and(|sent| sent.topic.as_bytes() == topic) { Ended::Badly } else { Ended::Fine }
    }
}
