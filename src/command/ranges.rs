//! Answers of test forms: `(0-1),(1-1024),(0, 60-180)`.

use crate::at::Line;

/// The values that a command takes in one place, from its test form: `(60-180)`, `(0,1)` or `(0, 60-180)`.
///
/// Of a list with more than two gaps, the part after the first gap counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Range {
    first: (u16, u16),
    second: Option<(u16, u16)>,
}

impl Range {
    /// From `least` to `most`, both included.
    pub const fn new(least: u16, most: u16) -> Self {
        Self { first: (least, most), second: None }
    }

    /// The least value.
    pub const fn least(self) -> u16 {
        self.first.0
    }

    /// The greatest value.
    pub const fn most(self) -> u16 {
        match self.second {
            Some((_, most)) => most,
            None => self.first.1,
        }
    }

    /// Whether `value` is in the range.
    pub fn contains(self, value: u16) -> bool {
        let within = |(least, most): (u16, u16)| least <= value && value <= most;
        within(self.first) || self.second.is_some_and(within)
    }

    fn add(&mut self, least: u16, most: u16) {
        match &mut self.second {
            Some(second) => second.1 = most,
            None if self.first.1.checked_add(1) == Some(least) => self.first.1 = most,
            None => self.second = Some((least, most)),
        }
    }
}

/// How many ranges the longest answer has, PUB's.
const PLACES: usize = 5;

/// The ranges of a command's parameters in their order, from its test form, with or without blanks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ranges {
    ranges: [Range; PLACES],
    count: u8,
    reading: Reading,
}

/// The position of the next byte in a range.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    is_inside: bool,
    range: Option<Range>,
    least: Option<u16>,
    number: Option<u16>,
}

impl Ranges {
    /// The range of the parameter in this place, 0 the first.
    pub fn get(&self, place: usize) -> Option<Range> {
        self.ranges.iter().take(self.len()).nth(place).copied()
    }

    /// How many ranges there are. What is not a range, such as `<user_name>`, does not count.
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn line(&mut self, line: Line<'_>, name: &str) {
        if let Some(parameters) = line.parameters(name) {
            *self = Self::default();
            self.read(parameters.rest());
        }
    }

    pub(super) fn read(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.take(byte);
        }
    }

    fn take(&mut self, byte: u8) {
        let reading = &mut self.reading;
        match byte {
            b'(' => *reading = Reading { is_inside: true, ..Reading::default() },
            _ if !reading.is_inside => {}
            b'0'..=b'9' => {
                let number = reading.number.unwrap_or(0);
                reading.number = Some(number.saturating_mul(10).saturating_add(u16::from(byte - b'0')));
            }
            b'-' => reading.least = reading.number.take(),
            b',' => reading.end_value(),
            b')' => {
                reading.end_value();
                reading.is_inside = false;
                if let (Some(range), Some(place)) = (reading.range, self.ranges.get_mut(usize::from(self.count))) {
                    *place = range;
                    self.count += 1;
                }
            }
            _ => {}
        }
    }
}

impl Reading {
    /// A value, or a range of values, is complete.
    fn end_value(&mut self) {
        let least = self.least.take();
        let Some(most) = self.number.take() else { return };
        let least = least.unwrap_or(most);
        match &mut self.range {
            Some(range) => range.add(least, most),
            None => self.range = Some(Range::new(least, most)),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn ranges(text: &str) -> Ranges {
        let mut ranges = Ranges::default();
        ranges.read(text.as_bytes());
        ranges
    }

    fn all(text: &str) -> Vec<Range> {
        let ranges = ranges(text);
        (0..ranges.len()).map(|place| ranges.get(place).unwrap()).collect()
    }

    #[test]
    fn blanks_and_brackets_do_not_matter() {
        let expected = [Range::new(0, 1), Range::new(1, 128), Range::new(0, 1)];
        for text in ["(0-1),(1-128)[,(0-1)]", " ( 0 - 1 ) , (1-128) [ , (0-1) ]", "(0-1)(1-128)(0-1)"] {
            assert_eq!(all(text), expected, "{text}");
        }
    }

    #[test]
    fn a_list_of_values_is_a_range_where_it_has_no_gap() {
        assert_eq!(all("(0,1),(0-9)"), [Range::new(0, 1), Range::new(0, 9)]);
        assert_eq!(all("(0,1,2,3)"), [Range::new(0, 3)]);
    }

    #[test]
    fn a_gap_is_kept() {
        let range = ranges("(0-1),(0, 60-180)").get(1).unwrap();
        assert_eq!((range.least(), range.most()), (0, 180));
        for (value, is_in) in [(0, true), (1, false), (59, false), (60, true), (180, true), (181, false)] {
            assert_eq!(range.contains(value), is_in, "{value}");
        }
    }

    #[test]
    fn a_second_gap_is_lost_but_not_what_is_behind_it() {
        let range = ranges("(0,2,4-6)").get(0).unwrap();
        assert!([0, 2, 3, 4, 5, 6].into_iter().all(|value| range.contains(value)));
        assert!(!range.contains(1) && !range.contains(7));
    }

    #[test]
    fn what_is_no_range_is_passed_over() {
        let expected = [Range::new(0, 1), Range::new(9, 256), Range::new(1, 64_800), Range::new(0, 1)];
        assert_eq!(all("(0-1),(9-256),(1-64800),(0-1)[,<user_name>,<pass_word>]"), expected);
        assert_eq!(all("\"text (1-\",7,(),(x),)("), []);
        assert_eq!(all("(1),(2),(3),(4),(5),(6)").len(), 5);
        assert_eq!(all("(0-99999999)"), [Range::new(0, u16::MAX)]);
        assert!(ranges("").is_empty());
        assert_eq!(ranges("").get(0), None);
    }
}
