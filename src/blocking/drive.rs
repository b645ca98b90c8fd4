//! The one loop behind every blocking call.

use core::ops::ControlFlow;

use embedded_io::{Error as _, ErrorKind, Read, ReadReady, Write};

use super::Modem;
use crate::at::WINDOW;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::{Outgoing, PIECE, Procedure, Progress};
use crate::timer::Timer;

/// How many bytes are taken from the UART at a time.
const TAKEN: usize = 64;

/// Where a payload comes from that is not in memory.
pub(crate) trait Source {
    /// Reads the next bytes of the payload, at least one.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error>;
}

/// The source of the calls that have none.
pub(crate) struct NoSource;

impl Source for NoSource {
    fn read(&mut self, _: &mut [u8]) -> Result<usize, Error> {
        Err(Error::SourceEnded)
    }
}

/// A reader as a source.
pub(super) struct Reader<'r, S>(pub(super) &'r mut S);

impl<S: Read> Source for Reader<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        match self.0.read(buffer) {
            Ok(0) => Err(Error::SourceEnded),
            Ok(count) => Ok(count),
            Err(error) => Err(Error::Source(error.kind())),
        }
    }
}

impl<R, T, C, H, I> Modem<'_, R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Drives a procedure to its end: write, read, wait, until the core says that it is done.
    pub(crate) fn drive(&mut self, procedure: &mut dyn Procedure, source: &mut dyn Source) -> Result<(), Error> {
        self.engine.begin_call(self.timer.now(), procedure)?;
        // What has arrived since the last call is taken before anything is decided: it may be a restart.
        while self.take(procedure)? {}

        let mut window = [0; WINDOW];
        // The part of the window that holds bytes of the source which are still to be sent.
        let mut unsent = 0..0;
        let mut unflushed = 1;
        while self.engine.poll(self.timer.now(), procedure)? == Progress::Waiting {
            let outgoing = match self.engine.transmit(procedure, &mut window) {
                _ if unflushed > PIECE => &[],
                Outgoing::Bytes(bytes) => bytes,
                Outgoing::Source(wanted) => {
                    if unsent.is_empty() {
                        let length = window.len().min(wanted);
                        let place = window.get_mut(..length).unwrap_or(&mut []);
                        unsent = 0..source.read(place)?.min(length);
                    }
                    window.get(unsent.clone()).unwrap_or(&[])
                }
            };
            if outgoing.is_empty() {
                if unflushed > 0 {
                    self.transmitter.flush().map_err(|error| Error::Transmit(error.kind()))?;
                    unflushed = 0;
                } else if !self.take(procedure)? {
                    self.wait()?;
                }
                continue;
            }
            match self.transmitter.write(outgoing) {
                Ok(0) => return Err(Error::Transmit(ErrorKind::WriteZero)),
                Ok(count) => {
                    unflushed += count;
                    self.engine.transmitted(self.timer.now(), count);
                    unsent.start = unsent.end.min(unsent.start + count);
                }
                Err(error) => return Err(Error::Transmit(error.kind())),
            }
            self.take(procedure)?;
        }
        Ok(())
    }

    /// Takes some of what has arrived. Returns whether there was anything.
    pub(super) fn take(&mut self, procedure: &mut dyn Procedure) -> Result<bool, Error> {
        let mut buffer = [0; TAKEN];
        let read = match self.receiver.read_ready() {
            Ok(false) => return Ok(false),
            Ok(true) => self.receiver.read(&mut buffer),
            Err(error) => Err(error),
        };
        let now = self.timer.now();
        match read {
            Ok(0) => return Err(Error::Receive(ErrorKind::BrokenPipe)),
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or(&[]);
                self.engine.receive(now, bytes, procedure, &mut self.handler);
            }
            Err(error) => self.engine.receive_failed(now, error.kind(), &mut self.handler)?,
        }
        Ok(true)
    }

    /// Nothing to send, and nothing has arrived: time passes.
    fn wait(&mut self) -> Result<(), Error> {
        let now = self.timer.now();
        if self.engine.deadline(now).is_some_and(|deadline| deadline <= now) {
            self.engine.expire(now, &mut self.handler);
            return Ok(());
        }
        match (self.idle)() {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Aborted),
        }
    }
}
