//! The calls of the async client for the mobile network.

use embedded_io_async::{BufRead, Write};

use super::bring_up::BringUp;
use super::{Apn, Attachment, BringUpError, BringUpStage, Identity};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::command::network::{Cgmm, Cgmr};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::Procedure;
use crate::timer::Timer;

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<R, T, C, H> {
    /// Brings the module from any state to an address: unlocks the SIM card, sets the access point, waits for a network,
    /// activates the PDP context and waits for its address.
    ///
    /// Sends `ATE0`, `AT+CPIN?`, `AT+CPIN=` (only where the card asks for its PIN), `AT+CGDCONT=`, `AT+CGSOCKCONT=` (on
    /// A7600), `AT+CGAUTH=` (where credentials are given), `AT+CREG?`, `AT+CGREG?` and `AT+CEREG?` once a second,
    /// `AT+CGACT=1,` and `AT+CGPADDR=` once a second, `AT+CSQ`, `AT+CPSI?`. It can be called while the module is still
    /// starting, and begins again when the module restarts. Messages and events are received meanwhile.
    ///
    /// `on_stage` is called whenever the bring-up waits for something else. Pass `|_| {}` to ignore it.
    ///
    /// ```no_run
    /// # use simcom_mqtt::{Modem, MessageHandler, Timer, network::{Apn, BringUpError}};
    /// # use embedded_io_async::{BufRead, Write};
    /// # async fn example<R: BufRead, T: Write, C: Timer, H: MessageHandler>(modem: &mut Modem<R, T, C, H>) -> Result<(), BringUpError> {
    /// let attachment = modem.bring_up(&Apn::new("internet"), |_stage| { /* blink */ }).await?;
    /// let address = attachment.address.ipv4;
    /// # let _ = address;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`BringUpError`]; after every one of them it can be called again.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the next call continues from the state that the module is
    /// in then. If it is not known whether the card took the PIN, this `Modem` does not send the PIN again.
    pub async fn bring_up(
        &mut self,
        apn: &Apn<'_>,
        mut on_stage: impl FnMut(BringUpStage) + Send,
    ) -> Result<Attachment, BringUpError> {
        let Self { port, pin_unconfirmed, .. } = self;
        let on_stage: &mut (dyn FnMut(BringUpStage) + Send) = &mut on_stage;
        let mut procedure = BringUp::new(apn, pin_unconfirmed, on_stage, port.timer.now());
        loop {
            let call: &mut (dyn Procedure + Send) = &mut procedure;
            let driven = port.drive(call, NO_SOURCE).await;
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
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, nothing changes in the module.
    pub async fn identify(&mut self) -> Result<Identity, Error> {
        Ok(Identity { model: self.execute(&Cgmm).await?, firmware: self.execute(&Cgmr).await? })
    }
}
