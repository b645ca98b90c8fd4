//! Topic filters against topics that arrive in parts.

use super::route::check_filter;

/// The position in a filter up to which the bytes of a topic match, at the `+` of a level that has not ended, or at the
/// `#`.
///
/// A filter has at most 1024 bytes, so the position that stands for something else is behind every filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Matching(u16);

impl Matching {
    /// No byte of the topic has come.
    pub(super) const BEGUN: Self = Self(0);
    /// The topic does not match, whatever follows.
    pub(super) const FAILED: Self = Self(u16::MAX);

    /// For a place that holds a number.
    pub(super) const fn from_position(position: u16) -> Self {
        Self(position)
    }

    pub(super) const fn position(self) -> u16 {
        self.0
    }

    /// Goes on with the next part of the topic, which stands behind `received` bytes. The filter is valid (MQTT 3.1.1
    /// §4.7).
    pub(super) fn advance(self, filter: &[u8], received: usize, part: &[u8]) -> Self {
        if let (0, [b'$', ..], [b'+' | b'#', ..]) = (received, part, filter) {
            return Self::FAILED;
        }
        let mut position = self.0;
        for &byte in part {
            position += match filter.get(usize::from(position)) {
                Some(b'#') => 0,
                Some(b'+') if byte != b'/' => 0,
                // Behind `+` stands a slash, or nothing.
                Some(b'+') => 2,
                Some(&expected) if expected == byte => 1,
                _ => return Self::FAILED,
            };
        }
        Self(position)
    }

    /// Whether the topic that ends here matches.
    pub(super) fn ends(self, filter: &[u8]) -> bool {
        let rest = match filter.get(usize::from(self.0)..) {
            Some([b'+', rest @ ..] | rest) => rest,
            None => return false,
        };
        // `a/#` matches `a`.
        matches!(rest, [] | [b'#', ..] | [b'/', b'#', ..])
    }
}

/// Whether a topic matches a topic filter, as a broker decides (MQTT 3.1.1 §4.7): `+` is any one level, `#` any number
/// of levels and their parent, and a filter that begins with a wildcard does not match a topic that begins with `$`.
///
/// An invalid filter, one that [`Client::subscribe`](crate::Client::subscribe) would refuse, matches nothing.
///
/// ```
/// use simcom_mqtt::topic_matches;
///
/// assert!(topic_matches("device-7/+/set", b"device-7/pump/set"));
/// assert!(topic_matches("device-7/#", b"device-7"));
/// assert!(!topic_matches("#", b"$SYS/uptime"));
/// ```
pub fn topic_matches(filter: &str, topic: &[u8]) -> bool {
    let bytes = filter.as_bytes();
    check_filter(filter).is_ok() && Matching::BEGUN.advance(bytes, 0, topic).ends(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    /// MQTT 3.1.1 §4.7, level by level.
    pub(crate) fn reference(filter: &str, topic: &[u8]) -> bool {
        let begins_with_wildcard = filter.starts_with(['+', '#']);
        if topic.starts_with(b"$") && begins_with_wildcard {
            return false;
        }
        let filter: Vec<&[u8]> = filter.as_bytes().split(|&byte| byte == b'/').collect();
        let topic: Vec<&[u8]> = topic.split(|&byte| byte == b'/').collect();
        let (filter, is_open) = match filter.as_slice() {
            [levels @ .., b"#"] => (levels, true),
            levels => (levels, false),
        };
        (topic.len() == filter.len() || (is_open && topic.len() > filter.len()))
            && filter.iter().zip(&topic).all(|(level, name)| *level == b"+" || level == name)
    }

    /// Whether a filter is valid, level by level.
    fn is_valid(filter: &str) -> bool {
        let levels: Vec<&str> = filter.split('/').collect();
        let (last, others) = levels.split_last().unwrap();
        let is_level = |level: &&str| *level == "+" || !level.contains(['+', '#']);
        !filter.is_empty() && others.iter().all(is_level) && (*last == "#" || is_level(last))
    }

    /// All texts of up to `longest` characters of this alphabet.
    pub(crate) fn texts(alphabet: &[char], longest: usize) -> Vec<std::string::String> {
        let mut texts = std::vec![std::string::String::new()];
        let mut begin = 0;
        for _ in 0..longest {
            let end = texts.len();
            for index in begin..end {
                for character in alphabet {
                    let mut text = texts[index].clone();
                    text.push(*character);
                    texts.push(text);
                }
            }
            begin = end;
        }
        texts
    }

    const ALPHABET: [char; 5] = ['a', '/', '+', '#', '$'];

    #[test]
    fn every_small_filter_matches_every_small_topic_as_the_specification_says() {
        let filters = texts(&ALPHABET, 6).into_iter().filter(|filter| is_valid(filter));
        let topics = texts(&['a', '/', '$', '+'], 6);
        let mut matches = 0;
        for filter in filters {
            for topic in topics.iter().map(|topic| topic.as_bytes()) {
                let is_match = reference(&filter, topic);
                assert_eq!(topic_matches(&filter, topic), is_match, "{filter:?} {}", topic.escape_ascii());
                matches += usize::from(is_match);
            }
        }
        assert!(matches > 20_000, "{matches}");
    }

    #[test]
    fn a_topic_in_any_parts_matches_as_in_one() {
        let filters = texts(&ALPHABET, 5).into_iter().filter(|filter| is_valid(filter));
        let topics = texts(&['a', '/', '$'], 5);
        for filter in filters {
            let filter = filter.as_bytes();
            for topic in topics.iter().map(|topic| topic.as_bytes()) {
                let whole = Matching::BEGUN.advance(filter, 0, topic);
                // A bit for each place where the topic is cut.
                for cuts in 0..1_u32 << topic.len().saturating_sub(1) {
                    let (mut matching, mut begin) = (Matching::BEGUN, 0);
                    for end in 1..=topic.len() {
                        if end == topic.len() || cuts & 1 << (end - 1) != 0 {
                            matching = matching.advance(filter, begin, &topic[begin..end]).advance(filter, end, b"");
                            begin = end;
                        }
                    }
                    assert_eq!(matching, whole, "{} {} {cuts:b}", filter.escape_ascii(), topic.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn an_invalid_filter_is_refused_and_matches_nothing() {
        for filter in texts(&ALPHABET, 5) {
            let is_valid = is_valid(&filter);
            assert_eq!(check_filter(&filter).is_ok(), is_valid, "{filter:?}");
            let matches_any = texts(&ALPHABET, 2).iter().any(|topic| topic_matches(&filter, topic.as_bytes()));
            assert!(is_valid || !matches_any, "{filter:?}");
        }
        for invalid in ["a\0", "", &"a".repeat(1025)] {
            assert!(!topic_matches(invalid, invalid.as_bytes()));
        }
    }

    #[test]
    fn the_longest_filter_matches_the_longest_topic() {
        let long = "a".repeat(1024);
        assert!(topic_matches(&long, long.as_bytes()));
        assert!(!topic_matches(&long, &long.as_bytes()[1..]));
        let levels = "+/".repeat(511) + "+";
        assert!(topic_matches(&levels, "/".repeat(511).as_bytes()));
        assert!(!topic_matches(&levels, "/".repeat(512).as_bytes()));
        assert!(topic_matches("#", "a/".repeat(5000).as_bytes()));
    }
}
