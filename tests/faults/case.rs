//! One run of the grid: a session and its fault.

use core::time::Duration;

use embedded_io_async::ErrorKind;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::fault::{Fault, Rates};
use simcom_modem_simulator::pipe::Direction;

use crate::driver::Family;
use crate::families::module_family;
use crate::session::{Call, PART_SIZE};

/// A session on a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub family: Family,
    pub calls: &'static [Call],
    /// Speed of the UART; without one, bytes take no time.
    pub baud: Option<u32>,
    /// Switches of the module that differ from the family's defaults.
    pub switches: &'static [(&'static str, &'static str)],
    pub part_size: usize,
    /// Few bytes are read and written at once: there are many points at which a call can be dropped.
    pub is_cut_small: bool,
}

impl Setting {
    pub const fn new(family: Family, calls: &'static [Call]) -> Self {
        Self { family, calls, baud: None, switches: &[], part_size: PART_SIZE, is_cut_small: false }
    }

    pub fn behaviour(&self) -> Behaviour {
        let mut behaviour = Behaviour::of(module_family(self.family));
        behaviour.part_size = self.part_size;
        for (name, value) in self.switches {
            behaviour.set(name, value).expect("the switch is known");
        }
        behaviour
    }
}

/// An incident of the module or the host as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Incident {
    Restart,
    ConnectionLost,
    NetworkLost,
    HostReset,
    /// The broker is silent for a while, then the host is reset.
    HostResetUnanswered,
}

/// The fault of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    None,
    Byte(Direction, usize, Fault),
    /// The receiver reports an error in place of this number of lost bytes.
    Overrun(usize, usize),
    Incident(Direction, usize, Incident),
    /// The call at this index of the session is dropped after this number of polls.
    Drop(usize, usize),
    /// Faults strike by chance, until the first call that fails.
    Chance(Direction, u64),
}

/// The error of a HAL for an overrun.
pub const OVERRUN: ErrorKind = ErrorKind::Other;
/// Duration of a silent line.
pub const SILENCE: Duration = Duration::from_secs(2);
/// Duration of a silent broker.
pub const UNANSWERED: Duration = Duration::from_secs(1);
/// Delay of an answer: longer than the driver's timeout for a final result.
pub const LATENESS: Duration = Duration::from_secs(12);
/// Delay of the rest of a message: shorter than the 2 s after which it is aborted.
pub const LATENESS_IN_MESSAGE: Duration = Duration::from_secs(1);
pub const RATES: Rates = Rates { lose: 0.002, double: 0.001, flip: 0.0 };

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    ToHostLost,
    ToHostDoubled,
    ToHostChanged,
    ToHostChangedInData,
    ToHostLostUnseparated,
    ToHostLostAsPrinted,
    Overrun0,
    Overrun1,
    Overrun8,
    Overrun40,
    ToHostSilent,
    ToHostLate,
    ToModuleLost,
    ToModuleDoubled,
    ToModuleChanged,
    ToModuleAccepted,
    ToModuleSilent,
    Restart,
    ConnectionLost,
    NetworkLost,
    HostReset,
    HostResetUnanswered,
    Dropped,
    ChanceToHost,
    ChanceToHostCancelled,
    ChanceToModule,
}

impl Class {
    pub const ALL: [Self; 26] = [
        Self::ToHostLost,
        Self::ToHostDoubled,
        Self::ToHostChanged,
        Self::ToHostChangedInData,
        Self::ToHostLostUnseparated,
        Self::ToHostLostAsPrinted,
        Self::Overrun0,
        Self::Overrun1,
        Self::Overrun8,
        Self::Overrun40,
        Self::ToHostSilent,
        Self::ToHostLate,
        Self::ToModuleLost,
        Self::ToModuleDoubled,
        Self::ToModuleChanged,
        Self::ToModuleAccepted,
        Self::ToModuleSilent,
        Self::Restart,
        Self::ConnectionLost,
        Self::NetworkLost,
        Self::HostReset,
        Self::HostResetUnanswered,
        Self::Dropped,
        Self::ChanceToHost,
        Self::ChanceToHostCancelled,
        Self::ChanceToModule,
    ];

    /// Its name in the table and in the list of known violations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToHostLost => "to the host: byte lost",
            Self::ToHostDoubled => "to the host: byte doubled",
            Self::ToHostChanged => "to the host: byte changed",
            Self::ToHostChangedInData => "to the host: byte changed inside received data",
            Self::ToHostLostUnseparated => "to the host: byte lost, no CR LF behind parts",
            Self::ToHostLostAsPrinted => "to the host: byte lost, CR LF between topic parts only",
            Self::Overrun0 => "receiver's error, no byte lost",
            Self::Overrun1 => "receiver's error, 1 byte lost",
            Self::Overrun8 => "receiver's error, 8 bytes lost",
            Self::Overrun40 => "receiver's error, 40 bytes lost",
            Self::ToHostSilent => "to the host: silent for 2 s",
            Self::ToHostLate => "to the host: late by 12 s, inside a message by 1 s",
            Self::ToModuleLost => "to the module: byte lost",
            Self::ToModuleDoubled => "to the module: byte doubled",
            Self::ToModuleChanged => "to the module: byte changed",
            Self::ToModuleAccepted => "to the module: lost, doubled or changed, and accepted",
            Self::ToModuleSilent => "to the module: silent for 2 s",
            Self::Restart => "module restarts",
            Self::ConnectionLost => "connection lost",
            Self::NetworkLost => "network lost",
            Self::HostReset => "host reset",
            Self::HostResetUnanswered => "host reset while the broker is silent for 1 s",
            Self::Dropped => "call dropped",
            Self::ChanceToHost => "to the host: lost and doubled by chance",
            Self::ChanceToHostCancelled => "to the host: one lost and one doubled in the same part, by chance",
            Self::ChanceToModule => "to the module: lost and doubled by chance",
        }
    }

    /// Whether no host can see the fault: then only panics, hangs, executed payload and the recovery count.
    pub const fn is_exempt(self) -> bool {
        matches!(
            self,
            Self::ToHostChangedInData | Self::ToModuleAccepted | Self::ChanceToHostCancelled | Self::ChanceToModule
        )
    }
}

/// One run of the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    pub class: Class,
    pub setting: Setting,
    pub trouble: Trouble,
}
