//! The calls of the user as step machines over the session: each decides which command is next. No I/O.

mod connect;
mod detect;
mod disconnect;
mod execute;
mod listen;
mod publish;
mod store;
mod subscribe_all;

pub use connect::{Connect, Connection};
pub use detect::Detect;
pub use disconnect::{Disconnect, Shutdown};
pub use execute::Execute;
pub(crate) use execute::Single;
pub use listen::Listen;
pub use publish::PublishMessage;
pub use store::Store;
pub use subscribe_all::SubscribeAll;
