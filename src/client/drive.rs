//! The one loop behind every call.

use core::future::{Future, poll_fn};
use core::ops::Range;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use embedded_io::{Error as _, ErrorKind};
use embedded_io_async::{BufRead, Read, Write};

use crate::at::WINDOW_BYTES;
use crate::error::Error;
use crate::family::Family;
use crate::handler::MessageHandler;
use crate::session::{Driven, Engine, Outgoing, Progress};
use crate::timer::{Timer, moment};

/// Where a payload that is not in memory comes from.
pub(crate) trait Source: Sized {
    /// Reads more of the payload, at most `limit` bytes. The future owns the source, so that it can outlive a turn of
    /// the loop: a reader may lose bytes if its `read` is dropped.
    fn fill(self, limit: usize) -> impl Future<Output = Self>;

    /// The bytes that were read and are still to be sent.
    fn unsent(&self) -> Result<&[u8], Error>;

    /// `count` of these bytes were sent.
    fn sent(&mut self, count: usize);
}

/// The source of calls that have none. It has no value, so that nothing of a source is in the loop of these calls.
pub(crate) enum NoSource {}

/// That there is none.
pub(crate) const NO_SOURCE: Option<NoSource> = None;

impl Source for NoSource {
    fn fill(self, _: usize) -> impl Future<Output = Self> {
        self
    }

    fn unsent(&self) -> Result<&[u8], Error> {
        match *self {}
    }

    fn sent(&mut self, _: usize) {
        match *self {}
    }
}

impl Future for NoSource {
    type Output = Self;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self> {
        match *self {}
    }
}

/// Where a [`Reader`] keeps what it has read.
pub(super) type ReadBuffer = [u8; WINDOW_BYTES];

/// A reader as a source.
pub(super) struct Reader<'r, S> {
    reader: &'r mut S,
    buffer: &'r mut ReadBuffer,
    /// The part of the buffer that is still to be sent, or why there is none.
    unsent: Result<Range<usize>, Error>,
}

impl<'r, S> Reader<'r, S> {
    pub(super) const fn new(reader: &'r mut S, buffer: &'r mut ReadBuffer) -> Self {
        Self { reader, buffer, unsent: Ok(0..0) }
    }
}

impl<S: Read> Source for Reader<'_, S> {
    async fn fill(mut self, limit: usize) -> Self {
        let length = WINDOW_BYTES.min(limit);
        let count = self.reader.read(self.buffer.get_mut(..length).unwrap_or_default()).await;
        self.unsent = match count {
            Ok(0) => Err(Error::SourceEnded),
            Ok(count) => Ok(0..count.min(length)),
            Err(error) => Err(Error::Source(error.kind())),
        };
        self
    }

    fn unsent(&self) -> Result<&[u8], Error> {
        let unsent = self.unsent.clone()?;
        Ok(self.buffer.get(unsent).unwrap_or_default())
    }

    fn sent(&mut self, count: usize) {
        if let Ok(unsent) = &mut self.unsent {
            unsent.start = unsent.end.min(unsent.start + count);
        }
    }
}

