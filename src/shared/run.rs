//! The task that listens to the module while no call is under way, and keeps the sessions up.

use core::future::{Future, poll_fn};
use core::mem;
use core::pin::pin;
use core::task::Poll;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::attach::{AttachInTurns, InTurns};
use super::queue::{Wants, bit};
use super::turn::{Place, SILENT};
use crate::client::drive::NO_SOURCE;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::BringUpStage;
use crate::procedure::ListenUntil;
use crate::session::{Procedure, Resumption};
use crate::supervisor::{
    Action, ModuleRecovery, Recovery, Reset, Results, Subscriptions, SupervisedEvent, Supervisor, finish, is_final,
    next_action, take_event,
};
use crate::timer::{Instant, Timer};

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize>
    SharedModem<'_, Raw, R, T, C, H, N>
{
    /// Receives messages and events whenever no call is under way, keeps the sessions of the supervised clients up, and
    /// ends only with an error of the UART.
    ///
    /// Exactly one task runs this: without it, no message is received between two calls, and no call that waits for an
    /// outcome ends. `on_event` gets every event of the module and of the supervisors, between two turns; it must return
    /// quickly.
    ///
    /// Connecting, bringing up and every pause give up their turn, so that other tasks use the module meanwhile. Only while
    /// the hook of the recovery resets the module, no other call is made.
    ///
    /// What has to be done between the bring-up and the connection, such as storing a certificate, is done around this: let
    /// [`BroughtUp`](crate::supervisor::Transition::BroughtUp) end the future in a `select`, do it with
    /// [`lock`](Self::lock), and call `run` again. A `connect` that was interrupted starts over.
    ///
    /// To shut down, call this without supervisors first: they would connect again.
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. [`Error::QueueFull`]: calls have all places already.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. The next call continues what was under way.
    pub async fn run<L: Subscriptions, A: AttachInTurns, S: Reset>(
        &self,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<A, S>,
        on_event: impl FnMut(SupervisedEvent),
    ) -> Result<(), Error> {
        let on_stage: &mut (dyn FnMut(BringUpStage) + Send) = &mut |_| {};
        let mut runner = Runner { place: Place::new(self), supervisors, on_event };
        runner.place.enter(Wants::Nothing)?;
        loop {
            // It queues up like every other call: otherwise a task that makes one call after the other would keep
            // messages and supervisors waiting. What comes next is chosen in the turn, since those before it may have
            // changed that.
            runner.place.want(Wants::TurnOfRunner);
            runner.place.turn().await;
            runner.tell(&recovery.module);
            let Some(modem) = &mut runner.place.modem else { return Err(SILENT) };
            let (now, mut pin_unconfirmed) = (modem.now(), modem.pin_unconfirmed);
            let (supervisor, action) = next_action(runner.supervisors, &recovery.module, u32::MAX);
            match &action {
                Action::Reset { attempt } => {
                    recovery.hook.reset(*attempt).await;
                    recovery.module.was_reset();
                }
                Action::BringUp => {
                    let Some(mut bring_up) = recovery.attach.begin(&mut pin_unconfirmed, &mut *on_stage, now) else {
                        recovery.module.brought_up(Ok(()))?;
                        continue;
                    };
                    let mut has_turn = true;
                    let result = loop {
                        let driven = runner.carry_out(bring_up.procedure(), &recovery.module, has_turn).await;
                        has_turn = false;
                        let Some(modem) = &mut runner.place.modem else { return Err(SILENT) };
                        if let Some(result) = bring_up.ended(driven, modem.now()) {
                            break result;
                        }
                    };
                    drop(bring_up);
                    if let Some(modem) = &mut runner.place.modem {
                        modem.pin_unconfirmed = pin_unconfirmed;
                    }
                    recovery.module.brought_up(result)?;
                }
                action => {
                    let mut call = action.call(now);
                    let driven = runner.carry_out(call.procedure(), &recovery.module, true).await;
                    let Some(modem) = &mut runner.place.modem else { return Err(SILENT) };
                    finish(runner.supervisors, supervisor, &call, driven, &modem.port.engine)?;
                }
            }
        }
    }
}

