//! The one loop behind every call.

use core::future::{Future, poll_fn};
use core::ops::Range;
use core::pin::pin;
use core::task::Poll;

use embedded_io::{Error as _, ErrorKind};
use embedded_io_async::{BufRead, Read, Write};

use crate::at::WINDOW_BYTES;
use crate::error::Error;
use crate::family::Family;
use crate::handler::MessageHandler;
use crate::session::{Engine, Outgoing, Procedure, Progress};
use crate::timer::{Timer, moment};

/// Where a payload that is not in memory comes from.
pub(crate) trait Source {
    /// Whether there is a source at all.
    const IS_THERE: bool = true;

    /// Reads more of the payload, at most `limit` bytes, unless bytes read earlier are still to be sent.
    async fn fill(&mut self, limit: usize) -> Result<(), Error>;

    /// The bytes that were read and are still to be sent.
    fn unsent(&self) -> &[u8];

    /// `count` of these bytes were sent.
    fn sent(&mut self, count: usize);
}

/// The source of calls that have none.
pub(crate) struct NoSource;

impl Source for NoSource {
    const IS_THERE: bool = false;

    async fn fill(&mut self, _: usize) -> Result<(), Error> {
        Ok(())
    }

    fn unsent(&self) -> &[u8] {
        &[]
    }

    fn sent(&mut self, _: usize) {}
}

/// A reader as a source.
pub(super) struct Reader<'r, S> {
    reader: &'r mut S,
    buffer: [u8; WINDOW_BYTES],
    unsent: Range<usize>,
}

impl<'r, S> Reader<'r, S> {
    pub(super) const fn new(reader: &'r mut S) -> Self {
        Self { reader, buffer: [0; WINDOW_BYTES], unsent: 0..0 }
    }
}

impl<S: Read> Source for Reader<'_, S> {
    async fn fill(&mut self, limit: usize) -> Result<(), Error> {
        if self.unsent.is_empty() {
            let length = WINDOW_BYTES.min(limit);
            let count = self.reader.read(self.buffer.get_mut(..length).unwrap_or_default()).await;
            self.unsent = match count {
                Ok(0) => return Err(Error::SourceEnded),
                Ok(count) => 0..count.min(length),
                Err(error) => return Err(Error::Source(error.kind())),
            };
        }
        Ok(())
    }

    fn unsent(&self) -> &[u8] {
        self.buffer.get(self.unsent.clone()).unwrap_or_default()
    }

    fn sent(&mut self, count: usize) {
        self.unsent.start = self.unsent.end.min(self.unsent.start + count);
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
fn pass_time(engine: &mut Engine, timer: &impl Timer) {
    engine.pass_time(timer.now());
}

/// A UART, and the core that speaks to the module on it: what the loop works on. What is kept between calls stands beside
/// it in the [`Modem`](super::Modem), so that a procedure can borrow from there.
pub(crate) struct Port<R, T, C, H> {
    pub(super) receiver: R,
    pub(super) transmitter: T,
    pub(crate) timer: C,
    pub(super) handler: H,
    pub(super) engine: Engine,
}

impl<R, T, C, H> Port<R, T, C, H> {
    pub(super) fn new(receiver: R, transmitter: T, timer: C, family: Family, handler: H) -> Self {
        Self { receiver, transmitter, timer, handler, engine: Engine::new(family) }
    }
}

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Port<R, T, C, H> {
    /// Drives a procedure to its end: write, read, wait, until the core reports that it is done.
    #[expect(clippy::manual_async_fn, reason = "the future of an async fn would hold the arguments twice")]
    pub(crate) fn drive<S: Source>(
        &mut self,
        procedure: &mut dyn Procedure,
        mut source: S,
    ) -> impl Future<Output = Result<(), Error>> {
        async move {
            self.engine.begin_call(procedure)?;
            let mut window = [0; WINDOW_BYTES];
            loop {
                pass_time(&mut self.engine, &self.timer);
                match self.engine.poll(procedure) {
                    Ok(Progress::Waiting) => {}
                    Ok(Progress::Done) => return Ok(()),
                    Err(failure) => return Err(self.engine.session.error(failure)),
                }
                let mut outgoing = self.engine.transmit(procedure, &mut window);
                if let Outgoing::Source(limit) = outgoing
                    && S::IS_THERE
                {
                    source.fill(limit).await?;
                    pass_time(&mut self.engine, &self.timer);
                    outgoing = Outgoing::Bytes(source.unsent());
                }
                let (sent, received, timed_out) = {
                    let is_sending = !matches!(outgoing, Outgoing::Nothing);
                    let mut send = pin!(async {
                        match outgoing {
                            Outgoing::Bytes(bytes) => self.transmitter.write(bytes).await,
                            _ => self.transmitter.flush().await.map(|()| 0),
                        }
                    });
                    let mut receive = pin!(self.receiver.fill_buf());
                    let engine = &mut self.engine;
                    let deadline = engine.time_left().map(|left| moment(self.timer.now(), left));
                    let mut wait = pin!(deadline.map(|deadline| self.timer.wait_until(deadline)));
                    poll_fn(move |context| {
                        let received = ready(receive.as_mut().poll(context));
                        let sent = if is_sending { ready(send.as_mut().poll(context)) } else { None };
                        if received.is_some() || sent.is_some() || engine.input_is_drained() {
                            return Poll::Ready((sent, received, false));
                        }
                        // The timer is polled last: buffered bytes arrived in time.
                        match wait.as_mut().as_pin_mut().map(|wait| wait.poll(context)) {
                            Some(Poll::Ready(())) => Poll::Ready((None, None, true)),
                            _ => Poll::Pending,
                        }
                    })
                    .await
                };
                pass_time(&mut self.engine, &self.timer);
                match sent {
                    Some(Ok(0)) if matches!(outgoing, Outgoing::Flush) => self.engine.flushed(),
                    Some(Ok(0)) => return Err(Error::Transmit(ErrorKind::WriteZero)),
                    Some(Ok(count)) => {
                        self.engine.transmitted(count);
                        source.sent(count);
                    }
                    Some(Err(error)) => return Err(Error::Transmit(error.kind())),
                    None => {}
                }
                match received {
                    Some(Ok([])) => return Err(Error::Receive(ErrorKind::BrokenPipe)),
                    Some(Ok(bytes)) => {
                        self.engine.receive(bytes, procedure, &mut self.handler);
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
                if timed_out {
                    self.engine.expire(&mut self.handler);
                }
            }
        }
    }
}
