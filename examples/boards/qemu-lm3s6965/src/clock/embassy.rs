//! The time driver of embassy.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::{Driver, time_driver_impl};
use embassy_time_queue_utils::Queue;

use super::milliseconds;

struct SysTickDriver {
    queue: Mutex<RefCell<Queue>>,
}

time_driver_impl!(static DRIVER: SysTickDriver = SysTickDriver { queue: Mutex::new(RefCell::new(Queue::new())) });

impl Driver for SysTickDriver {
    fn now(&self) -> u64 {
        milliseconds()
    }

    /// No alarm is set: every tick checks the queue.
    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| self.queue.borrow_ref_mut(section).schedule_wake(at, waker));
    }
}

/// Wakes the tasks whose time has come.
pub(super) fn wake_expired() {
    critical_section::with(|section| DRIVER.queue.borrow_ref_mut(section).next_expiration(milliseconds()));
}
