//! Transmitters that stall: the driver does not count held-back bytes as sent.

use core::cell::Cell;
use core::future::pending;
use core::time::Duration;

use embedded_io_async::{ErrorKind, ErrorType, Write};
use simcom_modem_simulator::pipe::Transmitter;

use crate::bench::*;
use crate::driver::{Error, Modem, Publish, QoS};
use crate::shell::VirtualTimer;

/// Sends a number of bytes, and then nothing until it may send more.
struct Stalling<'c> {
    inner: Transmitter,
    left: &'c Cell<usize>,
}

impl ErrorType for Stalling<'_> {
    type Error = ErrorKind;
}

impl Write for Stalling<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        if self.left.get() == 0 {
            pending::<()>().await;
        }
        let most = bytes.len().min(self.left.get());
        let count = self.inner.write(&bytes[..most]).await?;
        self.left.set(self.left.get() - count);
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

#[test]
fn a_filter_that_the_transmitter_held_back_leaves_no_padded_filter() {
    const LINE: &str = "AT+CMQTTSUB=0,5,0\r";
    for sent in 0..=LINE.len() {
        for (family, _) in FAMILIES {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let (receiver, inner) = bench.host();
            let left = Cell::new(usize::MAX);
            let transmitter = Stalling { inner, left: &left };
            let mut modem = Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), family, &inbox);
            bench.block_on(async {
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                left.set(sent);
                let start = bench.now();
                let silent = modem.client(FIRST).subscribe("a/b/c", QoS::AtMostOnce).await;
                assert!(matches!(silent, Err(Error::NoAnswer { .. })), "{sent}: {silent:?}");
                assert!(bench.now() - start < Duration::from_secs(20), "{sent}: {:?}", bench.now() - start);
                left.set(usize::MAX);
                modem.client(FIRST).publish(&Publish::new("c", b"x")).await.or_transcript(&bench);
            });
            assert!(filters(&bench).is_empty(), "{sent}: {:?}\n{}", filters(&bench), bench.transcript_text());
        }
    }
}

/// Takes a limited number of bytes at a time and keeps them until it is flushed.
struct Hoarding<'c> {
    inner: Transmitter,
    kept: Vec<u8>,
    longest_write: usize,
    most_kept: &'c Cell<usize>,
}

impl ErrorType for Hoarding<'_> {
    type Error = ErrorKind;
}

impl Write for Hoarding<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let count = bytes.len().min(self.longest_write);
        self.kept.extend_from_slice(&bytes[..count]);
        self.most_kept.set(self.most_kept.get().max(self.kept.len()));
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.inner.write_all(&core::mem::take(&mut self.kept)).await
    }
}

#[test]
fn whatever_is_to_be_answered_is_flushed_before_and_a_long_payload_in_between() {
    for (family, _) in FAMILIES {
        for longest_write in [7, 64] {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let most_kept = Cell::new(0);
            let (receiver, inner) = bench.host();
            let transmitter = Hoarding { inner, kept: Vec::new(), longest_write, most_kept: &most_kept };
            let mut modem = Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), family, &inbox);
            bench.block_on(async {
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                modem.client(FIRST).subscribe("a", QoS::AtMostOnce).await.or_transcript(&bench);
                modem.client(FIRST).publish(&Publish::new("a", &[b'x'; 4096])).await.or_transcript(&bench);
            });
            assert!(bench.now() < Duration::from_secs(3), "{}", bench.transcript_text());
            // The largest piece of a certificate that SIMCom allows.
            assert!(most_kept.get() <= 3072, "{}", most_kept.get());
            assert_no_complaints(&bench, PROBING);
        }
    }
}
