//! What is set between `AT+CMQTTACCQ` and `AT+CMQTTCONNECT`: configuration and will.

use super::{Answer, ClientIndex, Descriptor, QoS, Request, Step, check, no_response};
use crate::at::Encoder;
use crate::error::{InvalidInput, Parameter, Problem};
use crate::family::{Family, OPERATION_TIMEOUT, SHORTEST_OPERATION_TIMEOUT, TOPIC_LIMIT, VersionSetting};

/// The version of MQTT that the module speaks to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MqttVersion {
    /// MQTT 3.1, the modules' own default.
    V3_1,
    /// MQTT 3.1.1.
    V3_1_1,
}

impl MqttVersion {
    /// The number that the module uses.
    pub(super) const fn number(self) -> u32 {
        match self {
            Self::V3_1 => 3,
            Self::V3_1_1 => 4,
        }
    }
}

/// One setting of `AT+CMQTTCFG`. All of them are cleared by `AT+CMQTTREL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Setting {
    /// `"checkUTF8"`: whether the module checks topics (its default: it does).
    CheckUtf8(bool),
    /// `"optimeout"`: how long an operation may take, 20-120 s (its default: 120).
    OperationTimeout(u32),
    /// `"version"`: the version of MQTT, where the family sets it here.
    Version(MqttVersion),
}

/// `AT+CMQTTCFG=`: one setting of a client that is acquired and not connected (A76 §2.1.17, S67 §2.2.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cfg {
    /// The client.
    pub client: ClientIndex,
    /// The setting and its value.
    pub setting: Setting,
}

impl Request for Cfg {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTCFG", Answer::Plain).step(Step::Configure) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        let (name, value) = match self.setting {
            Setting::CheckUtf8(check) => ("=\"checkUTF8\"", check.into()),
            Setting::OperationTimeout(seconds) => ("=\"optimeout\"", seconds),
            Setting::Version(version) => ("=\"version\"", version.number()),
        };
        line.text(name).comma_number(self.client.number().into()).comma_number(value);
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        match self.setting {
            Setting::CheckUtf8(_) => Ok(()),
            Setting::OperationTimeout(seconds) => {
                check::range(seconds, SHORTEST_OPERATION_TIMEOUT, OPERATION_TIMEOUT, Parameter::OperationTimeout)
            }
            Setting::Version(_) if family.version_setting() == VersionSetting::Configuration => Ok(()),
            Setting::Version(_) => check::invalid(Parameter::Version, Problem::NotInFamily),
        }
    }
}

/// `AT+CMQTTWILLTOPIC=`: the topic of the will, 1-1024 bytes (A76 §2.1.6, S67 §2.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WillTopic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic.
    pub topic: &'a str,
}

impl Request for WillTopic<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTWILLTOPIC", Answer::Plain).step(Step::Configure) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=').number(self.client.number().into()).comma_number(self.topic.len() as u32);
    }

    fn data(&self) -> &[u8] {
        self.topic.as_bytes()
    }

    fn check(&self, _: Family) -> Result<(), InvalidInput> {
        check::topic(self.topic, Parameter::WillTopic)
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
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTWILLMSG", Answer::Plain).step(Step::Configure) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=')
            .number(self.client.number().into())
            .comma_number(self.message.len() as u32)
            .comma_number(self.qos as u32);
    }

    fn data(&self) -> &[u8] {
        self.message
    }

    fn check(&self, _: Family) -> Result<(), InvalidInput> {
        check::length(self.message, TOPIC_LIMIT, Parameter::WillMessage)
    }
}

no_response!(Cfg, WillTopic<'_>, WillMsg<'_>);
