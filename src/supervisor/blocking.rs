//! The blocking client under supervision.

use core::ops::ControlFlow;
use core::time::Duration;

use embedded_io::{Read, ReadReady, Write};

use super::{
    Action, Attach, NoReset, Recovery, Subscriptions, SupervisedEvent, Supervisor, brought_up, finish, was_reset,
};
use crate::blocking::Modem;
use crate::blocking::drive::NoSource;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::timer::Timer;

/// Resets a module: the hook of the blocking client, as `Reset` is that of the async one.
pub trait BlockingReset {
    /// Resets the module. The `attempt` is 1 at first, and counts up until a bring-up succeeds: a stronger remedy can
    /// follow a weaker one. It need not wait until the module has started.
    fn reset(&mut self, attempt: u32);
}

impl BlockingReset for NoReset {
    fn reset(&mut self, _: u32) {}
}

/// The longest wait before the lists of topic filters are looked at again.
const LIST_INTERVAL_MS: u32 = 1_000;

impl<R, T, C, H, I> Modem<R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Waits for the next event as [`next_event`](Self::next_event), and keeps the sessions of the supervised clients
    /// up meanwhile, as [`supervisor`](crate::supervisor) says. The results of calls of your own between two of it go
    /// to [`Supervisor::observe`].
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. [`Error::Aborted`]: the idle hook aborted what was
    /// under way, with which the next call goes on. Everything else is repaired, and reported as an event.
    pub fn supervise<L: Subscriptions, A: Attach, S: BlockingReset>(
        &mut self,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<A, S>,
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
    pub fn supervise_until<L: Subscriptions, A: Attach, S: BlockingReset>(
        &mut self,
        deadline: Duration,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<A, S>,
    ) -> Result<Option<SupervisedEvent>, Error> {
        let mut has_waited = false;
        loop {
            let now = self.now();
            let next =
                recovery.proceed(supervisors, &mut self.port.engine, now, deadline, LIST_INTERVAL_MS, has_waited);
            let (place, action) = match next {
                ControlFlow::Continue(next) => next,
                ControlFlow::Break(event) => return Ok(event),
            };
            match action {
                Action::BringUp => {
                    let result = match recovery.attach.apn() {
                        Some(apn) => self.bring_up(apn, |_| {}).map(|_| ()),
                        None => Ok(()),
                    };
                    brought_up(supervisors, &mut recovery.module, result, &self.port.engine)?;
                }
                Action::Reset { attempt } => {
                    recovery.hook.reset(attempt);
                    was_reset(supervisors, &mut recovery.module);
                }
                Action::Call(mut call) => {
                    has_waited = call.listens();
                    let driven = self.port.drive(call.procedure(), &mut NoSource);
                    finish(supervisors, place, &call, driven, &self.port.engine)?;
                }
            }
        }
    }
}
