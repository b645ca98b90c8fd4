//! A publish: topic, payload, and the command that sends them.

use core::time::Duration;

use super::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect, QoS, Request, no_response};
use crate::error::Parameter;
use crate::family::{TIMEOUT_LIMIT_S, with_margin_ms};
use crate::saturating::seconds;

/// `AT+CMQTTTOPIC=`: stages the topic of a publish, 1-1024 bytes (A76 §2.1.10, S67 §2.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic, without wildcards. It is UTF-8, unless [`Setting::CheckUtf8`](super::Setting::CheckUtf8) is off.
    pub topic: &'a [u8],
}

impl Topic<'_> {
    pub(crate) const INFO: &'static CommandInfo = &CommandInfo::new("+CMQTTTOPIC", Answer::Plain).effect(Effect::Topic);
}

impl Request for Topic<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.client_command(Self::INFO, self.client).topic(self.topic, Parameter::Topic);
    }

    fn data(&self) -> &[u8] {
        self.topic
    }
}

/// `AT+CMQTTPAYLOAD=`: stages the payload of a publish, any bytes; 1-10240 of them, 1-4096 on SIM767x (A76 §2.1.11, S67
/// §2.2.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    client: ClientIndex,
    payload: &'a [u8],
    length: usize,
}

impl<'a> Payload<'a> {
    /// A payload from memory.
    pub const fn new(client: ClientIndex, payload: &'a [u8]) -> Self {
        Self { client, payload, length: payload.len() }
    }

    /// A payload whose bytes come from another source.
    pub(crate) const fn announced(client: ClientIndex, length: usize) -> Self {
        Self { client, payload: &[], length }
    }
}

impl Request for Payload<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let limit = writer.family().payload_limit();
        writer
            .client_command(
                const { &CommandInfo::new("+CMQTTPAYLOAD", Answer::Plain).effect(Effect::Payload) },
                self.client,
            )
            .announce_within(self.length, limit, Parameter::Payload);
    }

    fn data(&self) -> &[u8] {
        self.payload
    }
}

/// `AT+CMQTTPUB=`: publishes what is staged, and clears it (A76 §2.1.12, S67 §2.2.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pub {
    /// The client.
    pub client: ClientIndex,
    /// The quality of service. The outcome arrives when it is satisfied.
    pub qos: QoS,
    /// How long the module waits for the broker: 60-180 s, from 1 s on A76xx; in whole seconds.
    pub timeout: Duration,
    /// Whether the broker keeps the message for later subscribers.
    pub retained: bool,
    /// Whether this repeats a publish whose outcome is unknown.
    pub duplicate: bool,
}

impl Pub {
    pub(crate) const INFO: &'static CommandInfo = &CommandInfo::new("+CMQTTPUB", Answer::Deferred).effect(Effect::Pub);
}

impl Request for Pub {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let shortest = u16::from(writer.family().profile().shortest_publish_timeout_s);
        let timeout_s = seconds(self.timeout);
        writer
            .client_command(Self::INFO, self.client)
            .comma_number(self.qos as u32)
            .comma_number_within(timeout_s, shortest, TIMEOUT_LIMIT_S, Parameter::Timeout)
            .comma_number(self.retained.into())
            .comma_number(self.duplicate.into())
            .timeout_milliseconds(with_margin_ms(timeout_s));
    }
}

no_response!(Topic<'_>, Payload<'_>, Pub);
