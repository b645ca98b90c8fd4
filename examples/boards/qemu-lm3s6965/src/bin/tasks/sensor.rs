//! The task that publishes: readings with QoS 1 and states with QoS 2, both numbered, through an outbox.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::{Duration, Ticker, Timer};
use simcom_mqtt::outbox::{Outbox, OutboxCounters};
use simcom_mqtt::{Publish, QoS};

use crate::is_last;
use crate::module::{CLIENT, MODULE};

/// What the sensor has published.
pub struct Published {
    /// Messages with QoS 1.
    pub readings: u32,
    /// Messages with QoS 2.
    pub states: u32,
    /// What has become of both.
    pub counters: OutboxCounters,
}

/// Signaled when the last message has been published.
pub static DONE: Signal<CriticalSectionRawMutex, Published> = Signal::new();

/// Holds what is measured in 20 s without a session.
static OUTBOX: Outbox<CriticalSectionRawMutex, 200> = Outbox::new();

/// Between two readings.
const INTERVAL: Duration = Duration::from_millis(400);
/// Readings for each state.
const READINGS: u32 = 3;

#[embassy_executor::task]
pub async fn publish() {
    let mut ticker = Ticker::every(INTERVAL);
    let (mut readings, mut states) = (0, 0);
    while !is_last() {
        ticker.next().await;
        readings += push("firmware/out/reading", readings, QoS::AtLeastOnce);
        if readings > states * READINGS {
            states += push("firmware/out/state", states, QoS::ExactlyOnce);
        }
        if MODULE.is_up(CLIENT) {
            // What could not be published stays in the outbox.
            let _ = MODULE.drain(&OUTBOX).await;
        }
    }
    while !OUTBOX.is_empty() {
        Timer::after(INTERVAL).await;
        let _ = MODULE.wait_up(CLIENT).await;
        let _ = MODULE.drain(&OUTBOX).await;
    }
    DONE.signal(Published { readings, states, counters: OUTBOX.counters() });
}

/// Returns how many messages were queued. What does not fit is measured again.
fn push(topic: &str, number: u32, qos: QoS) -> u32 {
    let payload = heapless::format!(10; "{number}").unwrap_or_default();
    OUTBOX.push(CLIENT, &Publish::new(topic, payload.as_bytes()).qos(qos)).is_ok().into()
}
