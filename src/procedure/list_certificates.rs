//! Lists the certificates and keys in the module.

use super::execute::once;
use crate::at::Line;
use crate::command::{Ccertlist, CommandWriter, Listed, Part};
use crate::session::{Failure, Next, Procedure, Session};

/// Sends `AT+CCERTLIST`, and passes the names on. It owns what takes them, so that this may change as they come.
pub(crate) struct ListCertificates<N> {
    name: N,
    pub(crate) listed: Listed,
}

impl<N: FnMut(Part<'_>)> ListCertificates<N> {
    pub(crate) fn new(name: N) -> Self {
        Self { name, listed: Listed::default() }
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
