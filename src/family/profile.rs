//! What distinguishes the families: one profile for each.

use super::{Family, VersionSetting};

/// Everything in which a family differs from the others. The methods of [`Family`] say what each field means.
pub(crate) struct Profile {
    pub(super) payload_limit_bytes: u16,
    pub(super) staged_topics_limit_bytes: Option<usize>,
    pub(super) version_setting: VersionSetting,
    pub(crate) shortest_publish_timeout_s: u8,
    pub(crate) shortest_disconnect_timeout_s: u8,
    pub(super) has_disconnect_without_timeout: bool,
    pub(super) has_staged_subscriptions: bool,
    pub(super) lists_subscriptions: bool,
    pub(super) highest_result_code: u8,
    pub(super) reports_lost_network: bool,
    pub(super) reports_pings: bool,
    pub(super) ignore_local_time: &'static str,
    pub(super) has_key_password: bool,
    pub(super) has_password_file: bool,
    pub(super) has_cipher_suites: bool,
    pub(super) can_ignore_certificate_name: bool,
    pub(super) has_socket_context: bool,
    pub(super) starts_on_any_context: bool,
    pub(super) start_timeout_s: u8,
    pub(super) stop_timeout_s: u8,
    /// Usual length of the pulse on PWRKEY that switches on.
    pub(crate) power_on_pulse_ms: u16,
    /// Usual length of the pulse on PWRKEY that switches off.
    pub(crate) power_off_pulse_ms: u16,
    /// Usual length of the pulse on RESET.
    pub(crate) reset_pulse_ms: u16,
}

impl Family {
    /// The profile of the family. By value: where one field is read, no more than that field of each family is compiled
    /// in.
    #[inline]
    pub(crate) const fn profile(self) -> Profile {
        match self {
            Self::A7600 => A7600,
            Self::A76xx => A76XX,
            Self::Sim7600 => SIM7600,
            Self::Sim767x => SIM767X,
        }
    }
}

const A7600: Profile = Profile {
    payload_limit_bytes: 10_240,
    staged_topics_limit_bytes: None,
    version_setting: VersionSetting::None,
    shortest_publish_timeout_s: 60,
    shortest_disconnect_timeout_s: 60,
    has_disconnect_without_timeout: true,
    has_staged_subscriptions: true,
    lists_subscriptions: false,
    highest_result_code: 35,
    reports_lost_network: false,
    reports_pings: false,
    ignore_local_time: "ignorlocaltime",
    has_key_password: false,
    has_password_file: false,
    has_cipher_suites: false,
    can_ignore_certificate_name: false,
    has_socket_context: true,
    starts_on_any_context: false,
    start_timeout_s: 120,
    stop_timeout_s: 12,
    power_on_pulse_ms: 500,
    power_off_pulse_ms: 3_000,
    reset_pulse_ms: 2_500,
};

const A76XX: Profile = Profile {
    payload_limit_bytes: 10_240,
    staged_topics_limit_bytes: None,
    version_setting: VersionSetting::Configuration,
    shortest_publish_timeout_s: 1,
    shortest_disconnect_timeout_s: 1,
    has_disconnect_without_timeout: true,
    has_staged_subscriptions: true,
    lists_subscriptions: true,
    highest_result_code: 35,
    reports_lost_network: true,
    reports_pings: false,
    ignore_local_time: "ignorelocaltime",
    has_key_password: false,
    has_password_file: true,
    has_cipher_suites: false,
    can_ignore_certificate_name: false,
    has_socket_context: false,
    starts_on_any_context: false,
    start_timeout_s: 12,
    stop_timeout_s: 12,
    power_on_pulse_ms: 1_000,
    power_off_pulse_ms: 3_000,
    reset_pulse_ms: 2_500,
};

const SIM7600: Profile = Profile {
    payload_limit_bytes: 10_240,
    staged_topics_limit_bytes: Some(5_120),
    version_setting: VersionSetting::AcquireArgument,
    shortest_publish_timeout_s: 60,
    shortest_disconnect_timeout_s: 60,
    has_disconnect_without_timeout: true,
    has_staged_subscriptions: true,
    lists_subscriptions: false,
    highest_result_code: 34,
    reports_lost_network: true,
    reports_pings: true,
    ignore_local_time: "ignorelocaltime",
    has_key_password: true,
    has_password_file: false,
    has_cipher_suites: true,
    can_ignore_certificate_name: false,
    has_socket_context: false,
    starts_on_any_context: false,
    start_timeout_s: 120,
    stop_timeout_s: 12,
    power_on_pulse_ms: 500,
    power_off_pulse_ms: 3_000,
    reset_pulse_ms: 300,
};

const SIM767X: Profile = Profile {
    payload_limit_bytes: 4_096,
    staged_topics_limit_bytes: None,
    version_setting: VersionSetting::Configuration,
    shortest_publish_timeout_s: 60,
    shortest_disconnect_timeout_s: 60,
    has_disconnect_without_timeout: false,
    has_staged_subscriptions: false,
    lists_subscriptions: true,
    highest_result_code: 35,
    reports_lost_network: true,
    reports_pings: false,
    ignore_local_time: "ignorelocaltime",
    has_key_password: false,
    has_password_file: true,
    has_cipher_suites: true,
    can_ignore_certificate_name: true,
    has_socket_context: false,
    starts_on_any_context: true,
    start_timeout_s: 12,
    stop_timeout_s: 12,
    power_on_pulse_ms: 500,
    power_off_pulse_ms: 3_000,
    reset_pulse_ms: 2_500,
};
