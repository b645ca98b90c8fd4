//! Pause and resume of the async client.

use embedded_hal::digital::OutputPin;
use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{BufRead, Write};

use super::sleep::{Attention, disconnected};
use super::{Dtr, SleepError};
use crate::Modem;
use crate::command::ClientIndex;
use crate::command::network::{Csclk, SleepMode};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::ClientState;
use crate::timer::Timer;

/// Low power.
impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<R, T, C, H> {
    /// Ends the connections and lets the module sleep: `AT+CMQTTDISC` for each connected client, `AT+CSCLK=1`, then DTR
    /// goes high. The service stays started and both clients stay acquired, so that after [`resume`](Self::resume)
    /// `connect` with the same options sends `AT+CMQTTCONNECT` only.
    ///
    /// It does not ask the module whether it sleeps: that begins some seconds later, when it is idle. To sleep between
    /// the messages of a connection that stays, execute [`Csclk`] and use [`Dtr`] alone.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use embedded_hal::digital::OutputPin;
    /// # use embedded_hal_async::delay::DelayNs;
    /// # use embedded_io_async::{BufRead, Write};
    /// # use simcom_mqtt::{*, power::*};
    /// async fn report_every_hour<P: OutputPin>(
    ///     modem: &mut Modem<impl BufRead, impl Write, impl Timer, impl MessageHandler>,
    ///     dtr: &mut Dtr<P>,
    ///     delay: &mut impl DelayNs,
    ///     options: &ConnectOptions<'_>,
    /// ) -> Result<(), SleepError<P::Error>> {
    ///     loop {
    ///         let mut client = modem.client(ClientIndex::First);
    ///         client.connect(options).await?;
    ///         client.publish(&Publish::new("device-7/state", b"on")).await?;
    ///         modem.pause(dtr).await?;
    ///         delay.delay_ms(3_600_000).await;
    ///         modem.resume(dtr, delay).await?;
    ///     }
    /// }
    /// ```
    ///
    /// # Times
    ///
    /// Those of [`disconnect`](crate::Client::disconnect) for each connected client, and of [`execute`](Self::execute).
    ///
    /// # Errors
    ///
    /// See [`SleepError`]. DTR is still low, and the module awake.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the clients may or may not be connected, and DTR is low:
    /// the module stays awake.
    pub async fn pause<P: OutputPin>(&mut self, dtr: &mut Dtr<P>) -> Result<(), SleepError<P::Error>> {
        for index in ClientIndex::ALL {
            let mut client = self.client(index);
            let result = client.disconnect().await;
            disconnected(result, client.state() == ClientState::Connected)?;
        }
        self.execute(&Csclk { mode: SleepMode::Dtr }).await?;
        dtr.allow_sleep().map_err(SleepError::Dtr)
    }

    /// Wakes the module: DTR goes low, and 100 ms later it has to answer `AT` within 1 s. Then `connect`.
    ///
    /// Where it does not answer, DTR goes high for 100 ms and low again, and the driver resyncs: so a module that is
    /// slow, or that only bytes wake, is found awake. What else wakes a module that still sleeps is not documented:
    /// reset it ([`Reset`](super::Reset)), which loses all its state, then call [`bring_up`](Self::bring_up) and
    /// `connect`.
    ///
    /// # Times
    ///
    /// 115 ms where DTR wakes the module; at most 23 s where nothing does.
    ///
    /// # Errors
    ///
    /// See [`SleepError`]. The [next step](SleepError::next_step) is [`Reset`](crate::NextStep::Reset) where the module
    /// does not answer at all.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the module may or may not be awake: resume again.
    pub async fn resume<P: OutputPin>(
        &mut self,
        dtr: &mut Dtr<P>,
        delay: &mut impl DelayNs,
    ) -> Result<(), SleepError<P::Error>> {
        dtr.wake_async(delay).await.map_err(SleepError::Dtr)?;
        match self.execute(&Attention).await {
            Err(Error::NoAnswer { .. }) => {}
            result => return Ok(result?),
        }
        dtr.allow_sleep().map_err(SleepError::Dtr)?;
        delay.delay_ms(Dtr::<P>::RELEASED_MS).await;
        dtr.wake_async(delay).await.map_err(SleepError::Dtr)?;
        Ok(self.execute(&Attention).await?)
    }
}
