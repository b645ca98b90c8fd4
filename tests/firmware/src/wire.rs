//! The UART between module and emulator: records the bytes to the host, and can limit them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// The number of bytes that the host may still receive, if limited.
#[derive(Clone, Default)]
pub(crate) struct Limit(Arc<Shared>);

#[derive(Default)]
struct Shared {
    left: Mutex<Option<usize>>,
    reached: Notify,
}

/// All bytes that the host has received.
#[derive(Clone, Default)]
pub(crate) struct Received(Arc<Mutex<Vec<u8>>>);

impl Received {
    /// The bytes so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limit {
    /// Limits the host to `bytes` from now on.
    pub(crate) fn set(&self, bytes: usize) {
        *self.left() = Some(bytes);
    }

    /// Waits until the host has received all bytes up to the limit.
    pub(crate) async fn reached(&self) {
        self.0.reached.notified().await;
    }

    /// Removes the limit.
    pub(crate) fn lift(&self) {
        *self.left() = None;
    }

    fn left(&self) -> MutexGuard<'_, Option<usize>> {
        self.0.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream to the host that stops at the limit.
pub(crate) struct Wire<S> {
    pub(crate) stream: S,
    pub(crate) limit: Limit,
    pub(crate) received: Received,
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let allowed = self.limit.left().map_or(bytes.len(), |left| left.min(bytes.len()));
        if allowed == 0 && !bytes.is_empty() {
            // The task that waits for the limit drops the writer.
            return Poll::Pending;
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, &bytes[..allowed]))?;
        self.received.lock().extend_from_slice(&bytes[..written]);
        if let Some(left) = self.limit.left().as_mut() {
            *left = left.saturating_sub(written);
            if *left == 0 {
                self.limit.0.reached.notify_one();
            }
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn the_host_receives_exactly_the_bytes_up_to_the_limit() {
        let (stream, mut host) = duplex(64);
        let (limit, received) = (Limit::default(), Received::default());
        let mut wire = Wire { stream, limit: limit.clone(), received: received.clone() };
        wire.write_all(b"before").await.unwrap();
        limit.set(5);
        tokio::select! {
            written = wire.write_all(b"part of it") => panic!("{written:?}"),
            () = limit.reached() => {}
        }
        limit.lift();
        wire.write_all(b" after").await.unwrap();
        drop(wire);
        let mut got = String::new();
        host.read_to_string(&mut got).await.unwrap();
        assert_eq!(got, "beforepart  after");
        assert_eq!(received.bytes(), got.as_bytes());
    }
}
