//! The blocking client against the simulated module, in virtual time: the tests of the async client without those of
//! dropped futures, most of them on one family (see [`FAMILIES`]).

mod answer_orders;
mod answer_times;
mod bad_input;
mod bench;
#[path = "../network/bring_up.rs"]
mod bring_up;
#[path = "../network/clock.rs"]
mod clock;
mod command_set;
mod deadlines;
mod families;
mod handler;
mod idle;
mod long_times;
mod low_power;
mod main_path;
mod manual_examples;
mod matrix {
    mod calls;
    mod codes;
    mod states;
}
mod outbox;
mod ownership;
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
mod supervisor;
mod tls;
mod topics_of_bytes;
mod urcs_mid_command;

use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_mqtt as driver;

use driver::Family;

/// The families that the tests run on. One is enough: families differ in the core, which both shells share, and the
/// tests of the async client run it on all of them. The shell moves bytes, reads the time and calls the idle hook in
/// the same way on every family. This family has the longest payloads and staged subscriptions, so no test is void.
/// Whole sessions (`main_path`) and calls aborted by the idle hook (`idle`) run on all families here too: the bytes
/// differ, and so do the points at which a call can be aborted.
pub const FAMILIES: [(Family, ModuleFamily); 1] = [(Family::A76xx, ModuleFamily::A76xx)];
