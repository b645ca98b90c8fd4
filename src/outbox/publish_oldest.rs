//! TOPIC, PAYLOAD, PUB of the oldest message of an outbox.

use core::cell::Cell;
use core::fmt;

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::store::{Ending, Header, Link, Place, Store};
use super::{Outbox, WhenFull};
use crate::NextStep;
use crate::at::WINDOW_BYTES;
use crate::command::{CommandWriter, Topic};
use crate::error::{Delivery, Error, Refusal};
use crate::options::Publish;
use crate::procedure::{PublishMessage, PublishStep};
use crate::session::{Failure, Next, Procedure, Session};

/// Publishes the oldest message of an [`Outbox`]: one step of [`Modem::drain`](crate::Modem::drain).
///
/// The message is held until [`finish`](Self::finish), or until this is dropped: then it may have been sent if its last
/// command was begun.
pub struct PublishOldest<'o, Raw: RawMutex, const N: usize> {
    store: &'o Mutex<Raw, Store<N>>,
    header: Header,
    first: Link,
    /// Where it was read last.
    place: Cell<Place>,
    step: PublishStep,
    ending: Option<Ending>,
}

impl<'o, Raw: RawMutex, const N: usize> PublishOldest<'o, Raw, N> {
    /// Holds the oldest message. `None` where the outbox is empty, or another call is sending its oldest message.
    pub fn new<F: WhenFull>(outbox: &'o Outbox<Raw, N, F>) -> Option<Self> {
        let store = &outbox.store;
        let (header, place) = store.lock(Store::hold)?;
        let (first, place) = (place.block, Cell::new(place));
        Some(Self { store, header, first, place, step: PublishStep::Begin, ending: None })
    }

    /// The call has ended with this result, which is returned: the message goes or stays.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn finish(mut self, result: Result<(), Error>) -> Result<(), Error> {
        self.ending = Some(match &result {
            Ok(()) => Ending::Delivered,
            Err(error) => Ending::Failed { delivery: self.delivery(error.delivery()), is_refused: is_refused(error) },
        });
        result
    }

    /// What the broker may have: nothing before the last command.
    fn delivery(&self, delivery: Delivery) -> Delivery {
        if self.step == PublishStep::Pub { delivery } else { Delivery::NotSent }
    }
}

/// Whether this message fails, where another one may succeed.
fn is_refused(error: &Error) -> bool {
    matches!(error, Error::Refused { refusal: Refusal::Error, .. }) || error.next_step() == NextStep::CorrectInput
}

impl<Raw: RawMutex, const N: usize> Drop for PublishOldest<'_, Raw, N> {
    fn drop(&mut self) {
        let dropped = Ending::Failed { delivery: self.delivery(Delivery::Unknown), is_refused: false };
        let ending = self.ending.unwrap_or(dropped);
        self.store.lock(|store| store.end(ending));
    }
}

impl<Raw: RawMutex, const N: usize> fmt::Debug for PublishOldest<'_, Raw, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishOldest").field("header", &self.header).field("step", &self.step).finish_non_exhaustive()
    }
}

impl<Raw: RawMutex, const N: usize> PublishOldest<'_, Raw, N> {
    /// Everything but the topic and the bytes of the payload.
    fn message(&self) -> Publish<'static> {
        Publish {
            topic: &[],
            payload: &[],
            qos: self.header.qos(),
            retained: self.header.is_retained(),
            duplicate: self.header.is_duplicate(),
            timeout_s: self.header.timeout_s.into(),
        }
    }

    /// The procedure of a publish at this step, which knows no topic.
    fn at<'m>(&self, step: PublishStep, message: &'m Publish<'static>) -> PublishMessage<'m> {
        PublishMessage::at(step, self.header.client(), message, self.header.payload_length.into())
    }
}

impl<Raw: RawMutex, const N: usize> Procedure for PublishOldest<'_, Raw, N> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let message = self.message();
        let mut publish = self.at(self.step, &message);
        let next = publish.next(session, last)?;
        self.step = publish.step();
        Ok(next)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        let message = self.message();
        match self.step {
            // The topic was checked when it was pushed.
            PublishStep::Topic => {
                writer.client_command(Topic::INFO, self.header.client()).announce(self.header.topic_length.into());
            }
            PublishStep::Begin => {
                self.at(PublishStep::Payload, &message).command(writer);
                self.at(PublishStep::Pub, &message).command(writer);
            }
            step => self.at(step, &message).command(writer),
        }
    }

    fn data(&self) -> Option<&[u8]> {
        None
    }

    fn copy_data(&self, sent: usize, window: &mut [u8; WINDOW_BYTES]) -> usize {
        let topic_length = usize::from(self.header.topic_length);
        let before = Header::BYTES + if self.step == PublishStep::Topic { 0 } else { topic_length };
        let mut place = self.place.get();
        let count = self.store.lock(|store| store.copy(self.first, &mut place, before + sent, window));
        self.place.set(place);
        count
    }
}
