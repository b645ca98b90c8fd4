//! A module on a bench whose time is that of a paused tokio runtime.

use core::time::Duration;
use std::rc::Rc;

use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read, Write};
use simcom_modem_simulator::pipe::{Bench, Receiver, Transmitter};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::driver::Timer;

/// A bench in the time of tokio; clones refer to the same bench.
///
/// tokio decides which task runs, and wakes them. Its clock must be paused: it then advances to the next event whenever
/// every task waits.
#[derive(Clone)]
pub struct PausedBench {
    pub bench: Bench,
    began: Instant,
    has_sent: Rc<Notify>,
}

impl PausedBench {
    /// Needs a `LocalSet`, in which the module runs from now on.
    pub fn new(bench: Bench) -> Self {
        let began = Instant::now() - bench.now();
        let paused = Self { bench, began, has_sent: Rc::default() };
        tokio::task::spawn_local(paused.clone().run());
        paused
    }

    pub fn host(&self) -> (PausedReceiver, PausedTransmitter) {
        let (receiver, transmitter) = self.bench.host();
        (PausedReceiver(self.clone(), receiver), PausedTransmitter(self.clone(), transmitter))
    }

    pub fn timer(&self) -> PausedTimer {
        PausedTimer(self.clone())
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Brings the bench to the present time of tokio.
    fn catch_up(&self) {
        self.bench.pass(self.now().saturating_sub(self.bench.now()));
    }

    async fn run(self) {
        loop {
            self.catch_up();
            let sent = self.has_sent.notified();
            match self.bench.next_deadline() {
                Some(next) => tokio::select! {
                    () = sent => {}
                    () = sleep_until(self.began + next) => {}
                },
                None => sent.await,
            }
        }
    }
}

/// Receives what the module sends.
pub struct PausedReceiver(PausedBench, Receiver);

impl ErrorType for PausedReceiver {
    type Error = ErrorKind;
}

impl Read for PausedReceiver {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.catch_up();
        self.1.read(buffer).await
    }
}

impl BufRead for PausedReceiver {
    async fn fill_buf(&mut self) -> Result<&[u8], ErrorKind> {
        self.0.catch_up();
        self.1.fill_buf().await
    }

    fn consume(&mut self, count: usize) {
        self.1.consume(count);
    }
}

/// Sends to the module.
pub struct PausedTransmitter(PausedBench, Transmitter);

impl ErrorType for PausedTransmitter {
    type Error = ErrorKind;
}

impl Write for PausedTransmitter {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, ErrorKind> {
        self.0.catch_up();
        let count = self.1.write(buffer).await?;
        self.0.has_sent.notify_one();
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.1.flush().await
    }
}

/// tokio's clock as the driver's timer.
pub struct PausedTimer(PausedBench);

impl Timer for PausedTimer {
    fn now(&self) -> Duration {
        self.0.now()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        sleep_until(self.0.began + deadline).await;
    }
}
