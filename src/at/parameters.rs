//! The grammar of one line: `+NAME: 1,"text",23`.

use core::iter::{Copied, Enumerate};
use core::slice::Iter;

use nom::bytes::complete::{take_till, take_while};
use nom::character::complete::{char, u32};
use nom::sequence::delimited;
use nom::{IResult, Input, Needed, Parser};

/// The parameters of one line, read from left to right.
///
/// Blanks before a parameter are skipped and a comma after it is taken with it, because the manuals do not agree on
/// either.
///
/// ```
/// use simcom_mqtt::at::Parameters;
///
/// let mut parameters = Parameters::after(b"+CMQTTACCQ: 0, \"device-7\",1", "+CMQTTACCQ").unwrap();
/// assert_eq!(parameters.number(), Some(0));
/// assert_eq!(parameters.quoted(), Some(&b"device-7"[..]));
/// assert_eq!(parameters.number(), Some(1));
/// assert_eq!(parameters.number(), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a>(Bytes<'a>);

impl<'a> Parameters<'a> {
    /// The parameters behind `name` and its colon, or nothing where `line` does not begin with them.
    pub fn after(line: &'a [u8], name: &str) -> Option<Self> {
        let rest = line.strip_prefix(name.as_bytes())?.strip_prefix(b":")?;
        Some(Self::from_bytes(rest))
    }

    /// Parameters whose name and colon are off already.
    pub(crate) const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self(Bytes(bytes))
    }

    /// The next parameter as a number that fits into 16 bits.
    pub(crate) fn length(&mut self) -> Option<u16> {
        self.number()?.try_into().ok()
    }

    /// The next parameter as a number.
    pub fn number(&mut self) -> Option<u32> {
        self.next(u32)
    }

    /// The next parameter as a number that fits into 8 bits.
    pub fn small_number(&mut self) -> Option<u8> {
        self.number()?.try_into().ok()
    }

    /// The next parameter as a text in quotes, which are taken off.
    pub fn quoted(&mut self) -> Option<&'a [u8]> {
        let text = self.next(delimited(char('"'), take_till(|byte| byte == b'"'), char('"')))?;
        Some(text.0)
    }

    /// What has not been read yet.
    pub fn rest(self) -> &'a [u8] {
        self.0.0
    }

    fn next<O>(&mut self, parser: impl Parser<Bytes<'a>, Output = O, Error = ()>) -> Option<O> {
        let (rest, parameter) = delimited(blanks, parser, blanks).parse(self.0).ok()?;
        self.0 = Bytes(rest.0.strip_prefix(b",").unwrap_or(rest.0));
        Some(parameter)
    }
}

#[inline(never)] // keeps the image small
fn blanks(input: Bytes<'_>) -> IResult<Bytes<'_>, Bytes<'_>, ()> {
    take_while(|byte| byte == b' ')(input)
}

/// Bytes as nom's input. nom's own `Input` of `&[u8]` indexes, which leaves panics in the image even where the index is
/// always good; this one ends the input instead.
#[derive(Clone, Copy, Debug)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Input for Bytes<'a> {
    type Item = u8;
    type Iter = Copied<Iter<'a, u8>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.0.len()
    }

    fn take(&self, index: usize) -> Self {
        Self(self.0.get(..index).unwrap_or(self.0))
    }

    fn take_from(&self, index: usize) -> Self {
        Self(self.0.get(index..).unwrap_or(&[]))
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(u8) -> bool>(&self, predicate: P) -> Option<usize> {
        self.0.iter().position(|&byte| predicate(byte))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.0.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        if self.0.len() >= count { Ok(count) } else { Err(Needed::new(count - self.0.len())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(line: &[u8]) -> Parameters<'_> {
        Parameters::after(line, "+X").unwrap()
    }

    #[test]
    fn the_name_must_be_whole() {
        assert!(Parameters::after(b"+CMQTTSUBTOPIC: 0,12", "+CMQTTSUB").is_none());
        assert!(Parameters::after(b"+CMQTTSUB", "+CMQTTSUB").is_none());
        assert!(Parameters::after(b"+CMQTTSUB: 0,12", "+CMQTTSUB").is_some());
    }

    #[test]
    fn blanks_do_not_matter() {
        for line in [&b"+X:0,38,15"[..], b"+X: 0,38,15", b"+X:  0 , 38 ,15 "] {
            let mut parameters = parameters(line);
            assert_eq!([parameters.number(), parameters.number(), parameters.number()], [Some(0), Some(38), Some(15)]);
            assert_eq!(parameters.number(), None);
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_no_number() {
        assert_eq!(parameters(b"+X: 4294967296").number(), None);
        assert_eq!(parameters(b"+X: 256").small_number(), None);
        assert_eq!(parameters(b"+X: -1").number(), None);
        assert_eq!(parameters(b"+X: ").number(), None);
    }

    #[test]
    fn a_quoted_text_holds_commas_and_blanks_but_must_be_closed() {
        let mut closed = parameters(b"+X: \"a, b\",7");
        assert_eq!(closed.quoted(), Some(&b"a, b"[..]));
        assert_eq!(closed.number(), Some(7));
        assert_eq!(parameters(b"+X: \"a").quoted(), None);
        assert_eq!(parameters(b"+X: \"\"").quoted(), Some(&b""[..]));
    }

    #[test]
    fn what_could_not_be_read_is_still_there() {
        let mut parameters = parameters(b"+X: SIM PIN");
        assert_eq!(parameters.number(), None);
        assert_eq!(parameters.rest(), b" SIM PIN");
    }
}
