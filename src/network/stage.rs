//! The stages of a bring-up.

use core::fmt;

use crate::command::network::Registration;

/// What a bring-up waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BringUpStage {
    /// An answer of the module, which may still be starting.
    Module,
    /// The SIM card.
    Sim,
    /// The module's acceptance of the PDP context's settings.
    Settings,
    /// A network. The registration is the most informative one of the three domains; `None` before the module has
    /// reported one.
    Registration(Option<Registration>),
    /// An address.
    Address,
}

impl fmt::Display for BringUpStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Module => "the module",
            Self::Sim => "the SIM card",
            Self::Settings => "the settings of the PDP context",
            Self::Registration(Some(Registration::Searching)) => "a network (searching)",
            Self::Registration(Some(Registration::Denied)) => "a network (denied)",
            Self::Registration(_) => "a network",
            Self::Address => "an address",
        })
    }
}
