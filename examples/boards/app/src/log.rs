//! Logging through `defmt` on a board, and nothing in the tests on a host.

macro_rules! info {
    ($text:literal $(, $argument:expr)*) => {{
        #[cfg(feature = "defmt")]
        ::defmt::info!($text $(, $argument)*);
        #[cfg(not(feature = "defmt"))]
        {
            $(let _ = &$argument;)*
        }
    }};
}

macro_rules! warning {
    ($text:literal $(, $argument:expr)*) => {{
        #[cfg(feature = "defmt")]
        ::defmt::warn!($text $(, $argument)*);
        #[cfg(not(feature = "defmt"))]
        {
            $(let _ = &$argument;)*
        }
    }};
}
