//! The task that listens to the module while no call is under way, and keeps the sessions up.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::queue::Wants;
use super::turn::{Place, Turn};
use crate::NextStep;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::bring_up::BringUp;
use crate::network::{BringUpError, BringUpStage};
use crate::procedure::ListenUntil;
use crate::session::{Procedure, Resumption};
use crate::supervisor::{
    Action, Call, ModuleRecovery, ModuleState, Outcome, Recovery, Reset, Subscriptions, SupervisedEvent, Supervisor,
    next_action, take_event,
};
use crate::timer::Timer;

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> SharedModem<Raw, R, T, C, H, N> {
    /// Receives messages and events whenever no call is under way, keeps the sessions of the supervised clients up, and
    /// ends only with an error of the UART.
    ///
    /// Exactly one task runs this: without it, no message is received between two calls, and no call that waits for an
    /// outcome ends. `on_event` gets every event of the module and of the supervisors, between two turns; it must return
    /// quickly.
    ///
    /// Connecting, bringing up and every pause give up their turn, so that other tasks use the module meanwhile. Only the hook
    /// of the recovery has it to itself.
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. [`Error::QueueFull`]: calls have all places already.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. Call it again: what was under way is gone on with.
    pub async fn run<L: Subscriptions, S: Reset>(
        &self,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<'_, S>,
        mut on_event: impl FnMut(SupervisedEvent),
    ) -> Result<(), Error> {
        let on_stage: &mut (dyn FnMut(BringUpStage) + Send) = &mut |_| {};
        let mut runner = Runner { place: Place::enter(self, Wants::Listen)?, supervisors, on_event: &mut on_event };
        loop {
            let mut turn = runner.place.turn(Wants::Listen).await;
            let now = turn.now();
            runner.tell(&mut turn, &recovery.module);
            let mut pin_unconfirmed = turn.modem.pin_unconfirmed;
            let (index, action) = next_action(runner.supervisors, &mut recovery.module, turn.engine(), now);
            let job = match (&action, recovery.apn) {
                (Action::Wait(until), _) => Job::Listen(ListenUntil::new(now, until.unwrap_or(Duration::MAX)).0),
                (Action::Reset { attempt }, _) => {
                    recovery.hook.reset(*attempt).await;
                    recovery.module.was_reset(turn.now());
                    continue;
                }
                (Action::BringUp, Some(apn)) => {
                    Job::BringUp(BringUp::new(apn, &mut pin_unconfirmed, &mut *on_stage, now))
                }
                (action, _) => match action.call(turn.modem.family()) {
                    Some(call) => Job::Call(call),
                    None => continue,
                },
            };
            let (mut turn, ended) = runner.make(turn, job, &recovery.module).await;
            let now = turn.now();
            let result = match ended {
                Ended::Listened(result) => {
                    if result.is_err() {
                        runner.supervisors.iter_mut().for_each(|supervisor| supervisor.observe(now, &result));
                    }
                    result
                }
                Ended::Called(outcome, result) => {
                    if let Some(supervisor) = runner.supervisors.get_mut(index) {
                        supervisor.done(now, ModuleState::of(turn.engine(), supervisor.client()), outcome);
                    }
                    result
                }
                Ended::BroughtUp(outcome) => {
                    turn.modem.pin_unconfirmed = pin_unconfirmed;
                    recovery.module.brought_up(now, outcome);
                    match outcome {
                        Err(BringUpError::Failed(error)) => Err(error),
                        _ => Ok(()),
                    }
                }
            };
            result.or_else(is_repairable)?;
        }
    }
}

/// What the runner does in its turns.
enum Job<'j> {
    Listen(ListenUntil),
    Call(Call<'j>),
    BringUp(BringUp<'j, 'j, dyn FnMut(BringUpStage) + Send + 'j>),
}

/// How that has ended.
enum Ended {
    Listened(Result<(), Error>),
    Called(Outcome, Result<(), Error>),
    BroughtUp(Result<(), BringUpError>),
}

impl Job<'_> {
    fn procedure(&mut self) -> &mut (dyn Procedure + Send) {
        match self {
            Self::Listen(procedure) => procedure,
            Self::Call(call) => call.procedure(),
            Self::BringUp(procedure) => procedure,
        }
    }

    /// The procedure has ended. `None` where it is to be driven again.
    fn ended(&self, driven: Result<(), Error>, now: Duration) -> Option<Ended> {
        Some(match self {
            Self::Listen(_) => Ended::Listened(driven),
            Self::Call(call) => Ended::Called(call.outcome(driven), driven),
            Self::BringUp(procedure) => Ended::BroughtUp(procedure.outcome(driven, now)?.map(drop)),
        })
    }
}