/// The one that listens, passes on what it hears, and makes the calls of the supervisors.
struct Runner<'r, 's, 'm, 'a, Raw: RawMutex, R, T, C, H, L, E, const N: usize> {
    place: Place<'s, 'm, Raw, R, T, C, H, N>,
    supervisors: &'r mut [Supervisor<'a, L>],
    on_event: E,
}

impl<Raw: RawMutex, R, T, C, H, L, E, const N: usize> Runner<'_, '_, '_, '_, Raw, R, T, C, H, L, E, N>
where
    R: BufRead,
    T: Write,
    C: Timer,
    H: MessageHandler,
    L: Subscriptions,
    E: FnMut(SupervisedEvent),
{
    /// Tells the supervisors what has happened, and the program what they say and what the module reports.
    #[inline(never)]
    fn tell(&mut self, recovery: &ModuleRecovery) {
        let Some(modem) = &mut self.place.modem else { return };
        let now = modem.now();
        let mut results = [Results::NONE; 2];
        self.place.shared.with(&mut |state| mem::swap(&mut state.results, &mut results));
        for supervisor in &mut *self.supervisors {
            supervisor.observe_all(*supervisor.client().of(&results));
        }
        while let Some(event) = take_event(self.supervisors, recovery, &mut modem.port.engine, now) {
            (self.on_event)(event);
        }
        let is_preparing = self.supervisors.iter().filter(|supervisor| !supervisor.is_up());
        let preparing = is_preparing.fold(0, |clients, supervisor| clients | bit(supervisor.client().number()));
        self.place.shared.with(&mut |state| state.queue.preparing = preparing);
    }

    /// Makes a call, in as many turns as it takes, and listens while that waits. It still has the last turn then.
    async fn carry_out(
        &mut self,
        procedure: &mut (dyn Procedure + Send),
        recovery: &ModuleRecovery,
        mut has_turn: bool,
    ) -> Result<(), Error> {
        // The call has given way, and cannot go on yet.
        let mut waits = false;
        loop {
            if !waits && !mem::take(&mut has_turn) {
                self.place.want(Wants::TurnOfWaitingRunner);
                self.place.turn().await;
                self.tell(recovery);
                waits = !self.place.may_go_on();
            }
            let Self { place: Place { shared, index, resumption, modem: Some(modem), .. }, supervisors, .. } = self
            else {
                return Err(SILENT);
            };
            let mut listen = ListenUntil::lasting(Instant::new(modem.now()), u32::MAX);
            let (procedure, resumption) =
                if waits { (&mut listen as _, Resumption::Begin) } else { (&mut *procedure, *resumption) };
            modem.port.engine.begin_turn(true, resumption);
            let listens = procedure.listens();
            if listens {
                shared.with(&mut |state| state.queue.want(*index, Wants::ToGiveWay, None));
            }
            let driven = {
                let mut driven = pin!(modem.port.drive(procedure, NO_SOURCE));
                poll_fn(|context| match driven.as_mut().poll(context) {
                    Poll::Pending
                        if shared.poll(*index, context).is_ready()
                            // While a call waits, the subscriptions have to wait too.
                            || (listens
                                && !waits
                                && supervisors.iter().any(|supervisor| supervisor.has_change(context.waker()))) =>
                    {
                        Poll::Ready(Ok(()))
                    }
                    driven => driven,
                })
                .await
            };
            if waits {
                if let Err(error) = driven {
                    if is_final(&error) {
                        return Err(error);
                    }
                    // A module that is silent while it is listened to is silent for all.
                    shared.observe(None, Some(&error));
                }
                waits = false;
            } else if self.place.has_ended() {
                return driven;
            } else {
                waits = true;
            }
        }
    }
}
