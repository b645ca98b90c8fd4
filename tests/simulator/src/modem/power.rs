//! Power: PWRKEY, RESET, the status pin, CRESET, CPOF, and sleep by DTR.

use core::time::Duration;

use super::Modem;
use super::agenda::Step;
use super::answer::{Refusal, framed};
use super::line::Parameters;

/// The module's pins.
#[derive(Debug)]
pub(super) struct Pins {
    on: bool,
    power_key: bool,
    reset_key: bool,
    dtr: bool,
    /// DTR has gone low, and the module sleeps on.
    oversleeps: bool,
}

impl Default for Pins {
    fn default() -> Self {
        Self { on: true, power_key: false, reset_key: false, dtr: false, oversleeps: false }
    }
}

impl Modem {
    /// PWRKEY is pressed or released. Held long enough, it switches the module on or off, once per press.
    pub fn power_key(&mut self, now: Duration, pressed: bool) {
        self.advance(now);
        if core::mem::replace(&mut self.pins.power_key, pressed) == pressed {
            return;
        }
        self.agenda.cancel_power_key();
        if pressed {
            let power = &self.behaviour.power;
            let held = if self.pins.on { power.key_off } else { power.key_on };
            self.agenda.plan(self.after(held), Step::PowerKeyHeld);
        }
    }

    /// RESET is pressed or released. Held long enough, it restarts the module, once per press.
    pub fn reset_key(&mut self, now: Duration, pressed: bool) {
        self.advance(now);
        if core::mem::replace(&mut self.pins.reset_key, pressed) == pressed {
            return;
        }
        self.agenda.cancel_reset_key();
        if pressed && self.pins.on {
            self.agenda.plan(self.after(self.behaviour.power.reset), Step::ResetHeld);
        }
    }

    /// The status pin: high from switching on, long before the ready line, to the end of a switch-off. It shows the
    /// state at the time of the last call.
    pub fn is_on(&self) -> bool {
        self.pins.on
    }

    /// The DTR pin. While it is high and `AT+CSCLK=1` is set, the module sleeps and bytes of the host are lost.
    pub fn set_dtr(&mut self, high: bool) {
        self.pins.oversleeps = self.is_asleep() && !self.behaviour.power.dtr_wakes;
        self.pins.dtr = high;
    }

    /// Whether the module sleeps. A restart ends every sleep.
    pub fn is_asleep(&self) -> bool {
        (self.pins.dtr || self.pins.oversleeps) && self.terminal.since_boot.sleep == 1
    }

    /// Bytes of the host have reached a sleeping module.
    pub(super) fn disturb(&mut self) {
        if self.behaviour.power.bytes_wake {
            self.pins.oversleeps = false;
        }
    }

    /// The module loses its power.
    pub fn cut_power(&mut self, now: Duration) {
        self.advance(now);
        self.forget_everything();
        self.pins.on = false;
    }

    pub(super) fn power_key_held(&mut self) {
        if self.pins.on {
            self.shut_down();
        } else {
            self.power_on(self.now);
        }
    }

    /// Sends `NORMAL POWER DOWN`, and is off some time later.
    pub(super) fn shut_down(&mut self) {
        self.forget_everything();
        self.wire.extend(framed("NORMAL POWER DOWN"));
        self.agenda.plan(self.after(self.behaviour.power.shutdown), Step::Off);
    }

    pub(super) fn switch_on(&mut self) {
        self.pins.on = true;
    }

    pub(super) fn restart_by_command(&mut self) -> Result<(), Refusal> {
        self.answer_then(Step::Restart);
        Ok(())
    }

    pub(super) fn power_off_by_command(&mut self) -> Result<(), Refusal> {
        self.answer_then(Step::Shutdown);
        Ok(())
    }

    fn answer_then(&mut self, step: Step) {
        self.answer_ok();
        self.agenda.plan(self.after(self.behaviour.timing.result), step);
    }

    pub(super) fn set_sleep(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        self.terminal.since_boot.sleep = parameters.number_in(0, "n", 0..=2)? as u8;
        self.answer_ok();
        Ok(())
    }
}
