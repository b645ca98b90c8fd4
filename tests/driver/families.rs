//! The families of modules.

use simcom_modem_simulator::family::Family as ModuleFamily;

use crate::driver::Family;

/// All families, for the driver and for the simulated module. Each test target selects those it runs on.
pub const ALL_FAMILIES: [(Family, ModuleFamily); 4] = [
    (Family::A7600, ModuleFamily::A7600),
    (Family::A76xx, ModuleFamily::A76xx),
    (Family::Sim7600, ModuleFamily::Sim7600),
    (Family::Sim767x, ModuleFamily::Sim767x),
];

/// The simulated module's name of a family.
pub fn module_family(family: Family) -> ModuleFamily {
    ALL_FAMILIES.iter().find(|(driver, _)| *driver == family).expect("every family is in the table").1
}
