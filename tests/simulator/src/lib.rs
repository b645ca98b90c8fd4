//! A simulated SIMCom LTE module: the AT+CMQTT command set of four module families, TLS and network bring-up included.
//! Every behaviour in which real modules differ is a switch. A referee reports what a real module would have refused.
//!
//! * [`modem`] is the module, without I/O: bytes and broker events in, bytes and broker requests out.
//! * [`family`] has the limits of a family, [`behaviour`] its behaviours, each a switch.
//! * [`fault`] has the faults of the line.
//! * [`referee`] has the complaints about the host.
//! * [`broker`] is the interface between the module and its MQTT side; [`loopback`] is a broker in memory.
//! * [`front_end`] drives the module in real time over any byte stream, a pseudo-terminal or TCP; [`mqtt`] connects it
//!   to a real broker.
//! * [`transcript`] reads, writes and records dialogues as text.
//! * [`pipe`] combines module, in-memory broker, host and a virtual clock in one process.
//!
//! ```
//! use embedded_io_async::{BufRead, Write};
//! use simcom_modem_simulator::{family::Family, pipe::Bench};
//!
//! let bench = Bench::new(Family::A7600);
//! let (mut receiver, mut transmitter) = bench.host();
//! bench.block_on(async {
//!     transmitter.write_all(b"AT\r").await.unwrap();
//!     assert_eq!(receiver.fill_buf().await.unwrap(), b"AT\r");
//! });
//! assert!(bench.modem(|modem, _now| modem.complaints().is_empty()));
//! ```

pub mod behaviour;
pub mod broker;
pub mod family;
pub mod fault;
pub mod front_end;
pub mod loopback;
pub mod modem;
#[cfg(feature = "real-time")]
pub mod mqtt;
pub mod pipe;
pub mod referee;
pub mod transcript;
mod wire;

#[cfg(all(doctest, feature = "real-time"))]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
