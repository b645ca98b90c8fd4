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
use crate::client::drive::NO_SOURCE;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::bring_up::BringUp;
use crate::network::{BringUpError, BringUpStage};
use crate::procedure::{Listen, ListenUntil};
use crate::session::{Procedure, Resumption};
use crate::supervisor::{
    Action, ModuleState, Recovery, Reset, Subscriptions, SupervisedEvent, Supervisor, next_action, take_event,
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
        let mut runner = Runner { place: Place::enter(self, Wants::Listen)?, supervisors, now: Duration::ZERO };
        loop {
            let mut turn = runner.place.turn(Wants::Listen).await;
            runner.tell(&mut turn, recovery, &mut on_event);
            let now = runner.now;
            match next_action(runner.supervisors, &mut recovery.module, &turn.modem.port.engine, now) {
                // There is an event.
                (_, Action::Wait(Some(until))) if until <= now => {}
                (_, Action::Wait(until)) => {
                    let heard = runner.listen(&mut turn, until).await;
                    runner.observe(heard)?;
                }
                (_, Action::BringUp) => {
                    drop(turn);
                    let result = runner.bring_up(recovery, &mut on_event).await?;
                    recovery.module.brought_up(runner.now, result);
                }
                (_, Action::Reset { attempt }) => {
                    recovery.hook.reset(attempt).await;
                    recovery.module.was_reset(turn.modem.port.timer.now());
                }
                (place, action) => {
                    let Some(mut call) = action.call(turn.modem.family()) else { continue };
                    drop(turn);
                    let driven = runner.call(call.procedure(), recovery, &mut on_event).await;
                    let turn = runner.place.turn(Wants::Listen).await;
                    let now = turn.modem.port.timer.now();
                    if let Some(supervisor) = runner.supervisors.get_mut(place) {
                        let state = ModuleState::of(&turn.modem.port.engine, supervisor.client());
                        supervisor.done(now, state, call.outcome(driven));
                    }
                    driven.or_else(is_repairable)?;
                }
            }
        }
    }
}

