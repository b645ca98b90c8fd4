//! On QEMU: all workloads in one run. With `-icount shift=0` an instruction takes a nanosecond of the time that SysTick
//! counts.

use core::hint::black_box;

use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_semihosting::debug::{EXIT_SUCCESS, exit};
use cortex_m_semihosting::hprintln;
use panic_semihosting as _;

use crate::workload::{SIDES, WORKLOADS, run};

/// The range of the timer, which counts down in 24 bits.
const RELOAD: u32 = 0xFF_FFFF;

/// The clock after reset is 12.5 MHz.
const INSTRUCTIONS_PER_TICK: u32 = 80;

/// Repetitions of each workload: this number, and twice this number.
const COUNT: usize = 16;

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut timer = Peripherals::take().expect("taken once").SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(RELOAD);
    for workload in WORKLOADS {
        for (name, side) in SIDES {
            for count in [COUNT, 2 * COUNT] {
                let ticks = ticks(&mut timer, || run(black_box(workload), black_box(side), count));
                let instructions = u64::from(ticks) * u64::from(INSTRUCTIONS_PER_TICK);
                hprintln!("{} {} {} {}", workload.name, name, count * workload.units, instructions);
            }
        }
    }
    exit(EXIT_SUCCESS);
    unreachable!("the emulator has ended");
}

/// Duration of `work` in ticks.
fn ticks(timer: &mut SYST, work: impl FnOnce()) -> u32 {
    timer.clear_current();
    timer.enable_counter();
    work();
    let left = SYST::get_current();
    assert!(!timer.has_wrapped(), "the timer is too short for the workload");
    timer.disable_counter();
    RELOAD - left
}
