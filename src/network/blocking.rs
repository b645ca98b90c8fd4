//! The calls of the blocking client for the mobile network.

use core::ops::ControlFlow;

use embedded_io::{Read, ReadReady, Write};

use super::bring_up::BringUp;
use super::{Apn, Attachment, BringUpError, BringUpStage, ClockError, Identity};
use crate::blocking::Modem;
use crate::blocking::drive::NoSource;
use crate::command::network::{CclkRead, Cgmm, Cgmr, Cntp, CntpWrite, DateTime};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::timer::Timer;

impl<R, T, C, H, I> Modem<R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Brings the module from any state to an address: unlocks the SIM card, sets the access point, waits for a
    /// network, activates the PDP context and waits for its address. The async [`bring_up`](crate::Modem::bring_up)
    /// lists the commands, and how failures are handled.
    ///
    /// `on_stage` is called whenever the bring-up waits for something else. Pass `|_| {}` to ignore it.
    ///
    /// # Errors
    ///
    /// See [`BringUpError`]; after every one of them it can be called again. A call that the idle hook aborted fails
    /// with [`BringUpError::Failed`] of [`Error::Aborted`].
    pub fn bring_up(
        &mut self,
        apn: &Apn<'_>,
        mut on_stage: impl FnMut(BringUpStage),
    ) -> Result<Attachment, BringUpError> {
        let Self { port, pin_unconfirmed, .. } = self;
        let on_stage: &mut dyn FnMut(BringUpStage) = &mut on_stage;
        let mut procedure = BringUp::new(apn, pin_unconfirmed, on_stage, port.timer.now());
        loop {
            let driven = port.drive(&mut procedure, &mut NoSource);
            if let Some(outcome) = procedure.outcome(driven, port.timer.now()) {
                return outcome;
            }
        }
    }

    /// The time of the module's clock (`AT+CCLK?`). A clock that was never set is an error: it reads 1970 or 1980.
    ///
    /// # Errors
    ///
    /// See [`ClockError`].
    pub fn clock(&mut self) -> Result<DateTime, ClockError> {
        ClockError::check(self.execute(&CclkRead)?)
    }

    /// Sets the module's clock by a time server, and returns its time (`AT+CNTP`, `AT+CCLK?`). The module needs an
    /// address first: [`bring_up`](Self::bring_up). `quarters_from_utc` is the zone of the clock, -96 to 96 quarters of
    /// an hour; 0 is UTC.
    ///
    /// Certificates are verified against this clock: see the order of steps in [`Tls`](crate::Tls).
    ///
    /// # Errors
    ///
    /// See [`ClockError`]. The time server may take 65 s.
    pub fn set_clock_by_ntp(&mut self, server: &str, quarters_from_utc: i8) -> Result<DateTime, ClockError> {
        self.execute(&CntpWrite { server, quarters_from_utc })?;
        self.execute(&Cntp)?;
        self.clock()
    }

    /// Asks the module for its model and the version of its firmware (`AT+CGMM`, `AT+CGMR`).
    ///
    /// # Errors
    ///
    /// The errors of [`execute`](Self::execute).
    pub fn identify(&mut self) -> Result<Identity, Error> {
        Ok(Identity { model: self.execute(&Cgmm)?, firmware: self.execute(&Cgmr)? })
    }
}
