//! The future actions of the module, in order of time.

use core::time::Duration;
use std::collections::BTreeMap;

use super::prompted::Entry;
use super::script::Injected;
use crate::broker::Request;

/// An action at a given time.
#[derive(Debug)]
pub(super) enum Step {
    /// Sends bytes.
    Emit(Vec<u8>),
    /// Sends the ready line.
    Ready(Vec<u8>),
    /// Sends a final result and accepts commands again.
    Final { bytes: Vec<u8>, injected: Injected },
    /// Sends a prompt and accepts data.
    Prompt { entry: Entry, injected: Injected },
    /// Sends the request of a client's operation to the broker.
    Ask { client: usize, operation: u64, request: Request },
    /// Reports the outcome of a client's operation.
    Conclude { client: usize, operation: u64 },
    /// Ends a client's operation by its timeout.
    Expire { client: usize, operation: u64 },
    /// Reports the outcome of START.
    Started { code: u8, context: Option<u8>, ok_after: bool, injected: Injected },
    /// Reports the outcome of STOP.
    Stopped { ok_after: bool, injected: Injected },
    /// Reports whether the time server has set the clock.
    TimeServerAnswered,
    /// Reports the loss of the network.
    NetworkGone,
    /// Accepts commands after a boot.
    Booted,
    /// Restarts.
    Restart,
    /// PWRKEY has been held long enough.
    PowerKeyHeld,
    /// RESET has been held long enough.
    ResetHeld,
    /// Begins to switch itself off.
    Shutdown,
    /// Has switched itself off.
    Off,
}

/// Actions by time; actions of the same time in the order they were planned.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    steps: BTreeMap<(Duration, u64), Step>,
    planned: u64,
}

impl Agenda {
    pub(super) fn plan(&mut self, at: Duration, step: Step) {
        self.steps.insert((at, self.planned), step);
        self.planned += 1;
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.steps.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn take_due(&mut self, now: Duration) -> Option<(Duration, Step)> {
        let first = self.steps.first_entry()?;
        let at = first.key().0;
        (at <= now).then(|| (at, first.remove()))
    }

    /// The operation has ended: its timeout no longer applies.
    pub(super) fn cancel_expiry(&mut self, ended: u64) {
        self.steps.retain(|_, step| !matches!(step, Step::Expire { operation, .. } if *operation == ended));
    }

    /// The key was released too early.
    pub(super) fn cancel_power_key(&mut self) {
        self.steps.retain(|_, step| !matches!(step, Step::PowerKeyHeld));
    }

    /// The key was released too early.
    pub(super) fn cancel_reset_key(&mut self) {
        self.steps.retain(|_, step| !matches!(step, Step::ResetHeld));
    }

    pub(super) fn clear(&mut self) {
        self.steps.clear();
    }

    /// Removes the entry of a planned prompt.
    pub(super) fn take_prompt(&mut self) -> Option<Entry> {
        let key = *self.steps.iter().find(|(_, step)| matches!(step, Step::Prompt { .. }))?.0;
        match self.steps.remove(&key) {
            Some(Step::Prompt { entry, .. }) => Some(entry),
            _ => None,
        }
    }
}
