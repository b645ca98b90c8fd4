//! The messages of an outbox through a shared modem.

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::outbox::{Outbox, PublishOldest, WhenFull};
use crate::timer::Timer;

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize>
    SharedModem<'_, Raw, R, T, C, H, N>
{
    /// Publishes the messages of an [`Outbox`]: as [`Modem::drain`](crate::Modem::drain). Each message is a call of its
    /// own, so other tasks use the module between two of them, and while the outcome of one is awaited.
    ///
    /// A task that does nothing else:
    ///
    /// ```
    /// # use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
    /// # use embedded_io_async::{BufRead, Write};
    /// # use simcom_mqtt::outbox::Outbox;
    /// # use simcom_mqtt::{ClientIndex, Error, MessageHandler, SharedModem, Timer};
    /// # type Raw = CriticalSectionRawMutex;
    /// async fn send<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
    ///     module: &SharedModem<'_, Raw, R, T, C, H>,
    ///     outbox: &Outbox<Raw, 64>,
    ///     mut second: impl AsyncFnMut(),
    /// ) -> Result<(), Error> {
    ///     loop {
    ///         outbox.not_empty().await;
    ///         module.wait_up(ClientIndex::First).await?;
    ///         if module.drain(outbox).await.is_err() {
    ///             // The supervisor mends the connection. What could not be sent stays in the outbox.
    ///             second().await;
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Offline`]: the session is not up; nothing was sent. [`Error::QueueFull`]. Otherwise the errors of
    /// [`Client::publish`](crate::Client::publish).
    ///
    /// # Cancel safety
    ///
    /// As [`Modem::drain`](crate::Modem::drain).
    pub async fn drain<Lock: RawMutex + Sync, const BLOCKS: usize, F: WhenFull>(
        &self,
        outbox: &Outbox<Lock, BLOCKS, F>,
    ) -> Result<usize, Error> {
        let mut published = 0;
        for _ in 0..outbox.len() {
            let Some(mut oldest) = PublishOldest::new(outbox) else { break };
            let result = match self.online(oldest.client()) {
                Ok(()) => self.call(&mut oldest).await,
                offline => offline,
            };
            oldest.finish(result)?;
            published += 1;
        }
        Ok(published)
    }
}
