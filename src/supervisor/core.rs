//! The step machine of one client, without its topic filters.

mod results;

use core::time::Duration;

use super::backoff::Waits;
use super::event::{Report, Transition};
use super::recovery::{ModuleRecovery, Step};
use super::{ModuleState, Policy};
use crate::error::{CommandName, Error, Refusal};
use crate::network::BringUpError;
use crate::procedure::Connection;
use crate::session::{ClientState, ServiceState};
use crate::timer::Instant;
use crate::{NextStep, ResultCode};
#[cfg(feature = "shared")]
pub(crate) use results::Results;

/// Two results in a row that say nothing of the broker make a session suspected.
const RESULTS_TO_SUSPECT: u8 = 2;
/// A session that was lost so soon after `connect` counts as thrown out.
const THROWN_OUT_WITHIN_MS: u32 = 30_000;
/// So many of these in a row are no accident.
const TIMES_THROWN_OUT: u8 = 3;
/// The time between two looks at the network while the next attempt waits, and before a bad probe is repeated.
const LOOK_INTERVAL_MS: u32 = 10_000;
/// The time before a change of the subscriptions is tried again.
const CHANGE_INTERVAL_MS: u32 = 2_000;
/// How long a call may go on whose future is dropped again and again, before that counts as a failure.
const DROPPED_LIMIT_MS: u32 = 180_000;

/// The count of failures ends here: no number of them is as high as that of a policy which never gives up.
const MOST_FAILURES: u8 = u8::MAX - 1;

/// A moment, and the distance to one of weeks ago.
#[derive(Clone, Copy, Debug)]
struct Moment {
    instant: Instant,
    seconds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing is known: the session may have outlived a reset of the microcontroller.
    Fresh,
    /// Down: the next attempt waits.
    Waiting,
    /// Down: an attempt is under way.
    Trying,
    /// Connected; the filters of the list are being subscribed to.
    Subscribing,
    Up,
    /// A pause begins with DISC.
    Pausing,
    Paused,
    GaveUp,
}

/// What the core asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Connect,
    Disconnect,
    /// Of the session, or only of the network.
    Probe {
        of_session: bool,
    },
    BringUp,
    Reset,
    /// The first change of the subscriptions. If there is none, [`Core::settled`].
    Change,
    /// For this time at most.
    Wait {
        milliseconds: u32,
    },
}

impl Decision {
    /// There is an event, which comes first.
    const EVENT: Self = Self::Wait { milliseconds: 0 };
    /// Until something happens.
    const NOTHING: Self = Self::Wait { milliseconds: u32::MAX };
}

#[derive(Debug)]
pub(super) struct Core {
    policy: Policy,
    waits: Waits,
    /// The event that the user has not taken yet. No step is taken meanwhile.
    report: Option<Report>,
    /// How long it took.
    took: u32,
    /// What belongs to some reports: the error of a call, that of a bring-up, a place or a count.
    error: Error,
    bring_up_error: BringUpError,
    detail: u8,
    connection: Connection,
    now: Moment,
    phase: Phase,
    /// The step at which the way to the broker is entered again.
    step: Step,
    /// Failures in a row.
    failures: u8,
    /// Those of them for which more than `connect` may help.
    escalating: u8,
    /// Sessions in a row that were thrown out.
    thrown_out: u8,
    /// Results in a row that say nothing of the broker.
    bad_results: u8,
    is_suspected: bool,
    /// The last probe has seen no network.
    lacks_network: bool,
    /// The last round of the module's recovery that is known.
    round: u8,
    /// When the call under way began. Its future may have been dropped.
    under_way: Option<Moment>,
    /// Since when the session is up, or down.
    since: Moment,
    /// When the session was connected, or the present wait began.
    phase_since: Moment,
    /// The beginning of the present attempt.
    attempt: Instant,
    /// The end of the wait: for the next attempt, or for the next change of the subscriptions.
    until: Instant,
    /// The next probe.
    probe_at: Instant,
    /// There was no change to make when it was last asked.
    pub(super) is_settled: bool,
    /// Nothing is subscribed to any more, or not yet.
    pub(super) is_over: bool,
}

