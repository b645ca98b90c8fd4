//! CSSLCFG, and the configuration of a TLS connection.

use super::Modem;
use super::answer::Refusal;
use super::certificates::file_name;
use super::dispatch::{not_in_family, unknown};
use super::line::Parameters;
use crate::behaviour::MissingFile;
use crate::broker::{Authentication, SslContext, TlsOptions};
use crate::referee::ComplaintKind;

/// `<err>` of a CONNECT whose SSL context does not name a required file.
pub(super) const NOT_SET_CERTIFICATE: u8 = 33;
/// `<err>` of a CONNECT that cannot begin a TLS session.
pub(super) const OPEN_SESSION_FAILED: u8 = 34;

/// Settings that not all families have.
const EXTRAS: [&str; 6] = ["ignorlocaltime", "ignorelocaltime", "keypwd", "password", "ciphersuites", "ignorecertCN"];

impl Modem {
    pub(super) fn configure_ssl(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let setting = String::from_utf8_lossy(parameters.bytes(0, "setting")?).into_owned();
        if !self.behaviour.firmware.knows_ssl_setting(&setting) {
            return Err(unknown().unavoidable());
        }
        if EXTRAS.contains(&setting.as_str()) && !self.has_extra(&setting) {
            return Err(not_in_family(&format!("the family's CSSLCFG has no \"{setting}\"")));
        }
        let index = parameters.number_in(1, "ssl_ctx_index", 0..=9)? as usize;
        let mut context = self.ssl_contexts[index].clone();
        if setting != "ciphersuites" {
            parameters.at_most(3)?;
        }
        set(&mut context, &setting, parameters)?;
        if u32::from(context.version) > self.behaviour.firmware.highest_ssl_version && setting == "sslversion" {
            let what = format!("sslversion {} is not in this firmware", context.version);
            return Err(Refusal::new(ComplaintKind::OutOfRange, what).unavoidable());
        }
        self.ssl_contexts[index] = context;
        self.answer_ok();
        Ok(())
    }

    fn has_extra(&self, setting: &str) -> bool {
        setting == self.family.ignore_local_time() || self.family.extra_ssl_settings().contains(&setting)
    }

    /// One line per context, in the order of the test form; the available manuals do not show it.
    pub(super) fn read_ssl(&mut self) -> Result<(), Refusal> {
        let lines = self.ssl_contexts.iter().enumerate().map(|(index, context)| {
            format!(
                "+CSSLCFG: {index},{},{},{},{},\"{}\",\"{}\",\"{}\",{}",
                context.version,
                context.authentication.number(),
                u8::from(context.ignores_local_time),
                context.negotiation_seconds,
                context.ca_certificate,
                context.client_certificate,
                context.client_key,
                u8::from(context.server_name_indication),
            )
        });
        let lines: Vec<String> = lines.collect();
        self.answer_lines(&lines);
        Ok(())
    }

    pub(super) fn test_ssl(&mut self) -> Result<(), Refusal> {
        let extras = self.family.extra_ssl_settings().iter().map(|setting| match *setting {
            "ignorecertCN" => (*setting, ",(0,1)"),
            other => (other, ""),
        });
        let versions = format!(",(0-{})", self.behaviour.firmware.highest_ssl_version.min(4));
        let common = [
            ("sslversion", versions.as_str()),
            ("authmode", ",(0-3)"),
            (self.family.ignore_local_time(), ",(0,1)"),
            ("negotiatetime", ",(10-300)"),
            ("cacert", ",(5-108)"),
            ("clientcert", ",(5-108)"),
            ("clientkey", ",(5-108)"),
            ("enableSNI", ",(0,1)"),
        ];
        let settings = common.into_iter().chain(extras);
        let settings = settings.filter(|(setting, _)| self.behaviour.firmware.knows_ssl_setting(setting));
        let lines: Vec<String> =
            settings.map(|(setting, values)| format!("+CSSLCFG: \"{setting}\",(0-9){values}")).collect();
        self.answer_lines(&lines);
        Ok(())
    }

    /// The content of an SSL context.
    pub fn ssl_context(&self, index: usize) -> &SslContext {
        &self.ssl_contexts[index]
    }

    /// The options of a CONNECT with TLS, or the code with which it fails before any handshake.
    pub(super) fn prepare_tls(&mut self, client: usize) -> Result<TlsOptions, u8> {
        if self.tls_connects < self.behaviour.tls_failures {
            self.tls_connects += 1;
            return Err(OPEN_SESSION_FAILED);
        }
        let mut options = self.tls_options(client)?;
        options.context.ignores_local_time &= !self.behaviour.firmware.always_checks_time;
        Ok(options)
    }

    fn needed_file(&self, name: &str) -> Result<Vec<u8>, u8> {
        let firmware = &self.behaviour.firmware;
        match self.certificates.content(name) {
            Some(content) if !firmware.reads_crlf_certificates && content.windows(2).any(|pair| pair == b"\r\n") => {
                Err(OPEN_SESSION_FAILED)
            }
            Some(content) => Ok(content.to_vec()),
            None if !name.is_empty() && firmware.missing_file == MissingFile::Code34 => Err(OPEN_SESSION_FAILED),
            None => Err(NOT_SET_CERTIFICATE),
        }
    }

    /// The TLS configuration of a client, or the code for what is missing. The SSL context is the one set by SSLCFG,
    /// else the one with the client's index.
    pub(super) fn tls_options(&self, client: usize) -> Result<TlsOptions, u8> {
        let index = self.clients[client].ssl_context.unwrap_or(client as u8);
        let context = self.ssl_contexts[usize::from(index)].clone();
        let file = |needed: bool, name: &str| if needed { self.needed_file(name).map(Some) } else { Ok(None) };
        let (server, client) = (context.authentication.verifies_server(), context.authentication.verifies_client());
        Ok(TlsOptions {
            index,
            ca_certificate: file(server, &context.ca_certificate)?,
            client_certificate: file(client, &context.client_certificate)?,
            client_key: file(client, &context.client_key)?,
            local_time: self.local_time(),
            context,
        })
    }
}

fn set(context: &mut SslContext, setting: &str, parameters: &Parameters) -> Result<(), Refusal> {
    match setting {
        "sslversion" => context.version = parameters.number_in(2, setting, 0..=4)? as u8,
        "authmode" => context.authentication = Authentication::from(parameters.number_in(2, setting, 0..=3)? as u8),
        "ignorlocaltime" | "ignorelocaltime" => context.ignores_local_time = parameters.flag(2, setting)?,
        "negotiatetime" => context.negotiation_seconds = parameters.number_in(2, setting, 10..=300)? as u16,
        "cacert" => context.ca_certificate = file_name(parameters, 2)?,
        "clientcert" => context.client_certificate = file_name(parameters, 2)?,
        "clientkey" => context.client_key = file_name(parameters, 2)?,
        "enableSNI" => context.server_name_indication = parameters.flag(2, setting)?,
        "keypwd" | "password" => context.password = parameters.text(2, setting, 1..=128)?,
        "ciphersuites" => context.cipher_suites = parameters.remaining(2, setting)?,
        "ignorecertCN" => context.ignores_common_name = parameters.flag(2, setting)?,
        other => {
            let what = format!("no setting \"{}\"", other.escape_debug());
            return Err(Refusal::new(ComplaintKind::UnknownCommand, what));
        }
    }
    Ok(())
}
