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
pub use recovery::{Attach, ModuleRecovery, NoBringUp, NoReset, Recovery};
#[cfg(feature = "sync")]
pub use subscriptions::SyncSubscriptionList;
pub use subscriptions::{Change, ChangeEnd, ListFull, SubscriptionList, Subscriptions};

use self::core::{Core, Decision};
use crate::command::ClientIndex;
use crate::error::Error;
use crate::options::ConnectOptions;
use crate::session::{ClientState, Engine, Event, ServiceState};
use crate::timer::moment;

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
        self.core.pass_time(now);
        self.core.observe(result.as_ref().err().copied());
    }

    /// Takes an event of the module, while the driver knows `state`.
    pub fn heard(&mut self, now: Duration, event: &Event, state: ModuleState) {
        self.core.pass_time(now);
        match event {
            Event::Message(client) if *client == self.client => self.core.observe(None),
            Event::NetworkLost | Event::ModemRestarted if state.service == ServiceState::Stopped => {
                self.core.service_is_stopped();
            }
            _ => {}
        }
    }

    /// The next event of this supervisor. Nothing is done before it is taken.
    pub fn take_event(&mut self) -> Option<SupervisorEvent> {
        let (transition, took) = self.core.event.take()?;
        Some(SupervisorEvent { client: self.client, transition, took: moment(Duration::ZERO, took) })
    }
}

impl<'a, L: Subscriptions> Supervisor<'a, L> {
    /// Takes over what is known now: for [`take_event`](Self::take_event) and [`next`](Self::next).
    pub fn update(&mut self, now: Duration, state: ModuleState, recovery: &ModuleRecovery) {
        self.core.pass_time(now);
        self.core.update(state, recovery);
        if ::core::mem::take(&mut self.core.is_over) {
            self.subscriptions.begin_again();
        }
    }

    /// What comes next, after [`update`](Self::update). An action that was not [`done`](Self::done) is asked for again.
    pub fn next(&mut self, state: ModuleState, recovery: &ModuleRecovery) -> Action<'a, L::Filter> {
        let mut decision = self.core.next(state, recovery);
        if decision == Decision::Change {
            if let Some(change) = self.subscriptions.next_change() {
                return Action::Change(self.client, change);
            }
            decision = self.core.settled();
        }
        match decision {
            Decision::Connect => Action::Connect(self.client, self.options),
            Decision::Disconnect => Action::Disconnect(self.client),
            Decision::Probe { of_session } => {
                Action::Probe(self.client, if of_session { ProbeKind::Session } else { ProbeKind::Network })
            }
            Decision::BringUp => Action::BringUp,
            Decision::Reset => Action::Reset { attempt: recovery.attempt() },
            Decision::Wait { milliseconds } => Action::Wait(moment(Duration::ZERO, milliseconds)),
            Decision::Change => Action::Wait(Duration::ZERO),
        }
    }

    /// An action of this supervisor has ended.
    pub fn done(&mut self, now: Duration, state: ModuleState, outcome: Outcome) {
        self.core.pass_time(now);
        match outcome {
            Outcome::Connected(result) => self.core.connect_done(state, result),
            Outcome::Disconnected(result) => self.core.disconnect_done(state, result),
            Outcome::Changed(place, result) => {
                let end = self.core.change_done(state, place, result);
                self.subscriptions.ended(place, end);
            }
            Outcome::Probed(result) => self.core.probe_done(result),
            Outcome::Waited(result) => {
                if result.is_err() {
                    self.core.observe(result.err());
                }
            }
        }
    }

    /// Whether the subscriptions have changed while the supervisor waits. If not, wakes `waker` when they do.
    pub fn has_change(&self, waker: &Waker) -> bool {
        self.core.is_settled && self.subscriptions.has_change(waker)
    }
}

/// The next event of a module and of its supervisors. Before that, all of them take over what the driver knows by now, so
/// that what one has done with the module counts for both.
pub fn take_event<L: Subscriptions>(
    supervisors: &mut [Supervisor<'_, L>],
    recovery: &ModuleRecovery,
    engine: &mut Engine,
    now: Duration,
) -> Option<SupervisedEvent> {
    for supervisor in &mut *supervisors {
        supervisor.update(now, ModuleState::of(engine, supervisor.client), recovery);
    }
    if let Some(event) = supervisors.iter_mut().find_map(Supervisor::take_event) {
        return Some(SupervisedEvent::Supervisor(event));
    }
    let event = engine.take_event()?;
    for supervisor in supervisors {
        supervisor.heard(now, &event, ModuleState::of(engine, supervisor.client));
    }
    Some(SupervisedEvent::Modem(event))
}

/// What comes next for the supervisors of one module, after [`take_event`] has returned `None`: the place of one of them, and
/// its action.
pub fn next_action<'a, L: Subscriptions>(
    supervisors: &mut [Supervisor<'a, L>],
    recovery: &ModuleRecovery,
    engine: &Engine,
) -> (usize, Action<'a, L::Filter>) {
    let mut wait = Duration::MAX;
    for (place, supervisor) in supervisors.iter_mut().enumerate() {
        match supervisor.next(ModuleState::of(engine, supervisor.client), recovery) {
            Action::Wait(time) => wait = wait.min(time),
            action => return (place, action),
        }
    }
    (0, Action::Wait(wait))
}

/// The call of an action of the supervisor at this place was driven to its end.
///
/// # Errors
///
/// What no supervisor can do anything about: the UART has failed, or the idle hook has aborted the call.
pub fn finish<L: Subscriptions>(
    supervisors: &mut [Supervisor<'_, L>],
    place: usize,
    outcome: Outcome,
    engine: &Engine,
    now: Duration,
) -> Result<(), Error> {
    if let Some(error) = outcome.error() {
        recovery::check(error)?;
    }
    // A module that is silent while it is listened to is silent for all.
    let is_of_all = matches!(outcome, Outcome::Waited(_));
    for (_, supervisor) in supervisors.iter_mut().enumerate().filter(|(other, _)| is_of_all || *other == place) {
        supervisor.done(now, ModuleState::of(engine, supervisor.client), outcome);
    }
    Ok(())
}
