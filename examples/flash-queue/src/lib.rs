//! Messages that wait in flash for the connection. Each is published at QoS 1, in its order, and leaves the flash when
//! the broker has it.
#![no_std]

use embedded_io_async::{BufRead, Write};
use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};
use simcom_mqtt::error::{Delivery, InvalidInput};
use simcom_mqtt::{Client, Error, Family, MessageHandler, Publish, QoS, Timer};

/// The longest message with its topic, and two bytes for the length of the topic.
pub const RECORD_BYTES: usize = 512;

/// Why a message was not queued, or not published.
#[derive(Debug)]
pub enum QueueError<F> {
    /// The module does not take such a message.
    Invalid(InvalidInput),
    /// Topic and payload are longer than [`RECORD_BYTES`].
    TooLong,
    /// The flash failed.
    Flash(sequential_storage::Error<F>),
    /// A record is not one of this queue's: the pages were used for something else. Erase them.
    NotARecord,
    /// The publish failed. The message stays.
    Publish(Error),
}

impl<F> From<sequential_storage::Error<F>> for QueueError<F> {
    fn from(error: sequential_storage::Error<F>) -> Self {
        Self::Flash(error)
    }
}

/// A queue in the pages of a flash.
pub struct FlashQueue<S: MultiwriteNorFlash> {
    storage: QueueStorage<S, Cache<Uncached, Uncached, Uncached>>,
    family: Family,
    record: [u8; RECORD_BYTES],
    /// The oldest message may have been sent: before the last reset, for all that is known.
    may_be_sent: bool,
}

impl<S: MultiwriteNorFlash> FlashQueue<S> {
    /// The queue that these pages hold, or an empty one.
    pub fn new(flash: S, pages: QueueConfig<S>, family: Family) -> Self {
        let storage = QueueStorage::new(flash, pages, Cache::new_uncached());
        Self { storage, family, record: [0; RECORD_BYTES], may_be_sent: true }
    }

    /// Puts a message at the end of the queue. Where the flash is full, the oldest page of messages is lost.
    ///
    /// # Errors
    ///
    /// See [`QueueError`]. The message is not queued.
    pub async fn push(&mut self, topic: &str, payload: &[u8]) -> Result<(), QueueError<S::Error>> {
        // What the module would refuse is not stored.
        Publish::new(topic, payload).qos(QoS::AtLeastOnce).check(self.family).map_err(QueueError::Invalid)?;
        let topic_bytes = u16::try_from(topic.len()).map_err(|_| QueueError::TooLong)?.to_le_bytes();
        let mut length = 0;
        for part in [&topic_bytes[..], topic.as_bytes(), payload] {
            let place = self.record.get_mut(length..length + part.len()).ok_or(QueueError::TooLong)?;
            place.copy_from_slice(part);
            length += part.len();
        }
        let record = self.record.get(..length).ok_or(QueueError::TooLong)?;
        Ok(self.storage.push(record, true).await?)
    }

    /// Publishes what the queue holds, the oldest message first. Returns how many were published.
    ///
    /// # Errors
    ///
    /// [`QueueError::Publish`]: do what the error's `next_step` says, then drain again.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the message that was under way is published again, with the duplicate flag.
    pub async fn drain<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
        &mut self,
        client: &mut Client<'_, R, T, C, H>,
    ) -> Result<usize, QueueError<S::Error>> {
        let mut published = 0;
        while let Some(record) = self.storage.peek(&mut self.record).await? {
            let (topic, payload) = message(record).ok_or(QueueError::NotARecord)?;
            let message = Publish::new(topic, payload).qos(QoS::AtLeastOnce).duplicate(self.may_be_sent);
            // Until the outcome is known, also if this future is dropped.
            let may_be_sent_before = core::mem::replace(&mut self.may_be_sent, true);
            if let Err(error) = client.publish(&message).await {
                self.may_be_sent = may_be_sent_before || error.delivery() == Delivery::Unknown;
                return Err(QueueError::Publish(error));
            }
            self.storage.pop(&mut self.record).await?;
            self.may_be_sent = false;
            published += 1;
        }
        // The next one is new.
        self.may_be_sent = false;
        Ok(published)
    }

    /// The flash, for example for another use after a shutdown.
    pub fn into_flash(self) -> S {
        self.storage.destroy().0
    }
}

/// Topic and payload of a record.
fn message(record: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = record.split_first_chunk()?;
    let (topic, payload) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    Some((core::str::from_utf8(topic).ok()?, payload))
}
