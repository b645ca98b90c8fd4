//! The async client against the simulated module, in virtual time.

mod answer_orders;
mod answer_times;
mod bad_input;
mod bench;
#[path = "../network/bring_up.rs"]
mod bring_up;
mod broken_messages;
mod cancellation;
mod command_set;
mod families;
mod faults;
mod handler;
mod interjections;
mod late_answers;
mod line_errors;
mod long_times;
mod losses;
mod main_path;
mod owed_outcomes;
mod receivers;
mod recovery;
mod refused_connects;
mod restarts;
mod several;
#[path = "shell/asynchronous.rs"]
mod shell;
mod shutdowns;
mod tls;
mod transmitters;
mod unanswered;
mod unknown_clients;

use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_mqtt as driver;

/// The families that the tests run on.
pub const FAMILIES: [(driver::Family, ModuleFamily); 4] = families::ALL_FAMILIES;
