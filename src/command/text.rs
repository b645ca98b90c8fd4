//! A text from an answer of the module, in memory of a fixed size.

use core::fmt;

use heapless::Vec;

/// Up to `N` bytes of text from an answer, such as a client id. A longer text is cut, see [`is_cut`](Self::is_cut).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text<const N: usize> {
    bytes: Vec<u8, N, u16>,
    is_cut: bool,
}

impl<const N: usize> Text<N> {
    /// The bytes as the module sent them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text, or `None` where it is not UTF-8. A module that does not check topics can hold any bytes, and a text
    /// that was cut can end inside a character.
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(&self.bytes).ok()
    }

    /// How many bytes there are, at most `N`.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether the module sent more than `N` bytes, of which these are the first.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.is_cut |= self.bytes.push(byte).is_err();
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => fmt::Debug::fmt(text, f),
            None => fmt::Debug::fmt(self.as_bytes(), f),
        }
    }
}

/// Shows the text; what is not UTF-8 in it as U+FFFD.
impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Text<N> {
    fn format(&self, formatter: defmt::Formatter<'_>) {
        match self.as_str() {
            Some(text) => defmt::write!(formatter, "{=str}", text),
            None => defmt::write!(formatter, "{=[u8]}", self.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    fn text(bytes: &[u8]) -> Text<4> {
        let mut text = Text::default();
        bytes.iter().for_each(|&byte| text.push(byte));
        text
    }

    #[test]
    fn what_is_longer_than_the_memory_is_cut_and_says_so() {
        assert!(text(b"").is_empty());
        let whole = text(b"abcd");
        assert_eq!((whole.as_str(), whole.len(), whole.is_cut()), (Some("abcd"), 4, false));
        let cut = text(b"abcde");
        assert_eq!((cut.as_bytes(), cut.is_cut()), (&b"abcd"[..], true));
    }

    #[test]
    fn bytes_that_are_no_text_are_still_bytes() {
        let text = text(b"a\xff");
        assert_eq!((text.as_str(), text.as_bytes()), (None, &b"a\xff"[..]));
        assert_eq!(std::format!("{text:?}"), "[97, 255]");
        assert_eq!(std::format!("{text}"), "a\u{fffd}");
    }
}
