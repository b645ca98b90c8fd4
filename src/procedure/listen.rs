//! Waits for an event.

#[cfg(test)]
mod tests;

use crate::command::CommandWriter;
use crate::session::{Failure, Next, Procedure, Session};

/// Sends nothing until there is an event, except for the resync after a dropped call: as
/// [`Modem::next_event`](crate::Modem::next_event). The event is then taken with
/// [`Engine::take_event`](crate::sans_io::Engine::take_event).
#[derive(Clone, Copy, Debug, Default)]
pub struct Listen;

impl Procedure for Listen {
    fn listens(&self) -> bool {
        true
    }

    fn next(&mut self, _: &mut Session, _: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        Ok(Next::Listen)
    }

    fn command(&self, _: &mut CommandWriter<'_>) {}
}
