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
    pub(super) on_ms: u32,
    pub(super) off_ms: u32,
    pub(super) reset_ms: u32,
    pub(super) status_limit_ms: u32,
}

/// How long the status pin may take to change after the pulse, unless it is set.
const STATUS_LIMIT_MS: u32 = 30_000;

impl PowerTiming {
    /// The usual times of a family.
    pub const fn of(family: Family) -> Self {
        let profile = family.profile();
        Self {
            on_ms: profile.power_on_pulse_ms as u32,
            off_ms: profile.power_off_pulse_ms as u32,
            reset_ms: profile.reset_pulse_ms as u32,
            status_limit_ms: STATUS_LIMIT_MS,
        }
    }

    /// How long PWRKEY is pressed to switch on: 500 ms, on A76xx 1 s.
    #[must_use]
    pub const fn on_pulse(mut self, length: Duration) -> Self {
        self.on_ms = milliseconds(length);
        self
    }

    /// How long PWRKEY is pressed to switch off: 3 s.
    #[must_use]
    pub const fn off_pulse(mut self, length: Duration) -> Self {
        self.off_ms = milliseconds(length);
        self
    }

    /// How long RESET is pressed: 300 ms on SIM7600, 2.5 s on the others.
    #[must_use]
    pub const fn reset_pulse(mut self, length: Duration) -> Self {
        self.reset_ms = milliseconds(length);
        self
    }

    /// How long the status pin may take to change after the pulse: 30 s.
    #[must_use]
    pub const fn status_limit(mut self, limit: Duration) -> Self {
        self.status_limit_ms = milliseconds(limit);
        self
    }

    /// How long the key is pressed to switch on or off.
    pub(super) const fn pulse(&self, on: bool) -> u32 {
        if on { self.on_ms } else { self.off_ms }
    }
}
