//! CFG and SSLCFG.

use super::Modem;
use super::answer::Refusal;
use super::dispatch::not_in_family;
use super::line::Parameters;
use crate::family::{Family, VersionChoice};
use crate::referee::ComplaintKind;

impl Modem {
    /// CFG is legal between ACCQ and CONNECT. It fails with a bare `ERROR`, the only failure that the manuals list.
    pub(super) fn configure(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_started()?;
        parameters.at_most(3)?;
        let setting = parameters.bytes(0, "setting")?;
        let client = parameters.client(1)?;
        self.require_configurable(client).map_err(Refusal::bare)?;
        let settings = &mut self.clients[client].settings;
        match setting {
            b"checkUTF8" => settings.check_utf8 = parameters.flag(2, "checkUTF8_flag")?,
            b"optimeout" => {
                settings.operation_timeout = parameters.number_in(2, "optimeout_val", 20..=120)?;
            }
            b"version" => {
                self.require_version_choice(VersionChoice::Configuration, "a version of CFG")?;
                self.clients[client].settings.version = parameters.number_in(2, "version", 3..=4)? as u8;
            }
            other => {
                let what = format!("no setting \"{}\"", other.escape_ascii());
                return Err(Refusal::new(ComplaintKind::UnknownCommand, what));
            }
        }
        self.answer_ok();
        Ok(())
    }

    /// Where MQTT 3.1.1 is chosen on this module.
    pub(super) fn version_choice(&self) -> VersionChoice {
        if self.behaviour.firmware.version_choice { self.family.version_choice() } else { VersionChoice::None }
    }

    pub(super) fn require_version_choice(&self, needed: VersionChoice, what: &str) -> Result<(), Refusal> {
        if self.version_choice() == needed {
            return Ok(());
        }
        let refusal = not_in_family(what);
        Err(if self.family.version_choice() == needed { refusal.unavoidable() } else { refusal })
    }

    fn require_configurable(&self, client: usize) -> Result<(), Refusal> {
        self.require_idle(client)?;
        self.require_acquired(client)?;
        self.require_disconnected(client)
    }

    pub(super) fn read_configuration(&mut self) -> Result<(), Refusal> {
        self.require_started()?;
        let lines = [0, 1].map(|index| {
            let settings = &self.clients[index].settings;
            let check = u8::from(settings.check_utf8);
            format!("+CMQTTCFG: {index},{check},{}", settings.operation_timeout)
        });
        self.answer_lines(&lines);
        Ok(())
    }

    /// SSLCFG is legal between START and CONNECT.
    pub(super) fn set_ssl_context(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_started()?;
        parameters.at_most(2)?;
        let client = parameters.client(0)?;
        let context = parameters.number_in(1, "ssl_ctx_index", 0..=9)?;
        self.require_idle(client).map_err(Refusal::bare)?;
        self.require_disconnected(client).map_err(Refusal::bare)?;
        self.clients[client].ssl_context = Some(context as u8);
        self.answer_ok();
        Ok(())
    }

    /// The SIM767X note shows 0 for clients without a setting, the A7600 manual an optional parameter.
    pub(super) fn read_ssl_contexts(&mut self) -> Result<(), Refusal> {
        self.require_started()?;
        let lines = [0, 1].map(|index| {
            let unset = match self.family {
                Family::Sim767x => "0",
                Family::A7600 | Family::A76xx | Family::Sim7600 => "",
            };
            let context = self.clients[index].ssl_context.map_or(unset.to_owned(), |context| context.to_string());
            format!("+CMQTTSSLCFG: {index},{context}")
        });
        self.answer_lines(&lines);
        Ok(())
    }
}
