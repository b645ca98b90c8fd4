//! Where the driver's time comes from.

use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;

/// A clock that can be waited on.
///
/// Firmware with embassy uses `EmbassyTimer`; others implement it over a hardware timer:
///
/// ```
/// use core::sync::atomic::{AtomicU32, Ordering};
/// use core::time::Duration;
///
/// /// Counted by an interrupt every millisecond.
/// static MILLISECONDS: AtomicU32 = AtomicU32::new(0);
///
/// struct SysTick;
///
/// impl simcom_mqtt::Timer for SysTick {
///     fn now(&self) -> Duration {
///         Duration::from_millis(MILLISECONDS.load(Ordering::Relaxed).into())
///     }
/// }
/// ```
pub trait Timer {
    /// The time since some fixed moment, such as power-on. It never runs backwards; a clock that wraps may do so no
    /// earlier than after 49 days.
    fn now(&self) -> Duration;

    /// Returns at the earliest when [`now`](Self::now) has reached `deadline`, at once where it has passed already. The
    /// blocking client does not use it.
    ///
    /// Unless it is implemented, the executor is kept busy until then. Dropping the future must be safe: the driver drops
    /// it whenever bytes arrive first.
    #[allow(async_fn_in_trait, reason = "the driver never asks for Send: it runs where its UART does")]
    async fn wait_until(&mut self, deadline: Duration) {
        poll_fn(|context| {
            if self.now() >= deadline {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
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
