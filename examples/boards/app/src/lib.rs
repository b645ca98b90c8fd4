//! The application of the boards: a sensor that is connected through a SIMCom module, and that stays connected.
//!
//! It switches the module on, brings it to an address, stores the CA certificate for the broker in it, connects
//! over TLS with a will, publishes `online`, publishes a measurement every minute, obeys commands and answers them.
//! After any failure it tries again with growing waits, and resets a module that stays silent.
//!
//! | module | what lives there |
//! |---|---|
//! | `settings` | broker, credentials and access point, from the environment of the build |
//! | `device` | topics, times of measurements, and the effects of commands |
//! | `command` | commands and their answers |
//! | `measurement` | a measurement as text |
//! | `certificate` | whether the certificate is in the module |
//! | `recovery` | the next step after a failure, and the wait before it |
//! | `power` | PWRKEY and RESET |
//! | `asynchronous`, `blocking` | the application over each of the two clients; they differ in how they wait |
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
mod measurement;
mod power;
mod recovery;
mod settings;

pub use device::Board;
pub use power::Power;
pub use settings::Settings;

/// Bytes of received messages that can wait in the inbox.
const INBOX: usize = 512;
