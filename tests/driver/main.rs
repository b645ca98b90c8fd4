//! The async client against the simulated module, in virtual time.

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
mod deliveries;
mod families;
mod handler;
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
mod readers;
mod receivers;
mod recovery {
    mod adopted_states;
    mod broken_messages;
    mod cancellation;
    mod dropped_drains;
    mod faults;
    mod late_answers;
    mod line_errors;
    mod losses;
    mod lost_subscriptions;
    mod pending_outcomes;
    mod restarts;
    mod unanswered;
    mod unknown_state;
}
mod refused_connects;
#[path = "shell/asynchronous.rs"]
mod shell;
mod shutdowns;
mod subscribe_all;
mod supervisor;
#[path = "supervisor/drops.rs"]
mod supervisor_drops;
mod tls;
mod topics_of_bytes;
mod transmitters;
mod urcs_mid_command;

use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_mqtt as driver;

/// The families that the tests run on.
pub const FAMILIES: [(driver::Family, ModuleFamily); 4] = families::ALL_FAMILIES;
