//! Executes one command.

#[cfg(test)]
mod tests;

use core::fmt;

use crate::at::Line;
use crate::command::{Command, CommandWriter};
use crate::session::{Failure, Next, Procedure, Session};

/// One command, and its result.
pub(super) fn once(last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
    match last {
        None => Ok(Next::Command),
        Some(result) => result.map(|()| Next::Done),
    }
}

/// Sends one command and collects its response: as [`Modem::execute`](crate::Modem::execute).
pub struct Execute<'c, C: Command> {
    command: &'c C,
    pub(crate) response: C::Response,
}

impl<'c, C: Command> Execute<'c, C> {
    /// Sends this command.
    pub fn new(command: &'c C) -> Self {
        Self { command, response: C::Response::default() }
    }

    /// The response, complete once the call has succeeded.
    pub const fn response(&self) -> &C::Response {
        &self.response
    }

    /// The response itself.
    pub fn into_response(self) -> C::Response {
        self.response
    }
}

/// Without the arguments, which can be a password.
impl<C: Command> fmt::Debug for Execute<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute").finish_non_exhaustive()
    }
}

impl<C: Command> Procedure for Execute<'_, C> {
    fn next(&mut self, _: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        once(last)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        self.command.describe(writer);
    }

    fn data(&self) -> Option<&[u8]> {
        Some(self.command.data())
    }

    fn line(&mut self, line: Line<'_>) {
        self.command.line(&mut self.response, line);
    }

    fn rest(&mut self, bytes: &[u8]) {
        self.command.rest(&mut self.response, bytes);
    }
}
