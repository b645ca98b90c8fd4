//! What both firmwares share: the board with its UART and clock, and what a device does whichever way it is written.
//!
//! * [`uart`] is the UART, driven by its interrupt, and [`clock`] is SysTick: a firmware for another board has those
//!   from its HAL;
//! * [`checksum`] takes received messages, however long, without a buffer;
//! * [`device`] has the options and messages, and judges what happens;
//! * [`ending`] tells the emulator how it went.
#![no_std]

pub mod checksum;
pub mod clock;
pub mod device;
pub mod ending;
pub mod uart;

use cortex_m::Peripherals;
use panic_semihosting as _;

use uart::{Receiver, Transmitter};

/// Starts clock and UART.
///
/// # Panics
///
/// The second time.
pub fn start() -> (Receiver, Transmitter) {
    let Peripherals { SYST, .. } = Peripherals::take().expect("the board is started once");
    clock::start(SYST);
    uart::start()
}
