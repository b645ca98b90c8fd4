//! The module in real time: a [`Simulator`] drives a [`Modem`](crate::modem::Modem) over any byte stream and connects
//! it to a real broker. [`tcp`] and [`pty`] accept hosts; within one process, use `tokio::io::duplex`.

mod dialogue;
mod line;
pub mod pty;
mod simulator;
pub mod tcp;

pub use dialogue::{Dialogue, Observer};
pub use simulator::{Remote, Simulator};
