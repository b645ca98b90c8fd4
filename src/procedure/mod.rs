//! The calls of the user as step machines over the session: each decides which command is next. No I/O.

mod connect;
mod detect;
mod disconnect;
mod execute;
mod list_certificates;
mod listen;
mod publish;
mod store;
mod subscribe;
mod subscribe_all;

pub(crate) use connect::Connect;
pub use connect::Connection;
pub(crate) use detect::Detect;
pub(crate) use disconnect::{DISCONNECT_TIMEOUT, Disconnect, Shutdown};
pub(crate) use execute::{Execute, Single};
pub(crate) use list_certificates::ListCertificates;
pub(crate) use listen::{Listen, ListenUntil};
pub(crate) use publish::PublishMessage;
pub(crate) use store::Store;
pub(crate) use subscribe::Subscribe;
pub(crate) use subscribe_all::SubscribeAll;
