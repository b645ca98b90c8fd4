//! Many tasks on one module, each with its own waker.

mod bed;
#[path = "../driver/families.rs"]
mod families;
mod fate;
mod harness;
mod inboxes;
mod kept;
mod ledger;
mod locked;
mod module;
mod outcomes;
mod paused;
#[path = "../driver/shell/asynchronous.rs"]
mod shell;
mod soak;
mod tasks;
mod trouble;

use simcom_mqtt as driver;
