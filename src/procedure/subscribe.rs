//! Subscribes to one topic filter.

#[cfg(test)]
mod tests;

use crate::at::{Line, without_blanks};
use crate::command::{ClientIndex, CommandWriter, Request, Sub, describe_read};
use crate::session::{ClientState, Failure, Next, Procedure, Session};

/// Whether the outcome of a SUB of this client is not known and the module can be asked: it lists its subscriptions. It
/// does not say which client has them, so the other one must have none.
pub(super) fn can_ask(failure: Failure, client: ClientIndex, session: &Session) -> bool {
    matches!(failure, Failure::OutcomeUnknown | Failure::OutcomeGarbled)
        && session.family.lists_subscriptions()
        && session.lifecycle.client(client.other()).state == ClientState::Released
}

/// Whether a line of the answer to `AT+CMQTTSUB?` is this topic filter (S67 §2.2.13), which stands alone or behind the
/// name of the command. One that is longer than a line is not looked for: its outcome stays unknown.
pub(super) fn names(line: Line<'_>, filter: &[u8]) -> bool {
    let bytes = line.bytes();
    let listed = line.parameters(Sub::INFO.name).map_or(bytes, |parameters| without_blanks(parameters.rest()));
    !line.is_cut() && listed.iter().eq(filter)
}

/// Subscribes to one topic filter: as [`Client::subscribe`](crate::Client::subscribe).
#[derive(Debug)]
pub struct Subscribe<'a> {
    sub: Sub<'a>,
    /// SUB has no known outcome, and `AT+CMQTTSUB?` is sent: whether the module has listed the filter.
    listed: Option<bool>,
}

impl<'a> Subscribe<'a> {
    /// Sends this command.
    pub const fn new(sub: Sub<'a>) -> Self {
        Self { sub, listed: None }
    }
}

/// What follows a command whose outcome can be asked for, or that query.
pub(super) fn follow(
    last: Option<Result<(), Failure>>,
    listed: &mut Option<bool>,
    can_ask: impl FnOnce(Failure) -> bool,
) -> Result<Next, Failure> {
    match (last, *listed) {
        (None, _) => Ok(Next::Command),
        (Some(_), Some(false)) => Err(Failure::OutcomeUnknown),
        (Some(Err(failure)), None) if can_ask(failure) => {
            *listed = Some(false);
            Ok(Next::Command)
        }
        (Some(Err(failure)), None) => Err(failure),
        (Some(_), _) => Ok(Next::Done),
    }
}

impl Procedure for Subscribe<'_> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        follow(last, &mut self.listed, |failure| can_ask(failure, self.sub.client, session))
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        if self.listed.is_some() {
            describe_read(writer);
        } else {
            self.sub.describe(writer);
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(self.sub.data())
    }

    fn line(&mut self, line: Line<'_>) {
        if names(line, self.sub.filter) {
            self.listed = Some(true);
        }
    }
}
