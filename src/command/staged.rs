//! Subscribing to, and unsubscribing from, several topic filters at once: they are staged one by one, then sent together.
//!
//! Not on SIM767x, where these commands are refused before a byte is sent.

use super::duplicate::Repeatable;
use super::{Answer, ClientIndex, Descriptor, QoS, Request, Step, check, no_response};
use crate::at::Encoder;
use crate::error::InvalidInput;
use crate::family::{Family, Timeouts};

/// `AT+CMQTTSUBTOPIC=`: stages one topic filter of 1-1024 bytes to subscribe to (A76 §2.1.13); on SIM7600 no more than 5120
/// bytes in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtopic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter.
    pub filter: &'a str,
    /// The highest quality of service of the messages to receive.
    pub qos: QoS,
}

impl Request for Subtopic<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTSUBTOPIC", Answer::Plain).step(Step::Subtopic) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
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

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        check::known(family.has_staged_subscriptions())?;
        check::filter(self.filter)
    }
}

/// `AT+CMQTTUNSUBTOPIC=`: stages one topic filter of 1-1024 bytes to unsubscribe from (A76 §2.1.15); on SIM7600 no more
/// than 5120 bytes in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubtopic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter.
    pub filter: &'a str,
}

impl Request for Unsubtopic<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTUNSUBTOPIC", Answer::Plain).step(Step::Unsubtopic) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=').number(self.client.number().into()).comma_number(self.filter.len() as u32);
    }

    fn data(&self) -> &[u8] {
        self.filter.as_bytes()
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        check::known(family.has_staged_subscriptions())?;
        check::filter(self.filter)
    }
}

/// `AT+CMQTTSUB=<client_index>`: subscribes to what is staged, and clears it (A76 §2.1.14).
/// [`Duplicate`](super::Duplicate) sets its dup flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubStaged {
    /// The client.
    pub client: ClientIndex,
}

impl Repeatable for SubStaged {
    fn parameters_with(&self, line: &mut Encoder<'_>, duplicate: bool) {
        line.byte(b'=').number(self.client.number().into());
        if duplicate {
            line.comma_number(1);
        }
    }
}

impl Request for SubStaged {
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
        self.parameters_with(line, false);
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        check::known(family.has_staged_subscriptions())
    }
}

/// `AT+CMQTTUNSUB=<client_index>,<dup>`: unsubscribes from what is staged, and clears it (A76 §2.1.16).
/// [`Duplicate`](super::Duplicate) sets its dup flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsubStaged {
    /// The client.
    pub client: ClientIndex,
}

impl Repeatable for UnsubStaged {
    fn parameters_with(&self, line: &mut Encoder<'_>, duplicate: bool) {
        line.byte(b'=').number(self.client.number().into()).comma_number(duplicate.into());
    }
}

impl Request for UnsubStaged {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTUNSUB", Answer::Deferred).step(Step::Unsub) }
    }

    fn client(&self) -> Option<ClientIndex> {
        Some(self.client)
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        timeouts.operation
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        self.parameters_with(line, false);
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        check::known(family.has_staged_subscriptions())
    }
}

no_response!(Subtopic<'_>, Unsubtopic<'_>, SubStaged, UnsubStaged);
