//! Runs firmware on an emulated Cortex-M whose UART is connected to a simulated SIMCom module with a real MQTT broker,
//! and checks the behaviour of the firmware.
//!
//! ```text
//!  QEMU            this process
//! ┌────────┐ UART ┌──────────────────┐ MQTT ┌────────┐ MQTT ┌────────────────┐
//! │firmware│◀────▶│ simulated module │◀────▶│ broker │◀────▶│ peer: scenario │
//! └────────┘ TCP  └──────────────────┘      └────────┘      └────────────────┘
//! ```
//!
//! * [`Bench`] is the configuration of a run, and runs it;
//! * [`Scenario`] is the expected behaviour of the firmware, seen from the other side of the broker;
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
