//! How long to wait between two attempts.

use core::time::Duration;

use crate::family::milliseconds;

/// The waits between two attempts to connect: the first one is the shortest, each further one twice as long, up to the
/// longest.
///
/// A random part, at most half of it, is taken off each wait, so that devices which have lost their broker at the same
/// moment do not come back at the same moment. `longest` is what a wait never exceeds, the random part included. It
/// counts from the beginning of an attempt to that of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Backoff {
    pub(super) shortest_ms: u32,
    longest_ms: u32,
    /// The state of the generator.
    random: u32,
}

impl Backoff {
    /// From 1 s to 300 s. Each device needs a seed of its own: a serial number, the IMEI, or noise.
    pub const fn new(seed: u32) -> Self {
        // The generator must not be at zero, and seeds that count up must not begin alike.
        Self { shortest_ms: 1_000, longest_ms: 300_000, random: seed.wrapping_mul(0x9E37_79B9) | 1 }
    }

    /// The first wait; at least 2 ms.
    #[must_use]
    pub const fn shortest(mut self, shortest: Duration) -> Self {
        let shortest_ms = milliseconds(shortest);
        self.shortest_ms = if shortest_ms < 2 { 2 } else { shortest_ms };
        self
    }

    /// The longest wait, at most 37 hours.
    #[must_use]
    pub const fn longest(mut self, longest: Duration) -> Self {
        self.longest_ms = milliseconds(longest);
        self
    }

    /// The wait after this many failures in a row, in milliseconds. A random part of it was taken off, at most half.
    pub(super) fn wait_ms(&mut self, failures: u32) -> u32 {
        let doubled = self.shortest_ms.saturating_mul(1 << failures.min(30));
        let wait_ms = doubled.min(self.longest_ms);
        self.random = xorshift(self.random);
        wait_ms - (self.random >> 8) % (wait_ms / 2 + 1)
    }
}

/// A generator of Marsaglia's, *Xorshift RNGs*, 2003.
const fn xorshift(mut state: u32) -> u32 {
    state ^= state << 13;
    state ^= state >> 17;
    state ^ state << 5
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn waits(seed: u32) -> Vec<u32> {
        let mut backoff = Backoff::new(seed);
        (0..14).map(|failures| backoff.wait_ms(failures)).collect()
    }

    #[test]
    fn each_wait_is_between_half_of_its_length_and_its_length_and_none_is_longer_than_the_longest() {
        for seed in 0..5_000 {
            for (failures, wait) in waits(seed).into_iter().enumerate() {
                let length = (1_000u32 << failures).min(300_000);
                assert!((length / 2..=length).contains(&wait), "{seed}: {wait} after {failures}");
            }
        }
    }

    #[test]
    fn the_wait_does_not_shrink_after_any_number_of_failures() {
        let mut backoff = Backoff::new(7);
        for failures in (9..1_000).chain([u32::MAX]) {
            assert!(backoff.wait_ms(failures) >= 150_000, "{failures}");
        }
    }

    #[test]
    fn devices_with_different_seeds_come_back_at_different_moments() {
        let mut first: Vec<u32> = (0..100).map(|seed| waits(seed)[0]).collect();
        first.sort_unstable();
        first.dedup();
        assert!(first.len() > 80, "{} of 100 differ", first.len());
        let spread = first.last().unwrap() - first[0];
        assert!(spread > 400, "{spread} ms between the first and the last one");
        assert_eq!(waits(3), waits(3));
    }

    #[test]
    fn any_lengths_make_waits_within_them() {
        for (shortest, longest) in [(0, 0), (0, 1), (5, 3), (1, u64::MAX), (u64::MAX, u64::MAX)] {
            let mut backoff =
                Backoff::new(1).shortest(Duration::from_millis(shortest)).longest(Duration::from_millis(longest));
            for failures in [0, 1, 30, u32::MAX] {
                assert!(u64::from(backoff.wait_ms(failures)) <= longest);
            }
        }
    }
}
