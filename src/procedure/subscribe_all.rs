//! Subscribes to several topic filters: staged and sent together if possible, else one by one.

#[cfg(test)]
mod tests;

use crate::command::{ClientIndex, CommandWriter, QoS, Request, Sub, SubStaged, Subtopic};
use crate::error::{Parameter, Problem};
use crate::family::Family;
use crate::session::{Failure, Next, Procedure, Session};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    /// The filter of this index is staged, or subscribed to directly.
    Filter,
    Sub,
}

/// Subscribes to several topic filters: as [`Client::subscribe_all`](crate::Client::subscribe_all).
#[derive(Debug)]
pub struct SubscribeAll<'a> {
    client: ClientIndex,
    filters: &'a [(&'a str, QoS)],
    family: Family,
    step: Step,
    /// Whether they are staged and sent together.
    is_staging: bool,
    index: usize,
    /// Bytes of the staged filters.
    staged: usize,
}

impl<'a> SubscribeAll<'a> {
    /// Subscribes to these filters, on a module of this family.
    pub const fn new(client: ClientIndex, filters: &'a [(&'a str, QoS)], family: Family) -> Self {
        Self { client, filters, family, step: Step::Begin, is_staging: false, index: 0, staged: 0 }
    }

    fn filter(&self) -> Option<Subtopic<'a>> {
        let &(filter, qos) = self.filters.get(self.index)?;
        Some(Subtopic { client: self.client, filter, qos })
    }

    /// Whether this many more bytes can be staged before a SUB.
    fn has_room_for(&self, length: usize) -> bool {
        self.family.staged_topics_limit().is_none_or(|limit| self.staged + length <= limit)
    }
}

impl Procedure for SubscribeAll<'_> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let staging = &mut session.lifecycle.client_mut(self.client).staging;
        if let Some(result) = last {
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
            Step::Sub => self.staged = 0,
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
                self.filters.iter().for_each(|&(filter, qos)| Sub { client, filter, qos }.describe(writer));
            }
            (Step::Sub, _) => SubStaged { client: self.client }.describe(writer),
            (_, Some(filter)) if self.is_staging => filter.describe(writer),
            (_, Some(Subtopic { client, filter, qos })) => Sub { client, filter, qos }.describe(writer),
            (_, None) => {}
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(match (self.step, self.filters.get(self.index)) {
            (Step::Filter, Some((filter, _))) => filter.as_bytes(),
            _ => &[],
        })
    }
}
