//! Encodes commands without a buffer for the longest one.

use core::fmt;

/// How many bytes of a command line are encoded at a time.
pub const WINDOW_BYTES: usize = 32;

/// FNV-1a with 32 bits. Without the usual offset basis, which is for input that begins with zeros: no command does, and
/// zero costs less flash. It can stand for secrets, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash(u32);

impl Hash {
    /// Of no bytes.
    pub(crate) const EMPTY: Self = Self(0);

    const fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ byte as u32).wrapping_mul(0x0100_0193);
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(..)")
    }
}

/// Writes a command line and keeps one window of it.
///
/// `AT+CMQTTCONNECT` can be 800 bytes long, too long for a buffer on a small part. So a command is encoded from its
/// start for every window of the line that is sent; bytes outside the window are only counted.
#[derive(Debug)]
pub(crate) struct Encoder<'w> {
    window: &'w mut [u8],
    start: usize,
    position: usize,
    hash: Hash,
}

impl<'w> Encoder<'w> {
    /// An encoder whose window begins `start` bytes into the line.
    pub(crate) fn new(window: &'w mut [u8], start: usize) -> Self {
        Self { window, start, position: 0, hash: Hash::EMPTY }
    }

    /// How many bytes of the window are filled.
    pub(crate) fn filled(&self) -> usize {
        self.position.saturating_sub(self.start).min(self.window.len())
    }

    /// The filled part of the window.
    pub(crate) fn into_filled(self) -> &'w [u8] {
        let filled = self.filled();
        self.window.get(..filled).unwrap_or(&[])
    }

    /// How many bytes were written, inside the window and outside.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The hash of all bytes that were written, inside the window and outside.
    pub(crate) fn hash(&self) -> Hash {
        self.hash
    }

    /// Writes one byte as it is.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.hash.add(byte);
        // A position before the window wraps to a large number, which is outside the window too.
        if let Some(place) = self.window.get_mut(self.position.wrapping_sub(self.start)) {
            *place = byte;
        }
        self.position += 1;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    const LINE: &[u8] = b"AT+CMQTTPUB=1,64800,1234567890";

    fn line(encoder: &mut Encoder<'_>) {
        LINE.iter().for_each(|&byte| encoder.byte(byte));
    }

    #[test]
    fn windows_put_together_are_the_whole_line() {
        for step in 1..=WINDOW_BYTES {
            let mut all = Vec::new();
            loop {
                let mut window = [0; WINDOW_BYTES];
                let mut encoder = Encoder::new(&mut window, all.len());
                line(&mut encoder);
                let filled = encoder.filled().min(step);
                if filled == 0 {
                    break;
                }
                all.extend_from_slice(&window[..filled]);
            }
            assert_eq!(all, LINE);
        }
    }

    #[test]
    fn the_hash_is_that_of_the_whole_line_whatever_the_window() {
        let hash = |window: &mut [u8], start, bytes: &[u8]| {
            let mut encoder = Encoder::new(window, start);
            bytes.iter().for_each(|&byte| encoder.byte(byte));
            encoder.hash()
        };
        for (bytes, expected) in [(&b""[..], 0), (b"a", 0x6100_98b3), (b"AT+CMQTTPUB=1,64800,", 0x50b2_0a84)] {
            assert_eq!(hash(&mut [], 0, bytes).0, expected);
            assert_eq!(hash(&mut [0; 4], 2, bytes).0, expected);
        }
        assert_eq!(std::format!("{:?}", hash(&mut [], 0, b"secret")), "Hash(..)");
    }
}
