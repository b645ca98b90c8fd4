//! Keeps a session up: connects, subscribes, notices that a session is dead, and brings the module back.
//!
//! A [`Supervisor`] is a step machine over the calls of one client, without I/O and without a clock.
//! [`Modem::supervise`](crate::Modem::supervise) and that of the blocking client drive up to two of them, one for each
//! client, and return what happens: events of the module, and each transition of a supervisor with the time that it
//! took.
//!
//! ```
//! # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
//! # use simcom_mqtt::*;
//! # module::on_simulated_module(async |receiver, transmitter, timer| {
//! use simcom_mqtt::network::Apn;
//! use simcom_mqtt::supervisor::{Backoff, Policy, Recovery, SubscriptionList, SupervisedEvent, Supervisor};
//!
//! # let serial_number = 7;
//! let inbox = Inbox::<1024>::new();
//! let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
//! let filters = SubscriptionList::from([("device-7/cmd/#", QoS::AtLeastOnce)]);
//! let apn = Apn::new("internet");
//!
//! let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
//! let policy = Policy::new(Backoff::new(serial_number));
//! let mut supervisors = [Supervisor::new(ClientIndex::First, &options, &filters, policy)];
//! let mut recovery = Recovery::new(&apn);
//! loop {
//!     match modem.supervise(&mut supervisors, &mut recovery).await? {
//!         SupervisedEvent::Modem(Event::Message(_)) => { /* it is in the inbox */ }
//!         SupervisedEvent::Supervisor(event) if event.is_up() => {
//!             let state = Publish::new("device-7/state", b"on").retained(true);
//!             let published = modem.client(ClientIndex::First).publish(&state).await;
//!             supervisors[0].observe(modem.now(), &published);
//! #           return Ok(());
//!         }
//!         _ => {}
//!     }
//! }
//! # });
//! ```
//!
//! # What it does
//!
//! It decides by [`ClientState`](crate::ClientState) and [`ServiceState`](crate::ServiceState), and by the results of
//! calls; events only hasten it.
//!
//! | case | noticed by | what is done |
//! |---|---|---|
//! | the microcontroller was reset, the session lives | `AT+CMQTTDISC?`, the first question | `connect`, which adopts the session; subscribed again |
//! | the module has just been switched on, or nothing is known | the same | bring-up, `connect`, subscribe |
//! | the connection is lost (`+CMQTTCONNLOST`, or 6, 11, 16 of a call) | [`ClientState`](crate::ClientState) | the shortest wait, `connect` |
//! | the network is lost (`+CMQTTNONET`), the module restarted | [`ServiceState::Stopped`](crate::ServiceState::Stopped) | the shortest wait, bring-up, `connect` |
//! | the radio is dead and nothing reports it | a probe (`AT+CMQTTDISC?`, `AT+CSQ`) after silence, two bad results in a row | [`Suspected`](Transition::Suspected): bring-up if there was no signal, `connect`, which disconnects it first |
//! | credentials or options are refused, a certificate is missing | [`NextStep::CorrectInput`](crate::NextStep::CorrectInput) | the longest wait before each attempt; nothing is reset |
//! | the name of the broker is not found (25), START fails (1), no network (7) | [`NextStep::BringUp`](crate::NextStep::BringUp) | a wait, bring-up, `connect` |
//! | the broker does not answer or refuses | the error of `connect` | a wait that doubles; after 3 failures a bring-up before each attempt, after each 8 a reset |
//! | there is no network | the bring-up fails in its time | a wait that doubles, ended when `AT+CSQ` has a signal again; bring-up |
//! | the module is mute | nothing that resync sends is answered | bring-up, which waits for the module; if that gets no answer, a reset |
//! | the session is lost within 30 s after `connect`, 3 times in a row | the times | [`ThrownOut`](Transition::ThrownOut): the longest wait. Two devices with one client id do this to each other |
//! | a filter is refused | the error of SUB; without a code, the third in a row | reported, and tried again with the next connection |
//! | a call's future is dropped again and again | 180 s without an end | counts as a failure |
//!
//! What escalates: `connect`, then a bring-up, then the hook that resets the module ([`Recovery::with_reset`]), and it
//! gives up only where [`Policy::give_up_after`] allows it. While the other client is connected, what this one fails at
//! brings nothing up and resets nothing.
//!
//! # The longest wait
//!
//! [`Backoff::longest`] is the longest time from the beginning of an attempt to that of the next one, if the attempt
//! does not take longer; 300 s by default. So a session is up again at most that long after the broker, the network or
//! the module is back, and the time of one attempt. While an attempt waits, the module is asked for the signal every
//! 10 s: when that comes back, the wait ends.
//!
//! # Calls of your own
//!
//! Between two `supervise`, any call can be made. Leave `connect` and `disconnect` to the supervisor: see
//! [`Supervisor::pause`]. The results of calls that need the broker go to [`Supervisor::observe`]: two in a row of 17,
//! of an unknown outcome, or without an answer say that the radio may be dead; a success says that it is not.
//!
//! An event is returned before the next step is taken, so what belongs to a step is done when its event comes: settings
//! of the module and certificates after [`BroughtUp`](Transition::BroughtUp), a retained state after
//! [`Up`](Transition::Up). Between two events of the module, a step is taken if one is due: messages that come as fast
//! as they are dealt with keep no session down.
//!
//! # Without a shell
//!
//! A program with a loop of its own gives the engine the time, and calls [`take_event`] until there is none, then
//! [`next_action`]. It drives the procedure of a [`Call`], and passes both to [`finish`]; it brings up and resets by
//! itself, and says so by [`brought_up`] and [`was_reset`].

