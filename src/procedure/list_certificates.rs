//! Lists the certificates and keys in the module.

use core::fmt;

use super::execute::once;
use crate::at::Line;
use crate::command::{Ccertlist, CommandWriter, Listed, Part};
use crate::session::{Failure, Next, Procedure, Session};

/// Sends `AT+CCERTLIST`, and passes the names on: as [`Modem::list_certificates`](crate::Modem::list_certificates). It
/// owns what takes them, so that this may change as they come.
pub struct ListCertificates<N> {
    name: N,
    pub(crate) listed: Listed,
}

impl<N: FnMut(Part<'_>)> ListCertificates<N> {
    /// Passes the names to `name`, each in one or more parts.
    pub fn new(name: N) -> Self {
        Self { name, listed: Listed::default() }
    }

    /// How many there are, once the call has succeeded.
    pub fn count(&self) -> u16 {
        self.listed.count()
    }
}

impl<N> fmt::Debug for ListCertificates<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListCertificates").field("listed", &self.listed).finish_non_exhaustive()
    }
}

impl<N: FnMut(Part<'_>)> Procedure for ListCertificates<N> {
    fn next(&mut self, _: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        once(last)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        writer.command(Ccertlist::INFO);
    }

    fn line(&mut self, line: Line<'_>) {
        self.listed.quoted_line(line, Ccertlist::NAME, &mut self.name);
    }

    fn rest(&mut self, bytes: &[u8]) {
        self.listed.quoted(bytes, &mut self.name);
    }
}
