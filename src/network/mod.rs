//! From a SIM card to an address, in one call.
//!
//! [`Modem::bring_up`](crate::Modem::bring_up) unlocks the SIM card, sets the access point, waits for a network and
//! activates the PDP context; it skips what is not needed.
//! [`Modem::set_clock_by_ntp`](crate::Modem::set_clock_by_ntp) and [`Modem::clock`](crate::Modem::clock) are for TLS:
//! certificates have dates. The commands that it sends, and others for the network, are
//! in [`command::network`](crate::command::network): [`Modem::execute`](crate::Modem::execute) sends them one by one.

mod apn;
#[cfg(feature = "blocking")]
mod blocking;
pub(crate) mod bring_up;
#[cfg(feature = "async")]
mod client;
#[cfg(any(feature = "async", feature = "blocking"))]
mod clock;
mod error;
mod identity;
mod stage;

pub use crate::command::network::{Credentials, DateTime, NtpFailure, PdpType};
pub use apn::Apn;
pub use bring_up::Attachment;
#[cfg(any(feature = "async", feature = "blocking"))]
pub use clock::ClockError;
pub use error::BringUpError;
pub use identity::Identity;
pub use stage::BringUpStage;
