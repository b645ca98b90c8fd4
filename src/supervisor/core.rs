//! The step machine of one client, without its topic filters.

use core::time::Duration;

use super::backoff::Waits;
use super::event::{Pending, Transition};
use super::recovery::{ModuleRecovery, ModuleStep};
use super::{ChangeEnd, ModuleState, Policy, ProbeKind, Probed, UnderWay};
use crate::error::{CommandName, Error, Refusal};
use crate::network::{BringUpError, BringUpStage};
use crate::procedure::Connection;
use crate::session::{ClientState, ServiceState};
use crate::timer::Instant;
use crate::{NextStep, ResultCode};

/// Two results in a row that say nothing of the broker make a session suspected.
const RESULTS_TO_SUSPECT: u8 = 2;
/// A session that was lost so soon after `connect` counts as thrown out.
const THROWN_OUT_WITHIN: Duration = Duration::from_secs(30);
/// So many of these in a row are no accident.
const TIMES_THROWN_OUT: u8 = 3;
/// The time between two looks at the network while the next attempt waits, and before a bad probe is repeated.
const LOOK_INTERVAL_MS: u32 = 10_000;
/// The calls that may be repeated since their future was dropped.
const CONNECT: u8 = 0;
const DISCONNECT: u8 = 1;
const PROBE: u8 = 2;
/// The time before a change of the subscriptions is tried again.
const CHANGE_INTERVAL_MS: u32 = 2_000;

/// The step at which the way to the broker is entered again. Each step is followed by those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Connect,
    BringUp,
    Reset,
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
    /// Disconnected on request.
    Paused,
    GaveUp,
}

/// What the core asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Connect,
    Disconnect,
    Probe(ProbeKind),
    BringUp,
    Reset,
    /// The first change of the subscriptions. If there is none, [`Core::settled`].
    Change,
    Wait(Option<Duration>),
}

#[derive(Debug)]
pub(super) struct Core {
    policy: Policy,
    waits: Waits,
    pub(super) pending: Pending,
    phase: Phase,
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
    /// What the last probe has seen of the network.
    has_network: Option<bool>,
    /// The last round of the module's recovery that is known.
    round: u8,
    under_way: UnderWay,
    /// Since when the session is up, or down.
    since: Duration,
    /// When the session was connected, or the present wait began.
    phase_since: Duration,
    /// The beginning of the present attempt.
    attempt: Instant,
    /// The end of the wait.
    until: Instant,
    /// The next probe.
    probe_at: Instant,
    /// The next change of the subscriptions.
    change_at: Instant,
    /// There was no change to make when it was last asked.
    pub(super) is_settled: bool,
    /// Nothing is subscribed to any more, or not yet.
    is_over: bool,
    /// A pause begins with DISC, once.
    disconnects: bool,
}

/// Whether a result says nothing of the broker, so that the radio may be dead.
fn is_bad(error: &Error) -> bool {
    match error {
        Error::NoAnswer { .. } | Error::OutcomeUnknown { .. } => true,
        _ => error.refusal() == Some(Refusal::Code(ResultCode::TIMEOUT)),
    }
}

