//! How long a command took.

use core::fmt;
use core::time::Duration;

/// How long a command took, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Elapsed {
    milliseconds: u32,
}

impl Elapsed {
    /// This many milliseconds.
    pub const fn from_millis(milliseconds: u32) -> Self {
        Self { milliseconds }
    }

    /// The same as a `Duration`.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.milliseconds as u64)
    }
}

/// In seconds, to the tenth: `0.3 s`.
impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} s", self.milliseconds / 1000, self.milliseconds % 1000 / 100)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn tenths_of_a_second_are_shown() {
        for (milliseconds, text) in [(0, "0.0 s"), (99, "0.0 s"), (340, "0.3 s"), (125_000, "125.0 s")] {
            let elapsed = Elapsed::from_millis(milliseconds);
            assert_eq!(elapsed.to_string(), text);
            assert_eq!(elapsed.duration(), Duration::from_millis(milliseconds.into()));
        }
    }
}
