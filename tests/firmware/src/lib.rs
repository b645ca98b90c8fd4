//! Runs firmware on an emulated Cortex-M whose UART is a simulated SIMCom module, which talks to a real MQTT broker, and
//! judges what the firmware does.
//!
//! ```text
//!  QEMU            this process
//! ┌────────┐ UART ┌──────────────────┐ MQTT ┌────────┐ MQTT ┌────────────────┐
//! │firmware│◀────▶│ simulated module │◀────▶│ broker │◀────▶│ peer: scenario │
//! └────────┘ TCP  └──────────────────┘      └────────┘      └────────────────┘
//! ```
//!
//! * [`Bench`] says what is to be run, and runs it;
//! * [`Scenario`] is what the firmware has to do, seen from the other side of the broker;
//! * [`Machine`] is the emulated microcontroller, [`Region`] a part of its memory that is painted before the start and
//!   read at the end;
//! * [`BrokerKind`] is the broker.

mod bench;
mod broker;
mod emulator;
mod memory;
mod module;
mod monitor;
mod peer;
mod scenario;
mod tls;
mod wire;

pub use bench::{Bench, Report};
pub use broker::BrokerKind;
pub use emulator::Machine;
pub use memory::{PAINT, Region};
pub use scenario::Scenario;
pub use tls::{BROKER_NAME, CA_FILE};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
