//! `BufRead` for a UART that has only `Read`.

use embedded_io_async::{BufRead, ErrorType, Read};

/// Provides [`BufRead`] for a receiver that has only [`Read`], such as esp-hal's, through a buffer of `N` bytes.
///
/// Receivers with a ring buffer of their own (the `BufferedUart` of embassy-stm32 and embassy-rp, `BufferedUarte` of
/// embassy-nrf) have `BufRead` already and need no adapter.
///
/// The driver drops `fill_buf` whenever a deadline passes, so `read` of `R` must be cancel safe: a dropped `read` must
/// not have taken any byte. Between two reads `R` must not lose bytes for as long as other tasks of the firmware keep
/// the executor.
#[derive(Debug)]
pub struct Buffered<R, const N: usize> {
    inner: R,
    buffer: [u8; N],
    start: usize,
    end: usize,
}

impl<R, const N: usize> Buffered<R, N> {
    /// Puts a buffer before `inner`.
    pub const fn new(inner: R) -> Self {
        const { assert!(N > 0, "a buffer of no bytes would look like a receiver that has ended") };
        Self { inner, buffer: [0; N], start: 0, end: 0 }
    }

    /// Returns the receiver. Bytes in the buffer are lost.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: ErrorType, const N: usize> ErrorType for Buffered<R, N> {
    type Error = R::Error;
}

impl<R: Read, const N: usize> Read for Buffered<R, N> {
    async fn read(&mut self, target: &mut [u8]) -> Result<usize, Self::Error> {
        let available = self.fill_buf().await?;
        let count = available.len().min(target.len());
        if let (Some(from), Some(to)) = (available.get(..count), target.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read, const N: usize> BufRead for Buffered<R, N> {
    async fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        if self.start == self.end {
            (self.start, self.end) = (0, self.inner.read(&mut self.buffer).await?);
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or(&[]))
    }

    fn consume(&mut self, amount: usize) {
        self.start = self.start.saturating_add(amount).min(self.end);
    }
}
