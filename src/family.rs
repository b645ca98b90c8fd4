//! The families of modules, and everything in which they differ.
//!
//! Nothing else in this crate asks which family it talks to: limits, spellings, timeouts and missing commands are looked
//! up here, so that a new family is a new entry in this file.

use core::time::Duration;

/// A family of SIMCom modules that share one dialect of the `AT+CMQTT` command set.
///
/// Sources: *A7600 Series MQTT AT Command Manual*; *SIM7672X & SIM7652X Series MQTT(S) Application Note* V1.00; for
/// SIM7600 and A76xx the habits of the newer manuals of these modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Family {
    /// A7600 series as its own manual describes it: no choice of the MQTT version.
    A7600,
    /// A7670, A7672, A7608 and their relatives (A76XX series).
    A76xx,
    /// SIM7500 and SIM7600 series.
    Sim7600,
    /// SIM7672X, SIM7652X and the other SIM767XX/SIM765XX modules: payloads of at most 4096 bytes.
    Sim767x,
}

/// How a family is told which version of MQTT to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum VersionSetting {
    /// It has no such setting.
    None,
    /// `AT+CMQTTCFG="version",<index>,<version>`.
    Configuration,
    /// The fourth argument of `AT+CMQTTACCQ`.
    AcquireArgument,
}

impl Family {
    /// Longest payload that `AT+CMQTTPAYLOAD` takes, in bytes.
    pub const fn payload_limit(self) -> usize {
        match self {
            Self::Sim767x => 4096,
            Self::A7600 | Self::A76xx | Self::Sim7600 => 10_240,
        }
    }

    /// How the version of MQTT is chosen.
    pub const fn version_setting(self) -> VersionSetting {
        match self {
            Self::A7600 => VersionSetting::None,
            Self::A76xx | Self::Sim767x => VersionSetting::Configuration,
            Self::Sim7600 => VersionSetting::AcquireArgument,
        }
    }

    /// Shortest `<pub_timeout>` of `AT+CMQTTPUB`, in seconds.
    pub const fn shortest_publish_timeout(self) -> u16 {
        match self {
            Self::A76xx => 1,
            Self::A7600 | Self::Sim7600 | Self::Sim767x => 60,
        }
    }

    /// Shortest `<timeout>` of `AT+CMQTTDISC`, in seconds.
    pub const fn shortest_disconnect_timeout(self) -> u16 {
        match self {
            Self::A76xx => 1,
            Self::A7600 | Self::Sim7600 | Self::Sim767x => 60,
        }
    }

    /// How long `AT+CMQTTSTART` may take until its outcome, by the manual of the family.
    pub const fn start_timeout(self) -> Duration {
        match self {
            Self::A7600 | Self::Sim7600 => Duration::from_secs(120),
            Self::A76xx | Self::Sim767x => Duration::from_secs(12),
        }
    }

    /// How long `AT+CMQTTSTOP` may take until its outcome (12 s in the manuals that say anything about it).
    pub const fn stop_timeout(self) -> Duration {
        Duration::from_secs(12)
    }
}

/// Longest topic, topic filter, will topic or will message, in bytes.
pub const TOPIC_LIMIT: usize = 1024;
/// Longest client id, in bytes.
pub const CLIENT_ID_LIMIT: usize = 128;
/// Longest server address with its `tcp://` and port, in bytes.
pub const ADDRESS_LIMIT: usize = 256;
/// Longest user name and longest password, in bytes.
pub const CREDENTIAL_LIMIT: usize = 256;
/// Longest keep-alive interval, in seconds (18 hours).
pub const KEEP_ALIVE_LIMIT: u16 = 64_800;
/// Longest payload that any family announces for a received message, in bytes.
pub const RECEIVED_PAYLOAD_LIMIT: u16 = 10_240;
/// Longest `<pub_timeout>` and `<timeout>` of publish and disconnect, in seconds.
pub const TIMEOUT_LIMIT: u16 = 180;
/// Default, and longest, `"optimeout"` of `AT+CMQTTCFG`, in seconds.
pub const OPERATION_TIMEOUT: u16 = 120;
/// Shortest `"optimeout"`, in seconds.
pub const SHORTEST_OPERATION_TIMEOUT: u16 = 20;

