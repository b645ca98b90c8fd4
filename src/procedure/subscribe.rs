//! Subscribes to one topic filter.

#[cfg(test)]
mod tests;

use super::execute::once;
use crate::at::{Line, behind};
use crate::command::{ClientIndex, CommandWriter, Request, Sub, describe_read};
use crate::session::{ClientState, Failure, Next, Procedure, Session};

/// Whether the outcome of a SUB of this client is not known and the module can be asked: it lists its subscriptions. It
/// does not say which client has them, so the other one must have none.
pub(super) fn can_ask(failure: Failure, client: ClientIndex, session: &Session) -> bool {
    matches!(failure, Failure::OutcomeUnknown | Failure::OutcomeGarbled)
        && session.family.lists_subscriptions()
        && session.lifecycle.client(client.other()).state == ClientState::Released
}

/// What the answer to `AT+CMQTTSUB?` has shown of a topic filter. A filter can be longer than any buffer, so it is
/// compared as the answer arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// How many bytes the present line has in common with the filter.
    count: u16,
    /// A line before the present one was the filter.
    is_listed: bool,
}

impl Shown {
    pub(super) const NOTHING: Self = Self { count: 0, is_listed: false };
    /// Is set in the count where the present line differs. No filter has as many bytes.
    const DIFFERS: u16 = 0x8000;

    /// A line begins. A filter stands behind the name of the command, or on a line of its own. Returns what `part` takes
    /// of it.
    pub(super) fn line<'l>(&mut self, line: Line<'l>, filter: &str) -> &'l [u8] {
        self.end_line(filter);
        self.count = 0;
        behind(line.bytes(), "+CMQTTSUB: ").unwrap_or(line.bytes())
    }

    /// More of the line.
    pub(super) fn part(&mut self, bytes: &[u8], filter: &str) {
        for byte in bytes {
            if filter.as_bytes().get(usize::from(self.count)) == Some(byte) {
                self.count += 1;
            } else {
                self.count |= Self::DIFFERS;
            }
        }
    }

    fn end_line(&mut self, filter: &str) {
        self.is_listed |= usize::from(self.count) == filter.len();
    }

    /// The answer has ended: whether one of its lines was the filter.
    pub(super) fn result(mut self, filter: &str) -> Result<(), Failure> {
        self.end_line(filter);
        if self.is_listed { Ok(()) } else { Err(Failure::OutcomeUnknown) }
    }
}

/// Subscribes to one topic filter.
pub(crate) struct Subscribe<'a> {
    sub: Sub<'a>,
    /// SUB has no known outcome: `AT+CMQTTSUB?` is sent.
    is_asking: bool,
    shown: Shown,
}

impl<'a> Subscribe<'a> {
    pub(crate) const fn new(sub: Sub<'a>) -> Self {
        Self { sub, is_asking: false, shown: Shown::NOTHING }
    }
}

impl Procedure for Subscribe<'_> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let last = match last {
            Some(_) if self.is_asking => Some(self.shown.result(self.sub.filter)),
            Some(Err(failure)) if can_ask(failure, self.sub.client, session) => {
                self.is_asking = true;
                None
            }
            last => last,
        };
        once(last)
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
        let bytes = self.shown.line(line, self.sub.filter);
        self.rest(bytes);
    }

    #[inline(never)]
    fn rest(&mut self, bytes: &[u8]) {
        self.shown.part(bytes, self.sub.filter);
    }
}
