//! The driver's time, from tokio.

use std::time::Duration;

use simcom_mqtt::Timer;
use tokio::time::{Instant, sleep_until};

/// The time since its creation.
pub struct Clock {
    started: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Timer for Clock {
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        sleep_until(self.started + deadline).await;
    }
}
