//! The families by their names on a command line.

use clap::ValueEnum;
use simcom_mqtt::Family;

#[derive(Clone, Copy, ValueEnum)]
pub enum FamilyName {
    A7600,
    A76xx,
    Sim7600,
    Sim767x,
}

impl FamilyName {
    /// The family of the driver.
    pub fn family(self) -> Family {
        match self {
            Self::A7600 => Family::A7600,
            Self::A76xx => Family::A76xx,
            Self::Sim7600 => Family::Sim7600,
            Self::Sim767x => Family::Sim767x,
        }
    }

    /// The family of the simulated module and of transcripts.
    pub fn simulated(self) -> simcom_modem_simulator::family::Family {
        use simcom_modem_simulator::family::Family;
        match self {
            Self::A7600 => Family::A7600,
            Self::A76xx => Family::A76xx,
            Self::Sim7600 => Family::Sim7600,
            Self::Sim767x => Family::Sim767x,
        }
    }
}
