//! Many tasks on one module, each with its own waker.

mod bed;
#[path = "../driver/families.rs"]
mod families;
mod harness;
mod moments;
mod on_tokio;
mod outbox;
mod outcomes;
mod parked;
mod paused;
mod pending;
#[path = "../driver/shell/asynchronous.rs"]
mod shell;
mod soak;
mod supervised;
mod turns;

use simcom_mqtt as driver;
