//! UART0, an Arm PL011, driven by its interrupt through a ring buffer in each direction.
//!
//! The interrupt moves bytes between FIFOs and rings. A call that takes bytes out of a full ring, or puts bytes into an
//! empty one, pends it. While the ring for received bytes is full, bytes stay in the FIFO. Bytes that do not fit into
//! the FIFO are an overrun, which the hardware reports with the next byte.

#[cfg(feature = "embassy")]
mod asynchronous;
mod blocking;
mod registers;

use core::cell::RefCell;
use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};

use atomic_waker::AtomicWaker;
use cortex_m::peripheral::NVIC;
use critical_section::Mutex;
use lm3s6965::{Interrupt, interrupt};
use ringbuf::traits::{Consumer, Observer, Producer, SplitRef};
use ringbuf::{StaticCons, StaticProd, StaticRb};
use static_cell::StaticCell;

use registers::Registers;

/// What arrives in 44 ms at 115,200 baud.
const RECEIVE: usize = 512;
/// The longest piece that the driver writes at once.
const TRANSMIT: usize = 64;

static FIFOS: Mutex<RefCell<Option<Fifos>>> = Mutex::new(RefCell::new(None));
static RECEIVED: AtomicWaker = AtomicWaker::new();
static SENT: AtomicWaker = AtomicWaker::new();
static OVERRUNS: AtomicU32 = AtomicU32::new(0);

/// The interrupt's side of the rings.
struct Fifos {
    registers: Registers,
    received: StaticProd<'static, u8, RECEIVE>,
    to_send: StaticCons<'static, u8, TRANSMIT>,
}

/// The half that receives.
pub struct Receiver {
    ring: StaticCons<'static, u8, RECEIVE>,
    overruns_reported: u32,
}

/// The half that transmits.
pub struct Transmitter {
    ring: StaticProd<'static, u8, TRANSMIT>,
}

/// Bytes were lost because they were not read in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overrun;

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the UART lost bytes")
    }
}

impl core::error::Error for Overrun {}

impl embedded_io::Error for Overrun {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::Other
    }
}

impl embedded_io::ErrorType for Receiver {
    type Error = Overrun;
}

impl embedded_io::ErrorType for Transmitter {
    type Error = core::convert::Infallible;
}

/// Starts the UART. The emulator ignores baud rate, clock gates and pin functions.
pub(crate) fn start() -> (Receiver, Transmitter) {
    static RECEIVE_RING: StaticCell<StaticRb<u8, RECEIVE>> = StaticCell::new();
    static TRANSMIT_RING: StaticCell<StaticRb<u8, TRANSMIT>> = StaticCell::new();
    let (received, receiver) = RECEIVE_RING.init_with(StaticRb::default).split_ref();
    let (transmitter, to_send) = TRANSMIT_RING.init_with(StaticRb::default).split_ref();
    let registers = Registers::uart0();
    registers.enable();
    critical_section::with(|section| {
        FIFOS.borrow_ref_mut(section).replace(Fifos { registers, received, to_send });
    });
    // SAFETY: no critical section of this firmware masks single interrupts.
    unsafe { NVIC::unmask(Interrupt::UART0) };
    (Receiver { ring: receiver, overruns_reported: 0 }, Transmitter { ring: transmitter })
}

/// How often the hardware has reported an overrun.
pub fn overruns() -> u32 {
    OVERRUNS.load(Ordering::Relaxed)
}

#[interrupt]
fn UART0() {
    critical_section::with(|section| {
        if let Some(fifos) = FIFOS.borrow_ref_mut(section).as_mut() {
            fifos.serve();
        }
    });
    RECEIVED.wake();
    SENT.wake();
}

impl Fifos {
    fn serve(&mut self) {
        // Before the FIFOs are read: what happens from here on interrupts again.
        self.registers.clear_interrupts();
        while !self.received.is_full()
            && let Some(data) = self.registers.receive()
        {
            if data.overrun {
                OVERRUNS.fetch_add(1, Ordering::Relaxed);
            }
            let _ = self.received.try_push(data.byte);
        }
        while self.registers.can_transmit()
            && let Some(byte) = self.to_send.try_pop()
        {
            self.registers.transmit(byte);
        }
    }
}

impl Receiver {
    /// Fails once for all overruns since the last call.
    fn check_overruns(&mut self) -> Result<(), Overrun> {
        let overruns = overruns();
        if core::mem::replace(&mut self.overruns_reported, overruns) == overruns { Ok(()) } else { Err(Overrun) }
    }

    fn take(&mut self, count: usize) {
        self.ring.skip(count);
        // The ring now has room for the bytes in the FIFO.
        NVIC::pend(Interrupt::UART0);
    }

    /// Takes what has arrived, up to the length of `buffer`.
    fn copy(&mut self, buffer: &mut [u8]) -> usize {
        let count = self.ring.peek_slice(buffer);
        self.take(count);
        count
    }
}

impl Transmitter {
    /// Puts bytes into the ring, as many as it has room for.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let count = self.ring.push_slice(bytes);
        NVIC::pend(Interrupt::UART0);
        count
    }
}