/// What [`SharedModem::run`] works with.
struct Runner<'r, 's, 'a, Raw: RawMutex, R, T, C, H, L, const N: usize> {
    place: Place<'s, Raw, R, T, C, H, N>,
    supervisors: &'r mut [Supervisor<'a, L>],
    /// The time in the last turn.
    now: Duration,
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, L: Subscriptions, const N: usize>
    Runner<'_, '_, '_, Raw, R, T, C, H, L, N>
{
    /// Tells the supervisors what has happened, and the program what they say and what the module reports.
    fn tell<S>(
        &mut self,
        turn: &mut Turn<'_, Raw, R, T, C, H, N>,
        recovery: &Recovery<'_, S>,
        on_event: &mut impl FnMut(SupervisedEvent),
    ) {
        self.now = turn.modem.port.timer.now();
        let (now, engine) = (self.now, &mut turn.modem.port.engine);
        for supervisor in &mut *self.supervisors {
            for result in self.place.take_results(supervisor.client()) {
                supervisor.observe(now, &result);
            }
        }
        loop {
            if let Some(event) = take_event(self.supervisors, &recovery.module, engine, now) {
                on_event(SupervisedEvent::Supervisor(event));
            } else if let Some(event) = engine.take_event() {
                for supervisor in &mut *self.supervisors {
                    supervisor.heard(now, &event, ModuleState::of(engine, supervisor.client()));
                }
                on_event(SupervisedEvent::Modem(event));
            } else {
                break;
            }
        }
        for supervisor in &*self.supervisors {
            self.place.set_prepares(supervisor.client(), !supervisor.is_up());
        }
    }

    /// Listens until there is an event, until a call has its result or wants the module, or until a moment.
    async fn listen(&mut self, turn: &mut Turn<'_, Raw, R, T, C, H, N>, until: Option<Duration>) -> Result<(), Error> {
        turn.begin(true, Resumption::Begin);
        let (shared, supervisors) = (self.place.shared(), &*self.supervisors);
        let wants_turn = |context: &mut Context<'_>| {
            shared.queue(|queue| queue.must_give_way(context.waker()).then_some(())).is_some()
                || supervisors.iter().any(|supervisor| supervisor.has_change(context.waker()))
        };
        let port = &mut turn.modem.port;
        match until {
            Some(until) => {
                let (mut procedure, _) = ListenUntil::new(port.timer.now(), until);
                or_gives_way(port.drive(as_procedure(&mut procedure), NO_SOURCE), wants_turn).await
            }
            None => or_gives_way(port.drive(as_procedure(&mut Listen), NO_SOURCE), wants_turn).await,
        }
    }

    /// An error while nothing but listening was done.
    fn observe(&mut self, heard: Result<(), Error>) -> Result<(), Error> {
        if let Err(error) = heard {
            is_repairable(error)?;
            self.supervisors.iter_mut().for_each(|supervisor| supervisor.observe(self.now, &Err::<(), _>(error)));
        }
        Ok(())
    }

    /// Makes a call as [`SharedModem::call`] does, and listens while that waits.
    async fn call<S>(
        &mut self,
        procedure: &mut (dyn Procedure + Send),
        recovery: &Recovery<'_, S>,
        on_event: &mut impl FnMut(SupervisedEvent),
    ) -> Result<(), Error> {
        let (mut resumption, mut wants) = (Resumption::Begin, Wants::Turn);
        loop {
            let mut turn = self.place.turn(wants).await;
            let gave_way = turn.drive(resumption, procedure).await;
            self.now = turn.modem.port.timer.now();
            drop(turn);
            let Some(gave_way) = self.place.ended(gave_way)? else { return Ok(()) };
            (resumption, wants) = self.place.gives_way(gave_way);
            // Nobody else listens.
            while !self.place.is_ready(wants) {
                let mut turn = self.place.turn(Wants::Listen).await;
                self.tell(&mut turn, recovery, on_event);
                let heard = self.listen(&mut turn, None).await;
                drop(turn);
                self.observe(heard)?;
            }
        }
    }

    /// Brings the module up, in turns.
    async fn bring_up<S>(
        &mut self,
        recovery: &Recovery<'_, S>,
        on_event: &mut impl FnMut(SupervisedEvent),
    ) -> Result<Result<(), BringUpError>, Error> {
        let Some(apn) = recovery.apn else { return Ok(Ok(())) };
        let mut pin_unconfirmed = self.place.turn(Wants::Listen).await.modem.pin_unconfirmed;
        let result = {
            let on_stage: &mut (dyn FnMut(BringUpStage) + Send) = &mut |_| {};
            let mut procedure = BringUp::new(apn, &mut pin_unconfirmed, on_stage, self.now);
            loop {
                let driven = self.call(&mut procedure, recovery, on_event).await;
                if let Some(outcome) = procedure.outcome(driven, self.now) {
                    break outcome.map(|_| ());
                }
            }
        };
        self.place.turn(Wants::Turn).await.modem.pin_unconfirmed = pin_unconfirmed;
        if let Err(BringUpError::Failed(error)) = result {
            is_repairable(error)?;
        }
        Ok(result)
    }
}

fn as_procedure<'p>(procedure: &'p mut (dyn Procedure + Send + 'p)) -> &'p mut (dyn Procedure + Send + 'p) {
    procedure
}

/// Listens until that ends, or until another one wants the module.
async fn or_gives_way(
    listening: impl Future<Output = Result<(), Error>>,
    mut wants_turn: impl FnMut(&mut Context<'_>) -> bool,
) -> Result<(), Error> {
    let mut listening = pin!(listening);
    poll_fn(|context| match listening.as_mut().poll(context) {
        Poll::Pending if wants_turn(context) => Poll::Ready(Ok(())),
        polled => polled,
    })
    .await
}

/// Whether a supervisor can do something about an error.
fn is_repairable(error: Error) -> Result<(), Error> {
    if error.next_step() == NextStep::RestartUart { Err(error) } else { Ok(()) }
}
