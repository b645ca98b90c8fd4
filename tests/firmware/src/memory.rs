//! A part of the emulated memory, painted before the start: bytes that have changed at the end were used.

use std::str::FromStr;

use anyhow::{Context, Error, Result};

/// The byte a region is painted with.
pub const PAINT: u8 = 0xa5;

/// A part of the emulated memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Address of its first byte.
    pub address: u32,
    /// Its length in bytes.
    pub length: u32,
}

impl Region {
    pub(crate) fn paint(self) -> Vec<u8> {
        vec![PAINT; self.length as usize]
    }
}

impl FromStr for Region {
    type Err = Error;

    /// `ADDRESS:LENGTH`, each decimal or, after `0x`, hexadecimal.
    fn from_str(text: &str) -> Result<Self> {
        let (address, length) = text.split_once(':').context("not ADDRESS:LENGTH")?;
        Ok(Self { address: number(address)?, length: number(length)? })
    }
}

fn number(text: &str) -> Result<u32> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.with_context(|| format!("\"{text}\" is not a number of 32 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_written_in_decimal_or_hexadecimal_numbers() {
        assert_eq!("0x20000000:4096".parse::<Region>().unwrap(), Region { address: 0x2000_0000, length: 4096 });
        for wrong in ["0x20000000", "0x20000000:", "1:0x1_0", "1:4294967296"] {
            assert!(wrong.parse::<Region>().is_err(), "{wrong}");
        }
    }
}
