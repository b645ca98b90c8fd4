//! TLS by flags: files of this computer become certificates in the module.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use clap::Args;
use embedded_io_async::{BufRead, Write};
use simcom_mqtt::command::Part;
use simcom_mqtt::{MessageHandler, Modem, Timer, Tls};

use super::ending::Failure;
use super::recording::{NO_ARGUMENTS, Recording};
use super::words;

/// How the connection is secured.
#[derive(Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsFlags {
    /// File with the CA certificate for the broker
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    cafile: Option<PathBuf>,

    /// File with the certificate to show to the broker
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// File with the key of that certificate, not encrypted
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// TLS without verifying the broker at all: an attacker on the way can impersonate it
    #[arg(long)]
    insecure: bool,

    /// Whether to name the broker in the handshake (SNI) [default: true, unless the module refuses the setting]
    #[arg(long, value_name = "BOOL")]
    sni: Option<bool>,
}

/// A file of this computer, and its name in the module.
struct Stored {
    name: String,
    content: Vec<u8>,
}

impl Stored {
    /// The name depends on the content, so that a file which the module has already is not sent again.
    fn read(path: &Path, role: &str) -> Result<Self, Failure> {
        let content = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let content = with_lf(content);
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        // The modules distinguish the formats by the extension.
        let extension = if content.starts_with(b"-----BEGIN") { "pem" } else { "der" };
        Ok(Self { name: format!("{role}-{:016x}.{extension}", hasher.finish()), content })
    }
}

/// PEM with LF line ends: a module may not read CR LF, and says so with a bare 34.
fn with_lf(content: Vec<u8>) -> Vec<u8> {
    if !content.starts_with(b"-----BEGIN") {
        return content;
    }
    let lines = content.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.collect::<Vec<_>>().join(&b'\n')
}

/// The certificates and keys that the flags name.
pub struct Certificates {
    ca: Option<Stored>,
    client: Option<(Stored, Stored)>,
    insecure: bool,
    sni: Option<bool>,
}

impl TlsFlags {
    /// The certificates of the flags, or `None` where they request no TLS.
    pub fn read(&self) -> Result<Option<Certificates>, Failure> {
        let ca = self.cafile.as_deref().map(|path| Stored::read(path, "ca")).transpose()?;
        let client = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => {
                Some((Stored::read(certificate, "certificate")?, Stored::read(key, "key")?))
            }
            _ => None,
        };
        if ca.is_none() && !self.insecure {
            return match client {
                Some(_) => Err("--cert needs --cafile, or --insecure to do without".to_owned().into()),
                None => Ok(None),
            };
        }
        Ok(Some(Certificates { ca, client, insecure: self.insecure, sni: self.sni }))
    }
}

impl Certificates {
    pub fn tls(&self) -> Tls<'_> {
        let tls = match (&self.ca, &self.client) {
            (Some(ca), None) => Tls::server(&ca.name),
            (Some(ca), Some((certificate, key))) => Tls::mutual(&ca.name, &certificate.name, &key.name),
            (None, Some((certificate, key))) => Tls::client_only(&certificate.name, &key.name),
            (None, None) => Tls::without_verification(),
        };
        debug_assert_eq!(self.insecure, self.ca.is_none());
        // What was not asked for may be skipped.
        self.sni.map_or(tls, |sni| tls.sni(sni))
    }

    /// The options of [`Self::tls`] as arguments of a recorded call.
    pub fn recorded(&self) -> Vec<(&'static str, String)> {
        let kind = match (&self.ca, &self.client) {
            (Some(_), None) => "server",
            (Some(_), Some(_)) => "mutual",
            (None, Some(_)) => "client",
            (None, None) => "without_verification",
        };
        let mut arguments = vec![("tls", kind.to_owned())];
        arguments.extend(self.sni.iter().map(|sni| ("sni", sni.to_string())));
        arguments.extend(self.ca.iter().map(|ca| ("ca", ca.name.clone())));
        if let Some((certificate, key)) = &self.client {
            arguments.extend([("certificate", certificate.name.clone()), ("key", key.name.clone())]);
        }
        arguments
    }

    /// Stores the files that the module does not have.
    pub async fn store<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
        &self,
        modem: &mut Modem<R, T, C, H>,
        recording: &Recording,
    ) -> Result<(), simcom_mqtt::Error> {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let call = recording.begin("list_certificates", NO_ARGUMENTS);
        let count = modem
            .list_certificates(|part: Part<'_>| {
                if part.is_first() || names.is_empty() {
                    names.push(Vec::new());
                }
                if let Some(name) = names.last_mut() {
                    name.extend_from_slice(part.bytes());
                }
            })
            .await;
        call.end(count, words::count)?;
        let client = self.client.iter().flat_map(|(certificate, key)| [certificate, key]);
        for file in self.ca.iter().chain(client) {
            if !names.iter().any(|name| name == file.name.as_bytes()) {
                let arguments = [("name", file.name.as_bytes()), ("data", &file.content)];
                let call = recording.begin("store_certificate", &arguments);
                let stored = modem.store_certificate(&file.name, file.content.len(), &mut &file.content[..]).await;
                call.end(stored, words::done)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sni_is_a_setting_of_the_users_only_where_its_flag_was_given() {
        let certificates = |sni| Certificates { ca: None, client: None, insecure: true, sni };
        assert_eq!(certificates(None).tls(), Tls::without_verification());
        for sni in [true, false] {
            assert_eq!(certificates(Some(sni)).tls(), Tls::without_verification().sni(sni));
        }
        let recorded = |sni| certificates(sni).recorded().iter().any(|(name, _)| *name == "sni");
        assert_eq!([None, Some(true), Some(false)].map(recorded), [false, true, true]);
    }

    #[test]
    fn pem_gets_lf_line_ends_and_der_stays_as_it_is() {
        let pem = b"-----BEGIN CERTIFICATE-----\r\nab\n\r\n-----END CERTIFICATE-----\r\n".to_vec();
        assert_eq!(with_lf(pem), b"-----BEGIN CERTIFICATE-----\nab\n\n-----END CERTIFICATE-----\n");
        let der = b"\x30\x82\r\n".to_vec();
        assert_eq!(with_lf(der.clone()), der);
    }
}
