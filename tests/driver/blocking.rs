//! The blocking client against the simulated module, in virtual time: the same tests as of the async one, but for those of
//! dropped futures.

mod answer_orders;
mod bad_input;
mod bench;
#[path = "../network/bring_up.rs"]
mod bring_up;
mod command_set;
mod faults;
mod handler;
mod idle;
mod late_answers;
mod long_times;
mod main_path;
mod recovery;
mod several;
#[path = "shell/blocking.rs"]
mod shell;
mod tls;
mod unanswered;

use simcom_mqtt as driver;
