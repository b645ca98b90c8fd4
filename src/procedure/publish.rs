//! TOPIC, PAYLOAD, PUB.

#[cfg(test)]
mod tests;

use core::time::Duration;

use crate::command::{ClientIndex, CommandWriter, Payload, Pub, Request, Topic};
use crate::error::InvalidInput;
use crate::family::Family;
use crate::options::Publish;
use crate::session::{Failure, Next, Procedure, Session};

/// The command of a publish that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Begin,
    Topic,
    Payload,
    Pub,
}

/// Publishes one message: as [`Client::publish`](crate::Client::publish). An empty payload has no PAYLOAD command (A76
/// §3.5, S67 §3.5).
#[derive(Debug)]
pub struct PublishMessage<'a> {
    client: ClientIndex,
    message: &'a Publish<'a>,
    step: Step,
    /// Bytes of the payload.
    length: usize,
    /// The payload comes from a source.
    has_source: bool,
}

impl<'a> PublishMessage<'a> {
    /// Publishes this message.
    pub const fn new(client: ClientIndex, message: &'a Publish<'a>) -> Self {
        Self { client, message, step: Step::Begin, length: message.payload.len(), has_source: false }
    }

    /// Publishes `length` bytes in place of the message's payload, which the caller sends when
    /// [`Outgoing::Source`](crate::sans_io::Outgoing::Source) asks for them: as
    /// [`Client::publish_from`](crate::Client::publish_from).
    pub const fn announced(client: ClientIndex, message: &'a Publish<'a>, length: usize) -> Self {
        Self { client, message, step: Step::Begin, length, has_source: true }
    }

    /// As [`announced`](Self::announced), at a later step.
    #[cfg(feature = "outbox")]
    pub(crate) const fn at(step: Step, client: ClientIndex, message: &'a Publish<'a>, length: usize) -> Self {
        Self { client, message, step, length, has_source: true }
    }

    #[cfg(feature = "outbox")]
    pub(crate) const fn step(&self) -> Step {
        self.step
    }

    const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl Publish<'_> {
    /// Checks whether a module of this family can take the message, as every call that publishes one does.
    ///
    /// # Errors
    ///
    /// Which of topic, payload and timeout is wrong, and how.
    pub fn check(&self, family: Family) -> Result<(), InvalidInput> {
        let mut writer = CommandWriter::checking(family);
        PublishMessage::new(ClientIndex::First, self).command(&mut writer);
        writer.checked()
    }
}

impl Procedure for PublishMessage<'_> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        if let Some(result) = last {
            result?;
        }
        self.step = match self.step {
            Step::Begin => {
                let staging = &mut session.lifecycle.client_mut(self.client).staging;
                if self.is_empty()
                    && let Err(reason) = staging.check_no_payload()
                {
                    session.attribute_error_to(Pub::INFO);
                    return Err(Failure::Illegal(reason));
                }
                Step::Topic
            }
            Step::Topic if !self.is_empty() => Step::Payload,
            Step::Topic | Step::Payload => Step::Pub,
            Step::Pub => return Ok(Next::Done),
        };
        Ok(Next::Command)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        let (client, message) = (self.client, self.message);
        if matches!(self.step, Step::Begin | Step::Topic) {
            let topic = message.topic;
            Topic { client, topic }.describe(writer);
        }
        if matches!(self.step, Step::Begin | Step::Payload) && !self.is_empty() {
            Payload::announced(client, self.length).describe(writer);
        }
        if matches!(self.step, Step::Begin | Step::Pub) {
            let &Publish { qos, retained, duplicate, timeout_s, .. } = message;
            let timeout = Duration::from_secs(timeout_s.into());
            Pub { client, qos, timeout, retained, duplicate }.describe(writer);
        }
    }

    fn data(&self) -> Option<&[u8]> {
        match (self.step, self.has_source) {
            (Step::Payload, true) => None,
            (Step::Payload, false) => Some(self.message.payload),
            _ => Some(self.message.topic),
        }
    }
}
