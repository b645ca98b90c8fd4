//! From a command to bytes, without a buffer for the longest command.

/// How many bytes of a command line are encoded at a time.
pub(crate) const WINDOW: usize = 32;

/// Writes a command line, of which it keeps one window.
///
/// `AT+CMQTTCONNECT` can be 800 bytes long, too long for a buffer on a small part. So a command is encoded again from its
/// start for every window of the line that is sent; what lies outside the window is only counted.
#[derive(Debug)]
pub struct Encoder<'w> {
    window: &'w mut [u8; WINDOW],
    start: usize,
    position: usize,
}

// What writes is not inlined: at every call of every command it would make up a tenth of the driver's flash.
impl<'w> Encoder<'w> {
    /// An encoder whose window begins `start` bytes into the line.
    pub(crate) fn new(window: &'w mut [u8; WINDOW], start: usize) -> Self {
        Self { window, start, position: 0 }
    }

    /// How many bytes of the window are filled.
    pub(crate) fn filled(&self) -> usize {
        self.position.saturating_sub(self.start).min(WINDOW)
    }

    /// How many bytes were written, within the window and outside.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Writes one byte as it is.
    #[inline(never)]
    pub fn byte(&mut self, byte: u8) -> &mut Self {
        // A position before the window wraps to a large number, for which there is no place in the window either.
        if let Some(place) = self.window.get_mut(self.position.wrapping_sub(self.start)) {
            *place = byte;
        }
        self.position = self.position.saturating_add(1);
        self
    }

    /// Writes `text` as it is.
    #[inline(never)]
    pub fn text(&mut self, text: &str) -> &mut Self {
        for &byte in text.as_bytes() {
            self.byte(byte);
        }
        self
    }

    /// Writes `number` in decimal.
    #[inline(never)]
    pub fn number(&mut self, mut number: u32) -> &mut Self {
        let mut digits = [0; 10];
        let mut leading = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            leading -= 1;
            if number == 0 {
                break;
            }
        }
        for &digit in digits.iter().skip(leading) {
            self.byte(digit);
        }
        self
    }

    /// Writes a comma and `number`.
    #[inline(never)]
    pub fn comma_number(&mut self, number: u32) -> &mut Self {
        self.byte(b',').number(number)
    }

    /// Writes a comma and `text` in quotes. The command's check has refused what would end the quotes.
    #[inline(never)]
    pub fn comma_quoted(&mut self, text: &str) -> &mut Self {
        self.byte(b',').byte(b'"').text(text).byte(b'"')
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn line(encoder: &mut Encoder<'_>) {
        encoder
            .text("AT+CMQTTCONNECT=")
            .number(1)
            .comma_quoted("tcp://broker.example:1883")
            .comma_number(64_800)
            .comma_number(0);
    }

    #[test]
    fn windows_put_together_are_the_whole_line() {
        for step in 1..=WINDOW {
            let mut all = Vec::new();
            loop {
                let mut window = [0; WINDOW];
                let mut encoder = Encoder::new(&mut window, all.len());
                line(&mut encoder);
                let filled = encoder.filled().min(step);
                if filled == 0 {
                    break;
                }
                all.extend_from_slice(&window[..filled]);
            }
            assert_eq!(all, b"AT+CMQTTCONNECT=1,\"tcp://broker.example:1883\",64800,0");
        }
    }

    #[test]
    fn numbers_are_decimal_without_leading_zeros() {
        for (number, text) in [(0, "0"), (9, "9"), (10, "10"), (10_240, "10240"), (u32::MAX, "4294967295")] {
            let mut window = [0; WINDOW];
            let mut encoder = Encoder::new(&mut window, 0);
            encoder.number(number);
            let filled = encoder.filled();
            assert_eq!(&window[..filled], text.as_bytes());
        }
    }
}
