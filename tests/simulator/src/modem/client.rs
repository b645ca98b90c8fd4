//! ACCQ and REL.

use super::answer::{Refusal, RefusalAnswer};
use super::line::Parameters;
use super::{Acquired, Client, Modem};
use crate::behaviour::{AcquireInUse, ReleaseNotAcquired};
use crate::family::VersionChoice;
use crate::referee::ComplaintKind;

impl Modem {
    pub(super) fn acquire(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_started()?;
        if parameters.count() == 4 {
            self.require_version_choice(VersionChoice::Acquire, "a fourth parameter of ACCQ")?;
        }
        parameters.at_most(4)?;
        let client = parameters.client(0)?;
        let id = parameters.text(1, "clientID", 1..=128)?;
        let tls = parameters.flag_or_off(2, "server_type")?;
        let version =
            if parameters.count() == 4 { Some(parameters.number_in(3, "version", 3..=4)? as u8) } else { None };
        self.require_idle(client)?;
        if self.clients[client].acquired.is_some() {
            let refusal = Refusal::new(ComplaintKind::AlreadyAcquired, "the index is in use").unavoidable();
            return Err(match self.behaviour.acquire_in_use {
                AcquireInUse::Code19 => refusal.with_code(client, 19),
                AcquireInUse::Error => refusal,
            });
        }
        let acquired = &mut self.clients[client];
        acquired.acquired = Some(Acquired { id, tls });
        if let Some(version) = version {
            acquired.settings.version = version;
        }
        self.answer_ok();
        Ok(())
    }

    pub(super) fn read_acquired(&mut self) -> Result<(), Refusal> {
        self.require_started()?;
        let lines = [0, 1].map(|index| match &self.clients[index].acquired {
            Some(Acquired { id, tls }) => {
                format!("+CMQTTACCQ: {index},\"{id}\",{}", u8::from(*tls))
            }
            None => format!("+CMQTTACCQ: {index},\"\",0"),
        });
        self.answer_lines(&lines);
        Ok(())
    }

    pub(super) fn release(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_started()?;
        parameters.at_most(1)?;
        let client = parameters.client(0)?;
        self.require_idle(client)?;
        if self.clients[client].acquired.is_none() {
            let mut refusal = Refusal::new(ComplaintKind::NotAcquired, "the index is not acquired");
            refusal.answer = match self.behaviour.release_not_acquired {
                ReleaseNotAcquired::Code20 => RefusalAnswer::Code { client: Some(client), code: 20 },
                ReleaseNotAcquired::Ok => RefusalAnswer::Ok,
            };
            return Err(refusal);
        }
        if self.clients[client].connected {
            let what = "REL comes after DISC";
            return Err(Refusal::new(ComplaintKind::StillConnected, what).with_code(client, 19));
        }
        let ssl_context = self.clients[client].ssl_context;
        self.clients[client] = Client { ssl_context, ..Client::default() };
        self.answer_ok();
        Ok(())
    }

    pub(super) fn read_released(&mut self) -> Result<(), Refusal> {
        self.require_started()?;
        self.answer_ok();
        Ok(())
    }
}
