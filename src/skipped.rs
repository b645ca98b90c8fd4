//! Which defaults of `connect` the module's firmware has refused.

/// Settings that the user did not ask for and the module's firmware has refused, from `Client::skipped_settings`.
///
/// `connect` goes on without them, and does not send them again before the module restarts. A setting that was asked
/// for is never skipped, nor is what verifies a server: `connect` fails where one of these is refused.
///
/// ```
/// use simcom_mqtt::SkippedSettings;
///
/// assert!(SkippedSettings::default().is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SkippedSettings(u8);

impl SkippedSettings {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const MQTT_VERSION: Self = Self(1);
    pub(crate) const SSL_VERSION: Self = Self(1 << 1);
    pub(crate) const NEGOTIATION_TIME: Self = Self(1 << 2);
    pub(crate) const SNI: Self = Self(1 << 3);

    /// Whether nothing was skipped.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// MQTT 3.1.1, which is `AT+CMQTTCFG="version"` or the fourth argument of `AT+CMQTTACCQ`: the module speaks the
    /// version of its own choice, by the manuals 3.1.
    pub const fn mqtt_version(self) -> bool {
        self.has(Self::MQTT_VERSION)
    }

    /// `"sslversion"`: the SSL context has the versions of TLS that it had before.
    pub const fn ssl_version(self) -> bool {
        self.has(Self::SSL_VERSION)
    }

    /// `"negotiatetime"`: the handshake may take as long as the module says, by the manuals 300 s.
    pub const fn negotiation_time(self) -> bool {
        self.has(Self::NEGOTIATION_TIME)
    }

    /// `"enableSNI"`: the handshake may not name the server, which several cloud brokers require.
    pub const fn sni(self) -> bool {
        self.has(Self::SNI)
    }

    pub(crate) const fn has(self, setting: Self) -> bool {
        self.0 & setting.0 != 0
    }

    pub(crate) const fn add(&mut self, setting: Self) {
        self.0 |= setting.0;
    }
}
