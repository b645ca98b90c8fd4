//! The calls of the user as step machines over the session: each decides which command is next. No I/O.

mod client_command;
mod connect;
mod detect;
mod disconnect;
mod execute;
mod list_certificates;
mod listen;
mod listen_until;
mod probe;
mod publish;
mod single;
mod store;
mod subscribe;
mod subscribe_all;

pub(crate) use client_command::ClientCommand;
pub use connect::{Connect, Connection};
pub use detect::Detect;
pub(crate) use disconnect::DISCONNECT_TIMEOUT;
pub use disconnect::{Disconnect, Shutdown};
pub use execute::Execute;
pub use list_certificates::ListCertificates;
pub use listen::Listen;
pub(crate) use listen_until::ListenUntil;
pub(crate) use probe::Probe;
pub use publish::PublishMessage;
#[cfg(feature = "outbox")]
pub(crate) use publish::Step as PublishStep;
pub(crate) use single::Single;
pub use store::Store;
pub use subscribe::Subscribe;
pub use subscribe_all::{Operation, SubscribeAll, Subscribing, Unsubscribing};
