//! The step machine of one client, without its topic filters.

mod attempts;
mod results;

use core::time::Duration;

use super::action::{Action, Call, Kind};
use super::event::Transition;
use super::recovery::{ModuleRecovery, Step};
use super::subscriptions::Change;
use super::{Policy, SupervisorEvent};
use crate::command::ClientIndex;
use crate::error::Error;
use crate::options::ConnectOptions;
use crate::procedure::{ClientCommand, Connect, Probe};
use crate::session::{ClientState, Engine, Event, ServiceState};
use crate::timer::{Instant, moment};

/// Two results in a row that say nothing of the broker make a session suspected.
const RESULTS_TO_SUSPECT: u8 = 2;
/// The time between two looks at the network while the next attempt waits, and before a bad probe is repeated.
const LOOK_INTERVAL_MS: u32 = 10_000;
/// How often a change of the subscriptions is refused without a code before that counts: the line may have been
/// damaged.
const UNEXPLAINED_REFUSALS: u8 = 3;
/// The time before a change of the subscriptions is tried again.
const CHANGE_INTERVAL_MS: u32 = 2_000;
/// What has lasted longer than 40 days counts as that long: the clock wraps after 49 days.
const LONGEST_MS: u32 = 40 * 24 * 60 * 60 * 1_000;
/// How long a call may go on whose future is dropped again and again, before that counts as a failure.
const DROPPED_LIMIT_MS: u32 = 180_000;

/// In this order: the phases that [`Core::resume`] ends, those without a session, those with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// A pause begins with DISC.
    Pausing,
    Paused,
    GaveUp,
    /// Down: the next attempt waits.
    Waiting,
    /// Down: an attempt is under way.
    Trying,
    /// Connected; the filters of the list are being subscribed to.
    Subscribing,
    Up,
}

// Bytes first: the instructions that reach them are shorter in the first 32 bytes of a structure.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Core<'a> {
    pub(super) client: ClientIndex,
    service: ServiceState,
    /// This client.
    state: ClientState,
    /// The other client.
    other: ClientState,
    phase: Phase,
    /// The step at which the way to the broker is entered again.
    step: Step,
    /// Sessions in a row that were thrown out.
    thrown_out: u8,
    /// Results in a row that say nothing of the broker.
    bad_results: u8,
    /// How often changes of the subscriptions were refused without a code since one has ended otherwise.
    unexplained_refusals: u8,
    /// The last probe has seen no network.
    lacks_network: bool,
    /// The event that the user has not taken yet. No step is taken meanwhile.
    event: Option<Transition>,
    pub(super) options: &'a ConnectOptions<'a>,
    policy: Policy,
    now: Instant,
    /// How long it took.
    took: u32,
    /// Failures in a row.
    failures: u32,
    /// When the call under way began. Its future may have been dropped.
    under_way: Option<Instant>,
    /// Since when the session is down, or was before it came up.
    down_since: Instant,
    /// When the session was connected, or the present wait began.
    phase_since: Instant,
    /// When the next attempt is due, or the next change of the subscriptions; when the present attempt has begun.
    due: Instant,
    /// When the next probe is due.
    probe_at: Instant,
}

