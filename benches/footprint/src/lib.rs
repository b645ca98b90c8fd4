//! What the measured programs share: a UART, a clock and an executor without a panic path, as small as they can be, so
//! that the figures are the driver's.
//!
//! They are for QEMU's `mps2-an386` (Arm DAI 0386: a Cortex-M4F at 25 MHz). The UART is polled, which loses bytes on a
//! real board: QEMU's waits for the program.
#![no_std]
#![deny(missing_docs)]

mod checksum;
mod clock;
mod executor;
pub mod inbox;
pub mod scenario;
mod uart;

pub use checksum::Checksum;
pub use clock::Clock;
pub use executor::block_on;
pub use uart::{Receiver, Transmitter};

/// Starts what the programs run on.
pub fn start() -> (Receiver, Transmitter, Clock) {
    let (receiver, transmitter) = uart::start();
    (receiver, transmitter, Clock::start())
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
