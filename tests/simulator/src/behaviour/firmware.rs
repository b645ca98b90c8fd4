//! Capabilities of a firmware build. The same model is sold with different builds.

use super::value::choice;
use crate::family::Family;

choice! {
    /// `AT+CCERTDOWN` of a name that exists already.
    CertificateReplace {
        /// The new file replaces the old one.
        Replaced = "replaced",
        /// `OK`, and the old file stays.
        Kept = "kept",
        /// `ERROR`, and the old file stays.
        Error = "error",
    }
}
choice! {
    /// `<err>` of a CONNECT whose SSL context names a file that is not on the module.
    MissingFile {
        /// 33, as where no file is named.
        Code33 = "33",
        /// 34, as where a file cannot be read.
        Code34 = "34",
    }
}

/// Capabilities of the firmware, and its handling of TLS settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// It has the MQTT commands; if not, it answers every one of them with `ERROR`.
    pub mqtt: bool,
    /// It has `AT+CSSLCFG`; if not, it answers every form of it with `ERROR`.
    pub tls: bool,
    /// Settings of `AT+CSSLCFG` that it does not know, separated by commas.
    pub unknown_ssl_settings: String,
    /// Highest `"sslversion"`.
    pub highest_ssl_version: u32,
    /// It has the setting by which the family lets the host choose MQTT 3.1.1.
    pub version_choice: bool,
    /// `"ignorelocaltime"` is accepted and has no effect: validity is always checked.
    pub always_checks_time: bool,
    /// CONNECT with a configured file that does not exist.
    pub missing_file: MissingFile,
    /// Certificates with CR LF line ends can be read; if not, CONNECT fails with 34.
    pub reads_crlf_certificates: bool,
    /// CCERTDOWN of a name that exists already.
    pub certificate_replace: CertificateReplace,
}

impl Firmware {
    pub(super) fn of(family: Family) -> Self {
        Self {
            mqtt: true,
            tls: true,
            unknown_ssl_settings: String::new(),
            highest_ssl_version: 4,
            version_choice: true,
            always_checks_time: false,
            missing_file: if family == Family::A76xx { MissingFile::Code34 } else { MissingFile::Code33 },
            reads_crlf_certificates: true,
            certificate_replace: CertificateReplace::Replaced,
        }
    }

    /// Whether it knows a setting of `AT+CSSLCFG` that its family has.
    pub(crate) fn knows_ssl_setting(&self, setting: &str) -> bool {
        !self.unknown_ssl_settings.split(',').any(|unknown| unknown == setting)
    }
}