impl<'a> Core<'a> {
    pub(super) const fn new(client: ClientIndex, options: &'a ConnectOptions<'a>, policy: Policy) -> Self {
        Self {
            client,
            options,
            policy,
            now: Instant::ZERO,
            service: ServiceState::Unknown,
            state: ClientState::Unknown,
            other: ClientState::Unknown,
            phase: Phase::Trying,
            step: Step::Ask,
            event: None,
            took: 0,
            failures: 0,
            thrown_out: 0,
            bad_results: 0,
            unexplained_refusals: 0,
            lacks_network: false,
            under_way: None,
            down_since: Instant::ZERO,
            phase_since: Instant::ZERO,
            due: Instant::ZERO,
            probe_at: Instant::ZERO,
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
        self.under_way = None;
    }

    pub(super) fn resume(&mut self) {
        if self.phase <= Phase::GaveUp {
            (self.failures, self.thrown_out) = (0, 0);
            self.down_since = self.now;
            self.begin_attempt();
        }
    }

    pub(super) fn pass_time(&mut self, now: Duration) {
        self.now = Instant::new(now);
    }

    /// Takes over what the driver knows of the module now.
    pub(super) fn look_at(&mut self, engine: &Engine) {
        self.now = engine.session.now;
        let now = self.now;
        let at_most = |since| now.before(now.since(since).min(LONGEST_MS));
        (self.down_since, self.phase_since) = (at_most(self.down_since), at_most(self.phase_since));
        self.service = engine.service_state();
        self.state = engine.client_state(self.client);
        self.other = engine.client_state(self.client.other());
    }

    /// Whether there is a session, at the broker at least.
    pub(super) fn has_session(&self) -> bool {
        self.phase >= Phase::Subscribing
    }

    fn report(&mut self, transition: Transition, took: u32) {
        self.event = Some(transition);
        self.took = took;
    }

    /// Takes the event.
    pub(super) fn take_event(&mut self) -> Option<SupervisorEvent> {
        let transition = self.event.take()?;
        if self.under_way.is_some() {
            // A bring-up, or a reset.
            self.end_call();
        }
        Some(SupervisorEvent { client: self.client, transition, took: moment(Duration::ZERO, self.took) })
    }

    /// Draws the conclusions from what is known now. Nothing more changes if it is called twice.
    #[inline(never)]
    pub(super) fn update(&mut self, engine: &mut Engine) {
        self.look_at(engine);
        #[cfg(feature = "shared")]
        self.observe_all(engine.take_results(self.client));
        if self.event.is_some() {
            return;
        }
        match self.phase {
            Phase::Trying if self.step == Step::Ask => (self.down_since, self.due) = (self.now, self.now),
            Phase::Subscribing | Phase::Up => {
                let is_suspected = self.bad_results.saturating_add(self.lacks_network.into()) >= RESULTS_TO_SUSPECT;
                if is_suspected || self.state != ClientState::Connected {
                    self.lost(engine, is_suspected);
                }
            }
            // The outcome of a CONNECT that has failed came late.
            Phase::Waiting if self.state == ClientState::Connected => {
                self.step = Step::Connect;
                self.begin_attempt();
            }
            Phase::Waiting if self.failures >= self.policy.failures_to_give_up => {
                self.phase = Phase::GaveUp;
                self.report(Transition::GaveUp, self.now.since(self.down_since));
            }
            Phase::Waiting if self.now.has_reached(self.due) => self.begin_attempt(),
            _ => {}
        }
    }

    /// An event of the module.
    pub(super) fn heard(&mut self, event: &Event) {
        match event {
            Event::Message(client) if *client == self.client && self.has_session() => self.observe(None),
            Event::NetworkLost | Event::ModemRestarted if self.service == ServiceState::Stopped => {
                self.step = self.step.max(Step::BringUp);
            }
            _ => {}
        }
    }

    /// Whether changes of the subscriptions are made now.
    pub(super) fn may_change(&self) -> bool {
        self.has_session() && self.now.has_reached(self.due)
    }

    /// What comes next, once its event is taken; without an action, at most how many milliseconds to wait. It can be
    /// asked again.
    pub(super) fn next<F>(
        &mut self,
        recovery: &ModuleRecovery,
        next_change: impl FnOnce() -> Option<Change<F>>,
    ) -> Result<Action<'a, F>, u32> {
        self.begin_call()?;
        let client = self.client;
        match self.phase {
            Phase::Trying => Ok(self.attempt(recovery)),
            Phase::Pausing if matches!(self.state, ClientState::Connected | ClientState::Unknown) => {
                Ok(Action::Call(Call(Kind::Disconnect(ClientCommand::disconnect(client)))))
            }
            Phase::Pausing | Phase::Paused | Phase::GaveUp => Err(u32::MAX),
            Phase::Waiting | Phase::Subscribing | Phase::Up => {
                let mut due_ms = self.now.until(self.due);
                if due_ms == 0 && self.has_session() {
                    if let Some(Change { place, filter, qos }) = next_change() {
                        let change = ClientCommand::change(client, filter, qos);
                        return Ok(Action::Call(Call(Kind::Change(place, change))));
                    }
                    if self.phase == Phase::Subscribing {
                        self.phase = Phase::Up;
                        self.report(Transition::Up, self.now.since(self.down_since));
                        return Err(0);
                    }
                    // Kept up to date: a moment of weeks ago would look like one to come.
                    self.due = self.now;
                    due_ms = u32::MAX;
                }
                match self.now.until(self.probe_at) {
                    0 => Ok(self.probe(self.has_session())),
                    probe_ms => Err(probe_ms.min(due_ms)),
                }
            }
        }
    }

    fn probe<F>(&self, of_session: bool) -> Action<'a, F> {
        Action::Call(Call(Kind::Probe(Probe::new(self.client, of_session))))
    }

    /// The next step of an attempt.
    fn attempt<F>(&mut self, recovery: &ModuleRecovery) -> Action<'a, F> {
        match self.step {
            Step::Ask => self.probe(true),
            Step::Reset if recovery.can_reset => Action::Reset { attempt: recovery.attempt },
            Step::BringUp | Step::Reset if recovery.can_bring_up => Action::BringUp,
            _ => {
                self.step = Step::Connect;
                Action::Call(Call(Kind::Connect(Connect::new(self.client, self.options))))
            }
        }
    }

    /// A call may begin, or be repeated since its future was dropped.
    ///
    /// # Errors
    ///
    /// That was done for too long.
    fn begin_call(&mut self) -> Result<(), u32> {
        let began = *self.under_way.get_or_insert(self.now);
        if self.now.since(began) < DROPPED_LIMIT_MS {
            return Ok(());
        }
        if self.phase == Phase::Trying {
            self.end_call();
            self.connect_failed(&Error::Aborted);
        } else {
            self.probe_at = self.now.after(LOOK_INTERVAL_MS);
            self.bad_results = self.bad_results.saturating_add(1);
        }
        Err(0)
    }

    /// There is an event, or nothing to do: no call begins.
    pub(super) const fn waits(&mut self) {
        self.under_way = None;
    }

    /// The call under way has ended. The event that follows from it took as long.
    pub(super) fn end_call(&mut self) {
        self.took = self.under_way.take().map_or(0, |began| self.now.since(began));
    }
}
