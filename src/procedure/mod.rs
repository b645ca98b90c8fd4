//! The calls of the user as step machines over the session: each decides which command is next. No I/O.

mod connect;
mod detect;
mod disconnect;
mod execute;
mod listen;
mod publish;
#[cfg(any(feature = "async", feature = "blocking", test))]
mod single;
mod store;
mod subscribe_all;

pub use connect::{Connect, Connection};
pub use detect::Detect;
pub use disconnect::{Disconnect, Shutdown};
pub use execute::Execute;
pub use listen::Listen;
pub use publish::PublishMessage;
#[cfg(any(feature = "async", feature = "blocking", test))]
pub(crate) use single::Single;
pub use store::Store;
pub use subscribe_all::SubscribeAll;
