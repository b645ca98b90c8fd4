//! The async client against the simulated module, in virtual time.

mod answer_orders;
mod bad_input;
mod bench;
#[path = "../network/bring_up.rs"]
mod bring_up;
mod cancellation;
mod command_set;
mod faults;
mod handler;
mod late_answers;
mod long_times;
mod main_path;
mod owed_outcomes;
mod receivers;
mod recovery;
mod several;
#[path = "shell/asynchronous.rs"]
mod shell;
mod tls;
mod unanswered;

use simcom_mqtt as driver;
