//! The way to a session, and what its loss leads to.

use super::{Core, LOOK_INTERVAL_MS, Phase};
use crate::NextStep;
use crate::network::BringUpError;
use crate::session::{ClientState, Engine, ServiceState};
use crate::supervisor::event::Transition;
use crate::supervisor::recovery::Step;

/// A session that was lost so soon after `connect` counts as thrown out.
const THROWN_OUT_WITHIN_MS: u32 = 30_000;
/// So many of these in a row are no accident.
const TIMES_THROWN_OUT: u8 = 3;

impl Core<'_> {
    /// This supervisor or that of the other client has done something with the module, which this `step` follows.
    pub(in crate::supervisor) fn recovered(&mut self, step: Step) {
        if !matches!(self.phase, Phase::Waiting | Phase::Trying) || step >= self.step {
            return;
        }
        self.step = step;
        if self.phase == Phase::Waiting {
            self.due = self.now;
        }
        self.report(if step == Step::Connect { Transition::BroughtUp } else { Transition::Reset }, 0);
    }

    /// This supervisor or that of the other client could not bring the module up.
    pub(in crate::supervisor) fn bring_up_failed(&mut self, engine: &Engine, error: &BringUpError) {
        if matches!(self.phase, Phase::Waiting | Phase::Trying) && self.step >= Step::BringUp {
            self.look_at(engine);
            self.end_call();
            self.event = Some(Transition::BringUpFailed(*error));
            self.failed(error.next_step());
        }
    }

    pub(super) fn begin_attempt(&mut self) {
        self.phase = Phase::Trying;
        self.due = self.now;
        self.under_way = None;
    }

    /// A step of the present attempt has failed.
    pub(super) fn failed(&mut self, next: NextStep) {
        self.failures = self.failures.wrapping_add(1);
        let wants_input = next == NextStep::CorrectInput;
        let was_bring_up = self.step >= Step::BringUp;
        let mut step = match next {
            // Silent twice.
            NextStep::Reset if was_bring_up || self.failures > 1 => Step::Reset,
            NextStep::BringUp | NextStep::Reset => Step::BringUp,
            _ => self.step.min(Step::BringUp),
        };
        // What one client fails at is not the module's fault while the other one is connected.
        if !wants_input && self.other != ClientState::Connected {
            if self.failures.is_multiple_of(self.policy.failures_to_reset) {
                step = Step::Reset;
            } else if self.failures >= self.policy.failures_to_bring_up {
                step = step.max(Step::BringUp);
            }
        }
        self.step = step;
        self.wait(wants_input);
        self.lacks_network = was_bring_up;
    }

    /// Waits from the beginning of the attempt, and for a moment at least.
    fn wait(&mut self, for_long: bool) {
        let wait_ms = self.policy.backoff.wait_ms(if for_long { u32::MAX } else { self.failures });
        let left_ms = self.now.until(self.due.after(wait_ms)).max(wait_ms.min(self.policy.backoff.shortest_ms));
        self.due = self.now.after(left_ms);
        self.probe_at = self.now.after(LOOK_INTERVAL_MS);
        self.lacks_network = false;
        self.phase_since = self.now;
        self.phase = Phase::Waiting;
        self.under_way = None;
    }

    pub(super) fn connected(&mut self) {
        self.phase = Phase::Subscribing;
        self.phase_since = self.now;
        self.due = self.now;
        self.lacks_network = false;
        self.observe(None);
    }

    pub(super) fn lost(&mut self, engine: &mut Engine, is_suspected: bool) {
        let lasted_ms = self.now.since(self.phase_since);
        let is_stopped = self.service == ServiceState::Stopped;
        if is_stopped || is_suspected || lasted_ms >= THROWN_OUT_WITHIN_MS {
            (self.thrown_out, self.failures) = (0, 0);
        } else {
            self.thrown_out = self.thrown_out.saturating_add(1);
            self.failures = self.failures.wrapping_add(1);
        }
        if self.phase == Phase::Up {
            self.down_since = self.now;
        }
        let times = self.thrown_out;
        let is_thrown_out = times >= TIMES_THROWN_OUT;
        self.report(
            match () {
                () if is_suspected => Transition::Suspected,
                () if is_thrown_out => Transition::ThrownOut { times },
                () => Transition::Lost,
            },
            lasted_ms,
        );
        if is_suspected {
            // `connect` disconnects it first.
            engine.session.lifecycle.client_mut(self.client).lose_connection();
        }
        self.step = if is_stopped || self.lacks_network { Step::BringUp } else { Step::Connect };
        self.due = self.now;
        self.wait(is_thrown_out);
    }
}
