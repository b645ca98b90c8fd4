//! The grammar of one line: `+NAME: 1,"text",23`.

use nom::Input;

/// The parameters of one line, read from left to right.
///
/// Blanks before a parameter and the comma after it are skipped, because the manuals do not agree on either.
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
pub struct Parameters<'a>(&'a [u8]);

impl<'a> Parameters<'a> {
    /// The parameters after `name` and its colon, or `None` where `line` does not begin with them.
    pub fn after(line: &'a [u8], name: &str) -> Option<Self> {
        Some(Self(behind(line, name)?.strip_prefix(b":")?))
    }

    /// Parameters whose name and colon were taken off before.
    pub(crate) const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next parameter as a number that fits into 16 bits.
    pub(crate) fn length(&mut self) -> Option<u16> {
        self.number()?.try_into().ok()
    }

    /// The next parameter as a number.
    pub fn number(&mut self) -> Option<u32> {
        let text = without_blanks(self.0);
        let length = text.position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        if length == 0 {
            return None;
        }
        let (digits, rest) = text.split_at_checked(length)?;
        let append = |number: u32, digit: &u8| number.checked_mul(10)?.checked_add(u32::from(digit - b'0'));
        let number = digits.iter().try_fold(0, append)?;
        self.go_to(rest);
        Some(number)
    }

    /// The next parameter as a number that fits into 8 bits.
    pub fn small_number(&mut self) -> Option<u8> {
        self.number()?.try_into().ok()
    }

    /// The next parameter as a text in quotes, without the quotes.
    pub fn quoted(&mut self) -> Option<&'a [u8]> {
        let text = without_blanks(self.0).strip_prefix(b"\"")?;
        let end = text.position(|byte| byte == b'"')?;
        self.go_to(text.get(end + 1..)?);
        text.get(..end)
    }

    /// What has not been read yet.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }

    /// After a parameter come blanks and a comma, or nothing.
    fn go_to(&mut self, behind: &'a [u8]) {
        let behind = without_blanks(behind);
        self.0 = behind.strip_prefix(b",").unwrap_or(behind);
    }
}

/// What follows `name` at the beginning of a line. Of a name such as `+CMQTTCFG="version"`, only what stands before the
/// `=` comes back from the module.
#[inline(never)]
pub(crate) fn behind<'a>(mut line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    for byte in name.bytes() {
        if byte == b'=' {
            break;
        }
        line = line.strip_prefix(&[byte])?;
    }
    Some(line)
}

/// Not nom's `space0`, which takes tabs too and is 12 bytes larger.
#[inline(never)]
pub(crate) fn without_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', behind @ ..] = bytes {
        bytes = behind;
    }
    bytes
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
    fn of_a_name_with_a_setting_the_module_repeats_what_stands_before_it() {
        let name = "+CMQTTCFG=\"version\"";
        assert_eq!(Parameters::after(b"+CMQTTCFG: 0,12", name).unwrap().number(), Some(0));
        for other in [&b"+CMQTTCF: 0,12"[..], b"+CMQTTCFGS: 0,12", b"+CMQTT"] {
            assert!(Parameters::after(other, name).is_none(), "{other:?}");
        }
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