mod action;
mod backoff;
#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "async")]
mod client;
mod core;
mod event;
#[cfg(any(feature = "async", feature = "blocking"))]
mod hooks;
mod policy;
mod recovery;
mod subscriptions;

use ::core::fmt;
use ::core::task::Waker;
use ::core::time::Duration;

use action::Kind;
pub use action::{Action, Call};
pub use backoff::Backoff;
#[cfg(feature = "blocking")]
pub use blocking::BlockingReset;
pub use event::{SupervisedEvent, SupervisorEvent, Transition};
#[cfg(feature = "async")]
pub use hooks::Reset;
#[cfg(any(feature = "async", feature = "blocking"))]
pub use hooks::{Attach, NoBringUp, NoReset, Recovery};
pub use policy::Policy;
pub use recovery::ModuleRecovery;
#[cfg(feature = "sync")]
pub use subscriptions::SyncSubscriptionList;
pub use subscriptions::{Change, ChangeEnd, ListFull, SubscriptionList, Subscriptions};

use self::core::Core;
use self::recovery::Step;
#[cfg(feature = "shared")]
pub(crate) use self::recovery::is_final;
use crate::command::ClientIndex;
use crate::error::Error;
use crate::network::BringUpError;
use crate::options::ConnectOptions;
use crate::procedure::ListenUntil;
use crate::session::{Engine, Event};

/// Keeps the session of one client up: a step machine over calls, without I/O and without a clock. What it does, the
/// [module](self) says.
pub struct Supervisor<'a, L> {
    core: Core<'a>,
    subscriptions: L,
}

impl<L> fmt::Debug for Supervisor<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("core", &self.core).finish_non_exhaustive()
    }
}

impl<'a, L> Supervisor<'a, L> {
    /// Keeps the session of `client` up with these options, subscribed to these filters: a reference to a
    /// [`SubscriptionList`] of its own.
    pub const fn new(client: ClientIndex, options: &'a ConnectOptions<'a>, subscriptions: L, policy: Policy) -> Self {
        Self { core: Core::new(client, options, policy), subscriptions }
    }

    /// The client.
    pub const fn client(&self) -> ClientIndex {
        self.core.client
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
        self.core.options = options;
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
        self.core.observe(result.as_ref().err());
    }
}

impl<'a, L: Subscriptions> Supervisor<'a, L> {
    /// Takes over what is known now.
    fn update(&mut self, engine: &mut Engine) {
        self.core.update(engine);
        if !self.core.has_session() {
            self.subscriptions.begin_again();
        }
    }

    /// What comes next, after [`update`](Self::update); without an action, at most how many milliseconds to wait. An
    /// action that was not [`done`](Self::done) is asked for again.
    #[inline(never)]
    fn next(&mut self, recovery: &ModuleRecovery) -> Result<Action<'a, L::Filter>, u32> {
        self.core.next(recovery, || self.subscriptions.next_change())
    }

    /// The call of an action of this supervisor has ended.
    fn done(&mut self, engine: &Engine, call: &Call<'_, L::Filter>, error: Option<&Error>) {
        self.core.look_at(engine);
        self.core.end_call();
        match &call.0 {
            Kind::Connect(connect) => self.core.connect_done(connect.connection(), error),
            Kind::Disconnect(_) => self.core.disconnect_done(),
            &Kind::Change(place, _) => {
                let end = self.core.change_done(place, error);
                self.subscriptions.ended(place, end);
            }
            Kind::Probe(probe) => {
                self.core.probe_done(probe.is_connected(), error.is_none() && probe.has_network(), error);
            }
            Kind::Listen(_) => {}
        }
    }

    /// Whether the subscriptions have changed while the supervisor waits. If not, wakes `waker` when they do.
    pub fn has_change(&self, waker: &Waker) -> bool {
        self.core.may_change() && self.subscriptions.has_change(waker)
    }
}

