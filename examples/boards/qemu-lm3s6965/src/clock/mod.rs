//! The clock of the firmwares: SysTick counts, and a timer of the chip ticks every millisecond.
//!
//! The time does not depend on the number of ticks served: a slow emulator serves few.

#[cfg(feature = "embassy")]
mod embassy;
mod tick;

use core::cell::Cell;
use core::time::Duration;

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m_rt::exception;
use critical_section::Mutex;

/// The frequency of the emulated chip after a reset.
const CORE_HZ: u32 = 12_500_000;
const CYCLES_PER_MILLISECOND: u32 = CORE_HZ / 1_000;

static SECONDS: Mutex<Cell<u32>> = Mutex::new(Cell::new(0));

/// Starts an interrupt at least every millisecond.
pub(crate) fn start(mut timer: SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(CORE_HZ - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
    tick::start();
}

/// Milliseconds since the start.
pub fn milliseconds() -> u64 {
    critical_section::with(|section| {
        let seconds = SECONDS.borrow(section).get();
        let left = SYST::get_current();
        let cycles = if SCB::is_pendst_pending() {
            // The counter reached 0 while interrupts were off, perhaps after `left` was read, and reloads one cycle
            // later.
            CORE_HZ + (CORE_HZ - SYST::get_current()) % CORE_HZ
        } else {
            CORE_HZ - left
        };
        u64::from(seconds) * 1_000 + u64::from(cycles / CYCLES_PER_MILLISECOND)
    })
}

#[exception]
fn SysTick() {
    critical_section::with(|section| {
        let seconds = SECONDS.borrow(section);
        seconds.set(seconds.get() + 1);
    });
}

/// The clock as the driver's [`Timer`](simcom_mqtt::Timer).
pub struct SysTickTimer;

impl simcom_mqtt::Timer for SysTickTimer {
    fn now(&self) -> Duration {
        Duration::from_millis(milliseconds())
    }
}
