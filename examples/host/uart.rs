//! The two halves of a UART, made of any stream of tokio, and the listeners to both.

use std::cell::RefCell;
use std::rc::Rc;

use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::{ErrorType, Read, Write};
use simcom_mqtt::transport::Buffered;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf, split};

use super::dialogue::Dialogue;
use super::recording::Recording;

/// The receiver of the driver. `read` takes either bytes or nothing, so dropping it is safe.
pub type Receiver<S> = Buffered<Overheard<FromTokio<ReadHalf<S>>>, 4096>;
/// The transmitter of the driver.
pub type Transmitter<S> = Overheard<FromTokio<WriteHalf<S>>>;

/// The listeners to both directions: a readable dialogue, and a recording.
pub struct Listeners {
    dialogue: Option<Dialogue>,
    recording: Recording,
}

impl Listeners {
    pub fn new(dialogue: Option<Dialogue>, recording: Recording) -> Self {
        Self { dialogue, recording }
    }

    fn sent(&mut self, bytes: &[u8]) {
        self.dialogue.iter_mut().for_each(|dialogue| dialogue.sent(bytes));
        self.recording.sent(bytes);
    }

    fn received(&mut self, bytes: &[u8]) {
        self.dialogue.iter_mut().for_each(|dialogue| dialogue.received(bytes));
        self.recording.received(bytes);
    }
}

/// Makes the halves of `stream`; the listeners see all bytes.
pub fn halves<S: AsyncRead + AsyncWrite>(stream: S, listeners: Listeners) -> (Receiver<S>, Transmitter<S>) {
    let (receiver, transmitter) = split(stream);
    let (receiver, transmitter) = overheard(FromTokio::new(receiver), FromTokio::new(transmitter), listeners);
    (Buffered::new(receiver), transmitter)
}

/// Adds the listeners to both halves.
pub fn overheard<R, T>(receiver: R, transmitter: T, listeners: Listeners) -> (Overheard<R>, Overheard<T>) {
    let listeners = Rc::new(RefCell::new(listeners));
    (Overheard { half: receiver, listeners: listeners.clone() }, Overheard { half: transmitter, listeners })
}

/// One half of a UART with listeners.
pub struct Overheard<H> {
    half: H,
    listeners: Rc<RefCell<Listeners>>,
}

impl<H: ErrorType> ErrorType for Overheard<H> {
    type Error = H::Error;
}

impl<H: Read> Read for Overheard<H> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let count = self.half.read(buffer).await?;
        self.listeners.borrow_mut().received(&buffer[..count]);
        Ok(count)
    }
}

impl<H: Write> Write for Overheard<H> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let count = self.half.write(bytes).await?;
        self.listeners.borrow_mut().sent(&bytes[..count]);
        Ok(count)
    }

    /// Does nothing: the kernel sends the bytes without it. To flush a serial port would wait in `tcdrain`, which
    /// blocks the thread and all its tasks.
    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<H: embedded_io::ReadReady> embedded_io::ReadReady for Overheard<H> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        self.half.read_ready()
    }
}

impl<H: embedded_io::Read> embedded_io::Read for Overheard<H> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let count = self.half.read(buffer)?;
        self.listeners.borrow_mut().received(&buffer[..count]);
        Ok(count)
    }
}

impl<H: embedded_io::Write> embedded_io::Write for Overheard<H> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let count = self.half.write(bytes)?;
        self.listeners.borrow_mut().sent(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.half.flush()
    }
}
