//! CNTP: the clock by a time server (A76XX V1.09 §14.2.3; SIM7500/SIM7600 has the same).

use super::Modem;
use super::agenda::Step;
use super::answer::{Refusal, framed};
use super::line::Parameters;
use super::state::NEW_YEAR_2026;

/// `<timezone>` where the host names none, in quarters of an hour: that of Beijing.
const DEFAULT_ZONE: i8 = 32;
/// Host and zone before the host has set a server.
pub(super) const NO_TIME_SERVER: (String, i8) = (String::new(), DEFAULT_ZONE);
/// `<err>` of a module without a network.
const NETWORK_ERROR: u32 = 4;
/// `<err>` where no `<host>` was set. Unverified.
const WRONG_PARAMETER: u32 = 2;

impl Modem {
    /// `<host>[,<timezone>]`.
    pub(super) fn set_time_server(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(2)?;
        let host = parameters.text(0, "host", 0..=255)?;
        let zone = if parameters.count() > 1 { parameters.signed_in(1, "timezone", 96)? } else { DEFAULT_ZONE.into() };
        self.terminal.time_server = (host, zone as i8);
        self.answer_ok();
        Ok(())
    }

    pub(super) fn time_server(&self) -> String {
        let (host, zone) = &self.terminal.time_server;
        format!("+CNTP: \"{host}\",{zone}")
    }

    /// `OK` at once; the outcome when the server has answered.
    pub(super) fn ask_time_server(&mut self) {
        self.answer_ok();
        let at = self.after_result(self.behaviour.timing.time_server);
        self.agenda.plan(at, Step::TimeServerAnswered);
    }

    pub(super) fn time_server_answered(&mut self) {
        let (host, zone) = &self.terminal.time_server;
        let code = match self.behaviour.bring_up.time_server_outcome {
            _ if host.is_empty() => WRONG_PARAMETER,
            _ if !self.registered() || !self.any_context_is_active() => NETWORK_ERROR,
            code => code,
        };
        if code == 0 {
            // The server knows the time even where the network does not send it.
            let time = self.network.time.unwrap_or(NEW_YEAR_2026).saturating_add(self.now.as_secs());
            self.terminal.clock = Some((time, self.now, *zone));
        }
        self.wire.extend(framed(&format!("+CNTP: {code}")));
    }
}
