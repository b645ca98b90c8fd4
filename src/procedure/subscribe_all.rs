//! Subscribes to several topic filters, or ends these subscriptions: staged and sent together if possible, else one by
//! one.

#[cfg(test)]
mod tests;

use core::fmt;
use core::marker::PhantomData;

use super::subscribe::{can_ask, names};
use crate::at::Line;
use crate::command::{
    ClientIndex, CommandWriter, QoS, Request, Sub, SubStaged, Subtopic, Unsub, UnsubStaged, Unsubtopic, describe_read,
};
use crate::error::{Parameter, Problem};
use crate::family::Family;
use crate::session::{Failure, Next, Procedure, Session};

/// What is done with each entry of a list: [`Subscribing`] or [`Unsubscribing`].
pub trait Operation {
    /// A topic filter, and what has to be known besides.
    type Entry;

    /// Whether the module can be asked what it has done.
    #[doc(hidden)]
    const CAN_ASK: bool;

    #[doc(hidden)]
    fn filter(entry: &Self::Entry) -> &[u8];

    /// The command for this one alone.
    #[doc(hidden)]
    fn describe_alone(entry: &Self::Entry, client: ClientIndex, writer: &mut CommandWriter<'_>);

    /// The command that stages it.
    #[doc(hidden)]
    fn describe_staging(entry: &Self::Entry, client: ClientIndex, writer: &mut CommandWriter<'_>);

    /// The command for all that are staged.
    #[doc(hidden)]
    fn describe_staged(client: ClientIndex, writer: &mut CommandWriter<'_>);
}

/// To subscribe.
#[derive(Debug)]
pub struct Subscribing<F>(PhantomData<F>);

impl<F: AsRef<[u8]>> Operation for Subscribing<F> {
    type Entry = (F, QoS);

    const CAN_ASK: bool = true;

    fn filter((filter, _): &Self::Entry) -> &[u8] {
        filter.as_ref()
    }

    fn describe_alone(entry: &Self::Entry, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Sub { client, filter: Self::filter(entry), qos: entry.1 }.describe(writer);
    }

    fn describe_staging(entry: &Self::Entry, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Subtopic { client, filter: Self::filter(entry), qos: entry.1 }.describe(writer);
    }

    fn describe_staged(client: ClientIndex, writer: &mut CommandWriter<'_>) {
        SubStaged { client }.describe(writer);
    }
}

/// To end the subscriptions.
#[derive(Debug)]
pub struct Unsubscribing<F>(PhantomData<F>);

impl<F: AsRef<[u8]>> Operation for Unsubscribing<F> {
    type Entry = F;

    const CAN_ASK: bool = false;

    fn filter(filter: &F) -> &[u8] {
        filter.as_ref()
    }

    fn describe_alone(filter: &F, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Unsub { client, filter: filter.as_ref() }.describe(writer);
    }

    fn describe_staging(filter: &F, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Unsubtopic { client, filter: filter.as_ref() }.describe(writer);
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
    /// SUB has no known outcome: `AT+CMQTTSUB?` is sent, once for each of its filters.
    Read,
}

/// Subscribes to several topic filters, or ends these subscriptions: as
/// [`Client::subscribe_all`](crate::Client::subscribe_all) and
/// [`Client::unsubscribe_all`](crate::Client::unsubscribe_all).
pub struct SubscribeAll<'a, O: Operation> {
    client: ClientIndex,
    entries: &'a [O::Entry],
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

impl<'a, F: AsRef<[u8]>> SubscribeAll<'a, Subscribing<F>> {
    /// Subscribes to these filters on a module of this family.
    pub const fn new(client: ClientIndex, filters: &'a [(F, QoS)], family: Family) -> Self {
        Self::of(client, filters, family)
    }
}

impl<'a, F: AsRef<[u8]>> SubscribeAll<'a, Unsubscribing<F>> {
    /// Ends the subscriptions to these filters on a module of this family.
    pub const fn ending(client: ClientIndex, filters: &'a [F], family: Family) -> Self {
        Self::of(client, filters, family)
    }
}

impl<O: Operation> fmt::Debug for SubscribeAll<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscribeAll").field("client", &self.client).field("step", &self.step).finish_non_exhaustive()
    }
}

impl<'a, O: Operation> SubscribeAll<'a, O> {
    const fn of(client: ClientIndex, entries: &'a [O::Entry], family: Family) -> Self {
        let (step, is_listed) = (Step::Begin, false);
        Self { client, entries, family, step, is_staging: false, index: 0, first: 0, is_listed, staged: 0 }
    }

    /// The present filter.
    fn filter(&self) -> Option<&'a [u8]> {
        self.entries.get(self.index).map(O::filter)
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
            Err(failure) if O::CAN_ASK && can_ask(failure, self.client, session) => self.step = Step::Read,
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

impl<O: Operation> Procedure for SubscribeAll<'_, O> {
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
                self.staged += self.filter().map_or(0, <[u8]>::len);
                self.index += 1;
            }
            Step::Staged | Step::Read => self.staged = 0,
        }
        // One by one, or a new group.
        if !self.is_staging || self.staged == 0 {
            self.first = self.index;
        }
        self.step = match self.filter() {
            Some(filter) if !self.is_staging || self.has_room_for(filter.len()) => Step::Filter,
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
        match (self.step, self.entries.get(self.index)) {
            (Step::Begin, None) => {
                writer.refuse(Parameter::Filter, Problem::Empty);
            }
            (Step::Begin, Some(_)) => self.entries.iter().for_each(|entry| O::describe_alone(entry, client, writer)),
            (Step::Staged, _) => O::describe_staged(client, writer),
            (Step::Read, _) => {
                describe_read(writer);
            }
            (Step::Filter, Some(entry)) if self.is_staging => O::describe_staging(entry, client, writer),
            (Step::Filter, Some(entry)) => O::describe_alone(entry, client, writer),
            (Step::Filter, None) => {}
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(if self.step == Step::Filter { self.filter().unwrap_or(&[]) } else { &[] })
    }

    fn line(&mut self, line: Line<'_>) {
        let wanted = self.entries.get(self.first).map_or(&[][..], O::filter);
        self.is_listed |= names(line, wanted);
    }
}
