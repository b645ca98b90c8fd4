//! The families of modules, and everything in which they differ.
//!
//! No other module of this crate asks which family it is: limits, spellings, timeouts, pulses and missing commands are
//! fields of one profile for each family.

mod detect;
mod profile;

use core::time::Duration;

pub use detect::TestForms;

use crate::saturating::saturating_u32;
use crate::timer::LONGEST_WAIT_MS;

/// A family of SIMCom modules that share one dialect of the `AT+CMQTT` command set.
///
/// Sources: *A7600 Series MQTT AT Command Manual*; *SIM7672X & SIM7652X Series MQTT(S) Application Note* V1.00; for
/// SIM7600 and A76xx, the behaviour that newer manuals of these modules describe.
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

/// How the version of MQTT is set on a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum VersionSetting {
    /// There is no such setting.
    None,
    /// `AT+CMQTTCFG="version",<index>,<version>`.
    Configuration,
    /// The fourth argument of `AT+CMQTTACCQ`.
    AcquireArgument,
}

impl Family {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::A7600, Self::A76xx, Self::Sim7600, Self::Sim767x];

    /// Longest payload that `AT+CMQTTPAYLOAD` takes, in bytes.
    pub const fn payload_limit(self) -> usize {
        self.profile().payload_limit_bytes as usize
    }

    /// How the version of MQTT is chosen.
    pub const fn version_setting(self) -> VersionSetting {
        self.profile().version_setting
    }

    /// Shortest `<pub_timeout>` of `AT+CMQTTPUB`.
    pub const fn shortest_publish_timeout(self) -> Duration {
        Duration::from_secs(self.profile().shortest_publish_timeout_s as u64)
    }

    /// Shortest `<timeout>` of `AT+CMQTTDISC`.
    pub const fn shortest_disconnect_timeout(self) -> Duration {
        Duration::from_secs(self.profile().shortest_disconnect_timeout_s as u64)
    }

    /// Whether `AT+CMQTTDISC` takes a timeout of 0, which means no timeout. On SIM767x only the test form lists it.
    pub const fn has_disconnect_without_timeout(self) -> bool {
        self.profile().has_disconnect_without_timeout
    }

    /// Whether topic filters can be staged: `AT+CMQTTSUBTOPIC`, `AT+CMQTTUNSUBTOPIC`, and the forms of `AT+CMQTTSUB`
    /// and `AT+CMQTTUNSUB` without a length.
    pub const fn has_staged_subscriptions(self) -> bool {
        self.profile().has_staged_subscriptions
    }

    /// The limit of all staged topic filters together in bytes, where the family has one.
    pub const fn staged_topics_limit(self) -> Option<usize> {
        self.profile().staged_topics_limit_bytes
    }

    /// Whether `AT+CMQTTSUB?` lists the topic filters that are subscribed to.
    pub const fn lists_subscriptions(self) -> bool {
        self.profile().lists_subscriptions
    }

    /// The highest `<err>` that the manual of the family lists.
    pub const fn highest_result_code(self) -> u8 {
        self.profile().highest_result_code
    }

    /// Whether the manual of the family lists `+CMQTTNONET`. The driver understands it from every family.
    pub const fn reports_lost_network(self) -> bool {
        self.profile().reports_lost_network
    }

    /// Whether the module reports a ping to the broker that has failed, as `+CMQTTPING: <client_index>,<err>`.
    pub const fn reports_pings(self) -> bool {
        self.profile().reports_pings
    }

    /// How the family spells the setting of `AT+CSSLCFG` that ignores the dates of certificates.
    pub const fn ignore_local_time(self) -> &'static str {
        self.profile().ignore_local_time
    }

    /// Whether `AT+CSSLCFG` has `"keypwd"`, the password of the client's key.
    pub const fn has_key_password(self) -> bool {
        self.profile().has_key_password
    }

    /// Whether `AT+CSSLCFG` has `"password"`, a file with the password of the client's key.
    pub const fn has_password_file(self) -> bool {
        self.profile().has_password_file
    }

    /// Whether `AT+CSSLCFG` has `"ciphersuites"`.
    pub const fn has_cipher_suites(self) -> bool {
        self.profile().has_cipher_suites
    }

    /// Whether `AT+CSSLCFG` has `"ignorecertCN"`.
    pub const fn can_ignore_certificate_name(self) -> bool {
        self.profile().can_ignore_certificate_name
    }

    /// Whether sockets and MQTT take their access point from `AT+CGSOCKCONT` (A76 §3).
    pub const fn has_socket_context(self) -> bool {
        self.profile().has_socket_context
    }

    /// Whether `AT+CMQTTSTART` takes the number of a PDP context.
    pub const fn starts_on_any_context(self) -> bool {
        self.profile().starts_on_any_context
    }

    /// The longest time of `AT+CMQTTSTART` until its outcome, by the manual of the family.
    pub const fn start_timeout(self) -> Duration {
        Duration::from_secs(self.profile().start_timeout_s as u64)
    }

    /// The longest time of `AT+CMQTTSTOP` until its outcome (12 s in the manuals that give a time).
    pub const fn stop_timeout(self) -> Duration {
        Duration::from_secs(self.profile().stop_timeout_s as u64)
    }
}

