//! Settings of commands outside MQTT.

use core::time::Duration;

use super::Modem;
use super::answer::{ERROR, framed};
use super::ntp::NO_TIME_SERVER;
use crate::behaviour::Behaviour;

/// Settings of the terminal, most of which survive a restart.
#[derive(Debug)]
pub(super) struct Terminal {
    /// `AT+IPR`.
    pub(super) baud: u32,
    /// `AT+IFC`, from the module and from the host.
    pub(super) flow_control: (u8, u8),
    /// `AT+CNMP`.
    pub(super) mode: u32,
    /// `AT+CTZU`.
    pub(super) automatic_time: bool,
    /// `AT+CCLK`: Unix time, the moment it was set at, and the zone in quarters of an hour.
    pub(super) clock: Option<(u64, Duration, i8)>,
    /// `AT+CNTP=`: host and zone.
    pub(super) time_server: (String, i8),
    /// Remaining attempts for the PIN.
    pub(super) pin_attempts: u8,
    pub(super) since_boot: SinceBoot,
}

/// Settings that a restart clears.
#[derive(Debug)]
pub(super) struct SinceBoot {
    /// `AT+CMEE`; until it is set, each error has its own form.
    pub(super) error_form: Option<u8>,
    /// `<n>` of CREG, CGREG and CEREG.
    pub(super) reports: [u8; 3],
    /// `AT+CFUN`.
    pub(super) functionality: u8,
    /// `AT+CSCLK`.
    pub(super) sleep: u8,
    pub(super) pin_entered: bool,
    pub(super) pin_queries: u32,
    pub(super) registration_queries: [u32; 3],
    pub(super) address_queries: u32,
    /// Commands are accepted, but the ready line has not been sent yet.
    pub(super) ready_line_is_due: bool,
}

/// An error of 3GPP TS 27.007 §9.2.
#[derive(Clone, Copy, Debug)]
pub(super) struct CmeError {
    pub(super) number: u16,
    pub(super) text: &'static str,
}

pub(super) const NOT_ALLOWED: CmeError = CmeError { number: 3, text: "operation not allowed" };
pub(super) const PUK_REQUIRED: CmeError = CmeError { number: 12, text: "SIM PUK required" };
pub(super) const SIM_FAILURE: CmeError = CmeError { number: 13, text: "SIM failure" };
pub(super) const SIM_BUSY: CmeError = CmeError { number: 14, text: "SIM busy" };
pub(super) const UNKNOWN: CmeError = CmeError { number: 100, text: "unknown error" };
/// Cause 33 of the network.
pub(super) const NOT_SUBSCRIBED: CmeError =
    CmeError { number: 133, text: "requested service option not subscribed (#33)" };
pub(super) const INCORRECT_PASSWORD: CmeError = CmeError { number: 16, text: "incorrect password" };

impl Terminal {
    pub(super) fn of(behaviour: &Behaviour) -> Self {
        Self {
            baud: 115_200,
            flow_control: (0, 0),
            mode: 2,
            automatic_time: behaviour.bring_up.automatic_time,
            clock: None,
            time_server: NO_TIME_SERVER,
            pin_attempts: 3,
            since_boot: SinceBoot::default(),
        }
    }
}

impl Default for SinceBoot {
    fn default() -> Self {
        Self {
            error_form: None,
            reports: [0; 3],
            functionality: 1,
            sleep: 0,
            pin_entered: false,
            pin_queries: 0,
            registration_queries: [0; 3],
            address_queries: 0,
            ready_line_is_due: false,
        }
    }
}

impl Modem {
    /// Answers with `+CME ERROR`, by number unless `AT+CMEE` says otherwise.
    pub(super) fn answer_error(&mut self, error: CmeError) {
        self.answer_error_as(error, &format!("+CME ERROR: {}", error.number));
    }

    /// Answers with `unset` until `AT+CMEE` has set the form of errors.
    pub(super) fn answer_error_as(&mut self, error: CmeError, unset: &str) {
        let answer = match self.terminal.since_boot.error_form {
            None => framed(unset),
            Some(0) => ERROR.to_vec(),
            Some(1) => framed(&format!("+CME ERROR: {}", error.number)),
            Some(_) => framed(&format!("+CME ERROR: {}", error.text)),
        };
        self.answer(answer);
    }

    /// The rate `AT+IPR` has set; 0 is detected by the module. It has no effect here.
    pub fn baud(&self) -> u32 {
        self.terminal.baud
    }
}
