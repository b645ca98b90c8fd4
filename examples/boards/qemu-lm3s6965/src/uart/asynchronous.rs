//! The traits of `embedded-io-async`. Every future does its work in the poll that completes it: a dropped one has lost
//! and sent nothing.

use core::convert::Infallible;
use core::future::poll_fn;
use core::task::Poll;

use embedded_io_async::{BufRead, Read, Write};
use ringbuf::traits::{Consumer, Observer};

use super::{Overrun, RECEIVED, Receiver, SENT, Transmitter};

impl Receiver {
    /// Waits until something has arrived.
    async fn arrived(&mut self) -> Result<(), Overrun> {
        poll_fn(|context| {
            RECEIVED.register(context.waker());
            match self.check_overruns() {
                Ok(()) if self.ring.is_empty() => Poll::Pending,
                checked => Poll::Ready(checked),
            }
        })
        .await
    }
}

impl BufRead for Receiver {
    async fn fill_buf(&mut self) -> Result<&[u8], Overrun> {
        self.arrived().await?;
        Ok(self.ring.as_slices().0)
    }

    fn consume(&mut self, count: usize) {
        self.take(count);
    }
}

impl Read for Receiver {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Overrun> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.arrived().await?;
        Ok(self.copy(buffer))
    }
}

impl Write for Transmitter {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        poll_fn(|context| {
            SENT.register(context.waker());
            match self.put(bytes) {
                0 if !bytes.is_empty() => Poll::Pending,
                count => Poll::Ready(Ok(count)),
            }
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        poll_fn(|context| {
            SENT.register(context.waker());
            if self.ring.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
        .await
    }
}
