//! The traits of `embedded-io`.

use core::convert::Infallible;

use cortex_m::asm::wfi;
use embedded_io::{Read, ReadReady, Write};
use ringbuf::traits::Observer;

use super::{Overrun, Receiver, Transmitter, overruns};

impl ReadReady for Receiver {
    fn read_ready(&mut self) -> Result<bool, Overrun> {
        Ok(!self.ring.is_empty() || self.overruns_reported != overruns())
    }
}

impl Read for Receiver {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Overrun> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.read_ready()? {
            wfi();
        }
        self.check_overruns()?;
        Ok(self.copy(buffer))
    }
}

impl Write for Transmitter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        loop {
            match self.put(bytes) {
                0 if !bytes.is_empty() => wfi(),
                count => return Ok(count),
            }
        }
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        while !self.ring.is_empty() {
            wfi();
        }
        Ok(())
    }
}