impl Core {
    pub(super) const fn new(policy: Policy) -> Self {
        Self {
            policy,
            waits: Waits::new(policy.backoff),
            pending: Pending::NONE,
            phase: Phase::Fresh,
            step: Step::BringUp,
            failures: 0,
            escalating: 0,
            thrown_out: 0,
            bad_results: 0,
            is_suspected: false,
            has_network: None,
            round: 0,
            under_way: UnderWay::NOTHING,
            since: Duration::MAX,
            phase_since: Duration::ZERO,
            attempt: Instant::ZERO,
            until: Instant::ZERO,
            probe_at: Instant::ZERO,
            change_at: Instant::ZERO,
            is_settled: false,
            is_over: false,
            disconnects: false,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.phase == Phase::Up
    }

    fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Subscribing | Phase::Up)
    }

    pub(super) fn has_given_up(&self) -> bool {
        self.phase == Phase::GaveUp
    }

    pub(super) const fn pause(&mut self) {
        self.phase = Phase::Paused;
        self.disconnects = true;
        self.is_settled = false;
    }

    /// Begins again, with `connect`.
    pub(super) fn resume(&mut self) {
        if matches!(self.phase, Phase::Paused | Phase::GaveUp) {
            (self.failures, self.escalating, self.thrown_out) = (0, 0, 0);
            self.since = Duration::MAX;
            self.phase = Phase::Trying;
            self.step = Step::Connect;
        }
    }

    /// Takes over what is known now. Nothing more changes if it is called twice.
    pub(super) fn update(&mut self, now: Duration, state: ModuleState, recovery: &ModuleRecovery) {
        let instant = Instant::new(now);
        self.since = self.since.min(now);
        self.is_settled = false;
        self.take_over(now, state, recovery);
        let is_connected = state.client == ClientState::Connected && !self.is_suspected;
        match self.phase {
            Phase::Subscribing | Phase::Up if !is_connected => self.lost(now, state),
            Phase::Waiting | Phase::Trying if is_connected => self.connected(now),
            Phase::Waiting if instant.has_reached(self.until) => {
                self.phase = Phase::Trying;
                self.attempt = instant;
            }
            _ => {}
        }
    }

    /// What comes next. It can be asked again.
    pub(super) fn next(&mut self, now: Duration, state: ModuleState, recovery: &mut ModuleRecovery) -> Decision {
        // Events first: the program may have something to do before the next step.
        if !self.pending.is_empty() {
            return Decision::Wait(Some(now));
        }
        match self.phase {
            Phase::Paused if self.disconnects && state.client == ClientState::Connected => Decision::Disconnect,
            Phase::Paused | Phase::GaveUp => Decision::Wait(None),
            Phase::Fresh => self.probe(now, ProbeKind::Session),
            Phase::Subscribing | Phase::Up if Instant::new(now).has_reached(self.change_at) => Decision::Change,
            Phase::Subscribing | Phase::Up => self.settled(now),
            Phase::Waiting => self.wait(now),
            Phase::Trying => self.attempt(now, state, recovery),
        }
    }

    /// Whether a session has begun or ended since it was last asked.
    pub(super) const fn take_end(&mut self) -> bool {
        ::core::mem::replace(&mut self.is_over, false)
    }

    fn probe(&mut self, now: Duration, kind: ProbeKind) -> Decision {
        if self.under_way.begin(PROBE, now) {
            return Decision::Probe(kind);
        }
        self.probe_done(now, Err(Error::NoAnswer { command: CommandName::new(&"") }));
        Decision::Wait(Some(now))
    }

    /// There is no change of the subscriptions to make.
    pub(super) fn settled(&mut self, now: Duration) -> Decision {
        let instant = Instant::new(now);
        let may_change = instant.has_reached(self.change_at);
        if self.phase == Phase::Subscribing && may_change {
            self.phase = Phase::Up;
            self.pending.push(Transition::Up, now.saturating_sub(self.since));
            self.since = now;
            return Decision::Wait(Some(now));
        }
        self.is_settled = may_change;
        if instant.has_reached(self.probe_at) {
            return self.probe(now, ProbeKind::Session);
        }
        let left = instant.until(self.probe_at);
        Decision::Wait(after(now, if may_change { left } else { left.min(instant.until(self.change_at)) }))
    }

    fn wait(&mut self, now: Duration) -> Decision {
        let instant = Instant::new(now);
        let (left, look) = (instant.until(self.until), instant.until(self.probe_at));
        match look {
            0 => self.probe(now, ProbeKind::Network),
            _ => Decision::Wait(after(now, left.min(look))),
        }
    }

    /// The next step of an attempt.
    fn attempt(&mut self, now: Duration, state: ModuleState, recovery: &mut ModuleRecovery) -> Decision {
        let is_reset = self.step == Step::Reset && recovery.can_reset;
        if is_reset || self.step >= Step::BringUp && recovery.can_bring_up {
            return match recovery.begin(now, is_reset) {
                false => Decision::Wait(Some(now)),
                true if is_reset => Decision::Reset,
                true => Decision::BringUp,
            };
        }
        self.step = Step::Connect;
        if self.is_suspected && matches!(state.client, ClientState::Connected | ClientState::Unknown) {
            return self.begin(now, state, Decision::Disconnect);
        }
        self.is_suspected = false;
        self.begin(now, state, Decision::Connect)
    }

    /// A call of the present attempt begins, or is repeated since its future was dropped.
    fn begin(&mut self, now: Duration, state: ModuleState, decision: Decision) -> Decision {
        if self.under_way.begin(if decision == Decision::Connect { CONNECT } else { DISCONNECT }, now) {
            return decision;
        }
        let took = self.under_way.end(now);
        self.failed(now, state, Error::Aborted.next_step(), Transition::ConnectFailed(Error::Aborted), took);
        Decision::Wait(Some(now))
    }

    /// What the other client's supervisor or this one has done with the module.
    fn take_over(&mut self, now: Duration, state: ModuleState, recovery: &ModuleRecovery) {
        if self.round == recovery.round {
            return;
        }
        self.round = recovery.round;
        let is_down = matches!(self.phase, Phase::Waiting | Phase::Trying);
        match recovery.last {
            ModuleStep::BroughtUp if self.phase == Phase::Fresh => self.step = Step::Connect,
            ModuleStep::Reset if is_down => {
                (self.step, self.is_suspected) = (Step::BringUp, false);
                self.pending.push(Transition::Reset, recovery.took);
            }
            ModuleStep::BroughtUp if is_down => {
                if self.step >= Step::BringUp {
                    (self.step, self.until) = (Step::Connect, Instant::new(now));
                }
                self.pending.push(Transition::BroughtUp, recovery.took);
            }
            ModuleStep::BringUpFailed(error) if is_down && self.step >= Step::BringUp => {
                self.bring_up_failed(now, state, error, recovery.took);
            }
            _ => {}
        }
    }

    fn bring_up_failed(&mut self, now: Duration, state: ModuleState, error: BringUpError, took: Duration) {
        self.failed(now, state, error.next_step(), Transition::BringUpFailed(error), took);
        let is_mute = matches!(error, BringUpError::TimedOut { stage: BringUpStage::Module, .. });
        if !matches!(error, BringUpError::Failed(_)) {
            self.has_network = Some(false);
        }
        self.step = if is_mute || matches!(error, BringUpError::SimFailure(_)) { Step::Reset } else { Step::BringUp };
    }

    /// A step of the present attempt has failed.
    fn failed(&mut self, now: Duration, state: ModuleState, next: NextStep, transition: Transition, took: Duration) {
        self.pending.push(transition, took);
        self.failures = self.failures.saturating_add(1);
        let wants_input = next == NextStep::CorrectInput;
        self.step = match next {
            // Silent twice.
            NextStep::Reset if self.failures > 1 => Step::Reset,
            NextStep::BringUp | NextStep::Reset => Step::BringUp,
            _ => Step::Connect,
        };
        // What one client fails at is not the module's fault while the other one is connected.
        let is_escalating = !wants_input && state.other != ClientState::Connected;
        self.escalating = if is_escalating { self.escalating.saturating_add(1) } else { 0 };
        if self.escalating > 0 {
            if self.escalating.is_multiple_of(self.policy.failures_to_reset.max(1)) {
                self.step = Step::Reset;
            } else if self.escalating >= self.policy.failures_to_bring_up {
                self.step = self.step.max(Step::BringUp);
            }
        }
        let is_useless = matches!(transition, Transition::ConnectFailed(Error::Invalid(_)));
        if self.policy.may_give_up() && (is_useless || self.failures >= self.policy.failures_to_give_up) {
            self.pending.push(Transition::GaveUp, now.saturating_sub(self.since));
            self.phase = Phase::GaveUp;
            return;
        }
        let wait_ms = if wants_input { self.waits.longest() } else { self.waits.after(self.failures) };
        self.wait_from(now, self.attempt, wait_ms);
    }

    /// Waits until `wait_ms` after the beginning of the attempt, and for a moment at least.
    fn wait_from(&mut self, now: Duration, attempt: Instant, wait_ms: u32) {
        let instant = Instant::new(now);
        let least = self.waits.after(0).min(wait_ms);
        let wait_ms = instant.until(attempt.after(wait_ms)).max(least);
        self.until = instant.after(wait_ms);
        self.probe_at = instant.after(if wait_ms > LOOK_INTERVAL_MS { LOOK_INTERVAL_MS } else { wait_ms });
        self.has_network = None;
        self.phase_since = now;
        self.phase = Phase::Waiting;
    }

    fn connected(&mut self, now: Duration) {
        self.is_over = true;
        self.phase = Phase::Subscribing;
        self.step = Step::Connect;
        self.phase_since = now;
        self.bad_results = 0;
        self.has_network = None;
        self.change_at = Instant::new(now);
        self.heard(now);
    }

    fn lost(&mut self, now: Duration, state: ModuleState) {
        let lasted = now.saturating_sub(self.phase_since);
        self.is_over = true;
        if self.phase == Phase::Up {
            if !self.is_suspected {
                self.pending.push(Transition::Lost, lasted);
            }
            self.since = now;
        }
        let is_stopped = state.service == ServiceState::Stopped;
        let was_thrown_out = !is_stopped && !self.is_suspected && lasted < THROWN_OUT_WITHIN;
        if was_thrown_out {
            self.thrown_out = self.thrown_out.saturating_add(1);
            self.failures = self.failures.saturating_add(1);
        } else {
            (self.thrown_out, self.failures, self.escalating) = (0, 0, 0);
        }
        self.step = if is_stopped || self.has_network == Some(false) { Step::BringUp } else { Step::Connect };
        let wait_ms = if self.thrown_out >= TIMES_THROWN_OUT {
            self.pending.push(Transition::ThrownOut { times: self.thrown_out }, lasted);
            self.waits.longest()
        } else {
            self.waits.after(self.failures)
        };
        self.wait_from(now, Instant::new(now), wait_ms);
    }

    pub(super) fn connect_done(&mut self, now: Duration, state: ModuleState, result: Result<Connection, Error>) {
        let took = self.under_way.end(now);
        match result {
            Ok(connection) => {
                self.pending.push(Transition::Connected(connection), took);
                self.connected(now);
            }
            Err(error) => self.failed(now, state, error.next_step(), Transition::ConnectFailed(error), took),
        }
    }

    pub(super) fn disconnect_done(&mut self, now: Duration, state: ModuleState, result: Result<(), Error>) {
        let took = self.under_way.end(now);
        self.disconnects = false;
        match result {
            Err(error) if is_bad(&error) && self.phase == Phase::Trying => {
                self.failed(now, state, error.next_step(), Transition::DisconnectFailed(error), took);
            }
            // Refused: there is no session any more.
            _ => self.is_suspected = false,
        }
    }

    /// Returns how the change has ended.
    pub(super) fn change_done(
        &mut self,
        now: Duration,
        state: ModuleState,
        place: u8,
        result: Result<(), Error>,
    ) -> ChangeEnd {
        let took = self.under_way.end(now);
        self.observe(now, result.err());
        let Err(error) = result else { return ChangeEnd::Done };
        self.change_at = Instant::new(now).after(CHANGE_INTERVAL_MS);
        let is_refusal = match error {
            Error::Refused { .. } => !is_bad(&error) && error.next_step() != NextStep::Retry,
            Error::Invalid(_) => true,
            _ => false,
        };
        if state.client != ClientState::Connected {
            if self.phase == Phase::Subscribing {
                self.pending.push(Transition::ConnectFailed(error), took);
            }
            return ChangeEnd::Unknown;
        }
        if !is_refusal {
            return ChangeEnd::Unknown;
        }
        self.change_at = Instant::new(now);
        self.pending.push(Transition::SubscriptionRefused { place, error }, took);
        ChangeEnd::Refused
    }

    pub(super) fn probe_done(&mut self, now: Duration, result: Result<Probed, Error>) {
        self.under_way.end(now);
        let instant = Instant::new(now);
        let had_network = self.has_network;
        let again_at = instant.after(LOOK_INTERVAL_MS.min(self.policy.probe_after_ms));
        match self.phase {
            Phase::Fresh => {
                if result.is_ok_and(|probed| probed.is_connected) {
                    self.step = Step::Connect;
                }
                self.attempt = instant;
                self.phase = Phase::Trying;
            }
            Phase::Waiting => {
                self.has_network = Some(result.is_ok_and(|probed| probed.has_network));
                let left = instant.until(self.until);
                self.probe_at = instant.after(LOOK_INTERVAL_MS.min(left));
                if had_network == Some(false) && self.has_network == Some(true) {
                    self.pending.push(Transition::NetworkBack, now.saturating_sub(self.phase_since));
                    self.until = instant;
                }
            }
            Phase::Subscribing | Phase::Up => {
                self.probe_at = again_at;
                match result {
                    Err(error) => self.observe(now, Some(error)),
                    Ok(Probed { has_network, .. }) => {
                        self.has_network = Some(has_network);
                        if has_network {
                            self.heard(now);
                        } else if had_network == Some(false) || self.bad_results > 0 {
                            self.suspect(now);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The module or the broker has shown that it is there.
    pub(super) fn heard(&mut self, now: Duration) {
        if self.is_connected() {
            self.probe_at = Instant::new(now).after(self.policy.probe_after_ms);
        }
    }

    /// A call has succeeded that needs the broker, or any call has failed.
    pub(super) fn observe(&mut self, now: Duration, error: Option<Error>) {
        if !self.is_connected() {
            return;
        }
        match error {
            None => {
                self.bad_results = 0;
                self.heard(now);
            }
            Some(error) if is_bad(&error) => {
                self.bad_results = self.bad_results.saturating_add(1);
                if self.bad_results >= RESULTS_TO_SUSPECT || self.has_network == Some(false) {
                    self.suspect(now);
                }
            }
            Some(_) => {}
        }
    }

    fn suspect(&mut self, now: Duration) {
        if !self.is_suspected {
            self.is_suspected = true;
            self.pending.push(Transition::Suspected, now.saturating_sub(self.phase_since));
        }
    }

    /// The module has reported a loss of the network or a restart while the session was down.
    pub(super) fn service_is_stopped(&mut self) {
        if matches!(self.phase, Phase::Waiting | Phase::Trying) {
            self.step = self.step.max(Step::BringUp);
        }
    }
}

/// The moment that comes `milliseconds` after `now`.
fn after(now: Duration, milliseconds: u32) -> Option<Duration> {
    now.checked_add(Duration::from_millis(milliseconds.into()))
}
