//! Runs a whole session with every fault at every position, on every family, and counts violations.
//!
//! `cargo test --test faults` runs a part of the grid; with `FAULTS=full` in the environment it runs all of it and
//! writes `tests/FAULTS.md`. See `tests/faults/README.md`.

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
#[path = "../driver/shell/asynchronous.rs"]
mod shell;
mod verdict;

use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_mqtt as driver;

const FAMILIES: [(driver::Family, ModuleFamily); 4] = families::ALL_FAMILIES;

/// Whether a future that is under way can be dropped at any poll.
const DROPS_FUTURES: bool = true;
const NAME: &str = "async";

#[test]
fn no_fault_causes_more_violations_than_known() {
    grid::judge();
}
