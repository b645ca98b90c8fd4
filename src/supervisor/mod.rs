//! Keeps a session up.

mod action;
mod backoff;
mod core;
mod event;
mod policy;
mod recovery;
mod subscriptions;

use ::core::fmt;
use ::core::task::Waker;
use ::core::time::Duration;

pub use action::{Action, Call, Outcome, ProbeKind, Probed};
pub use backoff::Backoff;
pub use event::{SupervisedEvent, SupervisorEvent, Transition};
pub use policy::Policy;
#[cfg(feature = "async")]
pub use recovery::Reset;
pub use recovery::{ModuleRecovery, NoReset, Recovery};
#[cfg(feature = "sync")]
pub use subscriptions::SyncSubscriptionList;
pub use subscriptions::{Change, ChangeEnd, ListFull, SubscriptionList, Subscriptions};

use self::core::{Core, Decision};
use crate::command::ClientIndex;
use crate::error::Error;
use crate::options::ConnectOptions;
use crate::session::{ClientState, Engine, Event, ServiceState};

/// How long a call may go on whose future is dropped again and again, before that counts as a failure.
const DROPPED_LIMIT: Duration = Duration::from_secs(180);

/// A call under way, and when it began: its future may be dropped, and the call repeated.
#[derive(Debug)]
struct UnderWay(Option<(u8, Duration)>);

impl UnderWay {
    const NOTHING: Self = Self(None);

    /// A call of this kind begins or is repeated. Returns whether it may go on.
    fn begin(&mut self, kind: u8, now: Duration) -> bool {
        match self.0 {
            Some((known, began)) if known == kind => now.saturating_sub(began) < DROPPED_LIMIT,
            _ => {
                self.0 = Some((kind, now));
                true
            }
        }
    }

    /// It has ended. Returns the time that it took.
    fn end(&mut self, now: Duration) -> Duration {
        self.0.take().map_or(Duration::ZERO, |(_, began)| now.saturating_sub(began))
    }
}

/// What the driver knows of the module, by which a supervisor decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleState {
    /// The service.
    pub service: ServiceState,
    /// The supervisor's client.
    pub client: ClientState,
    /// The other client.
    pub other: ClientState,
}

impl ModuleState {
    /// The state as a client sees it.
    pub fn of(engine: &Engine, client: ClientIndex) -> Self {
        Self {
            service: engine.service_state(),
            client: engine.client_state(client),
            other: engine.client_state(client.other()),
        }
    }
}

/// Keeps the session of one client up: a step machine over calls, without I/O and without a clock.
pub struct Supervisor<'a, L> {
    client: ClientIndex,
    options: &'a ConnectOptions<'a>,
    subscriptions: L,
    core: Core,
}

impl<L> fmt::Debug for Supervisor<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("client", &self.client).field("core", &self.core).finish_non_exhaustive()
    }
}

impl<'a, L> Supervisor<'a, L> {
    /// Keeps the session of `client` up with these options, subscribed to these filters: a reference to a
    /// [`SubscriptionList`] of its own.
    pub const fn new(client: ClientIndex, options: &'a ConnectOptions<'a>, subscriptions: L, policy: Policy) -> Self {
        Self { client, options, subscriptions, core: Core::new(policy) }
    }

    /// The client.
    pub const fn client(&self) -> ClientIndex {
        self.client
    }

    /// Whether the session is up, as far as is known: connected, and subscribed to the filters of the list.
    pub fn is_up(&self) -> bool {
        self.core.is_up()
    }

    /// Whether the supervisor has [given up](Transition::GaveUp).
    pub fn has_given_up(&self) -> bool {
        self.core.has_given_up()
    }

    /// Connects with other options from the next attempt on.
    pub const fn set_options(&mut self, options: &'a ConnectOptions<'a>) {
        self.options = options;
    }

    /// Disconnects, and leaves the session down until [`resume`](Self::resume).
    pub fn pause(&mut self) {
        self.core.pause();
    }

    /// Ends a [`pause`](Self::pause), or begins again after it has [given up](Transition::GaveUp).
    pub fn resume(&mut self) {
        self.core.resume();
    }

