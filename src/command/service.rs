//! The service that both clients share.

use super::{Answer, CommandInfo, CommandWriter, Effect, Request, no_response};

/// `AT+CMQTTSTART`: starts the MQTT service and activates its PDP context (A76 §2.1.1, S67 §2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start;

impl Start {
    pub(crate) const INFO: &'static CommandInfo =
        &CommandInfo::new("+CMQTTSTART", Answer::Deferred).effect(Effect::Start);
}

impl Request for Start {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(Self::INFO);
    }
}

/// `AT+CMQTTSTOP`: stops the service; both clients have to be released (A76 §2.1.2, S67 §2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

impl Stop {
    pub(crate) const INFO: &'static CommandInfo =
        &CommandInfo::new("+CMQTTSTOP", Answer::Deferred).effect(Effect::Stop);
}

impl Request for Stop {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(Self::INFO);
    }
}

no_response!(Start, Stop);
