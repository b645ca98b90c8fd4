//! Logging shim: `defmt`, `log`, or nothing. Only command names, result codes and counts are logged. Nothing that a
//! user passed in is logged, so no password can reach a log.

macro_rules! debug {
    ($text:literal $(, $argument:expr)* $(,)?) => {{
        #[cfg(feature = "defmt")]
        ::defmt::debug!($text $(, $argument)*);
        #[cfg(all(feature = "log", not(feature = "defmt")))]
        ::log::debug!($text $(, $argument)*);
        #[cfg(not(any(feature = "defmt", feature = "log")))]
        {
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
        {
            $(let _ = &$argument;)*
        }
    }};
}

pub(crate) use {debug, warning};
