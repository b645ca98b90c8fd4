//! The host's receiving end.

use core::future::poll_fn;
use core::task::{Context, Poll};

use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read};

use super::{Bench, ReadChunks};

/// Receives what the module sends.
///
/// Its futures may be dropped at any time: a byte stays until it is consumed.
pub struct Receiver {
    bench: Bench,
    chunk: Vec<u8>,
    position: usize,
    has_waited: bool,
}

impl Receiver {
    pub(super) fn new(bench: Bench) -> Self {
        Self { bench, chunk: Vec::new(), position: 0, has_waited: false }
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ErrorKind>> {
        if self.position < self.chunk.len() {
            return Poll::Ready(Ok(()));
        }
        let mut inner = self.bench.0.borrow_mut();
        if let Some(error) = inner.line.take_error() {
            return Poll::Ready(Err(error));
        }
        if inner.line.is_empty() {
            inner.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        if inner.chunking.pending_before_read && !self.has_waited {
            self.has_waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_waited = false;
        let most = match inner.chunking.read {
            ReadChunks::Whole => usize::MAX,
            ReadChunks::AtMost(most) => most.max(1),
            ReadChunks::SplitAt(at) if inner.line.read() < at => at - inner.line.read(),
            ReadChunks::SplitAt(_) => usize::MAX,
        };
        self.chunk = inner.line.take(most);
        self.position = 0;
        Poll::Ready(Ok(()))
    }
}

impl ErrorType for Receiver {
    type Error = ErrorKind;
}

impl Read for Receiver {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let available = self.fill_buf().await?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Receiver {
    async fn fill_buf(&mut self) -> Result<&[u8], ErrorKind> {
        poll_fn(|context| self.poll_chunk(context)).await?;
        Ok(&self.chunk[self.position..])
    }

    fn consume(&mut self, count: usize) {
        assert!(count <= self.chunk.len() - self.position, "no more is consumed than was shown");
        self.position += count;
    }
}
