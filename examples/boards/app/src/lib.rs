//! The application of the boards: a sensor that is connected through a SIMCom module, and that stays connected.
//!
//! It switches the module on, brings it to an address, stores the CA certificate for the broker in it, connects
//! over TLS with a will, publishes `online`, publishes a measurement every minute, obeys commands and answers them.
//! The driver's supervisor keeps it connected.
//!
//! | module | what lives there |
//! |---|---|
//! | `settings` | broker, credentials and access point, from the environment of the build |
//! | `device` | topics, times of measurements, and the effects of commands |
//! | `command` | commands and their answers |
//! | `measurement` | a measurement as text |
//! | `certificate` | whether the certificate is in the module |
//! | `setup` | what the module is set to, and what the broker is to know, from what the supervisor reports |
//! | `power` | PWRKEY and RESET |
//! | `gnss` | where the device is: commands that the driver does not have |
//! | `asynchronous` | the application over the async client: tasks that share the module |
//! | `blocking` | the application over the blocking client: the same jobs in one loop |
#![no_std]
#![forbid(unsafe_code)]

#[macro_use]
mod log;

#[cfg(feature = "async")]
pub mod asynchronous;
#[cfg(feature = "blocking")]
pub mod blocking;
mod certificate;
mod command;
mod device;
#[cfg(feature = "async")]
mod gnss;
mod measurement;
mod power;
mod settings;
mod setup;

pub use device::{Board, Names};
pub use power::Power;
pub use settings::Settings;

/// Bytes of received messages that can wait in the inbox.
const INBOX: usize = 512;