/// Longest topic, topic filter, will topic or will message, in bytes.
pub const TOPIC_LIMIT_BYTES: usize = 1024;
/// Longest client id, in bytes.
pub const CLIENT_ID_LIMIT_BYTES: usize = 128;
/// Longest server address with its `tcp://` and port, in bytes.
pub const ADDRESS_LIMIT_BYTES: usize = 256;
/// Longest user name and longest password, in bytes.
pub const CREDENTIAL_LIMIT_BYTES: usize = 256;
/// Longest keep-alive interval, in seconds (18 hours).
pub const KEEP_ALIVE_LIMIT_S: u16 = 64_800;
/// Longest payload that any family announces for a received message, in bytes.
pub const RECEIVED_PAYLOAD_LIMIT_BYTES: u16 = 10_240;
/// Longest `<pub_timeout>` and `<timeout>` of publish and disconnect, in seconds.
pub const TIMEOUT_LIMIT_S: u16 = 180;
/// Default, and longest, `"optimeout"` of `AT+CMQTTCFG`, in seconds.
pub const OPERATION_TIMEOUT_S: u16 = 120;
/// Shortest `"optimeout"`, in seconds.
pub const SHORTEST_OPERATION_TIMEOUT_S: u16 = 20;
/// Longest password of a client's key, in bytes.
pub const KEY_PASSWORD_LIMIT_BYTES: usize = 128;
/// The highest number of an SSL context; the lowest is 0.
pub const LAST_SSL_CONTEXT: u16 = 9;
/// Shortest `"negotiatetime"` of `AT+CSSLCFG`, in seconds.
pub const SHORTEST_NEGOTIATION_S: u16 = 10;
/// Longest `"negotiatetime"` of `AT+CSSLCFG`, and its default, in seconds.
pub const LONGEST_NEGOTIATION_S: u16 = 300;
/// Shortest name of a certificate with its extension, in bytes.
pub const SHORTEST_FILE_NAME_BYTES: usize = 5;
/// Longest name of a certificate with its extension, in bytes.
pub const LONGEST_FILE_NAME_BYTES: usize = 108;
/// Longest certificate or key, in bytes.
pub const CERTIFICATE_LIMIT_BYTES: usize = 10_240;

/// How long the driver waits for each kind of answer.
///
/// The defaults follow the manuals. START and STOP have times of their own. CONNECT, SUB and UNSUB may take as long as
/// the module's `"optimeout"`, PUB and DISC as long as the timeout in the command; the driver adds a margin to these.
/// Everything else, a prompt included, is answered within 9 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timeouts {
    /// Time for a prompt, and for the final result of a command that has no outcome line.
    pub(crate) command_ms: u32,
    /// Time for the outcome of `AT+CMQTTSTART`.
    pub(crate) start_ms: u32,
    /// Time for the outcome of `AT+CMQTTSTOP`.
    pub(crate) stop_ms: u32,
    /// Time for the outcome of CONNECT, SUB and UNSUB.
    pub(crate) operation_ms: u32,
}

/// The margin that the driver adds to a timeout that the module runs itself: the module reports its own timeout (code
/// 17) before the driver's ends.
const MARGIN_MS: u32 = 5_000;

/// How long the driver waits for an operation with a timeout of `seconds` in the module.
pub(crate) const fn with_margin_ms(seconds: u32) -> u32 {
    seconds.saturating_mul(1000).saturating_add(MARGIN_MS)
}

/// `duration` in milliseconds, limited to [`LONGEST_WAIT_MS`].
pub(crate) const fn milliseconds(duration: Duration) -> u32 {
    let seconds = saturating_u32(duration.as_secs());
    if seconds >= LONGEST_WAIT_MS / 1000 {
        return LONGEST_WAIT_MS;
    }
    seconds * 1000 + duration.subsec_millis()
}

impl Timeouts {
    /// The timeouts that the manuals of `family` require.
    pub const fn of(family: Family) -> Self {
        Self {
            command_ms: 9_000,
            start_ms: milliseconds(family.start_timeout()) + MARGIN_MS,
            stop_ms: milliseconds(family.stop_timeout()) + MARGIN_MS,
            operation_ms: with_margin_ms(OPERATION_TIMEOUT_S as u32),
        }
    }

