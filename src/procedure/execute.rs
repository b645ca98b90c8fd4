//! One command.

use crate::at::Line;
use crate::command::{Command, Request};
use crate::error::Error;
use crate::session::{Next, Procedure, Session};

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
    fn check(&self, session: &Session) -> Result<(), Error> {
        Ok(self.command.check(session.family)?)
    }

    fn next(&mut self, _: &mut Session, last: Option<Result<(), Error>>) -> Result<Next, Error> {
        match last {
            None => Ok(Next::Command),
            Some(result) => result.map(|()| Next::Done),
        }
    }

    fn command(&self, visit: &mut dyn FnMut(&dyn Request)) {
        visit(self.command);
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
