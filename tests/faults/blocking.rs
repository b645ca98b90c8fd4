//! A sample of the fault grid through the blocking client.

mod case;
mod documented;
mod execution;
#[path = "../driver/families.rs"]
mod families;
mod grid;
mod incident;
mod known;
mod reference;
mod report;
mod session;
#[path = "../driver/shell/blocking.rs"]
#[allow(dead_code, reason = "a session does not need every call")]
mod shell;
mod verdict;

use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_mqtt as driver;

const FAMILIES: [(driver::Family, ModuleFamily); 4] = families::ALL_FAMILIES;

/// A call of the blocking client ends by itself.
const DROPS_FUTURES: bool = false;
const NAME: &str = "blocking";

#[test]
fn no_fault_causes_more_violations_than_known() {
    grid::judge();
}
