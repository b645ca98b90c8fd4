//! A transmitter whose flush does not wait.

use embedded_io_async::{ErrorType, Write};
use esp_hal::Async;
use esp_hal::uart::{TxError, UartTx};

/// `flush_async` of esp-hal 1.2 ends in a loop without an await until the last byte is sent. It would block the
/// executor for as long as the module's RTS holds that byte back.
pub struct Transmitter(pub UartTx<'static, Async>);

impl ErrorType for Transmitter {
    type Error = TxError;
}

impl Write for Transmitter {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, TxError> {
        self.0.write_async(bytes).await
    }

    /// The FIFO sends its bytes without a flush. The driver flushes so that no byte stays in a buffer, and counts time
    /// from the write; the FIFO of 128 bytes is empty 11 ms later.
    async fn flush(&mut self) -> Result<(), TxError> {
        Ok(())
    }
}
