//! A `no_std`, no-alloc driver for the MQTT client inside SIMCom LTE modules, the `AT+CMQTT` command set.
//!
//! The microcontroller sends AT commands over a UART; the module runs MQTT and TLS. [`Modem`] is the module, [`Client`]
//! one of its two MQTT clients. The protocol is a core without I/O, [`sans_io`]; an async and a blocking shell move
//! bytes and time between it and a UART.
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
//! Without `async` and `blocking`, everything but the two clients remains: the typed layer ([`at`],
//! [`command::Encoded`], [`urc`]) and the engine ([`sans_io`]), each usable by itself.
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
//! # Where to begin
//!
//! | for | there is |
//! |---|---|
//! | a session that is kept up | [`supervisor`], over [`Modem`] or `blocking::Modem` |
//! | single steps, each from any state | [`Modem`], [`Client`]; `blocking::Modem` without an executor |
//! | many tasks over one module | `SharedModem`, `Router` (feature `shared`) |
//! | the way from a SIM card to an address | [`network`] |
//! | the family of a module | [`Family`], [`Modem::detect_family`] |
//! | options of a connection, TLS | [`ConnectOptions`], [`Tls`] |
//! | received messages | [`Inbox`], `SyncInbox` (feature `sync`), a [`MessageHandler`] for large ones |
//! | messages while there is no connection | `outbox::Outbox` (feature `outbox`) |
//! | what to do after an error or an event | [`Error`], [`ResultCode`], [`Event`]; as data [`NextStep`] |
//! | PWRKEY, RESET, DTR, sleep | [`power`] |
//! | a UART that lacks a trait | [`transport`] |
//! | any other command: signal, SMS, GNSS | [`Modem::execute`] with [`command`] |
//! | a loop of your own, without async and I/O | [`sans_io`], [`command::Encoded`], [`at`], [`urc`] |
//!
//! [`Modem`] says what it needs of a UART, and what a dropped future leaves. [`Client`] has the longest time of every
//! call.
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
