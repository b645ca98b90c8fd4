//! Milliseconds, counted by SysTick.

use core::cell::Cell;
use core::time::Duration;

use cortex_m::interrupt::{Mutex, free};
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use simcom_mqtt::Timer;

/// Since the start. A counter of 32 bits would wrap after 49 days.
static MILLISECONDS: Mutex<Cell<u64>> = Mutex::new(Cell::new(0));

#[exception]
fn SysTick() {
    free(|section| {
        let milliseconds = MILLISECONDS.borrow(section);
        milliseconds.set(milliseconds.get() + 1);
    });
}

/// The running clock.
#[derive(Clone, Copy)]
pub struct SysTick(());

impl SysTick {
    /// `frequency` is that of the core, in Hz.
    pub fn start(mut counter: SYST, frequency: u32) -> Self {
        counter.set_clock_source(SystClkSource::Core);
        counter.set_reload(frequency / 1_000 - 1);
        counter.clear_current();
        counter.enable_counter();
        counter.enable_interrupt();
        Self(())
    }
}

impl Timer for SysTick {
    fn now(&self) -> Duration {
        Duration::from_millis(free(|section| MILLISECONDS.borrow(section).get()))
    }
}
