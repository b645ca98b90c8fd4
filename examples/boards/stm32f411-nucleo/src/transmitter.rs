//! A transmitter that does not rely on being woken.

use embassy_futures::select::{Either, select};
use embassy_stm32::usart::{BufferedUartTx, Error};
use embassy_time::{Duration, Timer};
use embedded_io_async::{ErrorType, Write};

/// About the time of 64 bytes at 115,200 baud, the most that the driver writes at once.
const INTERVAL: Duration = Duration::from_millis(5);

/// `BufferedUartTx::write` of embassy-stm32 0.6 does not wake its task when it found too little room: this one polls it
/// again.
pub struct Transmitter(pub BufferedUartTx<'static>);

impl ErrorType for Transmitter {
    type Error = Error;
}

impl Write for Transmitter {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        loop {
            // A pending write has taken nothing, so dropping it loses nothing.
            if let Either::First(written) = select(self.0.write(bytes), Timer::after(INTERVAL)).await {
                return written;
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        loop {
            if let Either::First(flushed) = select(self.0.flush(), Timer::after(INTERVAL)).await {
                return flushed;
            }
        }
    }
}
