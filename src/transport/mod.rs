//! Adapters for UARTs that lack a trait which the driver needs.

#[cfg(feature = "async")]
mod buffered;
#[cfg(feature = "nb")]
pub mod nb;
#[cfg(feature = "std")]
pub mod std;

#[cfg(feature = "async")]
pub use buffered::Buffered;
