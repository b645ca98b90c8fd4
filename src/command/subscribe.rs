//! Subscribing and unsubscribing in the direct form, which every family has, and the list of subscriptions.

use core::fmt;

use super::duplicate::Repeatable;
use super::list::{Listed, Part};
use super::{Answer, ClientIndex, Command, CommandInfo, CommandWriter, Effect, QoS, Request, no_response};
use crate::at::Line;

/// `AT+CMQTTSUB=<client_index>,<req_length>,<qos>`: subscribes to one topic filter of 1-1024 bytes (A76 §2.1.14, S67
/// §2.2.13). [`Duplicate`](super::Duplicate) sets its dup flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sub<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter. It is UTF-8, unless [`Setting::CheckUtf8`](super::Setting::CheckUtf8) is off.
    pub filter: &'a [u8],
    /// The highest quality of service of the messages to receive.
    pub qos: QoS,
}

impl Sub<'_> {
    pub(crate) const INFO: &'static CommandInfo = &CommandInfo::new("+CMQTTSUB", Answer::Deferred).effect(Effect::Sub);
}

impl Request for Sub<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.client_command(Self::INFO, self.client).filter(self.filter).comma_number(self.qos as u32);
    }

    fn data(&self) -> &[u8] {
        self.filter
    }
}

/// `AT+CMQTTUNSUB=<client_index>,<req_length>,<dup>`: ends the subscription to one topic filter (A76 §2.1.16, S67
/// §2.2.14). [`Duplicate`](super::Duplicate) sets its dup flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsub<'a> {
    /// The client.
    pub client: ClientIndex,
    /// The topic filter. It is UTF-8, unless [`Setting::CheckUtf8`](super::Setting::CheckUtf8) is off.
    pub filter: &'a [u8],
}

impl Unsub<'_> {
    const INFO: &'static CommandInfo = &CommandInfo::new("+CMQTTUNSUB", Answer::Deferred).effect(Effect::Unsub);

    /// Describes the command for a filter of this length, whose bytes come from another source.
    pub(crate) fn describe_for(writer: &mut CommandWriter<'_>, client: ClientIndex, length: u16) {
        writer.client_command(Self::INFO, client).announce(length.into()).comma_number(0);
    }
}

impl Request for Unsub<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        self.describe_with(writer, false);
    }

    fn data(&self) -> &[u8] {
        self.filter
    }
}

no_response!(Sub<'_>, Unsub<'_>);

impl Repeatable for Sub<'_> {
    fn describe_with(&self, writer: &mut CommandWriter<'_>, duplicate: bool) {
        self.describe(writer);
        if duplicate {
            writer.comma_number(1);
        }
    }
}

impl Repeatable for Unsub<'_> {
    fn describe_with(&self, writer: &mut CommandWriter<'_>, duplicate: bool) {
        writer.client_command(Self::INFO, self.client).filter(self.filter).comma_number(duplicate.into());
    }
}

/// `AT+CMQTTSUB?`: all topic filters that both clients are subscribed to, of any length (S67 §2.2.13). It is refused
/// before a byte is sent where the [family](crate::Family::lists_subscriptions) does not list them.
///
/// The response is their number. The filters go to a handler as they arrive, each in one or more [parts](Part). A
/// command is shared while it is answered, so the handler is an `Fn`: keep what it changes in a `Cell` or `RefCell`,
/// and use [`Modem::execute_local`](crate::Modem::execute_local):
///
/// ```
/// use core::cell::RefCell;
/// use simcom_mqtt::command::{Part, SubRead};
///
/// let topics = RefCell::new(String::new());
/// let list = SubRead::new(|part: Part<'_>| {
///     let mut topics = topics.borrow_mut();
///     if part.is_first() {
///         topics.push('\n');
///     }
///     topics.push_str(&String::from_utf8_lossy(part.bytes()));
/// });
/// # let _ = list;
/// ```
///
/// The module sends filters on lines of their own, which cannot be distinguished from other lines. A filter `OK` ends
/// the list. A URC in between, such as `PB DONE`, is taken for a filter.
#[derive(Clone, Copy)]
pub struct SubRead<H> {
    handler: H,
}

impl<H: Fn(Part<'_>)> SubRead<H> {
    /// A query that passes the topic filters to `handler`.
    pub const fn new(handler: H) -> Self {
        Self { handler }
    }
}

/// Describes `AT+CMQTTSUB?`.
pub(crate) fn describe_read<'a, 'w>(writer: &'a mut CommandWriter<'w>) -> &'a mut CommandWriter<'w> {
    writer.command(const { &CommandInfo::new("+CMQTTSUB", Answer::Text) }).byte(b'?')
}

impl<H> fmt::Debug for SubRead<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubRead").finish_non_exhaustive()
    }
}

impl<H: Fn(Part<'_>)> Request for SubRead<H> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let is_known = writer.family().lists_subscriptions();
        describe_read(writer).known(is_known);
    }
}

impl<H: Fn(Part<'_>)> Command for SubRead<H> {
    type Response = Listed;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        response.line(line, "+CMQTTSUB", &mut &self.handler);
    }

    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        response.part(bytes, &mut &self.handler);
    }
}