    /// Time for a prompt, and for the final result of a command that has no outcome line (9 s).
    #[must_use]
    pub const fn command(mut self, timeout: Duration) -> Self {
        self.command_ms = milliseconds(timeout);
        self
    }

    /// Time for the outcome of `AT+CMQTTSTART`.
    #[must_use]
    pub const fn start(mut self, timeout: Duration) -> Self {
        self.start_ms = milliseconds(timeout);
        self
    }

    /// Time for the outcome of `AT+CMQTTSTOP`.
    #[must_use]
    pub const fn stop(mut self, timeout: Duration) -> Self {
        self.stop_ms = milliseconds(timeout);
        self
    }

    /// Time for the outcome of CONNECT, SUB and UNSUB. ClientCommand it above the module's `"optimeout"` (120 s by
    /// default).
    #[must_use]
    pub const fn operation(mut self, timeout: Duration) -> Self {
        self.operation_ms = milliseconds(timeout);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of each family, in the order of the columns of the manuals.
    fn each<T>(value: fn(Family) -> T) -> [T; 4] {
        Family::ALL.map(value)
    }

    #[test]
    fn only_sim767x_limits_payloads_to_4096_bytes() {
        assert_eq!(each(Family::payload_limit), [10_240, 10_240, 10_240, 4096]);
    }

    #[test]
    fn the_version_of_mqtt_is_chosen_in_accq_in_cfg_or_not_at_all() {
        use VersionSetting::{AcquireArgument, Configuration, None};
        assert_eq!(each(Family::version_setting), [None, Configuration, AcquireArgument, Configuration]);
    }

    #[test]
    fn only_a76xx_publishes_and_disconnects_with_less_than_60_seconds() {
        let expected = [60, 1, 60, 60].map(Duration::from_secs);
        assert_eq!(each(Family::shortest_publish_timeout), expected);
        assert_eq!(each(Family::shortest_disconnect_timeout), expected);
    }

    #[test]
    fn a_disconnect_without_timeout_is_in_the_text_of_all_manuals_but_those_of_sim767x() {
        assert_eq!(each(Family::has_disconnect_without_timeout), [true, true, true, false]);
    }

    #[test]
    fn sim767x_stages_no_subscriptions_and_sim7600_at_most_5120_bytes() {
        assert_eq!(each(Family::has_staged_subscriptions), [true, true, true, false]);
        assert_eq!(each(Family::staged_topics_limit), [None, None, Some(5120), None]);
    }

    #[test]
    fn the_newer_manuals_list_subscriptions() {
        assert_eq!(each(Family::lists_subscriptions), [false, true, false, true]);
    }

    #[test]
    fn sim7600_has_no_result_code_35() {
        assert_eq!(each(Family::highest_result_code), [35, 35, 34, 35]);
    }

    #[test]
    fn extra_unsolicited_result_codes_are_those_of_the_newer_manuals() {
        assert_eq!(each(Family::reports_lost_network), [false, true, true, true]);
        assert_eq!(each(Family::reports_pings), [false, false, true, false]);
    }

    #[test]
    fn ssl_settings_differ_in_spelling_and_extras() {
        let usual = "ignorelocaltime";
        assert_eq!(each(Family::ignore_local_time), ["ignorlocaltime", usual, usual, usual]);
        assert_eq!(each(Family::has_key_password), [false, false, true, false]);
        assert_eq!(each(Family::has_password_file), [false, true, false, true]);
        assert_eq!(each(Family::has_cipher_suites), [false, false, true, true]);
        assert_eq!(each(Family::can_ignore_certificate_name), [false, false, false, true]);
    }

    #[test]
    fn only_sim767x_starts_the_service_on_a_context_of_choice() {
        assert_eq!(each(Family::starts_on_any_context), [false, false, false, true]);
    }

    #[test]
    fn start_waits_as_long_as_the_manual_of_the_family_says() {
        assert_eq!(Timeouts::of(Family::A7600).start_ms, 125_000);
        assert_eq!(Timeouts::of(Family::Sim7600).start_ms, 125_000);
        assert_eq!(Timeouts::of(Family::A76xx).start_ms, 17_000);
        assert_eq!(Timeouts::of(Family::Sim767x).start_ms, 17_000);
    }

    #[test]
    fn nothing_takes_longer_than_37_hours() {
        assert_eq!(milliseconds(Duration::MAX), LONGEST_WAIT_MS);
        assert_eq!(milliseconds(Duration::from_secs(36 * 3600)), 36 * 3600 * 1000);
        assert_eq!(milliseconds(Duration::from_millis(1_234)), 1_234);
    }
}
