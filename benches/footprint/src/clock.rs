//! Time from SysTick (Armv7-M ARM, B3.3).

use core::future::poll_fn;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Poll;
use core::time::Duration;

#[repr(C)]
struct Registers {
    control: u32,
    reload: u32,
    current: u32,
}

const SYSTICK: *mut Registers = 0xE000_E010 as *mut Registers;

const CORE_CLOCK_INTERRUPT_ENABLE: u32 = 0b111;
const TICKS_IN_A_MILLISECOND: u32 = 25_000;

static MILLISECONDS: AtomicU32 = AtomicU32::new(0);

#[cortex_m_rt::exception]
fn SysTick() {
    // No other handler writes it, so it needs no exclusive access.
    MILLISECONDS.store(MILLISECONDS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// The time since the start. Waiting keeps the executor busy.
#[derive(Clone, Copy)]
pub struct Clock(());

impl Clock {
    pub(crate) fn start() -> Self {
        // SAFETY: every Cortex-M4 has these registers, and they are written nowhere else.
        unsafe {
            (&raw mut (*SYSTICK).reload).write_volatile(TICKS_IN_A_MILLISECOND - 1);
            (&raw mut (*SYSTICK).current).write_volatile(0);
            (&raw mut (*SYSTICK).control).write_volatile(CORE_CLOCK_INTERRUPT_ENABLE);
        }
        Self(())
    }
}

impl simcom_mqtt::Timer for Clock {
    // Not inlined, so that its division is in the image once.
    #[inline(never)]
    fn now(&self) -> Duration {
        Duration::from_millis(MILLISECONDS.load(Ordering::Relaxed).into())
    }

    fn wait_until(&mut self, deadline: Duration) -> impl Future<Output = ()> {
        // Both wrap, every 49 days.
        let deadline = (deadline.as_secs() as u32).wrapping_mul(1000).wrapping_add(deadline.subsec_millis());
        poll_fn(move |_| {
            let left = deadline.wrapping_sub(MILLISECONDS.load(Ordering::Relaxed)) as i32;
            if left <= 0 { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}
