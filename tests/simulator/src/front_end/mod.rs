//! The module in real time: a [`Simulator`] drives a [`Modem`](crate::modem::Modem) over any byte stream and connects
//! it to a real broker. [`tcp`] and [`pty`] accept hosts; within one process, use `tokio::io::duplex`.

mod dialogue;
#[cfg(feature = "real-time")]
mod line;
#[cfg(feature = "real-time")]
pub mod pty;
#[cfg(feature = "real-time")]
mod simulator;
#[cfg(feature = "real-time")]
pub mod tcp;

pub use dialogue::{Dialogue, Observer};
#[cfg(feature = "real-time")]
pub use simulator::{Remote, Simulator};
