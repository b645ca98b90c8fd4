//! Executes one command that has no response of its own.

use super::execute::once;
use crate::command::{CommandWriter, Request};
use crate::session::{Failure, Next, Procedure, Session};

/// Sends one command, and ignores its answer except for the result.
pub(crate) struct Single<C>(pub(crate) C);

impl<C: Request> Procedure for Single<C> {
    fn next(&mut self, _: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        once(last)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        self.0.describe(writer);
    }

    fn data(&self) -> Option<&[u8]> {
        Some(self.0.data())
    }
}
