//! The task that receives commands, and answers each with its own text.

use core::sync::atomic::Ordering;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;

use crate::module::{COMMANDS, deliver};
use crate::{LAST, is_last};

/// What became of the commands.
pub struct Obeyed {
    /// Commands received, and answered.
    pub commands: u32,
    /// How often an answer had to be repeated.
    pub repeated: u32,
}

/// Signaled when the last command was answered.
pub static DONE: Signal<CriticalSectionRawMutex, Obeyed> = Signal::new();

const LAST_COMMAND: &[u8] = b"end";

#[embassy_executor::task]
pub async fn obey() {
    let mut buffer = [0; 128];
    let mut obeyed = Obeyed { commands: 0, repeated: 0 };
    while !is_last() {
        let command = COMMANDS.receive(&mut buffer).await;
        obeyed.commands += 1;
        obeyed.repeated += deliver("firmware/out/answer", command.payload()).await;
        if command.payload() == LAST_COMMAND {
            LAST.store(true, Ordering::Relaxed);
        }
    }
    DONE.signal(obeyed);
}
