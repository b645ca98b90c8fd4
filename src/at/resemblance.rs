//! Lines that look damaged.

/// Whether `line` begins with `name`, except that one byte was lost, added or changed. The name itself resembles itself.
pub(crate) fn resembles(line: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    let alike = line.iter().zip(name).take_while(|(byte, wanted)| byte == wanted).count();
    // What follows the first difference, in both, and without the byte that may be lost or added.
    let (line, name) = (line.get(alike..).unwrap_or_default(), name.get(alike..).unwrap_or_default());
    match (line, name) {
        (_, [] | [_]) => true,
        ([], _) => false,
        ([_, line_on @ ..], [_, name_on @ ..]) => {
            line_on.starts_with(name_on) || line_on.starts_with(name) || line.starts_with(name_on)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "+CMQTTRXEND";

    #[test]
    fn one_byte_lost_added_or_changed_anywhere_is_a_resemblance() {
        extern crate std;
        let name = NAME.as_bytes();
        for place in 0..name.len() {
            let (before, behind) = name.split_at(place);
            assert!(resembles(&[before, &behind[1..], b": 0"].concat(), NAME), "lost at {place}");
            assert!(resembles(&[before, &behind[..1], behind, b": 0"].concat(), NAME), "doubled at {place}");
            assert!(resembles(&[before, b"~", &behind[1..], b": 0"].concat(), NAME), "changed at {place}");
        }
        assert!(resembles(name, NAME) && resembles(b"+CMQTTRXEND: x", NAME) && resembles(b"+CMQTTRXEN", NAME));
    }

    #[test]
    fn another_name_is_none() {
        for line in [&b"+CMQTTRECV: 0,\"a\",\"b\""[..], b"+CMQTTPUB: 0,0", b"OK", b"", b"+CMQTTRX", b"CMQTTRXED: 0"] {
            assert!(!resembles(line, NAME), "{line:?}");
        }
    }
}
