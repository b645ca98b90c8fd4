//! The four module families and the limits that differ between them.

use core::fmt;
use core::ops::RangeInclusive;
use core::str::FromStr;

/// A family of modules that share one MQTT manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// A7600 series manual.
    A7600,
    /// A76XX series manual (A7670, A7672, A7608 …).
    A76xx,
    /// SIM7500/SIM7600 series manual.
    Sim7600,
    /// SIM767X/SIM765X note and SIM767XX series manual.
    Sim767x,
}

/// Where a family lets the host choose between MQTT 3.1 and 3.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionChoice {
    /// Nowhere.
    None,
    /// `AT+CMQTTCFG="version",<index>,<3|4>`.
    Configuration,
    /// Fourth argument of `AT+CMQTTACCQ`.
    Acquire,
}

/// The text is not the name of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFamily(pub String);

impl Family {
    /// Every family.
    pub const ALL: [Family; 4] = [Self::A7600, Self::A76xx, Self::Sim7600, Self::Sim767x];

    /// Name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::A7600 => "a7600",
            Self::A76xx => "a76xx",
            Self::Sim7600 => "sim7600",
            Self::Sim767x => "sim767x",
        }
    }

    /// What `AT+CGMM` answers.
    pub fn model(self) -> &'static str {
        match self {
            Self::A7600 => "A7600E-LNXD",
            Self::A76xx => "A7670E-FASE",
            Self::Sim7600 => "SIMCOM_SIM7600E-H",
            Self::Sim767x => "SIM7672E",
        }
    }

    /// Longest `<req_length>` of `AT+CMQTTPAYLOAD`.
    pub fn longest_payload(self) -> u32 {
        match self {
            Self::Sim767x => 4096,
            Self::A7600 | Self::A76xx | Self::Sim7600 => 10240,
        }
    }

    /// Whether SUBTOPIC and UNSUBTOPIC exist, with the forms of SUB and UNSUB that send the staged topics.
    pub fn stages_subscriptions(self) -> bool {
        match self {
            Self::A7600 | Self::A76xx | Self::Sim7600 => true,
            Self::Sim767x => false,
        }
    }

    /// How many bytes of topics may be staged in all.
    pub fn longest_staged_topics(self) -> Option<usize> {
        match self {
            Self::Sim7600 => Some(5120),
            Self::A7600 | Self::A76xx | Self::Sim767x => None,
        }
    }

    /// Whether `AT+CMQTTDISC=<i>,<timeout>` takes this timeout. The SIM767X note knows only 60-180.
    pub fn accepts_disconnect_timeout(self, seconds: u32) -> bool {
        match self {
            Self::A7600 | Self::Sim7600 => seconds == 0 || (60..=180).contains(&seconds),
            Self::A76xx => seconds <= 180,
            Self::Sim767x => (60..=180).contains(&seconds),
        }
    }

    /// Range of `<pub_timeout>`, in seconds.
    pub fn publish_timeouts(self) -> RangeInclusive<u32> {
        match self {
            Self::A76xx => 1..=180,
            Self::A7600 | Self::Sim7600 | Self::Sim767x => 60..=180,
        }
    }

    /// Whether `AT+CMQTTSUB?` lists the subscribed topics.
    pub fn lists_subscriptions(self) -> bool {
        match self {
            Self::A76xx | Self::Sim767x => true,
            Self::A7600 | Self::Sim7600 => false,
        }
    }

    /// Where MQTT 3.1.1 is chosen.
    pub fn version_choice(self) -> VersionChoice {
        match self {
            Self::A7600 => VersionChoice::None,
            Self::Sim7600 => VersionChoice::Acquire,
            Self::A76xx | Self::Sim767x => VersionChoice::Configuration,
        }
    }

    /// Spelling of the `AT+CSSLCFG` setting that switches off the check of validity dates.
    pub fn ignore_local_time(self) -> &'static str {
        match self {
            Self::A7600 => "ignorlocaltime",
            Self::A76xx | Self::Sim7600 | Self::Sim767x => "ignorelocaltime",
        }
    }

    /// Settings of `AT+CSSLCFG` beyond those of all families.
    pub fn extra_ssl_settings(self) -> &'static [&'static str] {
        match self {
            Self::A7600 => &[],
            Self::A76xx => &["password"],
            Self::Sim7600 => &["keypwd", "ciphersuites"],
            Self::Sim767x => &["password", "ciphersuites", "ignorecertCN"],
        }
    }

    /// Whether `AT+CGSOCKCONT` exists.
    pub fn has_socket_contexts(self) -> bool {
        match self {
            Self::A7600 => true,
            Self::A76xx | Self::Sim7600 | Self::Sim767x => false,
        }
    }

    /// Whether START takes the number of a PDP context.
    pub fn starts_on_any_context(self) -> bool {
        match self {
            Self::Sim767x => true,
            Self::A7600 | Self::A76xx | Self::Sim7600 => false,
        }
    }

    /// Highest `<err>` the family's manual lists.
    pub fn highest_result_code(self) -> u8 {
        match self {
            Self::Sim7600 => 34,
            Self::A7600 | Self::A76xx | Self::Sim767x => 35,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(text: &str) -> Result<Self, UnknownFamily> {
        Self::ALL
            .into_iter()
            .find(|family| family.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownFamily(text.to_owned()))
    }
}

impl fmt::Display for UnknownFamily {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no family \"{}\"; known are a7600, a76xx, sim7600, sim767x", self.0)
    }
}

impl core::error::Error for UnknownFamily {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back() {
        for family in Family::ALL {
            assert_eq!(family.to_string().parse(), Ok(family));
        }
        assert_eq!("sim800".parse::<Family>(), Err(UnknownFamily("sim800".into())));
    }

    #[test]
    fn disconnect_timeouts_follow_each_manual() {
        assert!(Family::A7600.accepts_disconnect_timeout(0));
        assert!(!Family::A7600.accepts_disconnect_timeout(59));
        assert!(Family::A76xx.accepts_disconnect_timeout(1));
        assert!(!Family::Sim767x.accepts_disconnect_timeout(0));
        assert!(!Family::Sim767x.accepts_disconnect_timeout(181));
    }
}
