//! General-purpose timer 0 (LM3S6965 data sheet, "General-Purpose Timers") interrupts every millisecond.

use cortex_m::peripheral::NVIC;
use lm3s6965::{Interrupt, interrupt};
use volatile_register::{RO, RW, WO};

use super::CYCLES_PER_MILLISECOND;

/// `GPTMTAMR`: starts over at its end.
const PERIODIC: u32 = 2;
/// `GPTMCTL`: timer A runs.
const ENABLED: u32 = 1;
/// Timer A is at its end.
const TIME_OUT: u32 = 1;

#[repr(C)]
struct Block {
    configuration: RW<u32>,
    mode_a: RW<u32>,
    mode_b: RW<u32>,
    control: RW<u32>,
    _reserved: [u32; 2],
    interrupt_mask: RW<u32>,
    raw_interrupts: RO<u32>,
    masked_interrupts: RO<u32>,
    interrupt_clear: WO<u32>,
    interval_a: RW<u32>,
}

fn block() -> &'static Block {
    // SAFETY: the address of timer 0, whose registers are laid out like this; their accesses are volatile.
    unsafe { &*(0x4003_0000 as *const Block) }
}

pub(super) fn start() {
    // SAFETY: these registers do not touch memory, and no critical section of this firmware masks single interrupts.
    unsafe {
        block().mode_a.write(PERIODIC);
        block().interval_a.write(CYCLES_PER_MILLISECOND - 1);
        block().interrupt_mask.write(TIME_OUT);
        block().control.write(ENABLED);
        NVIC::unmask(Interrupt::TIMER_0A);
    }
}

#[interrupt]
fn TIMER_0A() {
    // SAFETY: as above.
    unsafe { block().interrupt_clear.write(TIME_OUT) };
    #[cfg(feature = "embassy")]
    super::embassy::wake_expired();
}
