//! The common part of the firmwares: the board with its UART and clock, and the device.
//!
//! * [`uart`] is the UART, driven by its interrupt, and [`clock`] is SysTick: firmware for another board takes both
//!   from its HAL;
//! * [`checksum`] takes received messages of any length without a buffer;
//! * [`device`] has the options and messages, and decides about events;
//! * [`ending`] passes the outcome to the emulator.
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
/// On a second call.
pub fn start() -> (Receiver, Transmitter) {
    let Peripherals { SYST, .. } = Peripherals::take().expect("the board is started once");
    clock::start(SYST);
    uart::start()
}
