//! The async client under test.

use core::time::Duration;

use simcom_modem_simulator::pipe::{Bench, Clock, Receiver, Transmitter};

use crate::driver::{Family, MessageHandler, Modem, Timer};

/// The bench's clock as the driver's timer.
pub struct VirtualTimer(pub Clock);

impl Timer for VirtualTimer {
    fn now(&self) -> Duration {
        self.0.now()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        self.0.wait_until(deadline).await;
    }
}

pub type ShellModem<H> = Modem<Receiver, Transmitter, VirtualTimer, H>;

pub fn shell_modem<H: MessageHandler>(bench: &Bench, family: Family, handler: H) -> ShellModem<H> {
    let (receiver, transmitter) = bench.host();
    Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), family, handler)
}
