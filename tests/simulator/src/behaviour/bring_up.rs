//! Behaviour of power, SIM, registration and PDP contexts.

use core::time::Duration;

use super::value::choice;
use crate::family::Family;

choice! {
    /// How a SIM that is not ready yet answers `AT+CPIN?`.
    SimFailure {
        /// `+CME ERROR: SIM failure`.
        Failure = "failure",
        /// `+CME ERROR: SIM busy`.
        Busy = "busy",
        /// `+CME ERROR: 13`.
        Code13 = "13",
        /// `+CME ERROR: 14`.
        Code14 = "14",
        /// `+CME ERROR: 313`.
        Code313 = "313",
        /// Bare `ERROR`.
        Error = "error",
    }
}
choice! {
    /// Answer to an `AT+CGACT` that activates a context. The context has an address in any case.
    ContextActivation {
        /// `OK`.
        Ok = "ok",
        /// `+CME ERROR: requested service option not subscribed (#33)` and `+CGEV: ME PDN DEACT 1`.
        NotSubscribed = "not-subscribed",
        /// `+CME ERROR: unknown error`.
        UnknownError = "unknown-error",
    }
}
choice! {
    /// Digits of the year in the answer to `AT+CCLK?`.
    ClockYear {
        /// `26/…`.
        Two = "two",
        /// `2026/…`.
        Four = "four",
    }
}
choice! {
    /// Initial time of a clock that was never set.
    UnsetClock {
        /// `80/01/06,00:00:00`.
        Gps = "80/01/06",
        /// `70/01/01,00:00:00`.
        Unix = "70/01/01",
    }
}
choice! {
    /// Prefix of the number in the answer to `AT+CICCID`.
    IccidPrefix {
        /// `+ICCID:`.
        Iccid = "iccid",
        /// `+CICCID:`.
        Ciccid = "ciccid",
    }
}
choice! {
    /// `+CGEV` lines among the boot lines.
    BootEvents {
        /// None.
        None = "none",
        /// `+CGEV: EPS PDN ACT 1`.
        EpsPdn = "eps-pdn",
        /// `+CGEV: ME PDN ACT 8,4`.
        MePdn = "me-pdn",
        /// Both.
        Both = "both",
    }
}
choice! {
    /// Order of the last two boot lines.
    DoneOrder {
        /// `SMS DONE`, then `PB DONE`.
        SmsFirst = "sms-first",
        /// `PB DONE`, then `SMS DONE`.
        PbFirst = "pb-first",
    }
}

/// SIM, registration and PDP contexts on the way to a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BringUp {
    /// The PIN that the SIM requires after each boot; none if empty.
    pub pin: String,
    /// How many `AT+CPIN?` fail after each boot.
    pub sim_failures: u32,
    /// How they fail.
    pub sim_failure: SimFailure,
    /// How many queries of each of `AT+CREG?`, `AT+CGREG?` and `AT+CEREG?` answer `0,2` after each boot.
    pub registration_queries: u32,
    /// Registered is `0,5`, not `0,1`.
    pub roaming: bool,
    /// The first PDP context is active without `AT+CGACT`.
    pub context_active: bool,
    /// How many `AT+CGPADDR` show no address after each boot.
    pub address_queries: u32,
    /// `AT+CGACT` that activates a context.
    pub context_activation: ContextActivation,
    /// `AT+CGPADDR` shows a second context that has no addresses, as dual-stack ones do.
    pub second_context: bool,
    /// `AT+CICCID`.
    pub iccid_prefix: IccidPrefix,
    /// The clock follows the network's time (`AT+CTZU`).
    pub automatic_time: bool,
    /// The year of `AT+CCLK?`.
    pub clock_year: ClockYear,
    /// Initial time of a clock that was never set.
    pub unset_clock: UnsetClock,
    /// `<err>` of `AT+CNTP` where the module has a network and a server.
    pub time_server_outcome: u32,
    /// From the moment at which commands are accepted after a boot to the ready line. Until then `AT+CPIN?` fails.
    pub ready_line_delay: Duration,
    /// `+MSTK: 11, "…"`, more than 250 bytes, among the boot lines.
    pub boot_stk: bool,
    /// `+CGEV` lines among the boot lines.
    pub boot_events: BootEvents,
    /// Order of the last two boot lines.
    pub done_order: DoneOrder,
    /// From the other boot lines to these two.
    pub done_delay: Duration,
}

/// Hold times of the keys and the delay of power-off. The available documents do not state them; the values are those a
/// board designer would try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// PWRKEY to switch on.
    pub key_on: Duration,
    /// PWRKEY to switch off.
    pub key_off: Duration,
    /// RESET to restart.
    pub reset: Duration,
    /// From `AT+CPOF` or PWRKEY to the status pin going low.
    pub shutdown: Duration,
    /// A low DTR ends the sleep. Modules that go on sleeping are reported; what wakes them is unverified.
    pub dtr_wakes: bool,
    /// Bytes end the sleep of a module that a low DTR has not woken, and are lost.
    pub bytes_wake: bool,
}

impl Default for BringUp {
    /// A module without delays or failures.
    fn default() -> Self {
        Self {
            pin: String::new(),
            sim_failures: 0,
            sim_failure: SimFailure::Failure,
            registration_queries: 0,
            roaming: false,
            context_active: true,
            address_queries: 0,
            context_activation: ContextActivation::Ok,
            second_context: false,
            iccid_prefix: IccidPrefix::Iccid,
            automatic_time: true,
            clock_year: ClockYear::Two,
            unset_clock: UnsetClock::Gps,
            time_server_outcome: 0,
            ready_line_delay: Duration::ZERO,
            boot_stk: false,
            boot_events: BootEvents::None,
            done_order: DoneOrder::SmsFirst,
            done_delay: Duration::ZERO,
        }
    }
}

impl Power {
    pub(super) fn of(family: Family) -> Self {
        let (key_on, reset) = match family {
            Family::Sim7600 => (100, 100),
            Family::A7600 | Family::A76xx | Family::Sim767x => (50, 2000),
        };
        Self {
            key_on: Duration::from_millis(key_on),
            key_off: Duration::from_millis(2500),
            reset: Duration::from_millis(reset),
            shutdown: Duration::from_millis(1500),
            dtr_wakes: true,
            bytes_wake: false,
        }
    }
}
