//! CCERTDOWN, CCERTLIST and CCERTDELE: files of certificates and keys, which survive a restart.

use core::time::Duration;

use super::Modem;
use super::answer::{ERROR, Refusal};
use super::line::Parameters;
use super::prompted::Target;
use crate::behaviour::CertificateReplace;
use crate::referee::ComplaintKind;

/// Longest file.
const LONGEST: u32 = 10240;

/// The files on the module, in the order of their arrival.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    files: Vec<(String, Vec<u8>)>,
    writes: Writes,
}

/// Measures in what pieces the host writes the data of CCERTDOWN.
#[derive(Debug, Default)]
struct Writes {
    /// Time of the last byte; `None` if the host has flushed since.
    last: Option<Duration>,
    bytes: usize,
    largest: usize,
}

impl Certificates {
    pub(super) fn content(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|(known, _)| known == name).map(|(_, content)| content.as_slice())
    }
}

impl Modem {
    pub(super) fn download_certificate(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(2)?;
        let name = file_name(parameters, 0)?;
        let length = parameters.number_in(1, "len", 1..=LONGEST)? as usize;
        self.certificates.writes.last = None;
        self.prompt_for(0, length, Target::Certificate { name });
        Ok(())
    }

    pub(super) fn list_certificates(&mut self) -> Result<(), Refusal> {
        let names = self.certificates.files.iter().map(|(name, _)| format!("+CCERTLIST: \"{name}\""));
        let lines: Vec<String> = names.collect();
        self.answer_lines(&lines);
        Ok(())
    }

    /// A missing file is no complaint: a host cannot know which files are on the module.
    pub(super) fn delete_certificate(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        let name = file_name(parameters, 0)?;
        let files = &mut self.certificates.files;
        let count = files.len();
        files.retain(|(known, _)| *known != name);
        if files.len() < count {
            self.answer_ok()
        } else {
            self.answer(ERROR.to_vec())
        }
        Ok(())
    }

    pub(super) fn test_certificates(&mut self, command: &str) -> Result<(), Refusal> {
        let lines = match command {
            "CCERTDOWN" => vec![format!("+CCERTDOWN: (5-108),(1-{LONGEST})")],
            "CCERTDELE" => vec!["+CCERTDELE: (5-108)".to_owned()],
            _ => vec![],
        };
        self.answer_lines(&lines);
        Ok(())
    }

    /// The data of CCERTDOWN are complete.
    pub(super) fn downloaded(&mut self, name: String, content: Vec<u8>) {
        let taken = self.certificates.content(&name).is_some();
        match self.behaviour.firmware.certificate_replace {
            CertificateReplace::Kept if taken => self.answer_ok(),
            CertificateReplace::Error if taken => self.answer(ERROR.to_vec()),
            _ => {
                self.store_certificate(name, content);
                self.answer_ok();
            }
        }
    }

    /// An existing file of the same name is replaced.
    pub(super) fn store_certificate(&mut self, name: String, content: Vec<u8>) {
        let files = &mut self.certificates.files;
        match files.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = content,
            None => files.push((name, content)),
        }
    }

    /// Files of certificates and keys on the module, by name.
    pub fn certificates(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.certificates.files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// The largest number of CCERTDOWN data bytes that arrived without a pause or a flush. SIMCom allows at most 3072;
    /// the length of the pause is not documented.
    pub fn largest_certificate_write(&self) -> usize {
        self.certificates.writes.largest
    }

    /// The host has flushed: the next bytes count as a separate write.
    pub fn host_flushed(&mut self) {
        self.certificates.writes.last = None;
    }

    pub(super) fn count_certificate_byte(&mut self) {
        let writes = &mut self.certificates.writes;
        writes.bytes = if writes.last == Some(self.now) { writes.bytes + 1 } else { 1 };
        writes.last = Some(self.now);
        writes.largest = writes.largest.max(writes.bytes);
    }
}

/// 5-108 bytes with an extension.
pub(super) fn file_name(parameters: &Parameters, index: usize) -> Result<String, Refusal> {
    let name = parameters.text(index, "filename", 5..=108)?;
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => Ok(name),
        _ => Err(Refusal::new(ComplaintKind::Malformed, "filename has no extension")),
    }
}
