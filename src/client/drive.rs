//! The one loop behind every call.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use embedded_io::{Error as _, ErrorKind};
use embedded_io_async::{BufRead, Read, Write};

use super::Modem;
use crate::at::WINDOW;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::{Outgoing, PIECE, Procedure, Progress};
use crate::timer::Timer;

/// Where a payload comes from that is not in memory.
pub(crate) trait Source {
    /// Reads the next bytes of the payload, at least one.
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error>;
}

/// The source of the calls that have none.
pub(crate) struct NoSource;

impl Source for NoSource {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, Error> {
        Err(Error::SourceEnded)
    }
}

/// A reader as a source.
pub(super) struct Reader<'r, S>(pub(super) &'r mut S);

impl<S: Read> Source for Reader<'_, S> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        match self.0.read(buffer).await {
            Ok(0) => Err(Error::SourceEnded),
            Ok(count) => Ok(count),
            Err(error) => Err(Error::Source(error.kind())),
        }
    }
}

fn ready<O>(poll: Poll<O>) -> Option<O> {
    match poll {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<'_, R, T, C, H> {
    /// Drives a procedure to its end: write, read, wait, until the core says that it is done.
    pub(crate) async fn drive<S: Source>(&mut self, procedure: &mut dyn Procedure, mut source: S) -> Result<(), Error> {
        let Self { receiver, transmitter, timer, handler, engine, .. } = self;
        engine.begin_call(timer.now(), procedure)?;
        let mut window = [0; WINDOW];
        // The part of the window that holds bytes of the source which are still to be sent.
        let mut unsent = 0..0;
        // A transmitter may hold bytes back until it is flushed, a dropped call's too.
        let mut unflushed = 1;
        // What has arrived since the last call is taken before anything is decided: it may be a restart.
        let mut drained = false;
        loop {
            if drained && engine.poll(timer.now(), procedure)? == Progress::Done {
                return Ok(());
            }
            let outgoing = match engine.transmit(procedure, &mut window) {
                _ if !drained || unflushed > PIECE => &[],
                Outgoing::Bytes(bytes) => bytes,
                Outgoing::Source(wanted) => {
                    if unsent.is_empty() {
                        let length = window.len().min(wanted);
                        let place = window.get_mut(..length).unwrap_or(&mut []);
                        unsent = 0..source.read(place).await?.min(length);
                    }
                    window.get(unsent.clone()).unwrap_or(&[])
                }
            };
            let is_idle = outgoing.is_empty();
            let must_send = drained && (!is_idle || unflushed > 0);
            let deadline = engine.deadline(timer.now());
            let (written, received, timed_out) = {
                let mut send = pin!(async {
                    if is_idle { transmitter.flush().await.map(|()| 0) } else { transmitter.write(outgoing).await }
                });
                let mut receive = pin!(receiver.fill_buf());
                let mut wait = pin!(deadline.map(|deadline| timer.wait_until(deadline)));
                poll_fn(|context| {
                    let received = ready(receive.as_mut().poll(context));
                    let written = if must_send { ready(send.as_mut().poll(context)) } else { None };
                    // Time only counts where nothing has come: what lies in a buffer came in time.
                    let timed_out = drained
                        && received.is_none()
                        && written.is_none()
                        && wait.as_mut().as_pin_mut().is_some_and(|wait| wait.poll(context).is_ready());
                    if drained && received.is_none() && written.is_none() && !timed_out {
                        return Poll::Pending;
                    }
                    Poll::Ready((written, received, timed_out))
                })
                .await
            };
            let now = timer.now();
            drained |= received.is_none();
            match written {
                Some(Ok(0)) if is_idle => unflushed = 0,
                Some(Ok(0)) => return Err(Error::Transmit(ErrorKind::WriteZero)),
                Some(Ok(count)) => {
                    unflushed += count;
                    engine.transmitted(now, count);
                    unsent.start = unsent.end.min(unsent.start + count);
                }
                Some(Err(error)) => return Err(Error::Transmit(error.kind())),
                None => {}
            }
            match received {
                Some(Ok([])) => return Err(Error::Receive(ErrorKind::BrokenPipe)),
                Some(Ok(bytes)) => {
                    engine.receive(now, bytes, procedure, handler);
                    let count = bytes.len();
                    receiver.consume(count);
                }
                Some(Err(error)) => engine.receive_failed(now, error.kind(), handler)?,
                None => {}
            }
            if timed_out {
                engine.expire(now, handler);
            }
        }
    }
}
