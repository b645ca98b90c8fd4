//! Certificates and keys in the module's file store, which survive a reset.

use core::fmt;

use super::list::{Listed, Part};
use super::{Answer, Command, CommandInfo, CommandWriter, Request, no_response};
use crate::at::Line;
use crate::error::Parameter;
use crate::family::CERTIFICATE_LIMIT_BYTES;

/// `AT+CCERTDOWN=`: stores a certificate or key of 1-10240 bytes in the module. It replaces a file of the same name
/// (A76 §1.1; SIMCom's SSL manuals).
///
/// The name has 5-108 bytes, an extension as in `ca.pem` or `ca.der`, and neither quotes nor control characters.
/// `Debug` does not show the content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ccertdown<'a> {
    name: &'a str,
    certificate: &'a [u8],
    length: usize,
}

impl<'a> Ccertdown<'a> {
    /// A certificate from memory.
    pub const fn new(name: &'a str, certificate: &'a [u8]) -> Self {
        Self { name, certificate, length: certificate.len() }
    }

    /// A certificate whose bytes come from another source.
    pub(crate) const fn announced(name: &'a str, length: usize) -> Self {
        Self { name, certificate: &[], length }
    }
}

impl fmt::Debug for Ccertdown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ccertdown").field("name", &self.name).field("length", &self.length).finish_non_exhaustive()
    }
}

impl Request for Ccertdown<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CCERTDOWN", Answer::Plain) })
            .byte(b'=')
            .file_name(self.name)
            .announce_within(self.length, CERTIFICATE_LIMIT_BYTES, Parameter::Certificate);
    }

    fn data(&self) -> &[u8] {
        self.certificate
    }
}

/// `AT+CCERTDELE=`: deletes a certificate or key from the module (A76 §1.1; SIMCom's SSL manuals).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ccertdele<'a> {
    /// The name of the file, 5-108 bytes with an extension.
    pub name: &'a str,
}

impl Request for Ccertdele<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CCERTDELE", Answer::Plain) }).byte(b'=').file_name(self.name);
    }
}

no_response!(Ccertdown<'_>, Ccertdele<'_>);

/// `AT+CCERTLIST`: the names of all certificates and keys in the module (A76 §1.1; SIMCom's SSL manuals).
///
/// The response is their number. The names go to a handler as they arrive, each in one or more [parts](Part). A command
/// is shared while it is answered, so the handler is an `Fn`: keep what it changes in a `Cell`, and use
/// [`Modem::execute_local`](crate::Modem::execute_local). [`Modem::list_certificates`](crate::Modem::list_certificates)
/// takes an `FnMut`.
///
/// ```
/// use core::cell::Cell;
/// use simcom_mqtt::command::{Ccertlist, Part};
///
/// let bytes = Cell::new(0);
/// let list = Ccertlist::new(|part: Part<'_>| bytes.set(bytes.get() + part.bytes().len()));
/// # let _ = list;
/// ```
#[derive(Clone, Copy)]
pub struct Ccertlist<H> {
    handler: H,
}

impl<H: Fn(Part<'_>)> Ccertlist<H> {
    /// A query that passes the names to `handler`.
    pub const fn new(handler: H) -> Self {
        Self { handler }
    }
}

impl<H> fmt::Debug for Ccertlist<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ccertlist").finish_non_exhaustive()
    }
}

impl Ccertlist<()> {
    pub(crate) const NAME: &str = "+CCERTLIST";

    pub(crate) const INFO: &'static CommandInfo = &CommandInfo::new(Self::NAME, Answer::Information);
}

impl<H: Fn(Part<'_>)> Request for Ccertlist<H> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(Ccertlist::INFO);
    }
}

impl<H: Fn(Part<'_>)> Command for Ccertlist<H> {
    type Response = Listed;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        response.quoted_line(line, Ccertlist::NAME, &mut &self.handler);
    }

    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        response.quoted(bytes, &mut &self.handler);
    }
}
