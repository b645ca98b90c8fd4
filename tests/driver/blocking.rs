//! The blocking client against the simulated module, in virtual time: the same tests as of the async one, but for those of
//! dropped futures, most of them on one family ([`FAMILIES`] says why).

mod answer_orders;
mod answer_times;
mod bad_input;
mod bench;
#[path = "../network/bring_up.rs"]
mod bring_up;
mod command_set;
mod families;
mod handler;
mod idle;
mod long_times;
mod main_path;
mod recovery {
    mod adopted_states;
    mod broken_messages;
    mod faults;
    mod late_answers;
    mod line_errors;
    mod losses;
    mod restarts;
    mod unanswered;
    mod unknown_state;
}
mod refused_connects;
#[path = "shell/blocking.rs"]
mod shell;
mod shutdowns;
mod subscribe_all;
mod tls;
mod urcs_mid_command;

use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_mqtt as driver;

use driver::Family;

/// The families that the tests run on. One is enough: families differ in the core, which both shells share and which the
/// tests of the async client take through all of them; the shell moves bytes, asks for the time and calls the idle hook,
/// whatever the family. It is the one with the longest payloads and with staged subscriptions, so that no test is void.
/// Whole sessions (`main_path`) and calls given up by the idle hook (`idle`) take all families here too: what is written
/// and read, and where a call can be given up, is each family's own.
pub const FAMILIES: [(Family, ModuleFamily); 1] = [(Family::A76xx, ModuleFamily::A76xx)];
