//! The calls of the async client for the mobile network.

use embedded_io_async::{BufRead, Write};

use super::bring_up::BringUp;
use super::{Apn, Attachment, BringUpError, BringUpStage, ClockError, Identity};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::command::network::{CclkRead, Cgmm, Cgmr, Cntp, CntpWrite, DateTime};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::Procedure;
use crate::timer::Timer;

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<R, T, C, H> {
    /// Brings the module from any state to an address: unlocks the SIM card, sets the access point, waits for a
    /// network, activates the PDP context and waits for its address.
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

    /// The time of the module's clock (`AT+CCLK?`). A clock that was never set is an error: it reads 1970 or 1980.
    ///
    /// # Errors
    ///
    /// See [`ClockError`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, nothing changes in the module.
    pub async fn clock(&mut self) -> Result<DateTime, ClockError> {
        ClockError::check(self.execute(&CclkRead).await?)
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
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the clock may or may not be set.
    pub async fn set_clock_by_ntp(&mut self, server: &str, quarters_from_utc: i8) -> Result<DateTime, ClockError> {
        self.execute(&CntpWrite { server, quarters_from_utc }).await?;
        self.execute(&Cntp).await?;
        self.clock().await
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
