//! The commands that the options come to.

use super::Connect;
use crate::command::{self, Accq, Cfg, MqttVersion, Request, Setting, Sslcfg, WillMsg, WillTopic};
use crate::family::VersionSetting;
use crate::options::ConnectOptions;

impl<'a> Connect<'a> {
    /// Shows one of the commands that set up the SSL context. Returns whether there are so many.
    pub(super) fn csslcfg(&self, place: u8, visit: &mut dyn FnMut(&dyn Request)) -> bool {
        // The last place is never filled, so that the next one can always be counted.
        place < u8::MAX && self.options.broker.tls.is_some_and(|tls| tls.setting(place, self.family, visit))
    }

    pub(super) fn sslcfg(&self) -> Option<Sslcfg> {
        Some(Sslcfg { client: self.client, context: self.options.broker.tls?.context() })
    }

    #[inline(never)] // keeps the image small
    pub(super) fn accq(&self) -> Accq<'a> {
        let &ConnectOptions { client_id, ref broker, version, .. } = self.options;
        let version = match self.family.version_setting() {
            VersionSetting::AcquireArgument => Some(version.unwrap_or(MqttVersion::V3_1_1)),
            VersionSetting::None | VersionSetting::Configuration => None,
        };
        Accq { client: self.client, client_id, server_type: broker.server_type(), version }
    }

    /// The version for `AT+CMQTTCFG`: 3.1.1 unless the user chose, where the family sets it there.
    #[inline(never)] // keeps the image small
    pub(super) fn version_to_configure(&self) -> Option<Cfg> {
        let version = match self.family.version_setting() {
            VersionSetting::Configuration => self.options.version.unwrap_or(MqttVersion::V3_1_1),
            VersionSetting::AcquireArgument => return None,
            // A family without the setting refuses a choice when it is checked.
            VersionSetting::None => self.options.version?,
        };
        Some(Cfg { client: self.client, setting: Setting::Version(version) })
    }

    pub(super) fn operation_timeout(&self) -> Option<Cfg> {
        let seconds = self.options.operation_timeout?;
        Some(Cfg { client: self.client, setting: Setting::OperationTimeout(seconds) })
    }

    pub(super) fn will(&self) -> Option<(WillTopic<'a>, WillMsg<'a>)> {
        let (client, will) = (self.client, self.options.will?);
        Some((WillTopic { client, topic: will.topic }, WillMsg { client, message: will.message, qos: will.qos }))
    }

    #[inline(never)] // keeps the image small
    pub(super) const fn connect(&self) -> command::Connect<'a> {
        let &ConnectOptions { broker, user, password, keep_alive, clean_session, .. } = self.options;
        let (client, host, port) = (self.client, broker.host, broker.port);
        command::Connect { client, host, port, keep_alive, clean_session, user, password }
    }
}
