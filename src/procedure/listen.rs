//! Waiting for an event.

use crate::command::CommandWriter;
use crate::session::{Failure, Next, Procedure, Session};

/// Sends nothing (but what settling a dropped call takes) until there is an event.
pub(crate) struct Listen;

impl Procedure for Listen {
    fn listens(&self) -> bool {
        true
    }

    fn next(&mut self, _: &mut Session, _: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        Ok(Next::Listen)
    }

    fn command(&self, _: &mut CommandWriter<'_>) {}
}
