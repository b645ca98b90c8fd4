//! The task that listens to the module while no call is under way, and keeps the sessions up.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::attach::{AttachInTurns, InTurns};
use super::queue::{Wants, bit};
use super::turn::Place;
use crate::client::drive::NO_SOURCE;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::BringUpStage;
use crate::procedure::ListenUntil;
use crate::session::Procedure;
use crate::supervisor::{
    Action, Call, ModuleRecovery, Recovery, Reset, Subscriptions, SupervisedEvent, Supervisor, finish, is_final,
    next_action, take_event,
};
use crate::timer::{Instant, Timer};

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
        let enter = || Place::enter(self, Wants::Nothing, false);
        let (Some(place), Some(mut worker)) = (enter(), enter()) else {
            return Err(Error::QueueFull);
        };
        let mut listener = Listener { place, supervisors, on_event: &mut on_event };
        let mut wait_ms = 0;
        loop {
            listener.listen(&recovery.module, wait_ms, false).await?;
            wait_ms = 0;
            let Some(held) = &mut listener.place.held else { continue };
            let (now, mut pin_unconfirmed) = (held.now(), held.modem.pin_unconfirmed);
            let (supervisor, action) = next_action(listener.supervisors, &recovery.module);
            let mut job = match &action {
                Action::Wait { milliseconds } => {
                    wait_ms = *milliseconds;
                    continue;
                }
                Action::Reset { attempt } => {
                    recovery.hook.reset(*attempt).await;
                    recovery.module.was_reset();
                    continue;
                }
                Action::BringUp => match recovery.attach.begin(&mut pin_unconfirmed, &mut *on_stage, now) {
                    Some(bring_up) => Job::BringUp(bring_up),
                    None => continue,
                },
                action => Job::Call(action.call(now, u32::MAX)),
            };
            listener.give_way();
            let brought_up = loop {
                worker.want(Wants::Turn);
                let driven = {
                    let mut call = pin!(worker.call(job.procedure()));
                    let mut listen = pin!(listener.listen(&recovery.module, u32::MAX, true));
                    poll_fn(|context| match call.as_mut().poll(context) {
                        Poll::Ready(driven) => Poll::Ready(Ok(driven)),
                        Poll::Pending => listen.as_mut().poll(context).map_ok(Ok),
                    })
                    .await?
                };
                let Some(held) = &mut worker.held else { continue };
                match &job {
                    Job::Call(call) => {
                        finish(listener.supervisors, supervisor, call, driven, held.engine())?;
                        break None;
                    }
                    Job::BringUp(bring_up) => {
                        if let Some(result) = bring_up.ended(driven, held.now()) {
                            break Some(result);
                        }
                    }
                }
            };
            drop(job);
            if let Some(result) = brought_up
                && let Some(held) = &mut worker.held
            {
                held.modem.pin_unconfirmed = pin_unconfirmed;
                recovery.module.brought_up(result)?;
            }
            worker.want(Wants::Nothing);
        }
    }
}

/// What the runner does for a supervisor.
enum Job<'j, B> {
    Call(Call<'j>),
    BringUp(B),
}

impl<B: InTurns> Job<'_, B> {
    fn procedure(&mut self) -> &mut (dyn Procedure + Send) {
        match self {
            Self::Call(call) => call.procedure(),
            Self::BringUp(bring_up) => bring_up.procedure(),
        }
    }
}

/// The one that listens, and passes on what it hears.
struct Listener<'r, 's, 'a, Raw: RawMutex, R, T, C, H, L, const N: usize> {
    place: Place<'s, Raw, R, T, C, H, N>,
    supervisors: &'r mut [Supervisor<'a, L>],
    on_event: &'r mut dyn FnMut(SupervisedEvent),
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, L: Subscriptions, const N: usize>
    Listener<'_, '_, '_, Raw, R, T, C, H, L, N>
{
    /// Ends its turn, and queues up for the next one.
    fn give_way(&mut self) {
        if let Some(held) = &mut self.place.held {
            let is_preparing = self.supervisors.iter().filter(|supervisor| !supervisor.is_up());
            held.preparing = is_preparing.fold(0, |clients, supervisor| clients | bit(supervisor.client().number()));
        }
        self.place.want(Wants::Listen);
    }

    /// Tells the supervisors what has happened, and the program what they say and what the module reports.
    fn tell(&mut self, recovery: &ModuleRecovery) {
        let Some(held) = &mut self.place.held else { return };
        let now = held.now();
        for supervisor in &mut *self.supervisors {
            supervisor.observe_all(held.take_results(supervisor.client()));
        }
        while let Some(event) = take_event(self.supervisors, recovery, held.engine(), now) {
            (self.on_event)(event);
        }
    }

    /// Listens in its turn for this time at most, and waits for the next one; and so on, `for_ever` or once.
    async fn listen(&mut self, recovery: &ModuleRecovery, most_ms: u32, for_ever: bool) -> Result<(), Error> {
        loop {
            if let Self { place: Place { shared, index, held: Some(held), .. }, supervisors, .. } = self {
                let mut listen = ListenUntil::lasting(Instant::new(held.now()), most_ms);
                let driven = {
                    let mut driven = pin!(held.modem.port.drive(&mut listen as &mut (dyn Procedure + Send), NO_SOURCE));
                    poll_fn(|context| match driven.as_mut().poll(context) {
                        Poll::Pending
                            if shared.poll(*index, context).is_ready()
                                // While a call waits, the subscriptions have to wait too.
                                || (!for_ever && supervisors.iter().any(|supervisor| supervisor.has_change(context.waker()))) =>
                        {
                            Poll::Ready(Ok(()))
                        }
                        driven => driven,
                    })
                    .await
                };
                held.driven(&driven);
                if let Err(error) = driven {
                    if is_final(&error) {
                        return Err(error);
                    }
                    // A module that is silent while it is listened to is silent for all.
                    held.observe(Some(&error));
                }
            }
            self.give_way();
            self.place.turn().await;
            self.tell(recovery);
            if !for_ever {
                return Ok(());
            }
        }
    }
}
