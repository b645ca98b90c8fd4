//! The host's sending end.

use core::future::poll_fn;
use core::task::{Context, Poll};

use embedded_io_async::{ErrorKind, ErrorType, Write};

use super::Bench;

/// Sends to the module.
///
/// Its futures may be dropped at any time: a `write` that was dropped has sent nothing.
pub struct Transmitter {
    bench: Bench,
    has_waited: bool,
}

impl Transmitter {
    pub(super) fn new(bench: Bench) -> Self {
        Self { bench, has_waited: false }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, buffer: &[u8]) -> Poll<usize> {
        let chunking = self.bench.0.borrow().chunking;
        if chunking.pending_before_write && !self.has_waited {
            self.has_waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_waited = false;
        let most = chunking.longest_write.map_or(usize::MAX, |longest| longest.max(1));
        let count = buffer.len().min(most);
        match self.bench.transmit(&buffer[..count]) {
            0 => {
                self.bench.0.borrow_mut().writer = Some(context.waker().clone());
                Poll::Pending
            }
            count => Poll::Ready(count),
        }
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<()> {
        let inner = &mut *self.bench.0.borrow_mut();
        if !inner.line.has_sent_all() {
            inner.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        inner.device.host_flushed();
        Poll::Ready(())
    }
}

impl ErrorType for Transmitter {
    type Error = ErrorKind;
}

impl Write for Transmitter {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, ErrorKind> {
        if buffer.is_empty() {
            return Ok(0);
        }
        Ok(poll_fn(|context| self.poll_write(context, buffer)).await)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        poll_fn(|context| self.poll_flush(context)).await;
        Ok(())
    }
}
