//! Subscribing and unsubscribing, in the direct form that every family has.

use super::{Answer, ClientIndex, Descriptor, QoS, Request, Step, check, no_response};
use crate::at::Encoder;
use crate::error::InvalidInput;
use crate::family::{Family, Timeouts};

/// `AT+CMQTTSUB=<client_index>,<req_length>,<qos>`: subscribes to one topic filter of 1-1024 bytes (A76 §2.1.14, S67
/// §2.2.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sub<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter.
    pub filter: &'a str,
    /// The highest quality of service of the messages to receive.
    pub qos: QoS,
}

impl Request for Sub<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTSUB", Answer::Deferred).step(Step::Sub) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        timeouts.operation
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=')
            .number(self.client.number().into())
            .comma_number(self.filter.len() as u32)
            .comma_number(self.qos as u32);
    }

    fn data(&self) -> &[u8] {
        self.filter.as_bytes()
    }

    fn check(&self, _: Family) -> Result<(), InvalidInput> {
        check::filter(self.filter)
    }
}

/// `AT+CMQTTUNSUB=<client_index>,<req_length>,<dup>`: ends the subscription to one topic filter (A76 §2.1.16, S67
/// §2.2.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsub<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter.
    pub filter: &'a str,
}

impl Unsub<'_> {
    pub(crate) const DESCRIPTOR: &'static Descriptor =
        &Descriptor::new("+CMQTTUNSUB", Answer::Deferred).step(Step::Unsub);

    /// Its parameters for a filter of this length.
    pub(crate) fn parameters_for(line: &mut Encoder<'_>, client: ClientIndex, length: u32) {
        line.byte(b'=').number(client.number().into()).comma_number(length).comma_number(0);
    }
}

impl Request for Unsub<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        Self::DESCRIPTOR
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        timeouts.operation
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        Self::parameters_for(line, self.client, self.filter.len() as u32);
    }

    fn data(&self) -> &[u8] {
        self.filter.as_bytes()
    }

    fn check(&self, _: Family) -> Result<(), InvalidInput> {
        check::filter(self.filter)
    }
}

no_response!(Sub<'_>, Unsub<'_>);
