//! The families of modules.

use simcom_modem_simulator::family::Family as ModuleFamily;

use crate::driver::Family;

/// All families, as the driver and as the module know them. Which of them tests run on, each test target says.
pub const ALL_FAMILIES: [(Family, ModuleFamily); 4] = [
    (Family::A7600, ModuleFamily::A7600),
    (Family::A76xx, ModuleFamily::A76xx),
    (Family::Sim7600, ModuleFamily::Sim7600),
    (Family::Sim767x, ModuleFamily::Sim767x),
];

/// What a module calls a family.
pub fn module_family(family: Family) -> ModuleFamily {
    ALL_FAMILIES.iter().find(|(driver, _)| *driver == family).expect("every family is in the table").1
}
