//! A certificate from a reader into the module.

use crate::command::{Ccertdown, Request};
use crate::error::Error;
use crate::session::{Next, Procedure, Session};

/// `AT+CCERTDOWN`, whose data come from a source.
pub(crate) struct Store<'a>(pub(crate) Ccertdown<'a>);

impl Procedure for Store<'_> {
    fn check(&self, session: &Session) -> Result<(), Error> {
        Ok(self.0.check(session.family)?)
    }

    fn next(&mut self, _: &mut Session, last: Option<Result<(), Error>>) -> Result<Next, Error> {
        match last {
            None => Ok(Next::Command),
            Some(result) => result.map(|()| Next::Done),
        }
    }

    fn command(&self, visit: &mut dyn FnMut(&dyn Request)) {
        visit(&self.0);
    }

    fn data(&self) -> Option<&[u8]> {
        None
    }
}
