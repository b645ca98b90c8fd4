//! The two halves of a UART, out of any stream of tokio.

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
    let dialogue = dialogue.map(|dialogue| Rc::new(RefCell::new(dialogue)));
    let receiver = Overheard { half: FromTokio::new(receiver), dialogue: dialogue.clone() };
    (Buffered::new(receiver), Overheard { half: FromTokio::new(transmitter), dialogue })
}

/// One half of a UART with a dialogue listening.
pub struct Overheard<H> {
    half: H,
    dialogue: Option<Rc<RefCell<Dialogue>>>,
}

impl<H: ErrorType> ErrorType for Overheard<H> {
    type Error = H::Error;
}

impl<H: Read> Read for Overheard<H> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let count = self.half.read(buffer).await?;
        if let Some(dialogue) = &self.dialogue {
            dialogue.borrow_mut().received(&buffer[..count]);
        }
        Ok(count)
    }
}

impl<H: Write> Write for Overheard<H> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let count = self.half.write(bytes).await?;
        if let Some(dialogue) = &self.dialogue {
            dialogue.borrow_mut().sent(&bytes[..count]);
        }
        Ok(count)
    }

    /// Nothing to do: the kernel sends what it has by itself. Flushing a serial port would wait for that in `tcdrain`,
    /// which blocks the thread and every other task with it.
    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
