//! Subscribes to several topic filters, or ends these subscriptions: staged and sent together if possible, else one by one.

#[cfg(test)]
mod tests;

use super::subscribe::{can_ask, names};
use crate::at::Line;
use crate::command::{
    ClientIndex, CommandWriter, QoS, Request, Sub, SubStaged, Subtopic, Unsub, UnsubStaged, Unsubtopic, describe_read,
};
use crate::error::{Parameter, Problem};
use crate::family::Family;
use crate::session::{Failure, Next, Procedure, Session};

/// What is done with each filter of a list.
pub(crate) trait Filter {
    /// If the outcome is lost, the module's list of subscriptions shows whether it has succeeded.
    const IS_LISTED: bool;

    fn filter(&self) -> &str;

    /// The command for this one alone.
    fn describe_alone(&self, client: ClientIndex, writer: &mut CommandWriter<'_>);

    /// The command that stages it.
    fn describe_staging(&self, client: ClientIndex, writer: &mut CommandWriter<'_>);

    /// The command for all that are staged.
    fn describe_staged(client: ClientIndex, writer: &mut CommandWriter<'_>);
}

/// It is subscribed to.
impl Filter for (&str, QoS) {
    const IS_LISTED: bool = true;

    fn filter(&self) -> &str {
        self.0
    }

    fn describe_alone(&self, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        let &(filter, qos) = self;
        Sub { client, filter, qos }.describe(writer);
    }

    fn describe_staging(&self, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        let &(filter, qos) = self;
        Subtopic { client, filter, qos }.describe(writer);
    }

    fn describe_staged(client: ClientIndex, writer: &mut CommandWriter<'_>) {
        SubStaged { client }.describe(writer);
    }
}

/// Its subscription ends.
impl Filter for &str {
    const IS_LISTED: bool = false;

    fn filter(&self) -> &str {
        self
    }

    fn describe_alone(&self, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Unsub { client, filter: self }.describe(writer);
    }

    fn describe_staging(&self, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Unsubtopic { client, filter: self }.describe(writer);
    }

    fn describe_staged(client: ClientIndex, writer: &mut CommandWriter<'_>) {
        UnsubStaged { client }.describe(writer);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    /// The filter of this index is staged, or sent alone.
    Filter,
    /// All that are staged are sent.
    Staged,
    /// SUB has no known outcome: `AT+CMQTTSUB?` is sent, once for each of its filters.
    Read,
}

/// Subscribes to several topic filters, or ends these subscriptions.
pub(crate) struct SubscribeAll<'a, F> {
    client: ClientIndex,
    filters: &'a [F],
    family: Family,
    step: Step,
    /// Whether they are staged and sent together.
    is_staging: bool,
    index: usize,
    /// The first filter of the present SUB, or the one that is looked for.
    first: usize,
    /// The module has listed it.
    is_listed: bool,
    /// Bytes of the staged filters.
    staged: usize,
}

impl<'a, F: Filter> SubscribeAll<'a, F> {
    pub(crate) const fn new(client: ClientIndex, filters: &'a [F], family: Family) -> Self {
        let (step, is_listed) = (Step::Begin, false);
        Self { client, filters, family, step, is_staging: false, index: 0, first: 0, is_listed, staged: 0 }
    }

    /// The filter that is looked for in the module's list.
    fn wanted(&self) -> &str {
        self.filters.get(self.first).map_or("", Filter::filter)
    }

    /// How the last command has ended; `None` where the module is asked for that.
    fn known(&mut self, session: &Session, last: Result<(), Failure>) -> Option<Result<(), Failure>> {
        match last {
            _ if self.step == Step::Read => {
                let result = if self.is_listed { Ok(()) } else { Err(Failure::OutcomeUnknown) };
                self.first += 1;
                let (step, end) = if self.is_staging {
                    (Step::Staged, self.index)
                } else {
                    (Step::Filter, self.index.saturating_add(1))
                };
                if result.is_err() || self.first >= end {
                    self.step = step;
                    return Some(result);
                }
            }
            Err(failure) if F::IS_LISTED && can_ask(failure, self.client, session) => self.step = Step::Read,
            last => return Some(last),
        }
        self.is_listed = false;
        None
    }

    /// Whether this many more bytes can be staged before the staged ones are sent.
    fn has_room_for(&self, length: usize) -> bool {
        self.family.staged_topics_limit().is_none_or(|limit| self.staged + length <= limit)
    }
}

impl<F: Filter> Procedure for SubscribeAll<'_, F> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let result = match last {
            Some(last) => match self.known(session, last) {
                None => return Ok(Next::Command),
                known => known,
            },
            None => None,
        };
        let staging = &mut session.lifecycle.client_mut(self.client).staging;
        if let Some(result) = result {
            // Nothing is staged if the first filter was refused, or once all were sent.
            let is_empty = match self.step {
                Step::Filter => self.is_staging && self.staged == 0 && matches!(result, Err(Failure::Refused(_))),
                _ => result.is_ok(),
            };
            if is_empty {
                staging.set_filter(false);
            }
            result?;
        }
        match self.step {
            // A filter that an earlier call may have left staged would be sent with these.
            Step::Begin => {
                self.is_staging = self.family.has_staged_subscriptions() && !staging.has_filter();
            }
            Step::Filter => {
                self.staged += self.filters.get(self.index).map_or(0, |filter| filter.filter().len());
                self.index += 1;
            }
            Step::Staged | Step::Read => self.staged = 0,
        }
        // One by one, or a new group.
        if !self.is_staging || self.staged == 0 {
            self.first = self.index;
        }
        self.step = match self.filters.get(self.index) {
            Some(filter) if !self.is_staging || self.has_room_for(filter.filter().len()) => Step::Filter,
            None if !self.is_staging || self.staged == 0 => return Ok(Next::Done),
            _ => Step::Staged,
        };
        // If this call fails or is dropped, the next one would send the staged filters.
        if self.is_staging {
            staging.set_filter(true);
        }
        Ok(Next::Command)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        let client = self.client;
        match (self.step, self.filters.get(self.index)) {
            (Step::Begin, None) => {
                writer.refuse(Parameter::Filter, Problem::Empty);
            }
            (Step::Begin, Some(_)) => self.filters.iter().for_each(|filter| filter.describe_alone(client, writer)),
            (Step::Read, _) => {
                describe_read(writer);
            }
            (Step::Staged, _) => F::describe_staged(client, writer),
            (Step::Filter, Some(filter)) if self.is_staging => filter.describe_staging(client, writer),
            (Step::Filter, Some(filter)) => filter.describe_alone(client, writer),
            (Step::Filter, None) => {}
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(match (self.step, self.filters.get(self.index)) {
            (Step::Filter, Some(filter)) => filter.filter().as_bytes(),
            _ => &[],
        })
    }

    fn line(&mut self, line: Line<'_>) {
        self.is_listed |= names(line, self.wanted());
    }
}
