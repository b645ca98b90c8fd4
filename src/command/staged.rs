//! Subscribing to several topic filters at once, and unsubscribing from them: they are staged one by one, then sent
//! together.
//!
//! SIM767x does not have these commands: there they are refused before a byte is sent.

use super::duplicate::Repeatable;
use super::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect, QoS, Request, no_response};

/// `AT+CMQTTSUBTOPIC=`: stages one topic filter of 1-1024 bytes to subscribe to (A76 §2.1.13); on SIM7600 at most 5120
/// bytes in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtopic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter. It is UTF-8, unless [`Setting::CheckUtf8`](super::Setting::CheckUtf8) is off.
    pub filter: &'a [u8],
    /// The highest quality of service of the messages to receive.
    pub qos: QoS,
}

impl Request for Subtopic<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let is_known = writer.family().has_staged_subscriptions();
        writer
            .command(const { &CommandInfo::new("+CMQTTSUBTOPIC", Answer::Plain).effect(Effect::Subtopic) })
            .known(is_known)
            .client(self.client)
            .filter(self.filter)
            .comma_number(self.qos as u32);
    }

    fn data(&self) -> &[u8] {
        self.filter
    }
}

/// `AT+CMQTTUNSUBTOPIC=`: stages one topic filter of 1-1024 bytes to unsubscribe from (A76 §2.1.15); on SIM7600 at most
/// 5120 bytes in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubtopic<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter. It is UTF-8, unless [`Setting::CheckUtf8`](super::Setting::CheckUtf8) is off.
    pub filter: &'a [u8],
}

impl Request for Unsubtopic<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let is_known = writer.family().has_staged_subscriptions();
        writer
            .command(const { &CommandInfo::new("+CMQTTUNSUBTOPIC", Answer::Plain).effect(Effect::Unsubtopic) })
            .known(is_known)
            .client(self.client)
            .filter(self.filter);
    }

    fn data(&self) -> &[u8] {
        self.filter
    }
}

/// `AT+CMQTTSUB=<client_index>`: subscribes to the staged filters, and clears them (A76 §2.1.14).
/// [`Duplicate`](super::Duplicate) sets its dup flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubStaged {
    /// The client.
    pub client: ClientIndex,
}

impl Repeatable for SubStaged {
    fn describe_with(&self, writer: &mut CommandWriter<'_>, duplicate: bool) {
        self.describe(writer);
        if duplicate {
            writer.comma_number(1);
        }
    }
}

impl Request for SubStaged {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let is_known = writer.family().has_staged_subscriptions();
        writer
            .command(const { &CommandInfo::new("+CMQTTSUB", Answer::Deferred).effect(Effect::Sub) })
            .known(is_known)
            .client(self.client);
    }
}

/// `AT+CMQTTUNSUB=<client_index>,<dup>`: unsubscribes from the staged filters, and clears them (A76 §2.1.16).
/// [`Duplicate`](super::Duplicate) sets its dup flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsubStaged {
    /// The client.
    pub client: ClientIndex,
}

impl Repeatable for UnsubStaged {
    fn describe_with(&self, writer: &mut CommandWriter<'_>, duplicate: bool) {
        let is_known = writer.family().has_staged_subscriptions();
        writer
            .command(const { &CommandInfo::new("+CMQTTUNSUB", Answer::Deferred).effect(Effect::Unsub) })
            .known(is_known)
            .client(self.client)
            .comma_number(duplicate.into());
    }
}

impl Request for UnsubStaged {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        self.describe_with(writer, false);
    }
}

no_response!(Subtopic<'_>, Unsubtopic<'_>, SubStaged, UnsubStaged);
