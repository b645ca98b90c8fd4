//! Executes one command.

#[cfg(test)]
mod tests;

use crate::at::Line;
use crate::command::{Command, CommandWriter, Request};
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

/// One command, and its result.
pub(super) fn once(last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
    match last {
        None => Ok(Next::Command),
        Some(result) => result.map(|()| Next::Done),
    }
}

/// Sends one command and collects its response.
pub(crate) struct Execute<'c, C: Command> {
    command: &'c C,
    pub(crate) response: C::Response,
}

impl<'c, C: Command> Execute<'c, C> {
    pub(crate) fn new(command: &'c C) -> Self {
        Self { command, response: C::Response::default() }
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
