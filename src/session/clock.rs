//! The session's idea of time: it never looks at a clock, it is told.

use core::time::Duration;

/// A moment, in milliseconds, on a clock that wraps every 49 days. Moments that are compared lie at most 24 days apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant(u32);

impl Instant {
    pub(crate) const ZERO: Self = Self(0);

    /// The moment `since_start` after the timer's own zero.
    pub(crate) fn new(since_start: Duration) -> Self {
        // Both the product and the sum are meant to wrap.
        let seconds = since_start.as_secs() as u32;
        Self(seconds.wrapping_mul(1000).wrapping_add(since_start.subsec_millis()))
    }

    pub(crate) const fn after(self, milliseconds: u32) -> Self {
        Self(self.0.wrapping_add(milliseconds))
    }

    /// Milliseconds until `deadline`, 0 where it has passed.
    pub(crate) const fn until(self, deadline: Self) -> u32 {
        let left = deadline.0.wrapping_sub(self.0);
        if left > i32::MAX as u32 { 0 } else { left }
    }

    pub(crate) const fn has_reached(self, deadline: Self) -> bool {
        self.until(deadline) == 0
    }
}

/// The moment on the timer's own clock that comes `milliseconds` after its `now`, to the millisecond.
pub(crate) const fn moment(now: Duration, milliseconds: u32) -> Duration {
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000 + now.subsec_millis());
    let seconds = now.as_secs().wrapping_add((seconds + milliseconds / 1000) as u64);
    Duration::new(seconds, milliseconds % 1000 * 1_000_000)
}

#[cfg(test)]
mod tests {
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
    fn a_year_of_uptime_still_makes_an_instant() {
        let year = Duration::from_secs(365 * 24 * 3600);
        let instant = Instant::new(year);
        assert_eq!(instant.until(Instant::new(year + Duration::from_millis(1234))), 1234);
    }

    #[test]
    fn a_moment_is_exact_to_the_millisecond() {
        let now = Duration::new(7, 999_000_001);
        for milliseconds in [0, 1, 999, 1000, 185_000, u32::MAX] {
            let expected = Duration::from_millis(7_999 + u64::from(milliseconds));
            assert_eq!(moment(now, milliseconds), expected);
        }
    }
}