/// The next event of a module and of its supervisors, once the engine knows the time. Before that, all of them take
/// over what the driver knows by now, so that what one has done with the module counts for both.
pub fn take_event<L: Subscriptions>(
    supervisors: &mut [Supervisor<'_, L>],
    engine: &mut Engine,
) -> Option<SupervisedEvent> {
    take_transition(supervisors, engine)
        .map(SupervisedEvent::Supervisor)
        .or_else(|| take_module_event(supervisors, engine).map(SupervisedEvent::Modem))
}

/// The next event of a supervisor.
fn take_transition<L: Subscriptions>(
    supervisors: &mut [Supervisor<'_, L>],
    engine: &mut Engine,
) -> Option<SupervisorEvent> {
    supervisors.iter_mut().find_map(|supervisor| {
        supervisor.update(engine);
        supervisor.core.take_event()
    })
}

/// The next event of the module.
fn take_module_event<L: Subscriptions>(supervisors: &mut [Supervisor<'_, L>], engine: &mut Engine) -> Option<Event> {
    let event = engine.take_event()?;
    supervisors.iter_mut().for_each(|supervisor| supervisor.core.heard(&event));
    Some(event)
}

/// What comes next for the supervisors of one module, after [`take_event`] has returned `None`: the place of one of
/// them, and its action. If that is to listen, for `most_ms` milliseconds at most.
#[inline(never)]
pub fn next_action<'a, L: Subscriptions>(
    supervisors: &mut [Supervisor<'a, L>],
    recovery: &ModuleRecovery,
    engine: &Engine,
    most_ms: u32,
) -> (usize, Action<'a, L::Filter>) {
    let mut wait_ms = most_ms;
    for (place, supervisor) in supervisors.iter_mut().enumerate() {
        match supervisor.next(recovery) {
            Ok(action) => return (place, action),
            Err(milliseconds) => {
                supervisor.core.waits();
                wait_ms = wait_ms.min(milliseconds);
                // Its event comes before a step of the other one, which can have a consequence for both.
                if milliseconds == 0 {
                    break;
                }
            }
        }
    }
    (0, Action::Call(Call(Kind::Listen(ListenUntil::lasting(engine.session.now, wait_ms)))))
}

/// The call of an action of the supervisor at this place has ended so.
///
/// # Errors
///
/// What no supervisor can do anything about: the UART has failed, or the idle hook has aborted the call.
#[inline(never)]
pub fn finish<L: Subscriptions>(
    supervisors: &mut [Supervisor<'_, L>],
    place: usize,
    call: &Call<'_, L::Filter>,
    driven: Result<(), Error>,
    engine: &Engine,
) -> Result<(), Error> {
    let error = driven.as_ref().err();
    if error.is_some_and(recovery::is_final) {
        return driven;
    }
    if call.listens() {
        // Its success says nothing. A module that is silent while it is listened to is silent for all.
        if error.is_some() {
            supervisors.iter_mut().for_each(|supervisor| supervisor.core.observe(error));
        }
    } else if let Some(supervisor) = supervisors.get_mut(place) {
        supervisor.done(engine, call, error);
    }
    Ok(())
}

/// The bring-up of an action has ended. It counts for the supervisors of both clients.
///
/// # Errors
///
/// What no supervisor can do anything about: the UART has failed, or the idle hook has aborted the bring-up.
pub fn brought_up<L>(
    supervisors: &mut [Supervisor<'_, L>],
    recovery: &mut ModuleRecovery,
    result: Result<(), BringUpError>,
    engine: &Engine,
) -> Result<(), Error> {
    match result {
        Ok(()) => {
            recovery.attempt = 1;
            recovered(supervisors, Step::Connect);
        }
        Err(BringUpError::Failed(error)) if recovery::is_final(&error) => return Err(error),
        Err(error) => supervisors.iter_mut().for_each(|supervisor| supervisor.core.bring_up_failed(engine, &error)),
    }
    Ok(())
}

/// The hook has returned. That counts for the supervisors of both clients.
pub fn was_reset<L>(supervisors: &mut [Supervisor<'_, L>], recovery: &mut ModuleRecovery) {
    recovery.attempt = recovery.attempt.saturating_add(1);
    recovered(supervisors, Step::BringUp);
}

#[inline(never)]
fn recovered<L>(supervisors: &mut [Supervisor<'_, L>], next: Step) {
    supervisors.iter_mut().for_each(|supervisor| supervisor.core.recovered(next));
}
