//! Lines that look damaged.

/// The shortest end of a name that says which it was, in bytes.
const SHORTEST_END_BYTES: usize = 4;

/// Whether `line` begins with `name`, except that one byte was lost, added or changed, perhaps into a line end. The
/// name itself resembles itself.
pub(crate) fn resembles(line: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    let end = line.iter().rposition(|byte| *byte == b':').unwrap_or(line.len());
    let found = line.get(..end).unwrap_or_default();
    let is_alike = |(byte, wanted): &(&u8, &u8)| byte == wanted;
    let from_start = found.iter().zip(name).take_while(is_alike).count();
    let from_end = found.iter().rev().zip(name.iter().rev()).take_while(is_alike).count();
    // All of the name but one byte, or what a line end in its middle has left of it.
    from_start + from_end + 1 >= name.len() || from_end >= SHORTEST_END_BYTES && from_end == end
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
