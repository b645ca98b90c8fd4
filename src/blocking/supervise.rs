//! The blocking client under supervision.

use core::ops::ControlFlow;
use core::time::Duration;

use embedded_io::{Read, ReadReady, Write};

use super::Modem;
use super::drive::NoSource;
use crate::NextStep;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::BringUpError;
use crate::session::Event;
use crate::supervisor::{
    Action, ModuleState, NoReset, Recovery, Subscriptions, SupervisedEvent, Supervisor, next_action, take_event,
};
use crate::timer::Timer;

/// Resets a module, as the hook of the same name of the async client.
pub trait Reset {
    /// Resets the module. The `attempt` is 1 at first, and counts up until a bring-up succeeds: a stronger remedy can follow
    /// a weaker one. It need not wait until the module has started.
    fn reset(&mut self, attempt: u32);
}

impl Reset for NoReset {
    fn reset(&mut self, _: u32) {}
}

/// The longest wait before the lists of topic filters are looked at again.
const LIST_INTERVAL: Duration = Duration::from_secs(1);

impl<R, T, C, H, I> Modem<R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Waits for the next event as [`next_event`](Self::next_event), and keeps the sessions of the supervised clients up
    /// meanwhile, as [`supervisor`](crate::supervisor) says. The results of calls of your own between two of it go to
    /// [`Supervisor::observe`].
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. [`Error::Aborted`]: the idle hook aborted what was under
    /// way, with which the next call goes on. Everything else is repaired, and reported as an event.
    pub fn supervise<L: Subscriptions, S: Reset>(
        &mut self,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<'_, S>,
    ) -> Result<SupervisedEvent, Error> {
        loop {
            if let Some(event) = self.supervise_until(Duration::MAX, supervisors, recovery)? {
                return Ok(event);
            }
        }
    }

    /// As [`supervise`](Self::supervise), until the `deadline` on the modem's clock at most; then `None`. It ends the
    /// wait for an event, and not a repair that is under way: the idle hook can abort that.
    ///
    /// # Errors
    ///
    /// The errors of [`supervise`](Self::supervise).
    pub fn supervise_until<L: Subscriptions, S: Reset>(
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
                    match self.next_event_until(end.min(now.saturating_add(LIST_INTERVAL))) {
                        Ok(Some(event)) => return Ok(Some(self.heard(supervisors, event))),
                        Ok(None) if self.now() >= deadline => return Ok(None),
                        Ok(None) => {}
                        Err(error) => self.observe(supervisors, error)?,
                    }
                }
                Action::BringUp => {
                    let result = match recovery.apn {
                        Some(apn) => self.bring_up(apn, |_| {}).map(|_| ()),
                        None => Ok(()),
                    };
                    if let Err(BringUpError::Failed(error)) = result {
                        is_repairable(error)?;
                    }
                    recovery.module.brought_up(self.now(), result);
                }
                Action::Reset { attempt } => {
                    recovery.hook.reset(attempt);
                    recovery.module.was_reset(self.now());
                }
                action => {
                    let Some(supervisor) = supervisors.get_mut(place) else { continue };
                    let Some(mut call) = action.call(self.family()) else { continue };
                    let driven = self.port.drive(call.procedure(), &mut NoSource);
                    if let Err(error) = driven {
                        is_repairable(error)?;
                    }
                    let state = ModuleState::of(&self.port.engine, supervisor.client());
                    supervisor.done(self.now(), state, call.outcome(driven));
                }
            }
        }
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
    if error == Error::Aborted || error.next_step() == NextStep::RestartUart { Err(error) } else { Ok(()) }
}
