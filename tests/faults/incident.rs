//! Incidents of the module or the host as a whole.

use core::cell::{Cell, RefCell};
use core::task::{Context, Waker};
use std::rc::Rc;

use simcom_modem_simulator::pipe::Bench;

use crate::case::{Incident, UNANSWERED};

/// The reset of the host.
#[derive(Default)]
pub struct Reset {
    is_due: Cell<bool>,
    host: RefCell<Option<Waker>>,
}

impl Reset {
    pub fn now(&self) {
        self.is_due.set(true);
        if let Some(host) = self.host.take() {
            host.wake();
        }
    }

    /// Whether the host was reset while it made no call.
    pub fn is_overdue(&self) -> bool {
        self.is_due.take()
    }

    /// Returns true once per reset; otherwise a later reset wakes the host.
    pub fn is_due(&self, context: &Context<'_>) -> bool {
        self.host.replace(Some(context.waker().clone()));
        self.is_due.take()
    }
}

/// Causes an incident.
pub fn befall(bench: &Bench, incident: Incident, reset: Rc<Reset>) {
    match incident {
        Incident::Restart => {
            bench.cut_output();
            bench.modem(|module, now| module.restart(now));
        }
        Incident::ConnectionLost => bench.loopback(|broker, now| broker.close(now, 0, 1)),
        Incident::NetworkLost => bench.modem(|module, now| module.network_lost(now)),
        Incident::HostReset => reset.now(),
        Incident::HostResetUnanswered => {
            bench.loopback(|broker, _| broker.silent = true);
            bench.at(bench.now() + UNANSWERED, move |bench| {
                bench.loopback(|broker, _| broker.silent = false);
                reset.now();
            });
        }
    }
}
