//! Where the driver's time comes from.

use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;

/// A clock that can be awaited.
///
/// Firmware with embassy uses `EmbassyTimer`. Other firmware implements this trait over a hardware timer:
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
    /// The time since a fixed moment, such as power-on. It never runs backwards, with one exception: a 32-bit counter
    /// of milliseconds may wrap.
    fn now(&self) -> Duration;

    /// Returns when [`now`](Self::now) has reached `deadline`, not earlier; at once where it has passed already. The
    /// blocking client does not use it.
    ///
    /// The default implementation keeps the executor busy until then.
    ///
    /// # Cancel safety
    ///
    /// An implementation must be cancel safe: the driver drops the future when bytes arrive first.
    #[allow(async_fn_in_trait, reason = "the driver never asks for Send: it runs where its UART does")]
    async fn wait_until(&mut self, deadline: Duration) {
        poll_fn(|context| {
            if Instant::new(self.now()).has_reached(Instant::new(deadline)) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// The longest wait: 37 hours. A deadline further ahead counts as past: otherwise one that was not
/// checked for weeks would look like a future one.
pub(crate) const LONGEST_WAIT_MS: u32 = 1 << 27;

/// A moment, in milliseconds, on a clock that wraps every 49 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant(u32);

impl Instant {
    pub(crate) const ZERO: Self = Self(0);

    /// The moment `since_start` after the timer's own zero.
    #[expect(clippy::cast_possible_truncation, reason = "wraps, as the clock does")]
    pub(crate) fn new(since_start: Duration) -> Self {
        // Both the product and the sum are meant to wrap.
        let seconds = since_start.as_secs() as u32;
        Self(seconds.wrapping_mul(1000).wrapping_add(since_start.subsec_millis()))
    }

    /// The moment that comes `milliseconds` later, at most [`LONGEST_WAIT_MS`].
    pub(crate) const fn after(self, milliseconds: u32) -> Self {
        Self(self.0.wrapping_add(milliseconds))
    }

    /// The moment `milliseconds` earlier.
    pub(crate) const fn before(self, milliseconds: u32) -> Self {
        Self(self.0.wrapping_sub(milliseconds))
    }

    /// Milliseconds until `deadline`, 0 where it has passed.
    #[inline(never)]
    pub(crate) const fn until(self, deadline: Self) -> u32 {
        let left = deadline.0.wrapping_sub(self.0);
        if left > LONGEST_WAIT_MS { 0 } else { left }
    }

    /// Milliseconds since `earlier`, at most 49 days.
    pub(crate) const fn since(self, earlier: Self) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    pub(crate) const fn has_reached(self, deadline: Self) -> bool {
        self.until(deadline) == 0
    }
}

/// The moment on the timer's own clock that comes `milliseconds` after `now`, to the millisecond.
pub(crate) const fn moment(now: Duration, milliseconds: u32) -> Duration {
    // No time to wait is as long as 49 days.
    let milliseconds = milliseconds.saturating_add(now.subsec_millis());
    let seconds = now.as_secs().wrapping_add((milliseconds / 1000) as u64);
    Duration::new(seconds, milliseconds % 1000 * 1_000_000)
}

/// Milliseconds until `deadline`, at most [`LONGEST_WAIT_MS`]; 0 where it has passed.
#[cfg(any(feature = "async", feature = "blocking"))]
pub(crate) fn left(now: Duration, deadline: Duration) -> u32 {
    // Milliseconds alone would take a deadline of weeks ahead for a past one.
    if deadline.as_secs() > now.as_secs().wrapping_add((LONGEST_WAIT_MS / 1000).into()) {
        return LONGEST_WAIT_MS;
    }
    Instant::new(now).until(Instant::new(deadline))
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

    // An `async fn` would hold its arguments besides the timer.
    fn wait_until(&mut self, deadline: Duration) -> impl Future<Output = ()> {
        let microseconds = deadline.as_secs().saturating_mul(1_000_000).saturating_add(deadline.subsec_micros().into());
        embassy_time::Timer::at(embassy_time::Instant::from_micros(microseconds))
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::pin::pin;
    use core::task::{Context, Waker};

    use super::*;

    #[test]
    fn deadlines_compare_across_the_wrap_of_the_clock() {
        let before = Instant(u32::MAX - 10);
        let deadline = before.after(100);
        assert_eq!(deadline, Instant(89));
        assert_eq!(before.until(deadline), 100);
        assert!(!before.has_reached(deadline));
        assert!(deadline.has_reached(deadline));
        assert!(deadline.after(1).has_reached(deadline));
    }

    #[test]
    fn the_longest_wait_is_still_to_come_and_one_that_is_longer_has_passed() {
        let now = Instant(u32::MAX - 5);
        assert_eq!(now.until(now.after(LONGEST_WAIT_MS)), LONGEST_WAIT_MS);
        assert!(now.has_reached(now.after(LONGEST_WAIT_MS + 1)));
    }

    #[test]
    fn a_deadline_of_a_month_ago_has_passed() {
        let deadline = Instant(5_000);
        for days in [1, 24, 25, 30, 48] {
            assert!(deadline.after(days * 24 * 3600 * 1000).has_reached(deadline), "{days} days");
        }
    }

    #[test]
    fn a_year_of_uptime_still_makes_an_instant() {
        let year = Duration::from_secs(365 * 24 * 3600);
        let instant = Instant::new(year);
        assert_eq!(instant.until(Instant::new(year + Duration::from_millis(1234))), 1234);
    }

    #[test]
    fn a_moment_is_exact_to_the_millisecond() {
        let now = Duration::new(7, 999_000_001);
        for milliseconds in [0, 1, 999, 1000, 185_000, LONGEST_WAIT_MS] {
            let expected = Duration::from_millis(7_999 + u64::from(milliseconds));
            assert_eq!(moment(now, milliseconds), expected);
        }
    }

    #[test]
    fn a_counter_of_32_bits_that_wraps_ends_a_wait_in_time() {
        struct Counter(Cell<u32>);
        impl Timer for &Counter {
            fn now(&self) -> Duration {
                Duration::from_millis(self.0.get().into())
            }
        }
        let counter = Counter(Cell::new(u32::MAX - 10));
        let mut timer = &counter;
        let deadline = moment(timer.now(), 100);
        let mut wait = pin!(timer.wait_until(deadline));
        let mut context = Context::from_waker(Waker::noop());
        for (now, expected) in [(u32::MAX, Poll::Pending), (88, Poll::Pending), (89, Poll::Ready(()))] {
            counter.0.set(now);
            assert_eq!(wait.as_mut().poll(&mut context), expected, "at {now}");
        }
    }
}
