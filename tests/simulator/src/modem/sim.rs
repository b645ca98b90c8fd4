//! The SIM: CPIN, CICCID, CIMI.

use super::Modem;
use super::agenda::Step;
use super::answer::{ERROR, Refusal, framed};
use super::line::Parameters;
use super::terminal::{INCORRECT_PASSWORD, NOT_ALLOWED, PUK_REQUIRED, SIM_BUSY, SIM_FAILURE};
use crate::behaviour::{IccidPrefix, SimFailure};
use crate::referee::ComplaintKind;

/// From the test network 001-01.
pub(super) const IMSI: &str = "001010123456789";
const ICCID: &str = "89860000000000000007";
const READY: &str = "+CPIN: READY";

impl Modem {
    /// A SIM that is not ready answers with `+CME ERROR`, itself a final result.
    pub(super) fn read_pin(&mut self) -> Result<(), Refusal> {
        let since_boot = &mut self.terminal.since_boot;
        if since_boot.ready_line_is_due {
            self.answer_sim_failure();
            return Ok(());
        }
        since_boot.pin_queries = since_boot.pin_queries.saturating_add(1);
        if since_boot.pin_queries <= self.behaviour.bring_up.sim_failures {
            self.answer_sim_failure();
            return Ok(());
        }
        let sim = self.network.sim.clone();
        if sim.starts_with("+CME ERROR") {
            self.answer(framed(&sim));
        } else if sim != READY || self.pin_is_entered() {
            self.answer_lines(&[sim]);
        } else {
            let wanted = if self.terminal.pin_attempts == 0 { "+CPIN: SIM PUK" } else { "+CPIN: SIM PIN" };
            self.answer_lines(&[wanted.to_owned()]);
        }
        Ok(())
    }

    fn answer_sim_failure(&mut self) {
        match self.behaviour.bring_up.sim_failure {
            SimFailure::Failure => self.answer_error_as(SIM_FAILURE, "+CME ERROR: SIM failure"),
            SimFailure::Busy => self.answer_error_as(SIM_BUSY, "+CME ERROR: SIM busy"),
            SimFailure::Code13 => self.answer_error(SIM_FAILURE),
            SimFailure::Code14 => self.answer_error(SIM_BUSY),
            SimFailure::Error => self.answer(ERROR.to_vec()),
            SimFailure::Code313 => self.answer_error_as(SIM_FAILURE, "+CME ERROR: 313"),
        }
    }

    fn pin_is_entered(&self) -> bool {
        self.behaviour.bring_up.pin.is_empty() || self.terminal.since_boot.pin_entered
    }

    /// Whether the SIM lets the module register.
    pub(super) fn sim_is_ready(&self) -> bool {
        self.network.sim == READY && self.pin_is_entered()
    }

    pub(super) fn enter_pin(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(2)?;
        let pin = parameters.digits(0, "pin", 4..=8)?;
        if self.pin_is_entered() {
            self.complain(ComplaintKind::PinNotWanted, "no PIN is wanted");
            self.answer_error(NOT_ALLOWED);
        } else if self.terminal.pin_attempts == 0 {
            self.complain(ComplaintKind::WrongPin, "the PUK is wanted");
            self.answer_error(PUK_REQUIRED);
        } else if pin == self.behaviour.bring_up.pin {
            self.terminal.since_boot.pin_entered = true;
            self.terminal.pin_attempts = 3;
            self.answer_ok();
            self.agenda.plan(self.after(self.behaviour.timing.result), Step::Emit(framed(READY)));
        } else {
            self.terminal.pin_attempts -= 1;
            self.complain(ComplaintKind::WrongPin, "not the SIM's PIN");
            self.answer_error(INCORRECT_PASSWORD);
        }
        Ok(())
    }

    pub(super) fn iccid(&self) -> String {
        let prefix = match self.behaviour.bring_up.iccid_prefix {
            IccidPrefix::Iccid => "+ICCID",
            IccidPrefix::Ciccid => "+CICCID",
        };
        format!("{prefix}: {ICCID}")
    }
}
