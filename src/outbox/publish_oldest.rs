//! TOPIC, PAYLOAD, PUB of the oldest message of an outbox.

use core::cell::Cell;
use core::fmt;

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::header::Header;
use super::store::{Block, Ending, Place, Store};
use super::{Outbox, WhenFull};
use crate::NextStep;
use crate::at::WINDOW_BYTES;
use crate::command::{ClientIndex, CommandWriter};
use crate::error::{Delivery, Error};
use crate::options::Publish;
use crate::procedure::{PublishMessage, PublishStep};
use crate::session::{Failure, Next, Procedure, Session};

/// Publishes the oldest message of an [`Outbox`]: one step of [`Modem::drain`](crate::Modem::drain).
///
/// The message is held until [`finish`](Self::finish), or until this is dropped: then it may have been sent if its last
/// command was begun.
pub struct PublishOldest<'o, Raw: RawMutex, const N: usize> {
    store: &'o Mutex<Raw, Store<[Block; N]>>,
    header: Header,
    /// Where it was read last.
    place: Cell<Place>,
    step: PublishStep,
    ending: Option<Ending>,
}

impl<'o, Raw: RawMutex, const N: usize> PublishOldest<'o, Raw, N> {
    /// Holds the oldest message. `None` where the outbox is empty, or another call is sending its oldest message.
    pub fn new<F: WhenFull>(outbox: &'o Outbox<Raw, N, F>) -> Option<Self> {
        let store = &outbox.store;
        let (header, place) = outbox.lock(Store::hold)?;
        Some(Self { store, header, place: Cell::new(place), step: PublishStep::Begin, ending: None })
    }

    /// The client that publishes it.
    pub fn client(&self) -> ClientIndex {
        self.header.client()
    }

    /// The call has ended with this result, which is returned: the message goes or stays.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn finish(mut self, result: Result<(), Error>) -> Result<(), Error> {
        self.ending = Some(match &result {
            Ok(()) => Ending::Delivered,
            Err(error) => {
                Ending::Failed { delivery: error.delivery_after(self.may_be_sent()), is_refused: is_refused(error) }
            }
        });
        result
    }

    /// Whether the last command was begun: before it, the broker has nothing.
    fn may_be_sent(&self) -> bool {
        self.step == PublishStep::Pub
    }
}

/// Whether this message fails, where another one may succeed.
fn is_refused(error: &Error) -> bool {
    matches!(error, Error::Refused { refusal, .. } if refusal.code().is_none())
        || error.next_step() == NextStep::CorrectInput
}

impl<Raw: RawMutex, const N: usize> Drop for PublishOldest<'_, Raw, N> {
    #[inline(never)]
    fn drop(&mut self) {
        let delivery = if self.may_be_sent() { Delivery::Unknown } else { Delivery::NotSent };
        let dropped = Ending::Failed { delivery, is_refused: false };
        let ending = self.ending.unwrap_or(dropped);
        self.store.lock(|store| Store::end(store, ending));
    }
}

impl<Raw: RawMutex, const N: usize> fmt::Debug for PublishOldest<'_, Raw, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishOldest")
            .field("client", &self.header.client())
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

impl<Raw: RawMutex, const N: usize> Procedure for PublishOldest<'_, Raw, N> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        // The steps are those of any publish.
        const NO_MESSAGE: &Publish<'_> = &Publish::new("", b"");
        let Self { header, step, .. } = self;
        let mut publish = PublishMessage::at(*step, header.client(), NO_MESSAGE, header.payload_length().into());
        let next = publish.next(session, last);
        *step = publish.step();
        next
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        self.header.describe(writer, self.step);
    }

    fn data(&self) -> Option<&[u8]> {
        None
    }

    fn copy_data<'w>(&self, sent: usize, window: &'w mut [u8; WINDOW_BYTES]) -> &'w [u8] {
        let (topic, payload) = (self.header.topic_length().into(), self.header.payload_length().into());
        let (before, length) = if self.step == PublishStep::Topic { (0, topic) } else { (topic, payload) };
        let mut place = self.place.get();
        let count = self.store.lock(|store| Store::copy(store, &mut place, Header::BYTES + before + sent, window));
        self.place.set(place);
        window.get(..count.min(length.saturating_sub(sent))).unwrap_or(&[])
    }
}
