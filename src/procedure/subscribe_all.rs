//! Subscribes to several topic filters, or ends these subscriptions: staged and sent together if possible, else one by one.

#[cfg(test)]
mod tests;

use crate::command::{
    ClientIndex, CommandWriter, QoS, Request, Sub, SubStaged, Subtopic, Unsub, UnsubStaged, Unsubtopic,
};
use crate::error::{Parameter, Problem};
use crate::family::Family;
use crate::session::{Failure, Next, Procedure, Session};

/// What is done with each filter of a list: `(&str, QoS)` is subscribed to, the subscription of a `&str` ends.
pub trait Filter {
    #[doc(hidden)]
    fn filter(&self) -> &str;

    /// The command for this one alone.
    #[doc(hidden)]
    fn describe_alone(&self, client: ClientIndex, writer: &mut CommandWriter<'_>);

    /// The command that stages it.
    #[doc(hidden)]
    fn describe_staging(&self, client: ClientIndex, writer: &mut CommandWriter<'_>);

    /// The command for all that are staged.
    #[doc(hidden)]
    fn describe_staged(client: ClientIndex, writer: &mut CommandWriter<'_>);
}

/// It is subscribed to.
impl Filter for (&str, QoS) {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    /// The filter of this index is staged, or sent alone.
    Filter,
    /// All that are staged are sent.
    Staged,
}

/// Subscribes to several topic filters, or ends these subscriptions: as
/// [`Client::subscribe_all`](crate::Client::subscribe_all) and
/// [`Client::unsubscribe_all`](crate::Client::unsubscribe_all).
#[derive(Debug)]
pub struct SubscribeAll<'a, F> {
    client: ClientIndex,
    filters: &'a [F],
    family: Family,
    step: Step,
    /// Whether they are staged and sent together.
    is_staging: bool,
    index: usize,
    /// Bytes of the staged filters.
    staged: usize,
}

impl<'a, F: Filter> SubscribeAll<'a, F> {
    /// Subscribes to these filters, or ends these subscriptions, on a module of this family.
    pub const fn new(client: ClientIndex, filters: &'a [F], family: Family) -> Self {
        Self { client, filters, family, step: Step::Begin, is_staging: false, index: 0, staged: 0 }
    }

    /// Whether this many more bytes can be staged before the staged ones are sent.
    fn has_room_for(&self, length: usize) -> bool {
        self.family.staged_topics_limit().is_none_or(|limit| self.staged + length <= limit)
    }
}

impl<F: Filter> Procedure for SubscribeAll<'_, F> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let staging = &mut session.lifecycle.client_mut(self.client).staging;
        if let Some(result) = last {
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
            Step::Staged => self.staged = 0,
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
}
