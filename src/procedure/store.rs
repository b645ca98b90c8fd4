//! Stores a certificate from a reader in the module.

#[cfg(test)]
mod tests;

use super::execute::once;
use crate::command::{Ccertdown, CommandWriter, Request};
use crate::session::{Failure, Next, Procedure, Session};

/// `AT+CCERTDOWN` with data from a source.
pub(crate) struct Store<'a>(pub(crate) Ccertdown<'a>);

impl Procedure for Store<'_> {
    fn next(&mut self, _: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        once(last)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        self.0.describe(writer);
    }

    fn data(&self) -> Option<&[u8]> {
        None
    }
}
