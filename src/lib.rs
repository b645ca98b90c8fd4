//! x
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod at;
#[cfg(feature = "async")]
mod client;
pub mod command;
pub mod error;
pub mod family;
mod fmt;
mod handler;
mod options;
mod procedure;
mod result_code;
mod session;
mod timer;
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
