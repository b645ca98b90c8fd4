//! The calls of the blocking client for the mobile network.

use core::ops::ControlFlow;

use embedded_io::{Read, ReadReady, Write};

use super::bring_up::BringUp;
use super::{Apn, Attachment, BringUpError, BringUpStage, Identity};
use crate::blocking::Modem;
use crate::blocking::drive::NoSource;
use crate::command::network::{Cgmm, Cgmr};
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

    /// Asks the module for its model and the version of its firmware (`AT+CGMM`, `AT+CGMR`).
    ///
    /// # Errors
    ///
    /// The errors of [`execute`](Self::execute).
    pub fn identify(&mut self) -> Result<Identity, Error> {
        Ok(Identity { model: self.execute(&Cgmm)?, firmware: self.execute(&Cgmr)? })
    }
}