/// What [`SharedModem::run`] works with.
struct Runner<'r, 's, 'a, Raw: RawMutex, R, T, C, H, L, const N: usize> {
    place: Place<'s, Raw, R, T, C, H, N>,
    supervisors: &'r mut [Supervisor<'a, L>],
    on_event: &'r mut dyn FnMut(SupervisedEvent),
}

impl<'s, Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, L: Subscriptions, const N: usize>
    Runner<'_, 's, '_, Raw, R, T, C, H, L, N>
{
    /// Tells the supervisors what has happened, and the program what they say and what the module reports.
    fn tell(&mut self, turn: &mut Turn<'_, Raw, R, T, C, H, N>, recovery: &ModuleRecovery) {
        let (now, engine) = (turn.now(), turn.engine());
        for supervisor in &mut *self.supervisors {
            for result in self.place.take_results(supervisor.client()).in_order() {
                supervisor.observe(now, &result);
            }
        }
        loop {
            let event = if let Some(event) = take_event(self.supervisors, recovery, engine, now) {
                SupervisedEvent::Supervisor(event)
            } else if let Some(event) = engine.take_event() {
                for supervisor in &mut *self.supervisors {
                    supervisor.heard(now, &event, ModuleState::of(engine, supervisor.client()));
                }
                SupervisedEvent::Modem(event)
            } else {
                break;
            };
            (self.on_event)(event);
        }
        for supervisor in &*self.supervisors {
            self.place.set_prepares(supervisor.client(), !supervisor.is_up());
        }
    }

    /// Whether the one who listens has something better to do.
    fn is_interrupted(&self, context: &mut Context<'_>) -> bool {
        self.place.must_give_way(context.waker())
            || self.supervisors.iter().any(|supervisor| supervisor.has_change(context.waker()))
    }

    /// Does something in as many turns as it takes, the first of which has begun, and listens in between. Returns the last
    /// one.
    async fn make(
        &mut self,
        mut turn: Turn<'s, Raw, R, T, C, H, N>,
        mut job: Job<'_>,
        recovery: &ModuleRecovery,
    ) -> (Turn<'s, Raw, R, T, C, H, N>, Ended) {
        let (mut resumption, mut wants) = (Resumption::Begin, Wants::Turn);
        let mut waits = false;
        loop {
            let mut listen = ListenUntil::new(turn.now(), Duration::MAX).0;
            let listens = waits || matches!(job, Job::Listen(_));
            let (resumes_at, procedure): (_, &mut (dyn Procedure + Send)) =
                if waits { (Resumption::Begin, &mut listen) } else { (resumption, job.procedure()) };
            let driven = {
                let mut driven = pin!(turn.drive(resumes_at, procedure));
                poll_fn(|context| match driven.as_mut().poll(context) {
                    Poll::Pending if listens && self.is_interrupted(context) => Poll::Ready(Ok(None)),
                    driven => driven,
                })
                .await
            };
            match driven {
                Err(error) if is_repairable(error).is_err() => return (turn, Ended::Listened(Err(error))),
                _ if waits => self.tell(&mut turn, recovery),
                Ok(Some(gave_way)) => (resumption, wants) = self.place.gives_way(gave_way),
                driven => {
                    self.place.slot = None;
                    match job.ended(driven.map(drop), turn.now()) {
                        Some(ended) => return (turn, ended),
                        None => (resumption, wants) = (Resumption::Begin, Wants::Turn),
                    }
                }
            }
            drop(turn);
            // Nobody else listens.
            waits = !self.place.is_ready(wants);
            turn = self.place.turn(if waits { Wants::Listen } else { wants }).await;
        }
    }
}

/// Whether a supervisor can do something about an error.
fn is_repairable(error: Error) -> Result<(), Error> {
    if error.next_step() == NextStep::RestartUart { Err(error) } else { Ok(()) }
}
