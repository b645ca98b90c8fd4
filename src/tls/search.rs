//! Looks for files in the list of the module's certificates.

use super::Tls;
use crate::command::Part;
use crate::error::{CommandName, Error};

/// A file, and what needs it.
struct Sought<'a> {
    name: &'a str,
    needed_by: CommandName,
    /// Bytes of the present entry of the list.
    length: usize,
    /// These are the beginning of the name.
    is_alike: bool,
    is_found: bool,
}

impl<'a> Sought<'a> {
    const fn new(name: &'a str, needed_by: CommandName) -> Self {
        Self { name, needed_by, length: 0, is_alike: false, is_found: false }
    }

    fn part(&mut self, part: Part<'_>) {
        if part.is_first() {
            self.entry_ended();
            (self.length, self.is_alike) = (0, true);
        }
        let rest = self.name.as_bytes().get(self.length..).unwrap_or_default();
        self.is_alike &= rest.starts_with(part.bytes());
        self.length += part.bytes().len();
    }

    fn entry_ended(&mut self) {
        self.is_found |= self.is_alike && self.length == self.name.len();
    }
}

/// Up to three files that are looked for at once.
pub(crate) struct Search<'a>([Option<Sought<'a>>; 3]);

impl<'a> Search<'a> {
    /// A file that was stored.
    pub(crate) const fn stored(name: &'a str) -> Self {
        Self([Some(Sought::new(name, CommandName::new(&"+CCERTDOWN"))), None, None])
    }

    /// The files that a connection needs.
    pub(crate) fn of(tls: &Tls<'a>) -> Self {
        let file = |name: Option<&'a str>, setting| name.map(|name| Sought::new(name, CommandName::new(setting)));
        Self([
            file(tls.ca, &"+CSSLCFG=\"cacert\""),
            file(tls.certificate, &"+CSSLCFG=\"clientcert\""),
            file(tls.key, &"+CSSLCFG=\"clientkey\""),
        ])
    }

    /// Takes a part of the list.
    pub(crate) fn part(&mut self, part: Part<'_>) {
        self.0.iter_mut().flatten().for_each(|sought| sought.part(part));
    }

    /// The list has ended: what is missing is an error.
    pub(crate) fn result(mut self) -> Result<(), Error> {
        self.0.iter_mut().flatten().for_each(Sought::entry_ended);
        match self.0.iter().flatten().find(|sought| !sought.is_found) {
            Some(missing) => Err(Error::CertificateMissing { command: missing.needed_by }),
            None => Ok(()),
        }
    }
}
