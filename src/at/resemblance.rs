//! Lines that look damaged.

/// The shortest end of a name that says which it was, in bytes.
const SHORTEST_END_BYTES: usize = 4;

/// Whether `line` begins with `name`, except that one byte was lost, added or changed, perhaps into a line end. The name
/// itself resembles itself.
pub(crate) fn resembles(line: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    let alike = line.iter().zip(name).take_while(|(byte, wanted)| byte == wanted).count();
    // Behind the byte that differs, the rest of the name follows: at once if one was lost, and two bytes on if one was added.
    let rest = name.get(alike.saturating_add(1)..).unwrap_or_default();
    let is_almost = |place: usize| line.get(place..).is_some_and(|line| line.starts_with(rest));
    let end = line.split(|byte| *byte == b':').next().unwrap_or_default();
    (alike..=alike.saturating_add(2)).any(is_almost) || end.len() >= SHORTEST_END_BYTES && name.ends_with(end)
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
    fn the_end_of_a_name_that_a_line_end_has_cut_is_a_resemblance() {
        assert!(resembles(b"QTTRXEND: 0", NAME) && resembles(b"XEND: 0", NAME));
        assert!(!resembles(b"END: 0", NAME) && !resembles(b"QTTRXENDS: 0", NAME));
    }

    #[test]
    fn another_name_is_none() {
        for line in [&b"+CMQTTRECV: 0,\"a\",\"b\""[..], b"+CMQTTPUB: 0,0", b"OK", b"", b"+CMQTTRX", b"CMQTTRXED: 0"] {
            assert!(!resembles(line, NAME), "{line:?}");
        }
    }
}