/// How long the driver waits for each kind of answer.
///
/// The defaults follow the manuals: START and STOP have their own times, CONNECT, SUB and UNSUB may take as long as the
/// module's `"optimeout"`, PUB and DISC as long as the timeout they carry; the driver adds a margin to what the module
/// was told. Everything else, a prompt included, answers within 9 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timeouts {
    /// Time for a prompt, and for the final result of a command that has no outcome line, in milliseconds.
    pub(crate) command: u32,
    /// Time for the outcome of `AT+CMQTTSTART`, in milliseconds.
    pub(crate) start: u32,
    /// Time for the outcome of `AT+CMQTTSTOP`, in milliseconds.
    pub(crate) stop: u32,
    /// Time for the outcome of CONNECT, SUB and UNSUB, in milliseconds.
    pub(crate) operation: u32,
}

/// What the driver adds to a time that the module keeps itself, in milliseconds: the module reports its own timeout
/// (code 17) before the driver gives up on it.
const MARGIN: u32 = 5_000;

/// How long the driver waits, in milliseconds, for what the module was told to do within so many seconds.
pub(crate) const fn with_margin(seconds: u32) -> u32 {
    seconds.saturating_mul(1000).saturating_add(MARGIN)
}

/// `duration` in milliseconds, at most 24 days so that deadlines compare correctly when the clock wraps.
const fn milliseconds(duration: Duration) -> u32 {
    const LONGEST: u64 = (i32::MAX / 1000) as u64;
    let seconds = duration.as_secs();
    if seconds >= LONGEST {
        return i32::MAX as u32;
    }
    seconds as u32 * 1000 + duration.subsec_millis()
}

impl Timeouts {
    /// The timeouts that the manuals of `family` ask for.
    pub const fn of(family: Family) -> Self {
        Self {
            command: 9_000,
            start: milliseconds(family.start_timeout()) + MARGIN,
            stop: milliseconds(family.stop_timeout()) + MARGIN,
            operation: with_margin(OPERATION_TIMEOUT as u32),
        }
    }

    /// Time for a prompt, and for the final result of a command that has no outcome line (9 s).
    #[must_use]
    pub const fn command(mut self, timeout: Duration) -> Self {
        self.command = milliseconds(timeout);
        self
    }

    /// Time for the outcome of `AT+CMQTTSTART`.
    #[must_use]
    pub const fn start(mut self, timeout: Duration) -> Self {
        self.start = milliseconds(timeout);
        self
    }

    /// Time for the outcome of `AT+CMQTTSTOP`.
    #[must_use]
    pub const fn stop(mut self, timeout: Duration) -> Self {
        self.stop = milliseconds(timeout);
        self
    }

    /// Time for the outcome of CONNECT, SUB and UNSUB. Keep it above the module's `"optimeout"` (120 s by default).
    #[must_use]
    pub const fn operation(mut self, timeout: Duration) -> Self {
        self.operation = milliseconds(timeout);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sim767x_limits_payloads_to_4096_bytes() {
        assert_eq!(Family::Sim767x.payload_limit(), 4096);
        for family in [Family::A7600, Family::A76xx, Family::Sim7600] {
            assert_eq!(family.payload_limit(), 10_240);
        }
    }

    #[test]
    fn start_waits_as_long_as_the_manual_of_the_family_says() {
        assert_eq!(Timeouts::of(Family::A7600).start, 125_000);
        assert_eq!(Timeouts::of(Family::Sim7600).start, 125_000);
        assert_eq!(Timeouts::of(Family::A76xx).start, 17_000);
        assert_eq!(Timeouts::of(Family::Sim767x).start, 17_000);
    }

    #[test]
    fn a_timeout_beyond_24_days_is_cut_so_that_deadlines_still_compare() {
        assert_eq!(milliseconds(Duration::MAX), i32::MAX as u32);
        assert_eq!(milliseconds(Duration::from_millis(1_234)), 1_234);
    }
}
