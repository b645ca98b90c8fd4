//! The blocking client against the simulated module, in virtual time: the same tests as of the async one, but for those of
//! dropped futures, most of them on one family ([`shell::FAMILIES`] says why).

mod answer_orders;
mod answer_times;
mod bad_input;
mod bench;
#[path = "../network/bring_up.rs"]
mod bring_up;
mod broken_messages;
mod command_set;
mod faults;
mod handler;
mod idle;
mod interjections;
mod late_answers;
mod line_errors;
mod long_times;
mod losses;
mod main_path;
mod recovery;
mod refused_connects;
mod restarts;
mod several;
#[path = "shell/blocking.rs"]
mod shell;
mod shutdowns;
mod tls;
mod unanswered;
mod unknown_clients;

use simcom_mqtt as driver;
