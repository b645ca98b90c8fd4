//! Pause and resume of the blocking client.

use core::ops::ControlFlow;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_io::{Read, ReadReady, Write};

use super::sleep::{Attention, disconnected};
use super::{Dtr, SleepError};
use crate::blocking::Modem;
use crate::command::ClientIndex;
use crate::command::network::{Csclk, SleepMode};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::ClientState;
use crate::timer::Timer;

/// Low power.
impl<R, T, C, H, I> Modem<R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Ends the connections and lets the module sleep: `AT+CMQTTDISC` for each connected client, `AT+CSCLK=1`, then DTR
    /// goes high. The service stays started and both clients stay acquired, so that after [`resume`](Self::resume)
    /// `connect` with the same options sends `AT+CMQTTCONNECT` only.
    ///
    /// It does not ask the module whether it sleeps: that begins some seconds later, when it is idle. To sleep between
    /// the messages of a connection that stays, execute [`Csclk`] and use [`Dtr`] alone.
    ///
    /// # Times
    ///
    /// Those of [`disconnect`](crate::Client::disconnect) for each connected client, and of [`execute`](Self::execute).
    ///
    /// # Errors
    ///
    /// See [`SleepError`]. DTR is still low, and the module awake.
    pub fn pause<P: OutputPin>(&mut self, dtr: &mut Dtr<P>) -> Result<(), SleepError<P::Error>> {
        for index in ClientIndex::ALL {
            let mut client = self.client(index);
            let result = client.disconnect();
            disconnected(result, client.state() == ClientState::Connected)?;
        }
        self.execute(&Csclk { mode: SleepMode::Dtr })?;
        dtr.allow_sleep().map_err(SleepError::Dtr)
    }

    /// Wakes the module, as [`crate::Modem::resume`]: 115 ms where DTR wakes it, at most 23 s where nothing does. Then
    /// `connect`. The idle hook is not called during the delays, which are 300 ms together.
    ///
    /// # Errors
    ///
    /// See [`SleepError`]. The [next step](SleepError::next_step) is [`Reset`](crate::NextStep::Reset) where the module
    /// does not answer at all.
    pub fn resume<P: OutputPin>(
        &mut self,
        dtr: &mut Dtr<P>,
        delay: &mut impl DelayNs,
    ) -> Result<(), SleepError<P::Error>> {
        dtr.wake(delay).map_err(SleepError::Dtr)?;
        match self.execute(&Attention) {
            Err(Error::NoAnswer { .. }) => {}
            result => return Ok(result?),
        }
        dtr.allow_sleep().map_err(SleepError::Dtr)?;
        delay.delay_ms(Dtr::<P>::RELEASED_MS);
        dtr.wake(delay).map_err(SleepError::Dtr)?;
        Ok(self.execute(&Attention)?)
    }
}
