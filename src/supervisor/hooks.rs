//! How a program brings a module back: its access point, and its hook for a reset.

use core::mem;
use core::ops::ControlFlow;
use core::time::Duration;

use super::{
    Action, ModuleRecovery, Subscriptions, SupervisedEvent, Supervisor, next_action, take_module_event, take_transition,
};
use crate::network::Apn;
use crate::session::Engine;
use crate::timer::left;

/// Resets a module that answers to nothing, or that does not get to the broker: the RESET pin, PWRKEY, or its power.
///
/// ```
/// use embedded_hal_async::delay::DelayNs;
/// use embedded_hal::digital::OutputPin;
/// use simcom_mqtt::power::Reset as ResetPin;
/// use simcom_mqtt::supervisor::Reset;
///
/// struct Power<P, D> {
///     pin: ResetPin<P>,
///     delay: D,
/// }
///
/// impl<P: OutputPin, D: DelayNs> Reset for Power<P, D> {
///     async fn reset(&mut self, _attempt: u32) {
///         let _ = self.pin.reset_async(&mut self.delay).await;
///     }
/// }
/// ```
#[cfg(feature = "async")]
pub trait Reset {
    /// Resets the module. The `attempt` is 1 at first, and counts up until a bring-up or a connection succeeds: a
    /// stronger remedy can follow a weaker one. It need not wait until the module has started.
    ///
    /// # Cancel safety
    ///
    /// It is called again if its future was dropped.
    #[allow(async_fn_in_trait, reason = "the driver never asks for Send: it runs where its UART does")]
    async fn reset(&mut self, attempt: u32);
}

/// For a module without a pin to reset it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoReset;

#[cfg(feature = "async")]
impl Reset for NoReset {
    async fn reset(&mut self, _: u32) {}
}

/// The way of a module to an address: a reference to an [`Apn`], or [`NoBringUp`], with which no bring-up is in the
/// image. An `Option` decides at run time.
pub trait Attach {
    /// The access point.
    fn apn(&self) -> Option<&Apn<'_>>;
}

impl Attach for &Apn<'_> {
    #[inline]
    fn apn(&self) -> Option<&Apn<'_>> {
        Some(self)
    }
}

impl Attach for Option<&Apn<'_>> {
    fn apn(&self) -> Option<&Apn<'_>> {
        *self
    }
}

/// For a module that gets to an address by itself, or that the program brings there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoBringUp;

impl Attach for NoBringUp {
    #[inline]
    fn apn(&self) -> Option<&Apn<'_>> {
        None
    }
}

/// How a module is brought back: by a bring-up and a reset, of which either can be missing. Both clients share it.
#[derive(Debug)]
pub struct Recovery<A, S = NoReset> {
    pub(crate) attach: A,
    pub(crate) hook: S,
    /// The module's part of the step machine.
    pub module: ModuleRecovery,
    /// An event of the module was returned last.
    owes_step: bool,
}

impl<A: Attach> Recovery<A> {
    /// The module is brought to an address in this way, and never reset.
    pub fn new(attach: A) -> Self {
        let can_bring_up = attach.apn().is_some();
        Self { attach, hook: NoReset, module: ModuleRecovery::new(can_bring_up, false), owes_step: false }
    }
}

impl<A> Recovery<A> {
    /// A hook that resets the module: a `Reset` of the async client, or a `BlockingReset`.
    #[must_use]
    pub fn with_reset<S>(self, hook: S) -> Recovery<A, S> {
        let Self { attach, module, owes_step, .. } = self;
        Recovery { attach, hook, module: ModuleRecovery { can_reset: true, ..module }, owes_step }
    }
}

impl<A, S> Recovery<A, S> {
    /// What `supervise_until` returns; or what it does next, and for which supervisor. It waits for `most_ms` at most.
    pub(super) fn proceed<'a, L: Subscriptions>(
        &mut self,
        supervisors: &mut [Supervisor<'a, L>],
        engine: &mut Engine,
        now: Duration,
        deadline: Duration,
        most_ms: u32,
        has_waited: bool,
    ) -> ControlFlow<Option<SupervisedEvent>, (usize, Action<'a, L::Filter>)> {
        engine.pass_time(now);
        if let Some(event) = take_transition(supervisors, engine) {
            return ControlFlow::Break(Some(SupervisedEvent::Supervisor(event)));
        }
        // Messages that come as fast as the program deals with them do not keep a session down.
        let owes_step = mem::take(&mut self.owes_step);
        if !owes_step && let Some(event) = take_module_event(supervisors, engine) {
            self.owes_step = true;
            return ControlFlow::Break(Some(SupervisedEvent::Modem(event)));
        }
        let left_ms = left(now, deadline);
        if has_waited && left_ms == 0 {
            return ControlFlow::Break(None);
        }
        ControlFlow::Continue(next_action(supervisors, &self.module, engine, left_ms.min(most_ms)))
    }
}
