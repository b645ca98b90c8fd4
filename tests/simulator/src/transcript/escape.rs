//! Bytes as printable text.

/// The bytes as printable ASCII: `\r`, `\n`, `\t`, `\\`, and `\xHH` for every other byte that is not printable. A blank
/// at either end is `\x20`, so that no editor removes it.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (place, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' ' if place == 0 || place + 1 == bytes.len() => text.push_str("\\x20"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

/// The bytes of an escaped text. `\"` is a quote: the arguments of calls are quoted.
pub(super) fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => bytes.push(escape(&mut characters)?),
            ' '..='~' => bytes.push(character as u8),
            _ => return Err(format!("{character:?} is not printable ASCII: write its bytes as \\xHH")),
        }
    }
    Ok(bytes)
}

fn escape(characters: &mut std::str::Chars<'_>) -> Result<u8, String> {
    match characters.next() {
        Some('r') => Ok(b'\r'),
        Some('n') => Ok(b'\n'),
        Some('t') => Ok(b'\t'),
        Some(same @ ('\\' | '"')) => Ok(same as u8),
        Some('x') => {
            let digits: String = characters.by_ref().take(2).collect();
            let is_hexadecimal = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            match u8::from_str_radix(&digits, 16) {
                Ok(byte) if is_hexadecimal => Ok(byte),
                _ => Err(format!("\\x{digits}: two hexadecimal digits follow \\x")),
            }
        }
        Some(other) => Err(format!("\\{other} is no escape: \\r \\n \\t \\\\ \\xHH are")),
        None => Err("\\ at the end of the line: write \\\\".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_being_written_and_read() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unescaped(&escaped(&bytes)), Ok(bytes));
        assert_eq!(escaped(b" > "), "\\x20>\\x20");
    }

    #[test]
    fn a_bad_escape_says_what_is_wrong_with_it() {
        for (text, problem) in [
            ("\\q", "\\q is no escape"),
            ("\\x4", "\\x4: two hexadecimal digits"),
            ("\\x+f", "\\x+f: two hexadecimal digits"),
            ("AT\\", "\\ at the end"),
            ("gr\u{fc}n", "'\u{fc}' is not printable ASCII"),
            ("a\tb", "'\\t' is not printable ASCII"),
        ] {
            let error = unescaped(text).unwrap_err();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
