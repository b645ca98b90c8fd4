//! The async client under supervision.

use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use embedded_io_async::{BufRead, Write};

use super::Modem;
use super::drive::NO_SOURCE;
use crate::NextStep;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::BringUpError;
use crate::session::Event;
use crate::supervisor::{
    Action, ModuleState, Recovery, Reset, Subscriptions, SupervisedEvent, Supervisor, next_action, take_event,
};
use crate::timer::Timer;

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<R, T, C, H> {
    /// Waits for the next event as [`next_event`](Self::next_event), and keeps the sessions of the supervised clients up
    /// meanwhile: connects, subscribes, probes, brings up and resets as [`supervisor`](crate::supervisor) says.
    ///
    /// One supervisor for each client that is to be kept up. Call it in a loop, alone or in a `select` with what the
    /// application does, and do calls of your own between two of it, whose results go to
    /// [`Supervisor::observe`].
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. Everything else is repaired, and reported as an event.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no event is lost, and what was under way is gone on with by
    /// the next call. The hook's future is dropped too.
    pub async fn supervise<L: Subscriptions, S: Reset>(
        &mut self,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<'_, S>,
    ) -> Result<SupervisedEvent, Error> {
        loop {
            if let Some(event) = self.supervise_until(Duration::MAX, supervisors, recovery).await? {
                return Ok(event);
            }
        }
    }

    /// As [`supervise`](Self::supervise), until the `deadline` on the modem's clock at most; then `None`. It ends the
    /// wait for an event, and not a repair that is under way: drop the future for that.
    ///
    /// # Errors
    ///
    /// The errors of [`supervise`](Self::supervise).
    ///
    /// # Cancel safety
    ///
    /// As [`supervise`](Self::supervise).
    pub async fn supervise_until<L: Subscriptions, S: Reset>(
        &mut self,
        deadline: Duration,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<'_, S>,
    ) -> Result<Option<SupervisedEvent>, Error> {
        loop {
            let now = self.now();
            if let Some(event) = take_event(supervisors, &recovery.module, &self.port.engine, now) {
                return Ok(Some(SupervisedEvent::Supervisor(event)));
            }
            if let Some(event) = self.port.engine.take_event() {
                return Ok(Some(self.heard(supervisors, event)));
            }
            let (place, action) = next_action(supervisors, &mut recovery.module, &self.port.engine, now);
            match action {
                // There is an event.
                Action::Wait(Some(until)) if until <= now => {}
                Action::Wait(until) => {
                    let end = until.map_or(deadline, |until| until.min(deadline));
                    match self.listen(end, supervisors).await {
                        Ok(Some(event)) => return Ok(Some(self.heard(supervisors, event))),
                        Ok(None) if self.now() >= deadline => return Ok(None),
                        Ok(None) => {}
                        Err(error) => self.observe(supervisors, error)?,
                    }
                }
                Action::BringUp => {
                    let result = match recovery.apn {
                        Some(apn) => self.bring_up(apn, |_| {}).await.map(|_| ()),
                        None => Ok(()),
                    };
                    if let Err(BringUpError::Failed(error)) = result {
                        is_repairable(error)?;
                    }
                    recovery.module.brought_up(self.now(), result);
                }
                Action::Reset { attempt } => {
                    recovery.hook.reset(attempt).await;
                    recovery.module.was_reset(self.now());
                }
                action => {
                    let Some(supervisor) = supervisors.get_mut(place) else { continue };
                    let Some(mut call) = action.call(self.family()) else { continue };
                    let driven = self.drive(call.procedure(), NO_SOURCE).await;
                    if let Err(error) = driven {
                        is_repairable(error)?;
                    }
                    let state = ModuleState::of(&self.port.engine, supervisor.client());
                    supervisor.done(self.now(), state, call.outcome(driven));
                }
            }
        }
    }

    /// Waits for an event of the module, for a change of the subscriptions, or until a moment.
    async fn listen<L: Subscriptions>(
        &mut self,
        end: Duration,
        supervisors: &[Supervisor<'_, L>],
    ) -> Result<Option<Event>, Error> {
        let mut event = pin!(self.next_event_until(end));
        poll_fn(|context| {
            if supervisors.iter().any(|supervisor| supervisor.has_change(context.waker())) {
                return Poll::Ready(Ok(None));
            }
            event.as_mut().poll(context)
        })
        .await
    }

    fn heard<L>(&self, supervisors: &mut [Supervisor<'_, L>], event: Event) -> SupervisedEvent {
        for supervisor in supervisors {
            supervisor.heard(self.now(), &event, ModuleState::of(&self.port.engine, supervisor.client()));
        }
        SupervisedEvent::Modem(event)
    }

    fn observe<L>(&self, supervisors: &mut [Supervisor<'_, L>], error: Error) -> Result<(), Error> {
        is_repairable(error)?;
        supervisors.iter_mut().for_each(|supervisor| supervisor.observe(self.now(), &Err::<(), _>(error)));
        Ok(())
    }
}

/// Whether a supervisor can do something about an error.
fn is_repairable(error: Error) -> Result<(), Error> {
    if error.next_step() == NextStep::RestartUart { Err(error) } else { Ok(()) }
}
