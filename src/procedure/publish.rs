//! TOPIC, PAYLOAD, PUB.

use crate::command::{ClientIndex, Payload, Pub, Request, Topic};
use crate::error::{CommandName, Error, Illegal};
use crate::options::Publish;
use crate::session::{Next, Procedure, Session};

#[derive(Clone, Copy)]
enum Step {
    Begin,
    Topic,
    Payload,
    Pub,
}

/// Publishes one message. An empty payload has no PAYLOAD command (A76 §3.5, S67 §3.5).
pub(crate) struct PublishMessage<'a> {
    client: ClientIndex,
    message: &'a Publish<'a>,
    step: Step,
    /// The length of a payload that comes from a source.
    announced: Option<usize>,
}

impl<'a> PublishMessage<'a> {
    pub(crate) const fn new(client: ClientIndex, message: &'a Publish<'a>) -> Self {
        Self { client, message, step: Step::Begin, announced: None }
    }

    /// `length` bytes of a source take the place of the message's payload.
    pub(crate) const fn announced(client: ClientIndex, message: &'a Publish<'a>, length: usize) -> Self {
        Self { client, message, step: Step::Begin, announced: Some(length) }
    }

    fn payload(&self) -> Payload<'a> {
        match self.announced {
            Some(length) => Payload::announced(self.client, length),
            None => Payload::new(self.client, self.message.payload),
        }
    }

    const fn topic(&self) -> Topic<'a> {
        Topic { client: self.client, topic: self.message.topic }
    }

    const fn publish(&self) -> Pub {
        let &Publish { qos, retained, duplicate, timeout, .. } = self.message;
        Pub { client: self.client, qos, timeout, retained, duplicate }
    }

    fn is_empty(&self) -> bool {
        self.payload().data_length() == 0
    }
}

impl Procedure for PublishMessage<'_> {
    fn check(&self, session: &Session) -> Result<(), Error> {
        self.topic().check(session.family)?;
        if !self.is_empty() {
            self.payload().check(session.family)?;
        }
        self.publish().check(session.family)?;
        Ok(())
    }

    fn next(&mut self, session: &mut Session, last: Option<Result<(), Error>>) -> Result<Next, Error> {
        if let Some(result) = last {
            result?;
        }
        let life = session.lifecycle.client_mut(self.client);
        self.step = match self.step {
            Step::Begin if self.is_empty() && life.payload_staged => {
                life.acquire_anew = true;
                return Err(Error::Illegal { command: CommandName("+CMQTTPUB"), reason: Illegal::PayloadStaged });
            }
            Step::Begin => Step::Topic,
            Step::Topic if !self.is_empty() => Step::Payload,
            Step::Topic | Step::Payload => Step::Pub,
            Step::Pub => return Ok(Next::Done),
        };
        Ok(Next::Command)
    }

    fn command(&self, visit: &mut dyn FnMut(&dyn Request)) {
        match self.step {
            Step::Begin | Step::Topic => visit(&self.topic()),
            Step::Payload => visit(&self.payload()),
            Step::Pub => visit(&self.publish()),
        }
    }

    fn data(&self) -> Option<&[u8]> {
        match (self.step, self.announced) {
            (Step::Payload, Some(_)) => None,
            (Step::Payload, None) => Some(self.message.payload),
            _ => Some(self.message.topic.as_bytes()),
        }
    }
}
