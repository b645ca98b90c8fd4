//! Adapters that lend the traits the driver needs to UARTs that lack them.

#[cfg(feature = "async")]
mod buffered;
#[cfg(feature = "nb")]
pub mod nb;

#[cfg(feature = "async")]
pub use buffered::Buffered;
