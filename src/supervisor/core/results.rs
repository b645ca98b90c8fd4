//! What follows from the results of calls.

use super::{CHANGE_INTERVAL_MS, Core, LOOK_INTERVAL_MS, MOST_FAILURES, Phase, RESULTS_TO_SUSPECT, is_bad};
use crate::NextStep;
use crate::error::Error;
use crate::procedure::Connection;
use crate::session::ClientState;
use crate::supervisor::event::Report;
use crate::supervisor::recovery::Step;
use crate::supervisor::{ChangeEnd, ModuleState};

/// What calls show of the broker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Results {
    /// A call that needs the broker has succeeded.
    has_succeeded: bool,
    /// How many results since then say nothing of the broker.
    bad: u8,
}

impl Results {
    pub(crate) const NONE: Self = Self { has_succeeded: false, bad: 0 };

    pub(crate) fn add(&mut self, error: Option<&Error>) {
        match error {
            None => *self = Self { has_succeeded: true, bad: 0 },
            Some(error) if is_bad(error) => self.bad = self.bad.saturating_add(1),
            Some(_) => {}
        }
    }
}

impl Core {
    pub(in crate::supervisor) fn connect_done(
        &mut self,
        state: ModuleState,
        connection: Connection,
        error: Option<&Error>,
    ) {
        let Some(error) = error else {
            let took = self.end_call();
            self.connection = connection;
            self.report(Report::Connected, took);
            return self.connected();
        };
        if let Error::Invalid(_) = error {
            self.failures = MOST_FAILURES;
        }
        self.call_failed(state, error, Report::ConnectFailed);
    }

    pub(in crate::supervisor) fn disconnect_done(&mut self, state: ModuleState, error: Option<&Error>) {
        if let Some(error) = error
            && is_bad(error)
            && self.phase == Phase::Trying
        {
            return self.call_failed(state, error, Report::DisconnectFailed);
        }
        // Refused: there is no session any more.
        self.under_way = None;
        self.is_suspected = false;
        if self.phase == Phase::Pausing {
            self.phase = Phase::Paused;
        }
    }

    #[inline(never)]
    pub(super) fn call_failed(&mut self, state: ModuleState, error: &Error, report: Report) {
        self.error = *error;
        self.failed(state, error.next_step(), report);
    }

    /// Returns how the change has ended.
    pub(in crate::supervisor) fn change_done(
        &mut self,
        state: ModuleState,
        place: u8,
        error: Option<&Error>,
    ) -> ChangeEnd {
        self.observe(error);
        let Some(error) = error else { return ChangeEnd::Done };
        let (end, report) = if state.client != ClientState::Connected {
            (ChangeEnd::Unknown, Report::ConnectFailed)
        } else if matches!(error, Error::Invalid(_) | Error::Refused { .. })
            && !is_bad(error)
            && error.next_step() != NextStep::Retry
        {
            (ChangeEnd::Refused, Report::SubscriptionRefused)
        } else {
            self.until = self.now.instant.after(CHANGE_INTERVAL_MS);
            return ChangeEnd::Unknown;
        };
        (self.error, self.detail) = (*error, place);
        self.report(report, self.elapsed(self.phase_since));
        end
    }

    /// A probe has ended: whether the client is connected, and whether there is a signal.
    pub(in crate::supervisor) fn probe_done(&mut self, is_connected: bool, has_network: bool, error: Option<&Error>) {
        self.under_way = None;
        let now = self.now.instant;
        let had_none = self.lacks_network;
        match self.phase {
            Phase::Fresh => {
                if is_connected {
                    self.step = Step::Connect;
                }
                self.attempt = now;
                self.phase = Phase::Trying;
                return;
            }
            Phase::Waiting if had_none && has_network => {
                self.report(Report::NetworkBack, self.elapsed(self.phase_since));
                self.until = now;
            }
            Phase::Waiting => self.probe_at = now.after(LOOK_INTERVAL_MS.min(now.until(self.until))),
            _ => {
                let most_ms = if has_network { u32::MAX } else { LOOK_INTERVAL_MS };
                self.probe_at = now.after(self.policy.probe_after_ms.min(most_ms));
                if error.is_some() {
                    return self.observe(error);
                }
                self.is_suspected |= !has_network && (had_none || self.bad_results > 0);
            }
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
    pub(in crate::supervisor) fn observe_all(&mut self, results: Results) {
        if !matches!(self.phase, Phase::Subscribing | Phase::Up) {
            return;
        }
        if results.has_succeeded {
            self.bad_results = 0;
            self.probe_at = self.now.instant.after(self.policy.probe_after_ms);
        }
        if results.bad > 0 {
            self.bad_results = self.bad_results.saturating_add(results.bad);
            self.is_suspected |= self.bad_results >= RESULTS_TO_SUSPECT || self.lacks_network;
        }
    }
}
