//! The one loop behind every blocking call.

use core::ops::ControlFlow;

use embedded_io::{Error as _, ErrorKind, Read, ReadReady, Write};

use crate::at::WINDOW_BYTES;
use crate::error::Error;
use crate::family::Family;
use crate::handler::MessageHandler;
use crate::session::{Engine, Outgoing, Procedure, Progress};
use crate::timer::Timer;

/// How many bytes are taken from the UART at a time.
const TAKEN_BYTES: usize = 64;

/// Where a payload that is not in memory comes from.
pub(crate) trait Source {
    /// Reads the next bytes of the payload, at least one.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error>;
}

/// The source of calls that have none.
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

/// A UART, and the core that speaks to the module on it: what the loop works on. What is kept between calls stands
/// beside it in the [`Modem`](super::Modem), so that a procedure can borrow from there.
pub(crate) struct Port<R, T, C, H, I> {
    pub(super) receiver: R,
    pub(super) transmitter: T,
    pub(crate) timer: C,
    pub(super) handler: H,
    pub(super) idle: I,
    pub(crate) engine: Engine,
}

impl<R, T, C, H, I> Port<R, T, C, H, I> {
    #[inline(never)]
    pub(super) fn new(receiver: R, transmitter: T, timer: C, family: Family, handler: H, idle: I) -> Self {
        Self { receiver, transmitter, timer, handler, idle, engine: Engine::new(family) }
    }
}

impl<R, T, C, H, I> Port<R, T, C, H, I>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    H: MessageHandler,
    I: FnMut() -> ControlFlow<()>,
{
    /// Drives a procedure to its end: write, read, wait, until the core reports that it is done.
    pub(crate) fn drive(&mut self, procedure: &mut dyn Procedure, source: &mut dyn Source) -> Result<(), Error> {
        self.engine.begin_call(procedure)?;
        let mut window = [0; WINDOW_BYTES];
        // The part of the window whose bytes were read from the source and are still to be sent.
        let mut unsent = 0..0;
        loop {
            self.engine.pass_time(self.timer.now());
            match self.engine.poll(procedure) {
                Ok(Progress::Waiting) => {}
                Ok(Progress::Done) => return Ok(()),
                Err(error) => return Err(error),
            }
            let mut outgoing = self.engine.transmit(procedure, &mut window);
            if let Outgoing::Source(wanted) = outgoing {
                if unsent.is_empty() {
                    let length = window.len().min(wanted);
                    let place = window.get_mut(..length).unwrap_or(&mut []);
                    unsent = 0..source.read(place)?.min(length);
                }
                outgoing = Outgoing::Bytes(window.get(unsent.clone()).unwrap_or(&[]));
            }
            match outgoing {
                Outgoing::Bytes(bytes) => {
                    let count = self.transmitter.write(bytes).map_err(|error| Error::Transmit(error.kind()))?;
                    if count == 0 {
                        return Err(Error::Transmit(ErrorKind::WriteZero));
                    }
                    // Time may have passed in the transmitter, or in the source before it.
                    self.engine.pass_time(self.timer.now());
                    self.engine.transmitted(count);
                    unsent.start = unsent.end.min(unsent.start + count);
                    self.take(procedure)?;
                }
                Outgoing::Flush => {
                    self.transmitter.flush().map_err(|error| Error::Transmit(error.kind()))?;
                    self.engine.flushed();
                }
                Outgoing::Nothing | Outgoing::Source(_) => {
                    if !self.take(procedure)? && !self.engine.input_is_drained() {
                        self.wait()?;
                    }
                }
            }
        }
    }

    /// Takes some of what has arrived. Returns whether there was anything.
    pub(super) fn take(&mut self, procedure: &mut dyn Procedure) -> Result<bool, Error> {
        let mut buffer = [0; TAKEN_BYTES];
        let read = match self.receiver.read_ready() {
            Ok(false) => return Ok(false),
            Ok(true) => self.receiver.read(&mut buffer),
            Err(error) => Err(error),
        };
        self.engine.pass_time(self.timer.now());
        match read {
            Ok(0) => return Err(Error::Receive(ErrorKind::BrokenPipe)),
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or(&[]);
                self.engine.receive(bytes, procedure, &mut self.handler);
            }
            Err(error) => self.engine.receive_failed(error.kind(), &mut self.handler)?,
        }
        Ok(true)
    }

    /// There is nothing to send and nothing has arrived: time passes.
    fn wait(&mut self) -> Result<(), Error> {
        if self.expire_if_due() || (self.idle)().is_continue() { Ok(()) } else { Err(Error::Aborted) }
    }

    /// Nothing has arrived: ends what is overdue. Returns whether anything was.
    pub(super) fn expire_if_due(&mut self) -> bool {
        self.engine.pass_time(self.timer.now());
        let is_due = self.engine.time_left() == Some(0);
        if is_due {
            self.engine.expire(&mut self.handler);
        }
        is_due
    }
}
