//! Subscribes to one topic filter.

#[cfg(test)]
mod tests;

use crate::at::Line;
use crate::command::{ClientIndex, CommandWriter, Request, Sub, describe_read};
use crate::session::{ClientState, Failure, Next, Procedure, Session};

/// Whether the outcome of a SUB of this client is not known and the module can be asked: it lists its subscriptions. It
/// does not say which client has them, so the other one must have none.
pub(super) fn can_ask(failure: Failure, client: ClientIndex, session: &Session) -> bool {
    matches!(failure, Failure::OutcomeUnknown | Failure::OutcomeGarbled)
        && session.family.lists_subscriptions()
        && session.lifecycle.client(client.other()).state == ClientState::Released
}

/// Whether a line of the answer to `AT+CMQTTSUB?` is this topic filter (S67 §2.2.13). One that is longer than a line is not
/// looked for: its outcome stays unknown.
pub(super) fn names(line: Line<'_>, filter: &[u8]) -> bool {
    line.bytes().iter().eq(filter) && !line.is_cut()
}

/// Subscribes to one topic filter: as [`Client::subscribe`](crate::Client::subscribe).
#[derive(Debug)]
pub struct Subscribe<'a> {
    sub: Sub<'a>,
    /// SUB has no known outcome: `AT+CMQTTSUB?` is sent.
    is_asking: bool,
    /// The module has listed the filter.
    is_listed: bool,
}

impl<'a> Subscribe<'a> {
    /// Sends this command.
    pub const fn new(sub: Sub<'a>) -> Self {
        Self { sub, is_asking: false, is_listed: false }
    }
}

impl Procedure for Subscribe<'_> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        match last {
            None => Ok(Next::Command),
            Some(_) if self.is_listed => Ok(Next::Done),
            Some(Err(failure)) if !self.is_asking && can_ask(failure, self.sub.client, session) => {
                self.is_asking = true;
                Ok(Next::Command)
            }
            Some(_) if self.is_asking => Err(Failure::OutcomeUnknown),
            Some(last) => last.map(|()| Next::Done),
        }
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        if self.is_asking {
            describe_read(writer);
        } else {
            self.sub.describe(writer);
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(self.sub.data())
    }

    fn line(&mut self, line: Line<'_>) {
        self.is_listed |= names(line, self.sub.filter);
    }
}
