//! Many tasks on one module, each with its own waker.

mod harness;
mod paused;

use simcom_mqtt as driver;
