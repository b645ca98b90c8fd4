//! Pulse lengths of the inputs of a module, and times to start and stop.

use core::time::Duration;

use crate::family::{Family, milliseconds};

/// Lengths of pulses, and the time that a module takes to start or stop.
///
/// Unverified: the defaults are the usual times of boards with these modules. The hardware design document of the
/// module has the exact times; each of them can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PowerTiming {
    pub(super) on: u32,
    pub(super) off: u32,
    pub(super) reset: u32,
    pub(super) limit: u32,
}

impl PowerTiming {
    /// The usual times of a family.
    pub const fn of(family: Family) -> Self {
        match family {
            Family::Sim7600 => Self { on: 500, off: 3_000, reset: 300, limit: 30_000 },
            Family::A76xx => Self { on: 1_000, off: 3_000, reset: 2_500, limit: 30_000 },
            Family::A7600 | Family::Sim767x => Self { on: 500, off: 3_000, reset: 2_500, limit: 30_000 },
        }
    }

    /// How long PWRKEY is pressed to switch on: 500 ms, on A76xx 1 s.
    #[must_use]
    pub const fn on_pulse(mut self, length: Duration) -> Self {
        self.on = milliseconds(length);
        self
    }

    /// How long PWRKEY is pressed to switch off: 3 s.
    #[must_use]
    pub const fn off_pulse(mut self, length: Duration) -> Self {
        self.off = milliseconds(length);
        self
    }

    /// How long RESET is pressed: 300 ms on SIM7600, 2.5 s on the others.
    #[must_use]
    pub const fn reset_pulse(mut self, length: Duration) -> Self {
        self.reset = milliseconds(length);
        self
    }

    /// How long the status pin may take to change after the pulse: 30 s.
    #[must_use]
    pub const fn status_limit(mut self, limit: Duration) -> Self {
        self.limit = milliseconds(limit);
        self
    }

    /// How long the key is pressed to switch on or off.
    pub(super) const fn pulse(&self, on: bool) -> u32 {
        if on { self.on } else { self.off }
    }
}
