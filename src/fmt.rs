//! Logging shim: `defmt`, `log`, or nothing, of which nothing costs no instruction: arguments are not evaluated.
//!
//! What is logged: names of commands and their results, losses and their causes, resync and its reasons, counts.
//! Nothing that a user passed in is logged, so no password can reach a log. The level `warn` is for losses, `debug` for
//! the rest.

macro_rules! debug {
    ($text:literal $(, $argument:expr)* $(,)?) => {{
        #[cfg(feature = "defmt")]
        ::defmt::debug!($text $(, $argument)*);
        #[cfg(all(feature = "log", not(feature = "defmt")))]
        ::log::debug!($text $(, $argument)*);
        #[cfg(not(any(feature = "defmt", feature = "log")))]
        if false {
            $(let _ = &$argument;)*
        }
    }};
}

macro_rules! warning {
    ($text:literal $(, $argument:expr)* $(,)?) => {{
        #[cfg(feature = "defmt")]
        ::defmt::warn!($text $(, $argument)*);
        #[cfg(all(feature = "log", not(feature = "defmt")))]
        ::log::warn!($text $(, $argument)*);
        #[cfg(not(any(feature = "defmt", feature = "log")))]
        if false {
            $(let _ = &$argument;)*
        }
    }};
}

pub(crate) use {debug, warning};
