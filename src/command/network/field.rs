//! One field of a line, with or without quotes.

use crate::at::Parameters;

/// Takes the next field off the front of `rest`, up to a comma, without the blanks and quotes around it.
pub(super) fn next_field<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
    let (field, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    *rest = behind.get(1..).unwrap_or(&[]);
    let field = field.trim_ascii();
    let field = field.strip_prefix(b"\"").unwrap_or(field);
    field.strip_suffix(b"\"").unwrap_or(field)
}

/// The number that `text` is, or `None` where it is anything else.
pub(super) fn number(text: &[u8]) -> Option<u32> {
    let mut parameters = Parameters::from_bytes(text);
    let number = parameters.number()?;
    parameters.rest().is_empty().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_with_and_without_quotes_and_end_with_the_line() {
        let mut rest = &b" LTE, \"Online\" ,,460-00"[..];
        assert_eq!(next_field(&mut rest), b"LTE");
        assert_eq!(next_field(&mut rest), b"Online");
        assert_eq!(next_field(&mut rest), b"");
        assert_eq!(next_field(&mut rest), b"460-00");
        assert_eq!(next_field(&mut rest), b"");
    }

    #[test]
    fn only_a_whole_field_is_a_number() {
        assert_eq!(number(b"460"), Some(460));
        for text in [&b""[..], b"46x", b"-1", b"0x10"] {
            assert_eq!(number(text), None);
        }
    }
}
