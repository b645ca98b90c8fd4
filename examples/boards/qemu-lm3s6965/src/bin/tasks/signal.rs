//! The task that uses the module for something else than MQTT.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::{Duration, Instant, Timer};
use simcom_mqtt::command::network::Csq;

use crate::is_last;
use crate::module::MODULE;

/// What became of the calls.
pub struct Asked {
    /// Calls that were answered.
    pub answered: u32,
    /// Calls that failed.
    pub failed: u32,
    /// The longest call, its wait for the module included.
    pub longest_call: Duration,
}

/// Signaled when no further call follows.
pub static DONE: Signal<CriticalSectionRawMutex, Asked> = Signal::new();

#[embassy_executor::task]
pub async fn ask() {
    let mut asked = Asked { answered: 0, failed: 0, longest_call: Duration::MIN };
    while !is_last() {
        let begun = Instant::now();
        match MODULE.execute(&Csq).await {
            Ok(_) => asked.answered += 1,
            Err(_) => asked.failed += 1,
        }
        asked.longest_call = asked.longest_call.max(begun.elapsed());
        Timer::after_millis(50).await;
    }
    DONE.signal(asked);
}