    /// Takes the result of a call that needs the broker, or the error of any other: two results in a row of 17
    /// ([`TIMEOUT`](crate::ResultCode::TIMEOUT)), of an unknown outcome, or without an answer, make the session
    /// [suspected](Transition::Suspected). `now` is the time of the modem's clock.
    pub fn observe<T>(&mut self, now: Duration, result: &Result<T, Error>) {
        self.core.observe(now, result.as_ref().err().copied());
    }

    /// Takes an event of the module, while the driver knows `state`.
    pub fn heard(&mut self, now: Duration, event: &Event, state: ModuleState) {
        match event {
            Event::Message(client) if *client == self.client => self.core.observe(now, None),
            Event::NetworkLost | Event::ModemRestarted if state.service == ServiceState::Stopped => {
                self.core.service_is_stopped();
            }
            _ => {}
        }
    }

    /// The next event of this supervisor. [`next`](Self::next) waits until all are taken.
    pub fn take_event(&mut self) -> Option<SupervisorEvent> {
        let (transition, took) = self.core.pending.take()?;
        Some(SupervisorEvent { client: self.client, transition, took })
    }
}

impl<'a, L: Subscriptions> Supervisor<'a, L> {
    /// Takes over what is known now, for what is [`next`](Self::next).
    fn update(&mut self, now: Duration, state: ModuleState, recovery: &ModuleRecovery) {
        self.core.update(now, state, recovery);
        if self.core.take_end() {
            self.subscriptions.begin_again();
        }
    }

    /// What comes next. An action that was not [`done`](Self::done) is asked for again.
    pub fn next(&mut self, now: Duration, state: ModuleState, recovery: &mut ModuleRecovery) -> Action<'a, L::Filter> {
        self.update(now, state, recovery);
        let mut decision = self.core.next(now, state, recovery);
        if decision == Decision::Change {
            match self.subscriptions.next_change() {
                Some(change) => return Action::Change(self.client, change),
                None => decision = self.core.settled(now),
            }
        }
        match decision {
            Decision::Connect => Action::Connect(self.client, self.options),
            Decision::Disconnect => Action::Disconnect(self.client),
            Decision::Probe(kind) => Action::Probe(self.client, kind),
            Decision::BringUp => Action::BringUp,
            Decision::Reset => Action::Reset { attempt: recovery.attempt() },
            Decision::Change => Action::Wait(Some(now)),
            Decision::Wait(until) => Action::Wait(until),
        }
    }

    /// An action of this supervisor has ended.
    pub fn done(&mut self, now: Duration, state: ModuleState, outcome: Outcome) {
        match outcome {
            Outcome::Connected(result) => self.core.connect_done(now, state, result),
            Outcome::Disconnected(result) => self.core.disconnect_done(now, state, result),
            Outcome::Changed(place, result) => {
                let end = self.core.change_done(now, state, place, result);
                self.subscriptions.ended(place, end);
            }
            Outcome::Probed(result) => self.core.probe_done(now, result),
        }
    }

    /// Whether the subscriptions have changed while the supervisor waits. If not, wakes `waker` when they do.
    pub fn has_change(&self, waker: &Waker) -> bool {
        self.core.is_settled && self.subscriptions.has_change(waker)
    }
}

/// The next event of the supervisors of one module. Before that, all of them take over what the driver knows by now, so that
/// what one has done with the module counts for both.
pub fn take_event<L: Subscriptions>(
    supervisors: &mut [Supervisor<'_, L>],
    recovery: &ModuleRecovery,
    engine: &Engine,
    now: Duration,
) -> Option<SupervisorEvent> {
    for supervisor in &mut *supervisors {
        supervisor.update(now, ModuleState::of(engine, supervisor.client), recovery);
    }
    supervisors.iter_mut().find_map(Supervisor::take_event)
}

/// What comes next for the supervisors of one module, after [`take_event`] has returned `None`: the place of one of them, and
/// its action.
pub fn next_action<'a, L: Subscriptions>(
    supervisors: &mut [Supervisor<'a, L>],
    recovery: &mut ModuleRecovery,
    engine: &Engine,
    now: Duration,
) -> (usize, Action<'a, L::Filter>) {
    let mut end: Option<Duration> = None;
    for (place, supervisor) in supervisors.iter_mut().enumerate() {
        match supervisor.next(now, ModuleState::of(engine, supervisor.client), recovery) {
            Action::Wait(until) => end = [end, until].into_iter().flatten().min(),
            action => return (place, action),
        }
    }
    (0, Action::Wait(end))
}
