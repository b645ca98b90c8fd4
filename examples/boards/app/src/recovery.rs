//! The next step after a failure, and the wait before it.

use core::convert::Infallible;
use core::time::Duration;

use simcom_mqtt::network::{BringUpError, BringUpStage};
use simcom_mqtt::power::PowerError;
use simcom_mqtt::urc::LossCause;
use simcom_mqtt::{Error, Event};

/// Why the device is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Failure {
    /// A call of the driver failed.
    Call(Error),
    /// The bring-up failed.
    BringUp(BringUpError),
    /// The module reported a loss.
    Lost(Event),
    /// The module could not be switched on.
    Power(PowerError<Infallible, Infallible>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<BringUpError> for Failure {
    fn from(error: BringUpError) -> Self {
        Self::BringUp(error)
    }
}

impl From<PowerError<Infallible, Infallible>> for Failure {
    fn from(error: PowerError<Infallible, Infallible>) -> Self {
        Self::Power(error)
    }
}

/// The step at which the way to the broker is entered again. Each step is followed by those listed above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Step {
    /// Connect and subscribe.
    Connect,
    /// Bring the module to an address.
    Attach,
    /// Press PWRKEY, which does nothing to a module that is on.
    PowerOn,
    /// Press RESET.
    Reset,
}

/// The effect of a failure on the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The module works, the connection does not.
    Connection,
    /// The module has no address any more.
    Address,
    /// The module did not answer: a byte may be lost, or the module hangs.
    Silence,
    /// It has not answered for minutes.
    Death,
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        match failure {
            // Families that know `+CMQTTNONET` send it after the line with this cause.
            Failure::Lost(
                Event::NetworkLost | Event::ModemRestarted | Event::ConnectionLost { cause: LossCause::Network, .. },
            )
            | Failure::Call(Error::NetworkLost { .. } | Error::ModemRestarted { .. }) => Self::Address,
            Failure::Call(Error::NoAnswer { .. }) => Self::Silence,
            Failure::Lost(_) | Failure::Call(_) => Self::Connection,
            Failure::BringUp(BringUpError::TimedOut { stage: BringUpStage::Module, .. }) | Failure::Power(_) => {
                Self::Death
            }
            Failure::BringUp(_) => Self::Address,
        }
    }
}

impl Cause {
    /// The step that this cause requires by itself.
    const fn step(self) -> Step {
        match self {
            Self::Connection | Self::Silence => Step::Connect,
            Self::Address => Step::Attach,
            Self::Death => Step::Reset,
        }
    }
}

impl Step {
    /// The step to enter if this failure happens too, while the device waits for the step.
    pub fn raised_by(self, failure: Failure) -> Self {
        self.max(Cause::from(failure).step())
    }
}

/// The first wait; each further one is twice as long.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait, without the spread.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// The number of failures in a row after which the device attaches again.
const FAILURES_TO_ATTACH: u32 = 3;
/// The number of failures in a row after which the device resets the module, whatever their causes.
const FAILURES_TO_RESET: u32 = 8;

/// Counts failures, and decides what follows.
#[derive(Clone, Copy, Debug)]
pub struct Recovery {
    failures: u32,
    was_silent: bool,
    /// 256ths of a quarter that are added to each wait.
    spread: u8,
}

impl Recovery {
    /// Devices with different seeds wait for different times, so that they do not all reconnect at the same moment.
    pub const fn new(seed: u32) -> Self {
        Self { failures: 0, was_silent: false, spread: seed.to_le_bytes()[0] }
    }

    /// The next step, and the wait before it.
    pub fn after(&mut self, cause: Cause) -> (Step, Duration) {
        self.failures = self.failures.saturating_add(1);
        let was_silent = core::mem::replace(&mut self.was_silent, cause == Cause::Silence);
        let step = if was_silent && cause == Cause::Silence { Step::Reset } else { cause.step() };
        let least = match self.failures {
            failures if failures.is_multiple_of(FAILURES_TO_RESET) => Step::Reset,
            failures if failures >= FAILURES_TO_ATTACH => Step::Attach,
            _ => Step::Connect,
        };
        (step.max(least), self.wait())
    }

    /// A measurement was published: earlier failures no longer count.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.was_silent = false;
    }

    fn wait(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        let wait = SHORTEST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
        wait + wait * u32::from(self.spread) / 1024
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use simcom_mqtt::ClientIndex;
    use std::vec::Vec;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_again_after_a_success() {
        let mut recovery = Recovery::new(0);
        let waits: Vec<u64> = (0..12).map(|_| recovery.after(Cause::Connection).1.as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        recovery.succeeded();
        assert_eq!(recovery.after(Cause::Connection), (Step::Connect, SHORTEST_WAIT));
    }

    #[test]
    fn waits_are_spread_by_up_to_a_quarter() {
        for (seed, milliseconds) in [(0, 1_000), (128, 1_125), (255, 1_249), (256, 1_000)] {
            let (_, wait) = Recovery::new(seed).after(Cause::Connection);
            assert_eq!(wait.as_millis(), milliseconds);
        }
    }

    #[test]
    fn a_module_that_is_silent_twice_is_reset() {
        let mut recovery = Recovery::new(0);
        assert_eq!(recovery.after(Cause::Silence).0, Step::Connect);
        assert_eq!(recovery.after(Cause::Connection).0, Step::Connect);
        recovery.succeeded();
        assert_eq!(recovery.after(Cause::Silence).0, Step::Connect);
        assert_eq!(recovery.after(Cause::Silence).0, Step::Reset);
        assert_eq!(Recovery::new(0).after(Cause::Death).0, Step::Reset);
    }

    #[test]
    fn a_lost_network_is_looked_for_however_it_is_reported() {
        let lost = |cause| Failure::Lost(Event::ConnectionLost { client: ClientIndex::First, cause });
        assert_eq!(Cause::from(lost(LossCause::Network)), Cause::Address);
        assert_eq!(Cause::from(lost(LossCause::Closed)), Cause::Connection);
        assert_eq!(Cause::from(Failure::Lost(Event::NetworkLost)), Cause::Address);
    }

    #[test]
    fn what_is_heard_while_waiting_leads_further_back_and_never_forward() {
        let (message, restarted) = (Event::Message(ClientIndex::First), Event::ModemRestarted);
        assert_eq!(Step::Connect.raised_by(Failure::Lost(message)), Step::Connect);
        assert_eq!(Step::Connect.raised_by(Failure::Lost(restarted)), Step::Attach);
        assert_eq!(Step::Reset.raised_by(Failure::Lost(restarted)), Step::Reset);
    }

    #[test]
    fn what_keeps_failing_is_entered_further_and_further_back() {
        let mut recovery = Recovery::new(0);
        let steps: Vec<Step> = (0..16).map(|_| recovery.after(Cause::Connection).0).collect();
        assert_eq!(steps[..3], [Step::Connect, Step::Connect, Step::Attach]);
        let resets: Vec<usize> = (0..16).filter(|&place| steps[place] == Step::Reset).collect();
        assert_eq!(resets, [7, 15]);
        assert!(steps[2..].iter().all(|step| *step >= Step::Attach));
    }
}