/// Whether a result says nothing of the broker, so that the radio may be dead.
fn is_bad(error: &Error) -> bool {
    match error {
        Error::NoAnswer { .. } | Error::OutcomeUnknown { .. } => true,
        _ => error.refusal() == Some(Refusal::Code(ResultCode::TIMEOUT)),
    }
}

/// One failure more.
fn more(failures: u8) -> u8 {
    MOST_FAILURES.min(failures.saturating_add(1))
}

impl Core {
    pub(super) const fn new(policy: Policy) -> Self {
        const BEGINNING: Moment = Moment { instant: Instant::ZERO, seconds: 0 };
        Self {
            policy,
            waits: Waits::new(policy.backoff),
            report: None,
            took: 0,
            error: Error::Aborted,
            bring_up_error: BringUpError::PinMissing,
            detail: 0,
            connection: Connection::Opened,
            now: BEGINNING,
            phase: Phase::Fresh,
            step: Step::BringUp,
            failures: 0,
            escalating: 0,
            thrown_out: 0,
            bad_results: 0,
            is_suspected: false,
            lacks_network: false,
            round: 0,
            under_way: None,
            since: BEGINNING,
            phase_since: BEGINNING,
            attempt: Instant::ZERO,
            until: Instant::ZERO,
            probe_at: Instant::ZERO,
            is_settled: false,
            is_over: false,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.phase == Phase::Up
    }

    pub(super) fn has_given_up(&self) -> bool {
        self.phase == Phase::GaveUp
    }

    pub(super) const fn pause(&mut self) {
        self.phase = Phase::Pausing;
        self.is_settled = false;
    }

    /// Begins again, with `connect`.
    pub(super) fn resume(&mut self) {
        if matches!(self.phase, Phase::Pausing | Phase::Paused | Phase::GaveUp) {
            (self.failures, self.escalating, self.thrown_out) = (0, 0, 0);
            self.since = self.now;
            self.phase = Phase::Trying;
            self.step = Step::Connect;
        }
    }

    /// The time is passed before anything else.
    #[expect(clippy::cast_possible_truncation, reason = "wraps after 136 years")]
    #[inline(never)]
    pub(super) fn pass_time(&mut self, now: Duration) {
        self.now = Moment { instant: Instant::new(now), seconds: now.as_secs() as u32 };
    }

    /// Milliseconds since then, as many as fit.
    #[inline(never)]
    fn elapsed(&self, since: Moment) -> u32 {
        match self.now.seconds.wrapping_sub(since.seconds) {
            seconds @ 100_000.. => seconds.saturating_mul(1_000),
            _ => since.instant.until(self.now.instant),
        }
    }

    const fn report(&mut self, report: Report, took: u32) {
        self.report = Some(report);
        self.took = took;
    }

    /// Takes the event, with the time that it took in milliseconds.
    pub(super) fn take_event(&mut self) -> Option<(Transition, u32)> {
        let (error, times, place) = (self.error, self.detail, self.detail);
        let transition = match self.report.take()? {
            Report::BroughtUp => Transition::BroughtUp,
            Report::BringUpFailed => Transition::BringUpFailed(self.bring_up_error),
            Report::Reset => Transition::Reset,
            Report::Connected => Transition::Connected(self.connection),
            Report::ConnectFailed => Transition::ConnectFailed(error),
            Report::Up => Transition::Up,
            Report::SubscriptionRefused => Transition::SubscriptionRefused { place, error },
            Report::Lost => Transition::Lost,
            Report::Suspected => Transition::Suspected,
            Report::DisconnectFailed => Transition::DisconnectFailed(error),
            Report::ThrownOut => Transition::ThrownOut { times },
            Report::NetworkBack => Transition::NetworkBack,
            Report::GaveUp => Transition::GaveUp,
        };
        Some((transition, self.took))
    }

    /// Takes over what is known now. Nothing more changes if it is called twice.
    pub(super) fn update(&mut self, state: ModuleState, recovery: &ModuleRecovery) {
        self.is_settled = false;
        if self.report.is_some() {
            return;
        }
        if self.round != recovery.round {
            self.round = recovery.round;
            self.module_recovered(state, recovery.last);
            return;
        }
        let is_connected = state.client == ClientState::Connected && !self.is_suspected;
        match self.phase {
            Phase::Fresh => self.since = self.now,
            Phase::Subscribing | Phase::Up if !is_connected => self.lost(state),
            // The call that has connected it is still under way, for example in the turns of another one.
            Phase::Trying if self.under_way.is_some() => {}
            Phase::Waiting | Phase::Trying if is_connected => self.connected(),
            Phase::Waiting if self.failures >= self.policy.failures_to_give_up => {
                self.phase = Phase::GaveUp;
                self.report(Report::GaveUp, self.elapsed(self.since));
            }
            Phase::Waiting if self.now.instant.has_reached(self.until) => {
                self.phase = Phase::Trying;
                self.attempt = self.now.instant;
            }
            _ => {}
        }
    }

    /// What the other client's supervisor or this one has done with the module.
    fn module_recovered(&mut self, state: ModuleState, last: Result<Step, BringUpError>) {
        if !matches!(self.phase, Phase::Fresh | Phase::Waiting | Phase::Trying) {
            return;
        }
        match last {
            Ok(step) if step < self.step => {
                let took = self.end_call();
                self.step = step;
                self.until = self.now.instant;
                self.report(if step == Step::Connect { Report::BroughtUp } else { Report::Reset }, took);
            }
            Err(error) if self.step >= Step::BringUp => {
                self.bring_up_error = error;
                self.failed(state, error.next_step(), Report::BringUpFailed);
                let least = if error.next_step() == NextStep::Reset { Step::Reset } else { Step::BringUp };
                self.step = self.step.max(least);
                self.lacks_network = true;
            }
            _ => {}
        }
    }

    /// What comes next. It can be asked again.
    pub(super) fn next(&mut self, state: ModuleState, recovery: &ModuleRecovery) -> Decision {
        if self.report.is_some() {
            return Decision::EVENT;
        }
        let now = self.now.instant;
        match self.phase {
            Phase::Pausing if state.client == ClientState::Connected => Decision::Disconnect,
            Phase::Pausing | Phase::Paused | Phase::GaveUp => Decision::NOTHING,
            Phase::Fresh => self.probe(true),
            Phase::Subscribing | Phase::Up if now.has_reached(self.until) => Decision::Change,
            Phase::Subscribing | Phase::Up => self.settled(),
            Phase::Waiting if now.has_reached(self.probe_at) => self.probe(false),
            Phase::Waiting => Decision::Wait { milliseconds: now.until(self.until).min(now.until(self.probe_at)) },
            Phase::Trying => self.attempt(state, recovery),
        }
    }

    /// The next step of an attempt.
    fn attempt(&mut self, state: ModuleState, recovery: &ModuleRecovery) -> Decision {
        if self.is_dropped_for_long() {
            self.call_failed(state, &Error::Aborted, Report::ConnectFailed);
            return Decision::EVENT;
        }
        match self.step {
            Step::Reset if recovery.can_reset => return Decision::Reset,
            Step::BringUp | Step::Reset if recovery.can_bring_up => return Decision::BringUp,
            _ => self.step = Step::Connect,
        }
        self.is_suspected &= matches!(state.client, ClientState::Connected | ClientState::Unknown);
        if self.is_suspected { Decision::Disconnect } else { Decision::Connect }
    }

    fn probe(&mut self, of_session: bool) -> Decision {
        if self.is_dropped_for_long() {
            self.probe_done(false, false, Some(&Error::NoAnswer { command: CommandName::new(&"") }));
            return Decision::EVENT;
        }
        Decision::Probe { of_session }
    }

    /// A call begins, or is repeated since its future was dropped.
    #[inline(never)]
    fn is_dropped_for_long(&mut self) -> bool {
        let began = *self.under_way.get_or_insert(self.now);
        self.elapsed(began) >= DROPPED_LIMIT_MS
    }

    /// The call under way has ended, after this time.
    #[inline(never)]
    fn end_call(&mut self) -> u32 {
        self.under_way.take().map_or(0, |began| self.elapsed(began))
    }

    /// There is no change of the subscriptions to make.
    pub(super) fn settled(&mut self) -> Decision {
        let now = self.now.instant;
        let wait_ms = now.until(self.until);
        if wait_ms == 0 {
            if self.phase == Phase::Subscribing {
                self.phase = Phase::Up;
                self.report(Report::Up, self.elapsed(self.since));
                self.since = self.now;
                return Decision::EVENT;
            }
            self.is_settled = true;
        }
        match now.until(self.probe_at) {
            0 => self.probe(true),
            left if self.is_settled => Decision::Wait { milliseconds: left },
            left => Decision::Wait { milliseconds: left.min(wait_ms) },
        }
    }

    /// A step of the present attempt has failed.
    fn failed(&mut self, state: ModuleState, next: NextStep, report: Report) {
        let took = self.end_call();
        self.report(report, took);
        self.failures = more(self.failures);
        let wants_input = next == NextStep::CorrectInput;
        self.step = match next {
            // Silent twice.
            NextStep::Reset if self.failures > 1 => Step::Reset,
            NextStep::BringUp | NextStep::Reset => Step::BringUp,
            _ => Step::Connect,
        };
        // What one client fails at is not the module's fault while the other one is connected.
        self.escalating = if wants_input || state.other == ClientState::Connected {
            0
        } else {
            let count = self.escalating.saturating_add(1);
            if count.is_multiple_of(self.policy.failures_to_reset.max(1)) {
                self.step = Step::Reset;
            } else if count >= self.policy.failures_to_bring_up {
                self.step = self.step.max(Step::BringUp);
            }
            count
        };
        let failures = if wants_input { u8::MAX } else { self.failures };
        self.wait_from(self.attempt, failures);
    }

    /// Waits from the beginning of the attempt, and for a moment at least.
    fn wait_from(&mut self, attempt: Instant, failures: u8) {
        let (now, wait_ms) = (self.now.instant, self.waits.after(failures));
        let wait_ms = now.until(attempt.after(wait_ms)).max(self.waits.after(0).min(wait_ms));
        self.until = now.after(wait_ms);
        self.probe_at = now.after(wait_ms.min(LOOK_INTERVAL_MS));
        self.lacks_network = false;
        self.phase_since = self.now;
        self.phase = Phase::Waiting;
        self.under_way = None;
    }

    fn connected(&mut self) {
        self.is_over = true;
        self.phase = Phase::Subscribing;
        self.step = Step::Connect;
        self.phase_since = self.now;
        self.until = self.now.instant;
        self.lacks_network = false;
        self.under_way = None;
        self.observe(None);
    }

    fn lost(&mut self, state: ModuleState) {
        self.is_over = true;
        let lasted = self.elapsed(self.phase_since);
        let is_stopped = state.service == ServiceState::Stopped;
        if is_stopped || self.is_suspected || lasted >= THROWN_OUT_WITHIN_MS {
            (self.thrown_out, self.failures, self.escalating) = (0, 0, 0);
        } else {
            self.thrown_out = self.thrown_out.saturating_add(1);
            self.failures = more(self.failures);
        }
        let was_up = self.phase == Phase::Up;
        if was_up {
            self.since = self.now;
        }
        let is_thrown_out = self.thrown_out >= TIMES_THROWN_OUT;
        self.detail = self.thrown_out;
        if self.is_suspected {
            self.report(Report::Suspected, lasted);
        } else if is_thrown_out {
            self.report(Report::ThrownOut, lasted);
        } else if was_up {
            self.report(Report::Lost, lasted);
        }
        self.step = if is_stopped || self.lacks_network { Step::BringUp } else { Step::Connect };
        self.wait_from(self.now.instant, if is_thrown_out { u8::MAX } else { self.failures });
    }

    /// The module has reported a loss of the network or a restart.
    pub(super) fn service_is_stopped(&mut self) {
        if matches!(self.phase, Phase::Waiting | Phase::Trying) {
            self.step = self.step.max(Step::BringUp);
        }
    }
}
