//! What is set between `AT+CMQTTACCQ` and `AT+CMQTTCONNECT`: configuration and will.

use core::time::Duration;

use super::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect, QoS, Request, check, no_response};
use crate::error::{Parameter, Problem};
use crate::family::{OPERATION_TIMEOUT_S, SHORTEST_OPERATION_TIMEOUT_S, TOPIC_LIMIT_BYTES, VersionSetting};
use crate::saturating::seconds;

/// The version of MQTT that the module speaks to the broker, with the number that the module uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MqttVersion {
    /// MQTT 3.1, the modules' own default.
    V3_1 = 3,
    /// MQTT 3.1.1.
    V3_1_1 = 4,
}

/// One setting of `AT+CMQTTCFG`. `AT+CMQTTREL` clears all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Setting {
    /// `"checkUTF8"`: whether the module refuses topics and filters that are not UTF-8, with code 2 (the module's
    /// default: it does).
    CheckUtf8(bool),
    /// `"optimeout"`: how long an operation may take, 20-120 s (the module's default: 120).
    OperationTimeout(Duration),
    /// `"version"`: the version of MQTT, where the family sets it here.
    Version(MqttVersion),
}

/// `AT+CMQTTCFG=`: one setting of a client that is acquired and not connected (A76 §2.1.17, S67 §2.2.15).
/// An error names the setting: `+CMQTTCFG="version"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cfg {
    /// The client.
    pub client: ClientIndex,
    /// The setting and its value.
    pub setting: Setting,
}

impl Request for Cfg {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        const fn member(name: &'static str) -> CommandInfo {
            CommandInfo::new(name, Answer::Plain).effect(Effect::Configure)
        }
        let (info, value) = match self.setting {
            Setting::CheckUtf8(check) => (const { &member("+CMQTTCFG=\"checkUTF8\"") }, check.into()),
            Setting::OperationTimeout(timeout) => {
                let seconds = seconds(timeout);
                let (least, most) = (SHORTEST_OPERATION_TIMEOUT_S, OPERATION_TIMEOUT_S);
                writer.check(Parameter::OperationTimeout, check::range(seconds, least, most));
                (const { &member("+CMQTTCFG=\"optimeout\"") }, seconds)
            }
            Setting::Version(version) => {
                if writer.family().version_setting() != VersionSetting::Configuration {
                    writer.refuse(Parameter::Version, Problem::NotInFamily);
                }
                (const { &member("+CMQTTCFG=\"version\"") }, version as u32)
            }
        };
        writer.command(info).of_client(self.client).comma_number(self.client.number().into()).comma_number(value);
    }
}

/// `AT+CMQTTWILLTOPIC=`: the topic of the will, 1-1024 bytes (A76 §2.1.6, S67 §2.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WillTopic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic. It is UTF-8, unless [`Setting::CheckUtf8`] is off.
    pub topic: &'a [u8],
}

impl Request for WillTopic<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .client_command(
                const { &CommandInfo::new("+CMQTTWILLTOPIC", Answer::Plain).effect(Effect::Configure) },
                self.client,
            )
            .topic(self.topic, Parameter::WillTopic);
    }

    fn data(&self) -> &[u8] {
        self.topic
    }
}

/// `AT+CMQTTWILLMSG=`: the message of the will, 1-1024 bytes (A76 §2.1.7, S67 §2.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WillMsg<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The message, any bytes.
    pub message: &'a [u8],
    /// The quality of service with which the broker publishes it.
    pub qos: QoS,
}

impl Request for WillMsg<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .client_command(
                const { &CommandInfo::new("+CMQTTWILLMSG", Answer::Plain).effect(Effect::Configure) },
                self.client,
            )
            .announce_within(self.message.len(), TOPIC_LIMIT_BYTES, Parameter::WillMessage)
            .comma_number(self.qos as u32);
    }

    fn data(&self) -> &[u8] {
        self.message
    }
}

no_response!(Cfg, WillTopic<'_>, WillMsg<'_>);
