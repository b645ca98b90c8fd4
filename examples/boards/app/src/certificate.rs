//! Whether the certificate is in the module.

use simcom_mqtt::ResultCode;
use simcom_mqtt::command::Part;

use crate::device::{Text, text};

/// The CA certificate for the broker. It is a file in the module.
#[derive(Debug)]
pub struct Certificate<'a> {
    name: &'a str,
    content: &'a [u8],
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The module has not been asked.
    Unknown,
    /// It must be stored.
    Missing,
    /// A file of its name was there.
    Found,
    /// It was stored after the start.
    Stored,
}

impl<'a> Certificate<'a> {
    /// The name of the file. It depends on the content, so that another certificate gets another file.
    pub fn name_of(content: &[u8]) -> Text {
        text(format_args!("ca-{:08x}.pem", hash(content)))
    }

    /// A certificate that may or may not be in the module.
    pub const fn new(name: &'a str, content: &'a [u8]) -> Self {
        Self { name, content, state: State::Unknown }
    }

    /// The name of the file.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The content to store now, if the module does not have it.
    pub fn missing(&self) -> Option<&'a [u8]> {
        (self.state == State::Missing).then_some(self.content)
    }

    /// A search in the list of the module's files, unless the result is known.
    pub fn search(&self) -> Option<Search<'a>> {
        let search = Search { name: self.name.as_bytes(), rest: None, is_found: false };
        (self.state == State::Unknown).then_some(search)
    }

    /// Takes the result of the search.
    pub fn searched(&mut self, search: &Search<'_>) {
        self.state = if search.is_found() { State::Found } else { State::Missing };
    }

    /// The certificate has been stored.
    pub fn stored(&mut self) {
        self.state = State::Stored;
    }

    /// The broker could not be reached for this reason. A reset while the file was stored may have cut it short: if TLS
    /// fails with a file that was found, the file is stored again, once.
    pub fn connect_failed(&mut self, code: ResultCode) {
        let is_about_tls = matches!(
            code,
            ResultCode::HANDSHAKE_FAIL | ResultCode::NOT_SET_CERTIFICATE | ResultCode::OPEN_SESSION_FAILED
        );
        if is_about_tls && self.state == State::Found {
            self.state = State::Missing;
        }
    }
}

/// Looks for a name in a list whose entries come in parts.
#[derive(Debug)]
pub struct Search<'a> {
    name: &'a [u8],
    /// The rest of the name that the present entry must still match, while it matches.
    rest: Option<&'a [u8]>,
    is_found: bool,
}

impl Search<'_> {
    /// Takes a part of an entry.
    pub fn take(&mut self, part: Part<'_>) {
        self.take_bytes(part.bytes(), part.is_first());
    }

    fn take_bytes(&mut self, bytes: &[u8], is_first: bool) {
        if is_first {
            self.is_found = self.is_found();
            self.rest = Some(self.name);
        }
        self.rest = self.rest.and_then(|rest| rest.strip_prefix(bytes));
    }

    fn is_found(&self) -> bool {
        self.is_found || self.rest.is_some_and(<[u8]>::is_empty)
    }
}

/// FNV-1a.
pub(crate) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(list: &[&[&str]]) -> bool {
        let mut search = Certificate::new("ca-1.pem", b"").search().unwrap();
        for entry in list {
            for (place, part) in entry.iter().enumerate() {
                search.take_bytes(part.as_bytes(), place == 0);
            }
        }
        search.is_found()
    }

    #[test]
    fn a_name_is_found_however_it_is_cut_and_no_other() {
        assert!(is_in(&[&["ca-1.pem"]]));
        assert!(is_in(&[&["a"], &["ca", "-1.p", "em"], &["ca-1.pemx"]]));
        assert!(!is_in(&[]));
        assert!(!is_in(&[&["ca-1.pe"], &["m"]]));
        assert!(!is_in(&[&["ca-1.pemx"], &["ca-1.pem", "x"], &["xca-1.pem"], &["ca", "1.pem"]]));
    }

    #[test]
    fn a_file_that_was_there_is_renewed_once_when_tls_fails() {
        let mut certificate = Certificate::new("ca-1.pem", b"content");
        let mut search = certificate.search().unwrap();
        search.take_bytes(b"ca-1.pem", true);
        certificate.searched(&search);
        assert_eq!(certificate.missing(), None);
        certificate.connect_failed(ResultCode::DNS_ERROR);
        assert_eq!(certificate.missing(), None);
        certificate.connect_failed(ResultCode::HANDSHAKE_FAIL);
        assert_eq!(certificate.missing(), Some(&b"content"[..]));
        certificate.stored();
        certificate.connect_failed(ResultCode::HANDSHAKE_FAIL);
        assert_eq!(certificate.missing(), None);
        assert!(certificate.search().is_none());
    }
}
