//! The two halves of a UART, out of any stream of tokio, and a dialogue that listens to both.

use std::cell::RefCell;
use std::rc::Rc;

use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::{ErrorType, Read, Write};
use simcom_mqtt::transport::Buffered;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf, split};

use super::dialogue::Dialogue;

/// What the driver receives with. `read` takes either bytes or nothing, so dropping it is safe.
pub type Receiver<S> = Buffered<Overheard<FromTokio<ReadHalf<S>>>, 4096>;
/// What the driver transmits with.
pub type Transmitter<S> = Overheard<FromTokio<WriteHalf<S>>>;

/// Makes the halves of `stream`; the dialogue, where there is one, sees all that passes.
pub fn halves<S: AsyncRead + AsyncWrite>(stream: S, dialogue: Option<Dialogue>) -> (Receiver<S>, Transmitter<S>) {
    let (receiver, transmitter) = split(stream);
    let (receiver, transmitter) = overheard(FromTokio::new(receiver), FromTokio::new(transmitter), dialogue);
    (Buffered::new(receiver), transmitter)
}

/// Lets a dialogue, where there is one, listen to both halves.
pub fn overheard<R, T>(receiver: R, transmitter: T, dialogue: Option<Dialogue>) -> (Overheard<R>, Overheard<T>) {
    let dialogue = dialogue.map(|dialogue| Rc::new(RefCell::new(dialogue)));
    (Overheard { half: receiver, dialogue: dialogue.clone() }, Overheard { half: transmitter, dialogue })
}

/// One half of a UART with a dialogue listening.
pub struct Overheard<H> {
    half: H,
    dialogue: Option<Rc<RefCell<Dialogue>>>,
}

impl<H> Overheard<H> {
    fn listen(&self, tell: impl FnOnce(&mut Dialogue)) {
        if let Some(dialogue) = &self.dialogue {
            tell(&mut dialogue.borrow_mut());
        }
    }
}

impl<H: ErrorType> ErrorType for Overheard<H> {
    type Error = H::Error;
}

impl<H: Read> Read for Overheard<H> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let count = self.half.read(buffer).await?;
        self.listen(|dialogue| dialogue.received(&buffer[..count]));
        Ok(count)
    }
}

impl<H: Write> Write for Overheard<H> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let count = self.half.write(bytes).await?;
        self.listen(|dialogue| dialogue.sent(&bytes[..count]));
        Ok(count)
    }

    /// Nothing to do: the kernel sends what it has by itself. Flushing a serial port would wait for that in `tcdrain`,
    /// which blocks the thread and every other task with it.
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
        self.listen(|dialogue| dialogue.received(&buffer[..count]));
        Ok(count)
    }
}

impl<H: embedded_io::Write> embedded_io::Write for Overheard<H> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let count = self.half.write(bytes)?;
        self.listen(|dialogue| dialogue.sent(&bytes[..count]));
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.half.flush()
    }
}
