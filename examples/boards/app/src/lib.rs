//! What the boards do: a sensor that is connected through a SIMCom module, and that stays connected.
//!
//! It switches the module on, brings it to an address, stores the CA certificate for the broker in it, connects
//! over TLS with a will, publishes `online`, publishes a measurement every minute, obeys commands and answers them.
//! After any failure it tries again with growing waits, and resets a module that stays silent.
//!
//! | module | what lives there |
//! |---|---|
//! | `settings` | broker, credentials and access point, from the environment of the build |
//! | `device` | topics, what is due when, and what a command does |
//! | `command` | commands and their answers |
//! | `measurement` | a measurement as text |
//! | `certificate` | whether the certificate is in the module |
//! | `recovery` | what to do after a failure, and when |
//! | `power` | PWRKEY and RESET |
//! | `asynchronous`, `blocking` | the application over each of the two clients; what differs is how they wait |
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
