//! The module in real time: a [`Simulator`] drives a [`Modem`](crate::modem::Modem) and its connections to a real broker over
//! any byte stream. [`tcp`] and [`pty`] bring hosts to it; in one process, `tokio::io::duplex` does.

mod dialogue;
mod line;
pub mod pty;
mod simulator;
pub mod tcp;

pub use dialogue::{Dialogue, Observer};
pub use simulator::{Remote, Simulator};
