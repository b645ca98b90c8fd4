//! The async client under supervision.

use core::future::poll_fn;
use core::ops::ControlFlow;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use embedded_io_async::{BufRead, Write};

use super::{
    Action, Attach, NoBringUp, Recovery, Reset, Subscriptions, SupervisedEvent, Supervisor, brought_up, finish,
    was_reset,
};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::network::{Apn, BringUpError};
use crate::session::Procedure;
use crate::timer::Timer;

/// A bring-up, or none: then no future of one is in that of [`Modem::supervise`].
pub trait AttachAsync: Attach {
    /// Brings the module to an address.
    #[allow(async_fn_in_trait, reason = "the driver never asks for Send: it runs where its UART does")]
    async fn attach<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
        &self,
        modem: &mut Modem<R, T, C, H>,
    ) -> Result<(), BringUpError>;
}

impl AttachAsync for &Apn<'_> {
    async fn attach<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
        &self,
        modem: &mut Modem<R, T, C, H>,
    ) -> Result<(), BringUpError> {
        modem.bring_up(self, |_| {}).await.map(|_| ())
    }
}

impl AttachAsync for Option<&Apn<'_>> {
    async fn attach<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
        &self,
        modem: &mut Modem<R, T, C, H>,
    ) -> Result<(), BringUpError> {
        match self {
            Some(apn) => apn.attach(modem).await,
            None => Ok(()),
        }
    }
}

impl AttachAsync for NoBringUp {
    async fn attach<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
        &self,
        _: &mut Modem<R, T, C, H>,
    ) -> Result<(), BringUpError> {
        Ok(())
    }
}

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<R, T, C, H> {
    /// Waits for the next event as [`next_event`](Self::next_event), and keeps the sessions of the supervised clients
    /// up meanwhile: connects, subscribes, probes, brings up and resets as [`supervisor`](crate::supervisor) says.
    ///
    /// One supervisor for each client that is to be kept up. Call it in a loop, alone or in a `select` with what the
    /// application does, and do calls of your own between two of it, whose results go to
    /// [`Supervisor::observe`].
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed. Everything else is repaired, and reported as an
    /// event.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no event is lost, and the next call continues what was
    /// under way. The hook's future is dropped too.
    pub async fn supervise<L: Subscriptions, A: AttachAsync, S: Reset>(
        &mut self,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<A, S>,
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
    pub async fn supervise_until<L: Subscriptions, A: AttachAsync, S: Reset>(
        &mut self,
        deadline: Duration,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<A, S>,
    ) -> Result<Option<SupervisedEvent>, Error> {
        let mut has_waited = false;
        loop {
            let now = self.now();
            let next = recovery.proceed(supervisors, &mut self.port.engine, now, deadline, u32::MAX, has_waited);
            let (place, mut action) = match next {
                ControlFlow::Continue(next) => next,
                ControlFlow::Break(event) => return Ok(event),
            };
            match &mut action {
                Action::BringUp => {
                    let result = recovery.attach.attach(self).await;
                    brought_up(supervisors, &mut recovery.module, result, &self.port.engine)?;
                }
                Action::Reset { attempt } => {
                    recovery.hook.reset(*attempt).await;
                    was_reset(supervisors, &mut recovery.module);
                }
                Action::Call(call) => {
                    has_waited = call.listens();
                    let waiting = if has_waited { &*supervisors } else { &[] };
                    let driven = self.drive_or_change(call.procedure(), waiting).await;
                    finish(supervisors, place, call, driven, &self.port.engine)?;
                }
            }
        }
    }

    /// Drives a call to its end, or until there is a change of the subscriptions to make.
    async fn drive_or_change<L: Subscriptions>(
        &mut self,
        procedure: &mut (dyn Procedure + Send),
        supervisors: &[Supervisor<'_, L>],
    ) -> Result<(), Error> {
        let mut driven = pin!(self.drive(procedure, NO_SOURCE));
        poll_fn(|context| {
            if supervisors.iter().any(|supervisor| supervisor.has_change(context.waker())) {
                return Poll::Ready(Ok(()));
            }
            driven.as_mut().poll(context)
        })
        .await
    }
}
