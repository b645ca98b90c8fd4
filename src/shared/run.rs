//! The task that listens to the module while no call is under way, and keeps the sessions up.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::attach::{AttachInTurns, InTurns};
use super::queue::Wants;
use super::turn::{Place, Turn};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::{BringUpError, BringUpStage};
use crate::procedure::ListenUntil;
use crate::session::{Procedure, Resumption};
use crate::supervisor::{
    Action, Call, ModuleRecovery, Outcome, Recovery, Reset, Subscriptions, SupervisedEvent, Supervisor, finish,
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
    pub async fn run<L: Subscriptions, A: AttachInTurns, S: Reset>(
        &self,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<A, S>,
        mut on_event: impl FnMut(SupervisedEvent),
    ) -> Result<(), Error> {
        let on_stage: &mut (dyn FnMut(BringUpStage) + Send) = &mut |_| {};
        let mut runner = Runner { place: Place::enter(self, Wants::Listen)?, supervisors, on_event: &mut on_event };
        loop {
            let mut turn = runner.place.turn(Wants::Listen).await;
            runner.tell(&mut turn, &recovery.module);
            let (now, family) = (turn.now(), turn.modem.family());
            let mut pin_unconfirmed = turn.modem.pin_unconfirmed;
            let (place, action) = next_action(runner.supervisors, &recovery.module, turn.engine());
            let job = match &action {
                Action::Reset { attempt } => {
                    recovery.hook.reset(*attempt).await;
                    recovery.module.was_reset();
                    continue;
                }
                Action::BringUp => match recovery.attach.begin(&mut pin_unconfirmed, &mut *on_stage, now) {
                    Some(bring_up) => Job::BringUp(bring_up),
                    None => continue,
                },
                Action::Wait { .. } => Job::Listen(action.call(family, now, u32::MAX)),
                _ => Job::Call(action.call(family, now, u32::MAX)),
            };
            let (mut turn, ended) = runner.make(turn, job, &recovery.module).await?;
            match ended {
                Ended::Called(outcome) => {
                    let now = turn.now();
                    finish(runner.supervisors, place, &outcome, turn.engine(), now)?;
                }
                Ended::BroughtUp(result) => {
                    turn.modem.pin_unconfirmed = pin_unconfirmed;
                    recovery.module.brought_up(result)?;
                }
            }
        }
    }
}

/// What the runner does in its turns.
enum Job<'j, B> {
    Listen(Call<'j>),
    Call(Call<'j>),
    BringUp(B),
}

/// How that has ended.
enum Ended {
    Called(Outcome),
    BroughtUp(Result<(), BringUpError>),
}

impl<B: InTurns> Job<'_, B> {
    fn procedure(&mut self) -> &mut (dyn Procedure + Send) {
        match self {
            Self::Listen(call) | Self::Call(call) => call.procedure(),
            Self::BringUp(bring_up) => bring_up.procedure(),
        }
    }

    /// The procedure has ended. `None` where it is to be driven again.
    fn ended(&self, driven: Result<(), Error>, now: Duration) -> Option<Ended> {
        Some(match self {
            Self::Listen(call) | Self::Call(call) => Ended::Called(call.outcome(driven)),
            Self::BringUp(bring_up) => Ended::BroughtUp(bring_up.ended(driven, now)?),
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
        while let Some(event) = take_event(self.supervisors, recovery, engine, now) {
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
        mut job: Job<'_, impl InTurns>,
        recovery: &ModuleRecovery,
    ) -> Result<(Turn<'s, Raw, R, T, C, H, N>, Ended), Error> {
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
                driven if waits => {
                    let (now, outcome) = (turn.now(), Outcome::waited(driven.map(drop)));
                    finish(self.supervisors, 0, &outcome, turn.engine(), now)?;
                    self.tell(&mut turn, recovery);
                }
                Ok(Some(gave_way)) => (resumption, wants) = self.place.gives_way(gave_way),
                driven => {
                    self.place.slot = None;
                    match job.ended(driven.map(drop), turn.now()) {
                        Some(ended) => return Ok((turn, ended)),
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
