//! A publish: topic, payload, and the order to send them.

use super::{Answer, ClientIndex, Descriptor, QoS, Request, Step, check, no_response};
use crate::at::Encoder;
use crate::error::{InvalidInput, Parameter, Problem};
use crate::family::{Family, TIMEOUT_LIMIT, Timeouts, with_margin};

/// `AT+CMQTTTOPIC=`: stages the topic of a publish, 1-1024 bytes (A76 §2.1.10, S67 §2.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic, without wildcards.
    pub topic: &'a str,
}

impl Request for Topic<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTTOPIC", Answer::Plain).step(Step::Topic) }
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
        check::topic(self.topic, Parameter::Topic)
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

    /// A payload whose bytes come from elsewhere.
    pub(crate) const fn announced(client: ClientIndex, length: usize) -> Self {
        Self { client, payload: &[], length }
    }
}

impl Request for Payload<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTPAYLOAD", Answer::Plain).step(Step::Payload) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=').number(self.client.number().into()).comma_number(self.length as u32);
    }

    fn data(&self) -> &[u8] {
        self.payload
    }

    fn data_length(&self) -> usize {
        self.length
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        let limit = family.payload_limit();
        match self.length {
            0 => check::invalid(Parameter::Payload, Problem::Empty),
            length if length > limit => check::invalid(Parameter::Payload, Problem::TooLong(limit as u16)),
            _ => Ok(()),
        }
    }
}

/// `AT+CMQTTPUB=`: publishes what is staged, and clears it (A76 §2.1.12, S67 §2.2.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pub {
    /// The client.
    pub client: ClientIndex,
    /// The quality of service. The outcome comes when it is satisfied.
    pub qos: QoS,
    /// How long the module waits for the broker: 60-180 s, from 1 s on A76xx.
    pub timeout: u32,
    /// Whether the broker keeps the message for later subscribers.
    pub retained: bool,
    /// Whether this is the repetition of a publish whose outcome is unknown.
    pub duplicate: bool,
}

impl Request for Pub {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTPUB", Answer::Deferred).step(Step::Pub) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn timeout_milliseconds(&self, _: &Timeouts) -> u32 {
        with_margin(self.timeout)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=')
            .number(self.client.number().into())
            .comma_number(self.qos as u32)
            .comma_number(self.timeout)
            .comma_number(self.retained.into())
            .comma_number(self.duplicate.into());
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        check::range(self.timeout, family.shortest_publish_timeout(), TIMEOUT_LIMIT, Parameter::Timeout)
    }
}

no_response!(Topic<'_>, Payload<'_>, Pub);
