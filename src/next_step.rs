//! What to do after an error or an event, as data.

#[cfg(test)]
pub(crate) mod documented;

/// What a program does next, from [`Error::next_step`](crate::Error::next_step),
/// [`Event::next_step`](crate::Event::next_step) or [`ResultCode::next_step`](crate::ResultCode::next_step).
///
/// Where a step has failed a few times in a row, take a stronger one: [`Retry`](Self::Retry),
/// [`Connect`](Self::Connect), [`BringUp`](Self::BringUp), [`Reset`](Self::Reset), in this order. Wait longer before
/// each attempt, so that a broker that is down is not flooded.
///
/// ```
/// use simcom_mqtt::{Error, NextStep};
///
/// fn is_worth_a_connect(error: &Error) -> bool {
///     matches!(error.next_step(), NextStep::Retry | NextStep::Connect)
/// }
/// # use simcom_mqtt::error::CommandName;
/// # assert!(is_worth_a_connect(&Error::ConnectionLost { command: CommandName::new(&"+CMQTTPUB") }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NextStep {
    /// Go on. What was to be reached is reached, or what was lost cannot be brought back.
    Continue,
    /// Repeat the call after a pause.
    Retry,
    /// Call `connect`, which works from any state, subscribe again, and repeat what failed.
    Connect,
    /// Call `bring_up`, then do as for [`Connect`](Self::Connect).
    BringUp,
    /// Call `disconnect`, then repeat the call.
    Disconnect,
    /// Call `shutdown`, which releases both clients and stops the service.
    Shutdown,
    /// Check power, wiring and baud rate; reset the module or switch it off and on ([`power`](crate::power)), then do
    /// as for [`BringUp`](Self::BringUp).
    Reset,
    /// Set up the UART again, and make a new `Modem` on it.
    RestartUart,
    /// Correct what was passed: an argument, an option, a certificate, a reader. The same call would fail again.
    CorrectInput,
}
