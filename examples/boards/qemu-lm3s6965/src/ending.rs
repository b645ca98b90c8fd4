//! How the firmware ends: the emulator's exit code.

use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
use cortex_m_semihosting::hprintln;

use crate::clock;
use crate::device::Failure;

/// Prints the outcome and ends the emulation.
pub fn end(outcome: Result<(), Failure>) -> ! {
    match outcome {
        Ok(()) => {
            hprintln!("firmware: done after {} ms", clock::milliseconds());
            exit(EXIT_SUCCESS);
        }
        Err(failure) => {
            hprintln!("firmware: {}", failure);
            exit(EXIT_FAILURE);
        }
    }
    // Reached only where nothing serves semihosting.
    loop {
        cortex_m::asm::wfi();
    }
}
