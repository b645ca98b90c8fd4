//! Subscribes to several topic filters: staged and sent together if possible, else one by one.

#[cfg(test)]
mod tests;

use super::subscribe::{can_ask, names};
use crate::at::Line;
use crate::command::{ClientIndex, CommandWriter, QoS, Request, Sub, SubStaged, Subtopic, describe_read};
use crate::error::{Parameter, Problem};
use crate::family::Family;
use crate::session::{Failure, Next, Procedure, Session};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    /// The filter of this index is staged, or subscribed to directly.
    Filter,
    Sub,
    /// SUB has no known outcome: `AT+CMQTTSUB?` is sent, once for each of its filters.
    Read,
}

/// Subscribes to several topic filters.
pub(crate) struct SubscribeAll<'a, F> {
    client: ClientIndex,
    filters: &'a [(F, QoS)],
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

impl<'a, F: AsRef<[u8]>> SubscribeAll<'a, F> {
    pub(crate) const fn new(client: ClientIndex, filters: &'a [(F, QoS)], family: Family) -> Self {
        let (step, is_listed) = (Step::Begin, false);
        Self { client, filters, family, step, is_staging: false, index: 0, first: 0, is_listed, staged: 0 }
    }

    fn filter(&self) -> Option<Subtopic<'a>> {
        let &(ref filter, qos) = self.filters.get(self.index)?;
        Some(Subtopic { client: self.client, filter: filter.as_ref(), qos })
    }

    /// The filter that is looked for in the module's list.
    fn wanted(&self) -> &'a [u8] {
        self.filters.get(self.first).map_or(b"", |(filter, _)| filter.as_ref())
    }

    /// How the last command has ended; `None` where the module is asked for that.
    fn known(&mut self, session: &Session, last: Result<(), Failure>) -> Option<Result<(), Failure>> {
        match last {
            _ if self.step == Step::Read => {
                let result = if self.is_listed { Ok(()) } else { Err(Failure::OutcomeUnknown) };
                self.first += 1;
                let (step, end) = if self.is_staging {
                    (Step::Sub, self.index)
                } else {
                    (Step::Filter, self.index.saturating_add(1))
                };
                if result.is_err() || self.first >= end {
                    self.step = step;
                    return Some(result);
                }
            }
            Err(failure) if can_ask(failure, self.client, session) => self.step = Step::Read,
            last => return Some(last),
        }
        self.is_listed = false;
        None
    }

    /// Whether this many more bytes can be staged before a SUB.
    fn has_room_for(&self, length: usize) -> bool {
        self.family.staged_topics_limit().is_none_or(|limit| self.staged + length <= limit)
    }
}

impl<F: AsRef<[u8]>> Procedure for SubscribeAll<'_, F> {
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
            // Nothing is staged if the first filter was refused, or behind SUB.
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
                self.staged += self.filter().map_or(0, |filter| filter.data().len());
                self.index += 1;
            }
            Step::Sub | Step::Read => self.staged = 0,
        }
        // One by one, or a new group.
        if !self.is_staging || self.staged == 0 {
            self.first = self.index;
        }
        self.step = match self.filter() {
            Some(filter) if !self.is_staging || self.has_room_for(filter.data().len()) => Step::Filter,
            None if !self.is_staging || self.staged == 0 => return Ok(Next::Done),
            _ => Step::Sub,
        };
        // If this call fails or is dropped, the next one would send the staged filters.
        if self.is_staging {
            staging.set_filter(true);
        }
        Ok(Next::Command)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        match (self.step, self.filter()) {
            (Step::Begin, None) => {
                writer.refuse(Parameter::Filter, Problem::Empty);
            }
            (Step::Begin, Some(Subtopic { client, .. })) => {
                for &(ref filter, qos) in self.filters {
                    Sub { client, filter: filter.as_ref(), qos }.describe(writer);
                }
            }
            (Step::Read, _) => {
                describe_read(writer);
            }
            (Step::Sub, _) => SubStaged { client: self.client }.describe(writer),
            (_, Some(filter)) if self.is_staging => filter.describe(writer),
            (_, Some(Subtopic { client, filter, qos })) => Sub { client, filter, qos }.describe(writer),
            (_, None) => {}
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(match (self.step, self.filters.get(self.index)) {
            (Step::Filter, Some((filter, _))) => filter.as_ref(),
            _ => &[],
        })
    }

    fn line(&mut self, line: Line<'_>) {
        self.is_listed |= names(line, self.wanted());
    }
}
