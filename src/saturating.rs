//! Conversions to a narrower number: what does not fit becomes the highest number.

use core::time::Duration;

#[expect(clippy::cast_possible_truncation, reason = "compared first")]
pub(crate) const fn saturating_u16(number: usize) -> u16 {
    if number > u16::MAX as usize { u16::MAX } else { number as u16 }
}

#[expect(clippy::cast_possible_truncation, reason = "compared first")]
pub(crate) const fn saturating_u32(number: u64) -> u32 {
    if number > u32::MAX as u64 { u32::MAX } else { number as u32 }
}

/// Whole seconds. A duration outside any range stays outside it.
pub(crate) const fn seconds(duration: Duration) -> u32 {
    saturating_u32(duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_and_the_rest_is_the_highest_number() {
        assert_eq!([65_534, 65_535, 65_536, usize::MAX].map(saturating_u16), [65_534, 65_535, 65_535, 65_535]);
        let most = u64::from(u32::MAX);
        assert_eq!(
            [most - 1, most, most + 1, u64::MAX].map(saturating_u32),
            [u32::MAX - 1, u32::MAX, u32::MAX, u32::MAX]
        );
    }

    #[test]
    fn a_duration_beyond_any_range_stays_beyond_it() {
        assert_eq!(seconds(Duration::MAX), u32::MAX);
        assert_eq!(seconds(Duration::from_millis(1999)), 1);
    }
}
