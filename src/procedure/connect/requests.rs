//! The commands for the options.

use super::{Connect, Step};
use crate::command::{self, Accq, Cfg, CommandWriter, MqttVersion, Request, Setting};
use crate::command::{WillMsg, WillTopic};
use crate::family::{Family, VersionSetting};
use crate::options::ConnectOptions;

/// The first place of the commands that set up the SSL context, of which there may be any number.
const CSSLCFG: u8 = 4;
/// The last place that can be filled: none is behind it, so that there is an end.
const LAST_PLACE: u8 = u8::MAX - 1;

impl Connect<'_> {
    /// Describes every command with arguments of the user.
    pub(super) fn describe_all(&self, writer: &mut CommandWriter<'_>) {
        self.describe_accq(writer);
        let mut step = Step::Accq;
        while step != Step::Connect {
            step = self.following_configuration(step, writer.family());
            self.describe(step, writer);
        }
    }

    pub(super) fn describe_accq(&self, writer: &mut CommandWriter<'_>) {
        let &ConnectOptions { client_id, ref broker, version, .. } = self.options;
        let version = match writer.family().version_setting() {
            VersionSetting::AcquireArgument => Some(version.unwrap_or(MqttVersion::V3_1_1)),
            VersionSetting::None | VersionSetting::Configuration => None,
        };
        Accq { client: self.client, client_id, server_type: broker.server_type(), version }.describe(writer);
    }

    pub(super) fn describe_connect(&self, writer: &mut CommandWriter<'_>) {
        let &ConnectOptions { ref broker, user, password, keep_alive, clean_session, .. } = self.options;
        let (client, host, port) = (self.client, broker.host, broker.port);
        command::Connect { client, host, port, keep_alive, clean_session, user, password }.describe(writer);
    }

    pub(super) fn describe_sslcfg(&self, writer: &mut CommandWriter<'_>) {
        if let Some(tls) = self.options.broker.tls {
            tls.describe_context(self.client, writer);
        }
    }

    /// Describes the setting of this place, if there is one.
    pub(super) fn describe_setting(&self, place: u8, writer: &mut CommandWriter<'_>) {
        let (client, options) = (self.client, self.options);
        let setting = match (place, options.will) {
            (0, _) => self.version(writer.family()).map(Setting::Version),
            (1, _) => options.operation_timeout.map(Setting::OperationTimeout),
            (2, Some(will)) => return WillTopic { client, topic: will.topic }.describe(writer),
            (3, Some(will)) => {
                return WillMsg { client, message: will.message, qos: will.qos }.describe(writer);
            }
            (CSSLCFG..=LAST_PLACE, _) => {
                if let Some(tls) = options.broker.tls {
                    tls.describe(place - CSSLCFG, writer);
                }
                return;
            }
            _ => None,
        };
        if let Some(setting) = setting {
            Cfg { client, setting }.describe(writer);
        }
    }

    /// The version for `AT+CMQTTCFG`, where the family sets it there: 3.1.1 unless the user chose another.
    fn version(&self, family: Family) -> Option<MqttVersion> {
        match family.version_setting() {
            VersionSetting::Configuration => Some(self.options.version.unwrap_or(MqttVersion::V3_1_1)),
            VersionSetting::AcquireArgument => None,
            // A family without the setting refuses a choice when it is checked.
            VersionSetting::None => self.options.version,
        }
    }

    /// The next step after ACCQ or after a setting.
    pub(super) fn following_configuration(&self, step: Step, family: Family) -> Step {
        let mut place = match step {
            Step::Configure(place) => place.saturating_add(1),
            Step::Accq => 0,
            _ => return Step::Connect,
        };
        loop {
            let mut writer = CommandWriter::checking(family);
            self.describe_setting(place, &mut writer);
            if !writer.is_blank() {
                return Step::Configure(place);
            }
            if place >= CSSLCFG {
                return self.connect_step();
            }
            place += 1;
        }
    }

    /// The SSL context is named before every CONNECT: a failed one, and DISC, clear it.
    pub(super) const fn connect_step(&self) -> Step {
        if self.options.broker.tls.is_some() { Step::Sslcfg } else { Step::Connect }
    }

    /// The data of the setting of this place.
    pub(super) fn setting_data(&self, place: u8) -> &[u8] {
        match (place, self.options.will) {
            (2, Some(will)) => will.topic.as_bytes(),
            (3, Some(will)) => will.message,
            _ => &[],
        }
    }

    /// Describes the expected bytes after the opening quote in the answer to the read form.
    pub(super) fn describe_wanted(&self, writer: &mut CommandWriter<'_>) {
        let ConnectOptions { client_id, broker, .. } = self.options;
        if self.step == Step::AccqRead {
            writer.text(client_id).byte(b'"').number(broker.server_type() as u32);
        } else {
            writer.text("tcp://").text(broker.host).byte(b':').number(broker.port.into()).byte(b'"');
        }
    }
}
