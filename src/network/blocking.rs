//! The calls of the blocking client that concern the network.

use core::ops::ControlFlow;

use embedded_io::{Read, ReadReady, Write};

use super::{Apn, Attachment, BringUp, BringUpError, BringUpStage, Cgmm, Cgmr, Identity};
use crate::blocking::Modem;
use crate::blocking::drive::NoSource;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::timer::{Instant, Timer};

impl<R, T, C, H, I> Modem<'_, R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Brings the module from any state to an address: unlocks the SIM card, sets the access point, waits for a network,
    /// activates the PDP context and waits for its address. What it sends, and how it bears with the module, is told at the
    /// async [`bring_up`](crate::Modem::bring_up).
    ///
    /// `on_stage` is called whenever what is waited for changes; `|_| {}` if nobody wants to know.
    ///
    /// # Errors
    ///
    /// See [`BringUpError`]; after every one of them it can be called again. What the idle hook aborted is
    /// [`BringUpError::Failed`] with [`Error::Aborted`].
    pub fn bring_up(
        &mut self,
        apn: &Apn<'_>,
        mut on_stage: impl FnMut(BringUpStage),
    ) -> Result<Attachment, BringUpError> {
        let mut procedure = BringUp::new(apn, &mut on_stage, Instant::new(self.timer.now()));
        loop {
            let driven = self.drive(&mut procedure, &mut NoSource);
            if let Some(outcome) = procedure.outcome(driven, Instant::new(self.timer.now())) {
                return outcome;
            }
        }
    }

    /// Asks the module for its model and the version of its firmware (`AT+CGMM`, `AT+CGMR`).
    ///
    /// # Errors
    ///
    /// Those of [`execute`](Self::execute).
    pub fn identify(&mut self) -> Result<Identity, Error> {
        Ok(Identity { model: self.execute(&Cgmm)?, firmware: self.execute(&Cgmr)? })
    }
}
