//! UART 0 of the AN386 (Arm DDI 0479, "APB UART"), polled, a byte at a time.
//!
//! The futures are written by hand: an `async fn` would add the compiler's panic for one that is polled after its end,
//! which could not be distinguished from the driver's.

use core::convert::Infallible;
use core::future::poll_fn;
use core::hint::spin_loop;
use core::task::Poll;

use embedded_io::{ErrorType, ReadReady};

#[repr(C)]
struct Registers {
    data: u32,
    state: u32,
    control: u32,
    interrupts: u32,
    baud_divider: u32,
}

const UART: *mut Registers = 0x4000_4000 as *mut Registers;

const TRANSMITTER_FULL: u32 = 1 << 0;
const RECEIVER_FULL: u32 = 1 << 1;
const ENABLE_TRANSMITTER_AND_RECEIVER: u32 = 0b11;
/// The lowest divisor of the UART; an emulated line has no baud rate.
const BAUD_DIVIDER: u32 = 16;

pub(crate) fn start() -> (Receiver, Transmitter) {
    // SAFETY: these registers exist on this machine, and are written nowhere else.
    unsafe {
        (&raw mut (*UART).baud_divider).write_volatile(BAUD_DIVIDER);
        (&raw mut (*UART).control).write_volatile(ENABLE_TRANSMITTER_AND_RECEIVER);
    }
    (Receiver { byte: None }, Transmitter(()))
}

fn is(state: u32) -> bool {
    // SAFETY: the register exists on this machine, and reading it changes nothing.
    unsafe { (&raw const (*UART).state).read_volatile() & state != 0 }
}

/// Receives. Dropping `fill_buf` loses nothing.
pub struct Receiver {
    /// Received, but not consumed yet.
    byte: Option<u8>,
}

impl Receiver {
    /// Whether there is a byte to be had.
    fn fill(&mut self) -> bool {
        if self.byte.is_none() && is(RECEIVER_FULL) {
            // SAFETY: the register exists on this machine, and this is the only receiver.
            self.byte = Some(unsafe { (&raw const (*UART).data).read_volatile() as u8 });
        }
        self.byte.is_some()
    }

    fn take(&mut self, buffer: &mut [u8]) -> usize {
        match (buffer.first_mut(), self.byte) {
            (Some(place), Some(byte)) => {
                *place = byte;
                self.byte = None;
                1
            }
            _ => 0,
        }
    }
}

impl ErrorType for Receiver {
    type Error = Infallible;
}

impl embedded_io_async::Read for Receiver {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, Infallible>> {
        poll_fn(|_| if self.fill() { Poll::Ready(Ok(self.take(buffer))) } else { Poll::Pending })
    }
}

impl embedded_io_async::BufRead for Receiver {
    fn fill_buf(&mut self) -> impl Future<Output = Result<&[u8], Infallible>> {
        let mut receiver = Some(self);
        poll_fn(move |_| match receiver.take_if(|receiver| receiver.fill()) {
            Some(receiver) => Poll::Ready(Ok(receiver.byte.as_slice())),
            None => Poll::Pending,
        })
    }

    fn consume(&mut self, count: usize) {
        if count > 0 {
            self.byte = None;
        }
    }
}

impl ReadReady for Receiver {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.fill())
    }
}

impl embedded_io::Read for Receiver {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        while !self.fill() {
            spin_loop();
        }
        Ok(self.take(buffer))
    }
}

/// Transmits. Dropping `write` sends nothing.
pub struct Transmitter(());

impl Transmitter {
    fn put(&mut self, bytes: &[u8]) -> usize {
        match bytes.first() {
            Some(&byte) => {
                // SAFETY: the register exists on this machine, and this is the only transmitter.
                unsafe { (&raw mut (*UART).data).write_volatile(byte.into()) };
                1
            }
            None => 0,
        }
    }
}

impl ErrorType for Transmitter {
    type Error = Infallible;
}

impl embedded_io_async::Write for Transmitter {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<usize, Infallible>> {
        poll_fn(|_| if is(TRANSMITTER_FULL) { Poll::Pending } else { Poll::Ready(Ok(self.put(bytes))) })
    }

    fn flush(&mut self) -> impl Future<Output = Result<(), Infallible>> {
        poll_fn(|_| if is(TRANSMITTER_FULL) { Poll::Pending } else { Poll::Ready(Ok(())) })
    }
}

impl embedded_io::Write for Transmitter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        embedded_io::Write::flush(self)?;
        Ok(self.put(bytes))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        while is(TRANSMITTER_FULL) {
            spin_loop();
        }
        Ok(())
    }
}
