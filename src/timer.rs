//! Where the driver's time comes from.

use core::time::Duration;

/// A clock that can be waited on.
///
/// Firmware with embassy uses [`EmbassyTimer`]; others implement it over a hardware timer.
pub trait Timer {
    /// The time since some fixed moment, such as power-on. It never runs backwards.
    fn now(&self) -> Duration;

    /// Returns at the earliest when [`now`](Self::now) has reached `deadline`, at once where it has passed already.
    ///
    /// Dropping the future must be safe: the driver drops it whenever bytes arrive first.
    #[cfg(feature = "async")]
    #[allow(async_fn_in_trait, reason = "the driver never asks for Send: it runs where its UART does")]
    async fn wait_until(&mut self, deadline: Duration);
}

/// The time of `embassy-time`.
#[cfg(feature = "embassy-time")]
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbassyTimer;

#[cfg(feature = "embassy-time")]
impl Timer for EmbassyTimer {
    fn now(&self) -> Duration {
        Duration::from_micros(embassy_time::Instant::now().as_micros())
    }

    async fn wait_until(&mut self, deadline: Duration) {
        let microseconds = deadline.as_secs().saturating_mul(1_000_000).saturating_add(deadline.subsec_micros().into());
        embassy_time::Timer::at(embassy_time::Instant::from_micros(microseconds)).await;
    }
}
