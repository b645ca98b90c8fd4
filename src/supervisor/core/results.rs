//! What follows from the results of calls.

use super::{CHANGE_INTERVAL_MS, Core, LOOK_INTERVAL_MS, Phase, UNEXPLAINED_REFUSALS};
use crate::NextStep;
use crate::error::Error;
use crate::procedure::Connection;
use crate::session::{ClientState, Results, is_bad};
use crate::supervisor::ChangeEnd;
use crate::supervisor::event::Transition;
use crate::supervisor::recovery::Step;

impl Core<'_> {
    pub(in crate::supervisor) fn connect_done(&mut self, connection: Connection, error: Option<&Error>) {
        let Some(error) = error else {
            self.event = Some(Transition::Connected(connection));
            return self.connected();
        };
        if let Error::Invalid(_) = error {
            self.failures = self.failures.max(u8::MAX.into());
        }
        self.connect_failed(error);
    }

    /// Whatever became of it: the pause has begun.
    pub(in crate::supervisor) fn disconnect_done(&mut self) {
        if self.phase == Phase::Pausing {
            self.phase = Phase::Paused;
        }
    }

    pub(super) fn connect_failed(&mut self, error: &Error) {
        self.event = Some(Transition::ConnectFailed(*error));
        self.failed(error.next_step());
    }

    /// Returns how the change has ended.
    pub(in crate::supervisor) fn change_done(&mut self, place: u8, error: Option<&Error>) -> ChangeEnd {
        self.observe(error);
        self.unexplained_refusals = match error {
            Some(Error::Refused { refusal, .. }) if refusal.code().is_none() => {
                self.unexplained_refusals.saturating_add(1)
            }
            _ => 0,
        };
        let Some(error) = error else { return ChangeEnd::Done };
        if matches!(error, Error::Invalid(_) | Error::Refused { .. })
            && !is_bad(error)
            && error.next_step() != NextStep::Retry
            && !(1..UNEXPLAINED_REFUSALS).contains(&self.unexplained_refusals)
            && self.state == ClientState::Connected
        {
            self.event = Some(Transition::SubscriptionRefused { place, error: *error });
            return ChangeEnd::Refused;
        }
        self.due = self.now.after(CHANGE_INTERVAL_MS);
        ChangeEnd::Unknown
    }

    /// A probe has ended: whether the client is connected, and whether there is a signal.
    pub(in crate::supervisor) fn probe_done(&mut self, is_connected: bool, has_network: bool, error: Option<&Error>) {
        self.probe_at = self.now.after(LOOK_INTERVAL_MS);
        let had_none = self.lacks_network;
        match self.phase {
            Phase::Trying if self.step == Step::Ask => {
                self.step = if is_connected { Step::Connect } else { Step::BringUp };
            }
            Phase::Waiting if had_none && has_network => {
                self.report(Transition::NetworkBack, self.now.since(self.phase_since));
                self.due = self.now;
            }
            Phase::Subscribing | Phase::Up if error.is_some() => return self.observe(error),
            Phase::Subscribing | Phase::Up if has_network => {
                self.probe_at = self.now.after(self.policy.probe_after_ms);
            }
            Phase::Subscribing | Phase::Up if had_none => self.bad_results = self.bad_results.saturating_add(1),
            _ => {}
        }
        self.lacks_network = !has_network;
    }

    /// A call has succeeded that needs the broker, or a message has come; or any call has failed.
    pub(in crate::supervisor) fn observe(&mut self, error: Option<&Error>) {
        let mut results = Results::NONE;
        results.add(error);
        self.observe_all(results);
    }

    /// As [`observe`](Self::observe), of several calls.
    pub(super) fn observe_all(&mut self, results: Results) {
        if results.has_succeeded {
            self.bad_results = 0;
            self.probe_at = self.now.after(self.policy.probe_after_ms);
        }
        self.bad_results = self.bad_results.saturating_add(results.bad);
    }
}
