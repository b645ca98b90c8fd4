//! A `no_std` driver for the MQTT client inside SIMCom LTE modules, the `AT+CMQTT` command set.
//!
//! Bytes go up through the layers below, and back; each layer knows only those under it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`family`] | the families of modules, and everything in which they differ |
//! | [`at`] | the line discipline, which knows AT but not MQTT: encoder, streaming parser, parameters of a line |
//! | [`ResultCode`] | `<err>` 0-35, its meaning, and what can be done |
//! | [`command`] | one struct per command and form; a public trait for commands of your own |
//! | [`urc`] | one struct per unsolicited result code |
//! | session | the states of service and clients, the exchange under way, settling, reassembly of messages; no I/O |
//! | procedure | connect, publish, shut down … as step machines over the session; no I/O |
//! | [`MessageHandler`] | where received messages go, and the ready-made [`Inbox`] |
//! | [`Timer`] | where time comes from, and the ready-made `EmbassyTimer` |
//! | [`Modem`], [`Client`] | the async client over `embedded-io-async` |
//! | `blocking` | the same client without async, over `embedded-io` |
//! | [`transport`] | adapters for UARTs that lack a trait |
//! | [`network`] | from power-on to an address: SIM card, registration, PDP context, clock, identity |
//! | [`power`] | PWRKEY, reset and DTR |
//!
//! # Use
//!
//! ```
//! # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
//! use embedded_io_async::{BufRead, Write};
//! use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Error, Family, Inbox, Modem, Publish, QoS, Timer};
//!
//! async fn report(receiver: impl BufRead, transmitter: impl Write, timer: impl Timer) -> Result<(), Error> {
//!     let inbox = Inbox::<1024>::new();
//!     let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
//!     let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
//!     let mut client = modem.client(ClientIndex::First);
//!     client.connect(&options).await?;
//!     client.publish(&Publish::new("device-7/state", b"on").qos(QoS::AtLeastOnce)).await?;
//!     let (_receiver, _transmitter, ended) = modem.shutdown().await;
//!     ended
//! }
//! # module::on_simulated_module(async |receiver, transmitter, timer| report(receiver, transmitter, timer).await);
//! ```
//!
//! # What can be relied upon
//!
//! - **Lengths rule, not looks.** After `+CMQTTRXTOPIC` and `+CMQTTRXPAYLOAD`, exactly the announced number of bytes is
//!   data. A `>` is a prompt only where one is awaited. Nothing a broker sends can pass for a result, a URC or a prompt.
//! - **Nothing is lost quietly.** A message that did not fit, one that broke off, an error of the UART: each is an
//!   [`Event`] and is [counted](Counters). An outcome that never came is [unknown](Error::OutcomeUnknown), not failed.
//! - **Dropping a future is safe.** What the module is still owed, and what it still owes, is kept in the [`Modem`], and
//!   the next call settles it first: half a command line is ended so that it is refused, a waiting prompt gets the rest of
//!   its data, answers in flight are awaited. A subscription of which part of the filter had been sent may come about
//!   under a name that ends in slashes.
//! - **Nobody injects AT commands** through a client id, an address or a credential: what would end the quotes or the line
//!   is refused before a byte is sent. Passwords never reach a log or `Debug` output.
//!
//! A module does not tell the quality of service, the retain flag or the duplicate flag of a received message, nor which
//! quality of service a subscription was granted.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(feature = "async"),
    allow(dead_code, unused_imports, reason = "without a shell, nobody drives the core")
)]

pub mod at;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "async")]
mod client;
pub mod command;
pub mod error;
pub mod family;
mod fmt;
mod handler;
pub mod network;
mod options;
pub mod power;
mod procedure;
mod result_code;
#[cfg(feature = "_sans_io")]
#[doc(hidden)]
pub mod sans_io;
mod session;
mod timer;
mod tls;
pub mod transport;
pub mod urc;

#[cfg(feature = "async")]
pub use client::{Client, Modem};
pub use command::{ClientIndex, MqttVersion, QoS};
pub use error::Error;
pub use family::{Family, Timeouts};
pub use handler::{Inbox, Message, MessageHandler, RefuseAll};
pub use options::{Broker, ConnectOptions, Publish, Will};
pub use procedure::Connection;
pub use result_code::ResultCode;
pub use session::{ClientState, Counters, Event, ServiceState};
#[cfg(feature = "embassy-time")]
pub use timer::EmbassyTimer;
pub use timer::Timer;
pub use tls::Tls;

/// The examples of the README, compiled.
#[cfg(all(doctest, feature = "embassy-time"))]
#[doc = include_str!("../README.md")]
struct Readme;