fn ready<O>(poll: Poll<O>) -> Option<O> {
    match poll {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Gives the engine the present time.
#[inline(never)]
pub(crate) fn pass_time(engine: &mut Engine, timer: &impl Timer) {
    engine.pass_time(timer.now());
}

/// A UART, and the core that speaks to the module on it: what the loop works on. What is kept between calls stands
/// beside it in the [`Modem`](super::Modem), so that a procedure can borrow from there.
pub(crate) struct Port<R, T, C, H> {
    pub(super) receiver: R,
    pub(super) transmitter: T,
    pub(crate) timer: C,
    pub(super) handler: H,
    pub(crate) engine: Engine,
}

impl<R, T, C, H> Port<R, T, C, H> {
    #[inline(never)]
    pub(super) fn new(receiver: R, transmitter: T, timer: C, family: Family, handler: H) -> Self {
        Self { receiver, transmitter, timer, handler, engine: Engine::new(family) }
    }
}

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Port<R, T, C, H> {
    /// Drives a procedure to its end: write, read, wait, until the core reports that it is done.
    #[expect(clippy::manual_async_fn, reason = "the future of an async fn would hold the arguments twice")]
    pub(crate) fn drive<P: Driven + ?Sized, S: Source>(
        &mut self,
        procedure: &mut P,
        mut source: Option<S>,
    ) -> impl Future<Output = Result<(), Error>> {
        async move {
            self.engine.begin_call(procedure.procedure())?;
            let mut window = [0; WINDOW_BYTES];
            // While the source is read, it is in here, for as many turns as that takes.
            let mut filling = pin!(None);
            loop {
                pass_time(&mut self.engine, &self.timer);
                match self.engine.poll(procedure.procedure_mut()) {
                    Ok(Progress::Waiting) => {}
                    Ok(Progress::Done) => return Ok(()),
                    // It is the reader that is late, not the module.
                    Err(Error::NoAnswer { .. }) if filling.is_some() => {
                        return Err(Error::Source(ErrorKind::TimedOut));
                    }
                    Err(error) => return Err(error),
                }
                let mut outgoing = self.engine.transmit(procedure.procedure(), &mut window);
                if let Outgoing::Source(limit) = outgoing {
                    if let Some(source) = source.take_if(|source| source.unsent() == Ok(&[])) {
                        filling.set(Some(source.fill(limit)));
                    }
                    if let Some(source) = &source {
                        outgoing = Outgoing::Bytes(source.unsent()?);
                    }
                }
                let (filled, sent, received, timed_out) = {
                    // To send no bytes is to flush.
                    let (is_sending, bytes) = match outgoing {
                        Outgoing::Bytes(bytes) => (true, bytes),
                        Outgoing::Flush => (true, &[][..]),
                        Outgoing::Nothing | Outgoing::Source(_) => (false, &[][..]),
                    };
                    let transmitter = &mut self.transmitter;
                    let mut send = pin!(async move {
                        match bytes {
                            [] => transmitter.flush().await.map(|()| None),
                            bytes => transmitter.write(bytes).await.map(Some),
                        }
                    });
                    let mut receive = pin!(self.receiver.fill_buf());
                    let engine = &mut self.engine;
                    let deadline = engine.time_left().map(|left| moment(self.timer.now(), left));
                    let mut wait = pin!(deadline.map(|deadline| self.timer.wait_until(deadline)));
                    let filling = &mut filling;
                    poll_fn(move |context| {
                        let received = ready(receive.as_mut().poll(context));
                        let sent = if is_sending { ready(send.as_mut().poll(context)) } else { None };
                        let filled = filling.as_mut().as_pin_mut().and_then(|filling| ready(filling.poll(context)));
                        if received.is_some() || sent.is_some() || filled.is_some() || engine.input_is_drained() {
                            return Poll::Ready((filled, sent, received, false));
                        }
                        // The timer is polled last: buffered bytes arrived in time.
                        match wait.as_mut().as_pin_mut().map(|wait| wait.poll(context)) {
                            Some(Poll::Ready(())) => Poll::Ready((None, None, None, true)),
                            _ => Poll::Pending,
                        }
                    })
                    .await
                };
                pass_time(&mut self.engine, &self.timer);
                match sent {
                    Some(Ok(None)) => self.engine.flushed(),
                    Some(Ok(Some(0))) => return Err(Error::Transmit(ErrorKind::WriteZero)),
                    Some(Ok(Some(count))) => {
                        self.engine.transmitted(count);
                        if let Some(source) = &mut source {
                            source.sent(count);
                        }
                    }
                    Some(Err(error)) => return Err(Error::Transmit(error.kind())),
                    None => {}
                }
                match received {
                    Some(Ok([])) => return Err(Error::Receive(ErrorKind::BrokenPipe)),
                    Some(Ok(bytes)) => {
                        self.engine.receive(bytes, procedure.procedure_mut(), &mut self.handler);
                        let count = bytes.len();
                        self.receiver.consume(count);
                    }
                    Some(Err(error)) => {
                        let kind = error.kind();
                        // embassy-rp's receiver needs `consume(0)` to continue after an error.
                        self.receiver.consume(0);
                        self.engine.receive_failed(kind, &mut self.handler)?;
                    }
                    None => {}
                }
                if filled.is_some() {
                    filling.set(None);
                    source = filled;
                }
                if timed_out {
                    self.engine.expire(&mut self.handler);
                }
            }
        }
    }
}
