//! Which module it is.

use crate::command::Text;

/// Model and firmware of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Identity {
    /// The model, such as `SIMCOM_SIM7600E-H` or `A7670E-FASE`.
    pub model: Text<32>,
    /// The version of the firmware, such as `LE20B04SIM7600M22`.
    pub firmware: Text<48>,
}
