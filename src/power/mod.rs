//! Pins of a module: switching it on and off, resetting it, letting it sleep.
//!
//! ```
//! # use embedded_hal::{delay::DelayNs, digital::{InputPin, OutputPin}};
//! # use simcom_mqtt::{Family, power::{PowerError, PowerKey, PowerTiming}};
//! fn start<P: OutputPin, S: InputPin>(
//!     pin: P,
//!     status: S,
//!     mut delay: impl DelayNs,
//! ) -> Result<(), PowerError<P::Error, S::Error>> {
//!     let mut key = PowerKey::new(pin, PowerTiming::of(Family::Sim7600)).inverted().with_status(status);
//!     key.power_on(&mut delay)
//! }
//! ```
//!
//! [`Event::ModemRestarted`](crate::Event::ModemRestarted) reports that the software of the module has started. There
//! is no need to wait for it: [`Modem::bring_up`](crate::Modem::bring_up) does.
//!
//! [`Modem::pause`](crate::Modem::pause) and [`Modem::resume`](crate::Modem::resume) end the connections and let the
//! module sleep, and bring it back with few commands.

#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "async")]
mod client;
mod dtr;
mod key;
mod line;
mod reset;
#[cfg_attr(not(any(feature = "async", feature = "blocking")), expect(dead_code))]
mod sleep;
mod timing;

pub use dtr::Dtr;
pub use key::{NoPin, PowerError, PowerKey};
pub use reset::Reset;
pub use sleep::SleepError;
pub use timing::PowerTiming;
