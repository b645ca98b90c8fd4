//! The checksum of a received message.

/// Length and CRC-32 (ISO 3309) of a payload that arrives in parts.
pub struct Checksum {
    length: usize,
    remainder: u32,
}

impl Default for Checksum {
    /// Of no bytes.
    fn default() -> Self {
        Self { length: 0, remainder: !0 }
    }
}

impl Checksum {
    /// Length of the longest text in bytes.
    pub const TEXT: usize = "10240 ffffffff".len();

    /// The next part.
    pub fn update(&mut self, part: &[u8]) {
        self.length += part.len();
        for &byte in part {
            self.remainder ^= u32::from(byte);
            for _ in 0..8 {
                let lowest = self.remainder & 1;
                self.remainder = self.remainder >> 1 ^ 0xEDB8_8320 & lowest.wrapping_neg();
            }
        }
    }

    /// As text: `5 3610a686` for `hello`.
    pub fn text<'b>(&self, buffer: &'b mut [u8; Self::TEXT]) -> &'b [u8] {
        let mut start = buffer.len();
        let mut prepend = |byte| {
            start = start.saturating_sub(1);
            if let Some(place) = buffer.get_mut(start) {
                *place = byte;
            }
        };
        let mut rest = !self.remainder;
        for _ in 0..8 {
            let digit = (rest & 0xF) as u8;
            prepend(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
            rest >>= 4;
        }
        prepend(b' ');
        let mut rest = self.length;
        loop {
            prepend(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        buffer.get(start..).unwrap_or(&[])
    }
}
