//! The task that listens to the module while no call is under way, and keeps the sessions up.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::attach::{AttachInTurns, InTurns};
use super::queue::{Wants, bit};
use super::turn::{Place, SILENT};
use crate::client::drive::{NO_SOURCE, Port, pass_time};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::BringUpStage;
use crate::procedure::ListenUntil;
use crate::session::Procedure;
use crate::supervisor::{
    Action, Recovery, Reset, Subscriptions, SupervisedEvent, Supervisor, brought_up, finish, is_final, next_action,
    take_event, was_reset,
};
use crate::timer::Timer;

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize>
    SharedModem<'_, Raw, R, T, C, H, N>
{
    /// Receives messages and events whenever no call is under way, keeps the sessions of the supervised clients up, and
    /// ends only with an error of the UART.
    ///
    /// Exactly one task runs this: without it, no message is received between two calls, and no call that waits for an
    /// outcome ends. `on_event` gets every event of the module and of the supervisors, between two turns; it must
    /// return quickly.
    ///
    /// Connecting, bringing up and every pause give up their turn, so that other tasks use the module meanwhile. Only
    /// while the hook of the recovery resets the module, no other call is made.
    ///
    /// What has to be done between the bring-up and the connection, such as storing a certificate, is done around this:
    /// let [`BroughtUp`](crate::supervisor::Transition::BroughtUp) end the future in a `select`, do it with
    /// [`lock`](Self::lock), and call `run` again. A `connect` that was interrupted starts over.
    ///
    /// To shut down, call this without supervisors first: they would connect again.
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. [`Error::QueueFull`]: calls have all places
    /// already.
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
            // What comes next is chosen in the turn, since those before it may have changed that.
            runner.turn(Wants::TurnAnyway).await;
            let Some(modem) = &mut runner.place.modem else { return Err(SILENT) };
            let mut pin_unconfirmed = modem.pin_unconfirmed;
            let (supervisor, mut action) =
                next_action(runner.supervisors, &recovery.module, &modem.port.engine, u32::MAX);
            match &mut action {
                Action::Reset { attempt } => {
                    recovery.hook.reset(*attempt).await;
                    was_reset(runner.supervisors, &mut recovery.module);
                }
                Action::BringUp => {
                    let now = modem.now();
                    let Some(mut bring_up) = recovery.attach.begin(&mut pin_unconfirmed, &mut *on_stage, now) else {
                        brought_up(runner.supervisors, &mut recovery.module, Ok(()), &modem.port.engine)?;
                        continue;
                    };
                    let result = loop {
                        let driven = runner.carry_out(bring_up.procedure()).await;
                        let Some(modem) = &mut runner.place.modem else { return Err(SILENT) };
                        if let Some(result) = bring_up.ended(driven, modem.now()) {
                            break result;
                        }
                        runner.turn(Wants::TurnAnyway).await;
                    };
                    drop(bring_up);
                    let Some(modem) = &mut runner.place.modem else { return Err(SILENT) };
                    modem.pin_unconfirmed = pin_unconfirmed;
                    brought_up(runner.supervisors, &mut recovery.module, result, &modem.port.engine)?;
                }
                Action::Call(call) => {
                    let driven = runner.carry_out(call.procedure()).await;
                    let Some(modem) = &mut runner.place.modem else { return Err(SILENT) };
                    finish(runner.supervisors, supervisor, call, driven, &modem.port.engine)?;
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
    fn tell(&mut self) {
        let Some(modem) = &mut self.place.modem else { return };
        let Port { engine, timer, .. } = &mut modem.port;
        pass_time(engine, timer);
        while let Some(event) = take_event(self.supervisors, engine) {
            (self.on_event)(event);
        }
        let is_preparing = self.supervisors.iter().filter(|supervisor| !supervisor.is_up());
        engine.set_preparing(is_preparing.fold(0, |clients, supervisor| clients | bit(supervisor.client().number())));
    }

    /// Waits for the next turn. It queues up like every other call: otherwise a task that makes one call after the
    /// other would keep messages and supervisors waiting.
    async fn turn(&mut self, wants: Wants) {
        // Who waits for a session learns at the end of a turn that it is up.
        self.tell();
        self.place.want(wants);
        self.place.turn().await;
        self.tell();
    }

    /// Makes a call, in this turn and in as many more as it takes, and listens while that waits. It still has the last
    /// turn then.
    async fn carry_out(&mut self, procedure: &mut (dyn Procedure + Send)) -> Result<(), Error> {
        loop {
            let Self { place: Place { shared, index, slot, modem: Some(modem), listens: waits }, supervisors, .. } =
                self
            else {
                return Err(SILENT);
            };
            let waits = *waits;
            let mut listen = ListenUntil::lasting(modem.port.engine.session.now, u32::MAX);
            let procedure = if waits { &mut listen as _ } else { &mut *procedure };
            let listens = procedure.listens();
            let driven = {
                let mut driven = pin!(modem.port.drive(procedure, NO_SOURCE));
                poll_fn(|context| match driven.as_mut().poll(context) {
                    Poll::Pending
                        if listens
                            && (shared.poll(*index, context).is_ready()
                                // While a call waits, the subscriptions have to wait too.
                                || (!waits
                                    && supervisors.iter().any(|supervisor| supervisor.has_change(context.waker())))) =>
                    {
                        Poll::Ready(Ok(()))
                    }
                    driven => driven,
                })
                .await
            };
            let (engine, error) = (&mut modem.port.engine, driven.as_ref().err());
            let gave_way = if waits {
                // A module that is silent while it is listened to is silent for all.
                engine.observe(error);
                (!error.is_some_and(is_final)).then_some(*slot)
            } else {
                engine.gave_way()
            };
            *slot = gave_way.unwrap_or(0);
            if gave_way.is_none() {
                return driven;
            }
            self.turn(Wants::ToListen).await;
        }
    }
}
