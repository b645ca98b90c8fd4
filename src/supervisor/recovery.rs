//! What belongs to the module and not to one of its clients: bring-up and reset.

use core::time::Duration;

use super::UnderWay;
use crate::error::Error;
use crate::network::{Apn, BringUpError};

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

/// How a module is brought back: by a bring-up and a reset, of which either can be missing. Both clients share it.
#[derive(Debug)]
pub struct Recovery<'a, S = NoReset> {
    pub(crate) apn: Option<&'a Apn<'a>>,
    #[cfg_attr(not(any(feature = "async", feature = "blocking")), expect(dead_code, reason = "the shells call it"))]
    pub(crate) hook: S,
    /// The module's part of the step machine.
    pub module: ModuleRecovery,
}

impl<'a> Recovery<'a> {
    /// The module is brought to an address with this access point, and never reset.
    pub const fn new(apn: &'a Apn<'a>) -> Self {
        Self { apn: Some(apn), hook: NoReset, module: ModuleRecovery::new(true, false) }
    }

    /// The module gets to an address by itself, or by the program.
    pub const fn without_bring_up() -> Self {
        Self { apn: None, hook: NoReset, module: ModuleRecovery::new(false, false) }
    }

    /// A hook that resets the module: a `Reset` of the async or of the blocking client.
    #[must_use]
    pub fn with_reset<S>(self, hook: S) -> Recovery<'a, S> {
        Recovery { apn: self.apn, hook, module: ModuleRecovery::new(self.apn.is_some(), true) }
    }
}

/// How the last bring-up or reset has ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum ModuleStep {
    BroughtUp,
    BringUpFailed(BringUpError),
    Reset,
}

/// Bring-up and reset as the supervisors of both clients see them: what one of them has done counts for the other.
#[derive(Debug)]
pub struct ModuleRecovery {
    pub(super) can_bring_up: bool,
    pub(super) can_reset: bool,
    /// How many resets there were since the module was last brought up.
    resets: u32,
    /// Counts what has ended.
    pub(super) round: u8,
    pub(super) last: ModuleStep,
    pub(super) took: Duration,
    under_way: UnderWay,
}

impl ModuleRecovery {
    /// Says what the program can do.
    pub const fn new(can_bring_up: bool, can_reset: bool) -> Self {
        let (last, took, under_way) = (ModuleStep::BroughtUp, Duration::ZERO, UnderWay::NOTHING);
        Self { can_bring_up, can_reset, resets: 0, round: 0, last, took, under_way }
    }

    /// A bring-up begins, or a reset. It fails where dropped ones have gone on for too long.
    pub(super) fn begin(&mut self, now: Duration, is_reset: bool) -> bool {
        let may_begin = self.under_way.begin(u8::from(is_reset), now);
        if !may_begin {
            self.brought_up(now, Err(BringUpError::Failed(Error::Aborted)));
        }
        may_begin
    }

    /// The number of the next reset in a row, from 1 on.
    pub(super) const fn attempt(&self) -> u32 {
        self.resets.saturating_add(1)
    }

    /// The bring-up has ended.
    pub fn brought_up(&mut self, now: Duration, result: Result<(), BringUpError>) {
        let step = match result {
            Ok(()) => {
                self.resets = 0;
                ModuleStep::BroughtUp
            }
            Err(error) => ModuleStep::BringUpFailed(error),
        };
        self.ended(now, step);
    }

    /// The hook has returned.
    pub fn was_reset(&mut self, now: Duration) {
        self.resets = self.resets.saturating_add(1);
        self.ended(now, ModuleStep::Reset);
    }

    fn ended(&mut self, now: Duration, step: ModuleStep) {
        self.round = self.round.wrapping_add(1);
        self.last = step;
        self.took = self.under_way.end(now);
    }
}
