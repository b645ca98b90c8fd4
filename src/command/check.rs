//! The checks of arguments, before a byte of the command is sent.

use core::iter;

use crate::error::Problem;
use crate::family::{ADDRESS_LIMIT_BYTES, LONGEST_FILE_NAME_BYTES, SHORTEST_FILE_NAME_BYTES};
use crate::saturating::saturating_u16;

pub(crate) type Checked = Result<(), Problem>;

/// 1 to `limit` bytes.
pub(crate) const fn length(length: usize, limit: usize) -> Checked {
    if length == 0 {
        Err(Problem::Empty)
    } else if length > limit {
        Err(Problem::TooLong(saturating_u16(limit)))
    } else {
        Ok(())
    }
}

/// A number within a range.
pub(crate) const fn range(number: u32, least: u16, most: u16) -> Checked {
    if number < least as u32 || number > most as u32 { Err(Problem::OutOfRange(least, most)) } else { Ok(()) }
}

/// 1 to `limit` bytes that can stand in quotes. A text that ends the quotes could inject AT commands, for example
/// through a user name.
pub(crate) fn quoted(text: &str, limit: usize) -> Checked {
    length(text.len(), limit)?;
    if text.bytes().any(|byte| byte == b'"' || byte.is_ascii_control()) {
        return Err(Problem::Character);
    }
    Ok(())
}

/// The name of a file in the module's certificate store, in quotes.
pub(super) fn file_name(name: &str) -> Checked {
    quoted(name, LONGEST_FILE_NAME_BYTES)?;
    if name.len() < SHORTEST_FILE_NAME_BYTES {
        return Err(Problem::TooShort(const { saturating_u16(SHORTEST_FILE_NAME_BYTES) }));
    }
    match name.as_bytes() {
        [_, stem @ .., last] if *last != b'.' && stem.contains(&b'.') => Ok(()),
        _ => Err(Problem::WithoutExtension),
    }
}

/// The characters of a topic that can be published to.
pub(super) fn topic(topic: &[u8]) -> Checked {
    for &byte in topic {
        match byte {
            0 => return Err(Problem::Character),
            b'+' | b'#' => return Err(Problem::Wildcard),
            _ => {}
        }
    }
    Ok(())
}

/// The characters of a topic filter (MQTT 3.1.1 §4.7.1).
pub(crate) const fn filter(filter: &[u8]) -> Checked {
    let (mut before, mut rest) = (b'/', filter);
    while let Some((&byte, behind)) = rest.split_first() {
        // A wildcard is alone on its level, and `#` on the last.
        let is_misplaced = match (before, byte) {
            (b'#', _) => true,
            (b'+', _) => byte != b'/',
            (_, b'+' | b'#') => before != b'/',
            (_, 0) => return Err(Problem::Character),
            _ => false,
        };
        if is_misplaced {
            return Err(Problem::MisplacedWildcard);
        }
        (before, rest) = (byte, behind);
    }
    Ok(())
}

/// A host name or IPv4 address, and a port. They are sent as `tcp://<host>:<port>`.
pub(super) fn address(host: &str, port: u16) -> Checked {
    let digits = iter::successors(Some(port), |&rest| Some(rest / 10).filter(|&rest| rest > 0)).count();
    if "tcp://:".len() + host.len() + digits > ADDRESS_LIMIT_BYTES {
        return Err(Problem::TooLong(const { saturating_u16(ADDRESS_LIMIT_BYTES) }));
    }
    if port == 0 {
        return Err(Problem::OutOfRange(1, u16::MAX));
    }
    if host.is_empty() {
        return Err(Problem::Empty);
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')) {
        return Err(Problem::Character);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    fn problem(checked: Checked) -> Option<Problem> {
        checked.err()
    }

    #[test]
    fn what_ends_quotes_or_a_line_is_refused_in_them() {
        for bad in ["a\"b", "a\rAT+CPOF", "a\nb", "\0", "\x1b", "\x7f"] {
            assert_eq!(problem(quoted(bad, 128)), Some(Problem::Character), "{bad:?}");
        }
        assert_eq!(problem(quoted("Grüße, 'ok' \\", 128)), None);
    }

    #[test]
    fn wildcards_stand_alone_in_filters_and_nowhere_in_topics() {
        for good in ["#", "+", "a/+/b", "a/#", "/", "+/+", "a//b", "$SYS/#"] {
            assert_eq!(problem(filter(good.as_bytes())), None, "{good}");
        }
        for bad in ["a#", "#/a", "a/#/b", "a+", "+a/b", "##", "a/b+"] {
            assert_eq!(problem(filter(bad.as_bytes())), Some(Problem::MisplacedWildcard), "{bad}");
        }
        for bad in ["a/+", "#", "a+b"] {
            assert_eq!(problem(topic(bad.as_bytes())), Some(Problem::Wildcard), "{bad}");
        }
        assert_eq!(problem(filter(b"a\0b")), Some(Problem::Character));
        assert_eq!(problem(topic(b"a\0b")), Some(Problem::Character));
    }

    #[test]
    fn lengths_are_bytes_and_both_ends_belong_to_the_range() {
        assert_eq!(problem(quoted("ü", 2)), None);
        assert_eq!(problem(quoted("üx", 2)), Some(Problem::TooLong(2)));
        assert_eq!(problem(quoted("", 2)), Some(Problem::Empty));
        assert_eq!(problem(range(60, 60, 180)), None);
        assert_eq!(problem(range(180, 60, 180)), None);
        assert_eq!(problem(range(59, 60, 180)), Some(Problem::OutOfRange(60, 180)));
        assert_eq!(problem(range(181, 60, 180)), Some(Problem::OutOfRange(60, 180)));
    }

    #[test]
    fn a_file_name_has_an_extension_and_nothing_that_ends_its_quotes() {
        let longest = "x".repeat(LONGEST_FILE_NAME_BYTES - 4) + ".pem";
        for good in ["a.pem", "server_ca.pem", "a b.der", longest.as_str()] {
            assert_eq!(problem(file_name(good)), None, "{good}");
        }
        for bad in [".pem", "a.pe"] {
            assert_eq!(problem(file_name(bad)), Some(Problem::TooShort(5)), "{bad}");
        }
        for bad in ["server_ca", "server_ca.", ".server"] {
            assert_eq!(problem(file_name(bad)), Some(Problem::WithoutExtension), "{bad}");
        }
        for bad in ["ca\".pem", "ca\r.pem"] {
            assert_eq!(problem(file_name(bad)), Some(Problem::Character), "{bad:?}");
        }
        assert_eq!(problem(file_name("")), Some(Problem::Empty));
        assert_eq!(problem(file_name(&(longest + "x"))), Some(Problem::TooLong(108)));
    }

    #[test]
    fn a_host_is_a_name_or_an_address_without_port_or_scheme() {
        for good in ["broker.example", "10.49.14.68", "a-b_c.example"] {
            assert_eq!(problem(address(good, 1883)), None, "{good}");
        }
        for bad in ["broker example", "tcp://broker", "broker:1883", "a\"b", "a\r", "ü.example", "a/b"] {
            assert_eq!(problem(address(bad, 1883)), Some(Problem::Character), "{bad}");
        }
        assert_eq!(problem(address("", 1883)), Some(Problem::Empty));
    }
}
