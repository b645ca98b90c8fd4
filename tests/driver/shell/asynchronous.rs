//! The async client under test.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use simcom_modem_simulator::pipe::{Bench, Clock, Receiver, Transmitter};

use crate::driver::supervisor::Reset;
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

/// Presses the module's RESET, and counts.
#[allow(dead_code, reason = "the tests of the supervisor need it, and not all that need this client")]
pub struct ResetHook {
    pub bench: Bench,
    pub resets: Rc<Cell<u32>>,
}

impl Reset for ResetHook {
    async fn reset(&mut self, attempt: u32) {
        assert!(attempt > 0);
        self.resets.set(self.resets.get() + 1);
        self.bench.modem(|module, now| module.reset_key(now, true));
        let end = self.bench.now() + Duration::from_secs(3);
        self.bench.clock().wait_until(end).await;
        self.bench.modem(|module, now| module.reset_key(now, false));
    }
}
