//! Stores a certificate from a reader in the module.

#[cfg(test)]
mod tests;

use super::execute::once;
use crate::command::{Ccertdown, CommandWriter, Request};
use crate::session::{Failure, Next, Procedure, Session};

/// `AT+CCERTDOWN` with a file that the caller sends when [`Outgoing::Source`](crate::sans_io::Outgoing::Source) asks
/// for it: as [`Modem::store_certificate`](crate::Modem::store_certificate).
#[derive(Debug)]
pub struct Store<'a>(pub(crate) Ccertdown<'a>);

impl<'a> Store<'a> {
    /// Stores `length` bytes, 1-10240, under this name, 5-108 bytes with an extension.
    pub const fn new(name: &'a str, length: usize) -> Self {
        Self(Ccertdown::announced(name, length))
    }
}

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
