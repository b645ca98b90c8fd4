//! The commands of the steps, most of them for the options.

use core::time::Duration;

use super::{Connect, Step};
use crate::command::{
    self, Accq, AccqRead, Cfg, CommandWriter, ConnectRead, Disc, DiscRead, EchoOff, MqttVersion, Rel, Request, Setting,
    Start, WillMsg, WillTopic,
};
use crate::family::{Family, VersionSetting};
use crate::options::ConnectOptions;
use crate::procedure::disconnect::DISCONNECT_TIMEOUT;
use crate::tls::TlsRequest;

/// What is sent between ACCQ and CONNECT.
enum Configuration {
    Version,
    OperationTimeout,
    CheckUtf8,
    WillTopic,
    WillMessage,
    /// What TLS adds; behind the last setting of the SSL context there is nothing.
    Tls(TlsRequest),
}

impl Configuration {
    /// The place that is no command, but says how long CONNECT may take over TLS.
    const CONNECT_TIME: u8 = 5;

    /// What has this place in the order. A place is empty where the options require nothing there.
    const fn at(place: u8) -> Self {
        match place {
            0 => Self::Version,
            1 => Self::OperationTimeout,
            2 => Self::CheckUtf8,
            3 => Self::WillTopic,
            4 => Self::WillMessage,
            Self::CONNECT_TIME => Self::Tls(TlsRequest::ConnectTime),
            6.. => Self::Tls(TlsRequest::Setting(place - 6)),
        }
    }
}

impl Connect<'_> {
    /// Describes the command of a step.
    pub(super) fn describe(&self, step: Step, writer: &mut CommandWriter<'_>) {
        let client = self.client;
        match step {
            Step::EchoOff => EchoOff.describe(writer),
            Step::AccqRead => AccqRead.describe(writer),
            Step::Start => Start.describe(writer),
            Step::DiscRead | Step::OutcomeRead => DiscRead.describe(writer),
            Step::ConnectRead => ConnectRead.describe(writer),
            Step::Disc => Disc { client, timeout: DISCONNECT_TIMEOUT }.describe(writer),
            Step::Rel => Rel { client }.describe(writer),
            Step::Accq => self.describe_accq(writer),
            Step::Configure | Step::Connect => {
                let place = if step == Step::Connect {
                    self.describe_connect(writer);
                    Configuration::CONNECT_TIME
                } else {
                    self.place
                };
                self.describe_configuration(place, writer);
            }
            Step::Sslcfg => self.describe_sslcfg(writer),
            Step::Begin => self.describe_all(writer),
            Step::Busy | Step::OutcomeWait | Step::Done => {}
        }
    }

    /// Describes every command with arguments of the user, and what follows their prompts.
    fn describe_all(&self, writer: &mut CommandWriter<'_>) {
        // A version that is asked for is another option than the same one by default, which may have been skipped.
        writer.byte(self.options.version.is_some().into());
        for step in [Step::Accq, Step::Sslcfg, Step::Connect] {
            self.describe(step, writer);
        }
        let mut place = 0;
        while let Some(next) = self.next_place(place, writer.family()) {
            self.describe_configuration(next, writer);
            writer.bytes(self.data_at(next));
            place = next + 1;
        }
    }

    fn describe_accq(&self, writer: &mut CommandWriter<'_>) {
        let &ConnectOptions { client_id, ref broker, .. } = self.options;
        let version = match writer.family().version_setting() {
            VersionSetting::AcquireArgument => self.version,
            VersionSetting::None | VersionSetting::Configuration => None,
        };
        Accq { client: self.client, client_id, server_type: broker.server_type(), version }.describe(writer);
    }

    fn describe_connect(&self, writer: &mut CommandWriter<'_>) {
        let &ConnectOptions { ref broker, user, password, keep_alive_s, clean_session, .. } = self.options;
        let (client, host, port) = (self.client, broker.host, broker.port);
        let keep_alive = Duration::from_secs(keep_alive_s.into());
        command::Connect { client, host, port, keep_alive, clean_session, user, password }.describe(writer);
    }

    fn describe_sslcfg(&self, writer: &mut CommandWriter<'_>) {
        if let Some(tls) = self.options.broker.tls {
            tls.describe_context(self.client, writer);
        }
    }

    /// Describes the command of this place, if there is one.
    fn describe_configuration(&self, place: u8, writer: &mut CommandWriter<'_>) {
        let (client, options) = (self.client, self.options);
        let setting = match (Configuration::at(place), options.will, options.broker.tls) {
            (Configuration::Version, ..) => self.version(writer.family()).map(Setting::Version),
            (Configuration::OperationTimeout, ..) => options
                .operation_timeout_s
                .map(|timeout| Setting::OperationTimeout(Duration::from_secs(timeout.into()))),
            (Configuration::CheckUtf8, ..) => (!options.check_utf8).then_some(Setting::CheckUtf8(false)),
            (Configuration::WillTopic, Some(will), _) => {
                return WillTopic { client, topic: will.topic }.describe(writer);
            }
            (Configuration::WillMessage, Some(will), _) => {
                return WillMsg { client, message: will.message, qos: will.qos }.describe(writer);
            }
            (Configuration::Tls(request), _, Some(tls)) => return tls.describe(request, self.skipped, writer),
            (Configuration::WillTopic | Configuration::WillMessage | Configuration::Tls(_), ..) => None,
        };
        if let Some(setting) = setting {
            Cfg { client, setting }.describe(writer);
        }
    }

    /// The version for `AT+CMQTTCFG`, where the family sets it there: 3.1.1 unless the user chose another.
    fn version(&self, family: Family) -> Option<MqttVersion> {
        match family.version_setting() {
            VersionSetting::Configuration => self.version,
            VersionSetting::AcquireArgument => None,
            // A family without the setting refuses a choice when it is checked.
            VersionSetting::None => self.options.version,
        }
    }

    /// The first place from this one on at which there is a command.
    pub(super) fn next_place(&self, mut place: u8, family: Family) -> Option<u8> {
        loop {
            let mut writer = CommandWriter::checking(family);
            self.describe_configuration(place, &mut writer);
            if !writer.is_blank() {
                return Some(place);
            }
            if matches!(Configuration::at(place), Configuration::Tls(TlsRequest::Setting(_))) {
                return None;
            }
            place += 1;
        }
    }

    /// The SSL context is named before every CONNECT: a failed one, and DISC, clear it.
    pub(super) const fn connect_step(&self) -> Step {
        if self.options.broker.tls.is_some() { Step::Sslcfg } else { Step::Connect }
    }

    /// The data of the command of this place.
    pub(super) fn data_at(&self, place: u8) -> &[u8] {
        match (Configuration::at(place), self.options.will) {
            (Configuration::WillTopic, Some(will)) => will.topic,
            (Configuration::WillMessage, Some(will)) => will.message,
            _ => &[],
        }
    }
}
