//! The wire from the module to the host: bytes on their way, at the pace of a UART or as fast as the stream takes them.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep_until};

/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u32 = 10;
/// A paced line hands over this much time's worth of bytes at once: a timer cannot wait for one byte at 921,600 baud.
const SLICE: Duration = Duration::from_millis(2);
/// Beyond this the broker has to wait until the host reads on.
const FULL: usize = 64 * 1024;

/// Bytes on their way to the host.
pub(super) struct Line {
    waiting: VecDeque<u8>,
    byte_time: Option<Duration>,
    free_at: Instant,
}

impl Line {
    /// A line at `baud`, or one without a limit.
    pub(super) fn new(baud: Option<NonZeroU32>) -> Self {
        Self {
            waiting: VecDeque::new(),
            byte_time: baud.map(|baud| Duration::from_secs(BITS_PER_BYTE.into()) / baud.get()),
            free_at: Instant::now(),
        }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.waiting.extend(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < FULL
    }

    /// Writes some of what waits. Dropping the future loses nothing.
    pub(super) async fn write_to(&mut self, host: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        sleep_until(self.free_at).await;
        let (next, _) = self.waiting.as_slices();
        let written = host.write(&next[..next.len().min(self.bytes_at_once())]).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.waiting.drain(..written);
        if let Some(byte_time) = self.byte_time {
            let start = self.free_at.max(Instant::now() - SLICE);
            self.free_at = start + byte_time * u32::try_from(written).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    fn bytes_at_once(&self) -> usize {
        match self.byte_time {
            Some(byte_time) => (SLICE.as_nanos() / byte_time.as_nanos().max(1)).max(1) as usize,
            None => usize::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn time_for(bytes: usize, baud: Option<u32>) -> Duration {
        let started = Instant::now();
        let mut line = Line::new(baud.and_then(NonZeroU32::new));
        line.put(&vec![0; bytes]);
        let mut written = Vec::new();
        while !line.is_empty() {
            line.write_to(&mut written).await.unwrap();
        }
        assert_eq!(written.len(), bytes);
        sleep_until(line.free_at).await;
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn paced_line_takes_as_long_as_a_uart() {
        for (baud, expected) in [(9600, 1.067), (115_200, 0.089), (921_600, 0.011)] {
            let taken = time_for(1024, Some(baud)).await.as_secs_f64();
            assert!((taken - expected).abs() < 0.005, "{baud} baud took {taken} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn unpaced_line_takes_no_time() {
        assert_eq!(time_for(100_000, None).await, Duration::ZERO);
    }
}
