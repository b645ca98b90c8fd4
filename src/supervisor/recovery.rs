//! What belongs to the module and not to one of its clients: bring-up and reset.

use crate::NextStep;
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

/// The way of a module to an address: an [`Apn`], or [`NoBringUp`], with which no bring-up is in the image.
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
}

impl<'a> Recovery<&'a Apn<'a>> {
    /// The module is brought to an address with this access point, and never reset.
    pub const fn new(apn: &'a Apn<'a>) -> Self {
        Self { attach: apn, hook: NoReset, module: ModuleRecovery::new(true, false) }
    }
}

impl Recovery<NoBringUp> {
    /// The module is not brought to an address, and never reset.
    pub const fn without_bring_up() -> Self {
        Self { attach: NoBringUp, hook: NoReset, module: ModuleRecovery::new(false, false) }
    }
}

impl<A> Recovery<A> {
    /// A hook that resets the module: a `Reset` of the async or of the blocking client.
    #[must_use]
    pub fn with_reset<S>(self, hook: S) -> Recovery<A, S> {
        Recovery { attach: self.attach, hook, module: ModuleRecovery::new(self.module.can_bring_up, true) }
    }
}

/// The steps to the broker. Each step is followed by those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    BringUp,
    Reset,
}

/// Bring-up and reset as the supervisors of both clients see them: what one of them has done counts for the other.
#[derive(Debug)]
pub struct ModuleRecovery {
    pub(super) can_bring_up: bool,
    pub(super) can_reset: bool,
    /// How many resets there were since the module was last brought up.
    resets: u32,
    /// Counts the bring-ups and resets that have ended.
    pub(super) round: u8,
    /// The step that follows the last one of these, or why it has failed.
    pub(super) last: Result<Step, BringUpError>,
}

impl ModuleRecovery {
    /// Says what the program can do.
    pub const fn new(can_bring_up: bool, can_reset: bool) -> Self {
        Self { can_bring_up, can_reset, resets: 0, round: 0, last: Ok(Step::Connect) }
    }

    /// The number of the next reset in a row, from 1 on.
    pub(super) const fn attempt(&self) -> u32 {
        self.resets.saturating_add(1)
    }

    /// The bring-up has ended.
    ///
    /// # Errors
    ///
    /// What no supervisor can do anything about: the UART has failed, or the idle hook has aborted the bring-up.
    pub fn brought_up(&mut self, result: Result<(), BringUpError>) -> Result<(), Error> {
        match result {
            Ok(()) => self.resets = 0,
            Err(BringUpError::Failed(error)) => check(error)?,
            Err(_) => {}
        }
        self.ended(result.map(|()| Step::Connect));
        Ok(())
    }

    /// The hook has returned.
    pub fn was_reset(&mut self) {
        self.resets = self.attempt();
        self.ended(Ok(Step::BringUp));
    }

    fn ended(&mut self, last: Result<Step, BringUpError>) {
        self.round = self.round.wrapping_add(1);
        self.last = last;
    }
}

/// Passes on what no supervisor can do anything about.
pub(super) fn check(error: Error) -> Result<(), Error> {
    if error == Error::Aborted || error.next_step() == NextStep::RestartUart { Err(error) } else { Ok(()) }
}
