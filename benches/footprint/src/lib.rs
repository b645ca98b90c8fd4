//! A minimal UART, clock and executor without a panic path for the measured programs, so that the figures are those of
//! the driver.
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

/// Starts UART and clock.
pub fn start() -> (Receiver, Transmitter, Clock) {
    let (receiver, transmitter) = uart::start();
    (receiver, transmitter, Clock::start())
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
