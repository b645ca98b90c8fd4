//! The calls of the user as step machines over the session: each decides which command is next. No I/O.

mod connect;
mod detect;
mod disconnect;
mod execute;
mod listen;
mod publish;
mod store;
mod subscribe_all;

pub(crate) use connect::Connect;
pub use connect::Connection;
pub(crate) use detect::Detect;
pub(crate) use disconnect::{Disconnect, Shutdown};
pub(crate) use execute::{Execute, Single};
pub(crate) use listen::Listen;
pub(crate) use publish::PublishMessage;
pub(crate) use store::Store;
pub(crate) use subscribe_all::SubscribeAll;
