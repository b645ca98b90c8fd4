//! The service that both clients share.

use super::network::check_context;
use super::{Answer, CommandInfo, CommandWriter, Effect, Request, no_response};
use crate::error::Parameter;

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

/// `AT+CMQTTSTART=<cid>`: the same on a PDP context of the user's choice (SIM767XX V1.06). Not every firmware of
/// SIM767x has it, and no other family.
///
/// `connect` continues with a service that was started in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartContext {
    /// The PDP context, 1-15.
    pub context: u8,
}

impl Request for StartContext {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let is_known = writer.family().starts_on_any_context();
        writer
            .command(Start::INFO)
            .known(is_known)
            .byte(b'=')
            .number(self.context.into())
            .check(Parameter::PdpContext, check_context(self.context));
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

no_response!(Start, StartContext, Stop);
