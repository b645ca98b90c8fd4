//! A `no_std`, no-alloc driver for the MQTT client inside SIMCom LTE modules, the `AT+CMQTT` command set.
//!
//! The microcontroller sends AT commands over a UART; the module runs MQTT and TLS. [`Modem`] is the module, [`Client`]
//! one of its two MQTT clients. The protocol is a core without I/O, [`sans_io`]; an async and a blocking shell move bytes
//! and time between it and a UART.
//!
//! - **Announced lengths decide, not content.** After `+CMQTTRXTOPIC` and `+CMQTTRXPAYLOAD`, exactly the announced
//!   number of bytes is data. A `>` is a prompt only where one is awaited. Nothing that a broker sends can pass for a
//!   result, a URC or a prompt.
//! - **Every loss is reported.** A message that did not fit, a message that broke off, an error of the UART: each is an
//!   [`Event`] and is [counted](Counters). An outcome that never arrived is [unknown](Error::OutcomeUnknown), not
//!   failed.
//! - **Every future can be dropped.** The [`Modem`] keeps what is still in flight, and the next call resyncs first: it
//!   aborts a half-sent command line so that the module refuses it, fills a prompt that waits for data, and awaits
//!   outstanding answers. If part of a topic filter had been sent, the module may subscribe to that part padded with
//!   slashes.
//! - **Arguments cannot inject AT commands.** A client id, an address or a credential that would end the quotes or the
//!   line is refused before a byte is sent. Passwords never reach a log or `Debug` output.
//!
//! The module does not report the quality of service, the retain flag or the duplicate flag of a received message, nor
//! the quality of service that the broker granted to a subscription.
//!
//! # Cargo features
//!
#![doc = document_features::document_features!()]
//!
//! Without `async` and `blocking`, everything but the two clients remains: the typed layer ([`at`], [`command::Encoded`],
//! [`urc`]) and the engine ([`sans_io`]), each usable by itself.
//!
//! # Examples
//!
//! Connect, publish, shut down:
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
//! Programs for a computer and firmware for several boards are in the folder `examples` of the repository.
//!
//! # Layers
//!
//! Each module imports only from rows above its own, or from its own row.
//!
//! | module | what lives there |
//! |---|---|
//! | fmt | the logging shim over `defmt` and `log` |
//! | saturating | conversions to narrower numbers |
//! | [`Timer`] | where time comes from, and the ready-made `EmbassyTimer` |
//! | [`NextStep`] | what to do after an error or an event, as data |
//! | [`ResultCode`] | `<err>` 0-35: its meaning, and what to do |
//! | [`SkippedSettings`] | defaults that the module's firmware has refused |
//! | [`at`] | the line discipline, which knows AT but not MQTT: encoder, streaming parser, parameters of a line |
//! | [`family`] | the families of modules, and everything in which they differ |
//! | [`error`] | typed errors: what each means, and what to call next |
//! | [`command`] | one struct per command and form, of MQTT, TLS, SIM card and network; public traits for commands of your own |
//! | [`urc`] | one struct per unsolicited result code |
//! | [`Tls`], [`ConnectOptions`], [`Publish`] | what a user says about a connection or a message |
//! | [`MessageHandler`] | where received messages go, and the ready-made [`Inbox`] |
//! | `Router` | which inbox gets a message: topic filters, matched while the topic arrives |
//! | session | the state of service and clients, the exchange under way, resync, reassembly of messages; no I/O |
//! | procedure | connect, publish, shut down … as step machines over the session; no I/O |
//! | `outbox` | a queue of messages to publish, and the call that publishes its oldest one |
//! | [`Modem`], [`Client`], `blocking` | the async and the blocking client: bytes and time between a UART and the core |
//! | [`network`], [`power`], [`transport`] | from power-on to an address; PWRKEY, RESET and DTR; adapters for UARTs that lack a trait |
//! | [`supervisor`] | keeps a session up: a step machine over calls, for both shells |
//! | `SharedModem` | one modem for many tasks, over all of the above |
//! | [`sans_io`] | the core for programs with their own loop: engine and calls |
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::cast_possible_truncation)]

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
mod next_step;
mod options;
#[cfg(feature = "outbox")]
pub mod outbox;
pub mod power;
mod procedure;
mod result_code;
#[cfg(feature = "shared")]
mod router;
pub mod sans_io;
mod saturating;
mod session;
#[cfg(feature = "shared")]
mod shared;
mod skipped;
pub mod supervisor;
mod timer;
mod tls;
pub mod transport;
pub mod urc;

#[cfg(feature = "async")]
pub use client::{Client, Modem};
pub use command::{ClientIndex, MqttVersion, QoS};
pub use error::Error;
pub use family::{Family, Timeouts};
#[cfg(feature = "sync")]
pub use handler::SyncInbox;
pub use handler::{Inbox, Message, MessageHandler, RefuseAll};
pub use next_step::NextStep;
pub use options::{Broker, ConnectOptions, Publish, Will};
pub use procedure::Connection;
pub use result_code::ResultCode;
#[cfg(feature = "shared")]
pub use router::{InvalidRoutes, Route, Router, topic_matches};
pub use session::{ClientState, Counters, Event, ServiceState};
#[cfg(feature = "shared")]
pub use shared::SharedModem;
pub use skipped::SkippedSettings;
#[cfg(feature = "embassy-time")]
pub use timer::EmbassyTimer;
pub use timer::Timer;
pub use tls::Tls;

/// The examples of the README, compiled.
#[cfg(all(doctest, feature = "embassy-time"))]
#[doc = include_str!("../README.md")]
struct Readme;
