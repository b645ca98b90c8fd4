//! The clock of the module. The module checks certificates against it, unless `AT+CSSLCFG` disables that.

use core::iter;

use super::only_number;
use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, check, no_response};
use crate::error::Parameter;

/// A local time with its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DateTime {
    /// The year, 2000-2069; a clock that was never set can read 1970 or 1980.
    pub year: u16,
    /// The month, 1-12.
    pub month: u8,
    /// The day, 1-31.
    pub day: u8,
    /// The hour, 0-23.
    pub hour: u8,
    /// The minute, 0-59.
    pub minute: u8,
    /// The second, 0-59.
    pub second: u8,
    /// How far local time is ahead of UTC, in quarters of an hour, -48 to 56.
    pub quarters_from_utc: i8,
}

impl DateTime {
    /// Reads `yy/MM/dd,hh:mm:ss±zz`; the offset from UTC can be missing.
    fn of(text: &[u8]) -> Option<Self> {
        let (stamp, zone) = text.split_at_checked(17)?;
        let mut numbers = stamp.chunks(3).map(|part| match part {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => Some((tens - b'0') * 10 + (ones - b'0')),
            _ => None,
        });
        let mut next = || numbers.next()?;
        let (year, month, day) = (u16::from(next()?), next()?, next()?);
        let (hour, minute, second) = (next()?, next()?, next()?);
        let quarters = |digits| super::field::number(digits).and_then(|quarters| i8::try_from(quarters).ok());
        let quarters_from_utc = match zone {
            [b'+', digits @ ..] => quarters(digits)?,
            [b'-', digits @ ..] => -quarters(digits)?,
            _ => 0,
        };
        let year = year + if year < 70 { 2000 } else { 1900 };
        let time = Self { year, month, day, hour, minute, second, quarters_from_utc };
        let is_in_range = |(_, number, least, most)| check::range(u16::into(number), least, most).is_ok();
        time.behind_year().into_iter().all(is_in_range).then_some(time)
    }

    /// Each number behind the year: what stands before it, and its range.
    fn behind_year(&self) -> [(u8, u16, u16, u16); 6] {
        let (zone, furthest) = if self.quarters_from_utc < 0 { (b'-', 48) } else { (b'+', 56) };
        [
            (b'/', self.month.into(), 1, 12),
            (b'/', self.day.into(), 1, 31),
            (b',', self.hour.into(), 0, 23),
            (b':', self.minute.into(), 0, 59),
            (b':', self.second.into(), 0, 59),
            (zone, self.quarters_from_utc.unsigned_abs().into(), 0, furthest),
        ]
    }

    /// Writes it in quotes, with two digits for each number. Numbers that do not fit are refused.
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let year = (b'"', self.year, 2000, 2069);
        for (separator, number, least, most) in iter::once(year).chain(self.behind_year()) {
            writer
                .byte(separator)
                .byte(b'0' + (number / 10 % 10) as u8)
                .byte(b'0' + (number % 10) as u8)
                .check(Parameter::Time, check::range(number.into(), least, most));
        }
        writer.byte(b'"');
    }
}

/// `AT+CCLK?`: the time of the clock; `None` where the answer is no time (3GPP TS 27.007 §8.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CclkRead;

impl Request for CclkRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CCLK", Answer::Query) }).byte(b'?');
    }
}

impl Command for CclkRead {
    type Response = Option<DateTime>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = line.parameters("+CCLK").and_then(|mut parameters| DateTime::of(parameters.quoted()?));
    }
}

/// `AT+CCLK="<time>"`: sets the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cclk {
    /// The time.
    pub time: DateTime,
}

impl Request for Cclk {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        self.time.describe(writer.command(const { &CommandInfo::new("+CCLK", Answer::Plain) }).byte(b'='));
    }
}

/// `AT+CTZU=<onoff>`: whether the network sets the clock and its time zone. On most modules it takes effect at the next
/// registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ctzu {
    /// Whether the network sets them.
    pub enabled: bool,
}

impl Request for Ctzu {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CTZU", Answer::Plain) }).byte(b'=').number(self.enabled.into());
    }
}

no_response!(Cclk, Ctzu);

/// `AT+CTZU?`: whether the network sets the clock and its time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CtzuRead;

impl Request for CtzuRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CTZU", Answer::Query) }).byte(b'?');
    }
}

impl Command for CtzuRead {
    type Response = Option<bool>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = only_number(line, "+CTZU").map(|number| number != 0);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::command::network::tests::response;
    use crate::command::tests::{encoded, problem};
    use crate::family::Family;

    const TIME: DateTime =
        DateTime { year: 2024, month: 5, day: 31, hour: 10, minute: 11, second: 12, quarters_from_utc: 8 };

    #[test]
    fn the_clock_is_read_as_it_is_written() {
        for quarters_from_utc in [0, 8, 56, -1, -48] {
            let time = DateTime { quarters_from_utc, ..TIME };
            let line = encoded(&Cclk { time });
            let answer = line.replace("AT+CCLK=", "+CCLK: ") + "\r\n";
            assert_eq!(response(&CclkRead, answer.as_bytes()), Some(time), "{line}");
        }
        assert_eq!(encoded(&Cclk { time: TIME }), "AT+CCLK=\"24/05/31,10:11:12+08\"");
        assert_eq!(encoded(&CclkRead), "AT+CCLK?");
    }

    #[test]
    fn a_clock_that_was_never_set_reads_the_last_century() {
        let time = response(&CclkRead, b"+CCLK: \"80/01/06,00:00:31\"\r\n").unwrap();
        assert_eq!((time.year, time.month, time.quarters_from_utc), (1980, 1, 0));
        assert_eq!(response(&CclkRead, b"+CCLK: \"70/01/01,00:01:02+00\"\r\n").unwrap().year, 1970);
        for text in ["", "24/05/31", "24/05/31,10:11:xx+08", "24/05/31,10:11:12+999"] {
            assert_eq!(response(&CclkRead, std::format!("+CCLK: \"{text}\"\r\n").as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_time_that_no_clock_shows_is_none() {
        let read = |text: &str| response(&CclkRead, std::format!("+CCLK: \"{text}\"\r\n").as_bytes());
        assert!(read("24/12/31,23:59:59+56").is_some() && read("24/01/01,00:00:00-48").is_some());
        for text in [
            "26/99/99,99:99:99+99",
            "24/13/31,10:11:12+08",
            "24/00/31,10:11:12+08",
            "24/05/32,10:11:12+08",
            "24/05/00,10:11:12+08",
            "24/05/31,24:11:12+08",
            "24/05/31,10:60:12+08",
            "24/05/31,10:11:60+08",
            "24/05/31,10:11:12+57",
            "24/05/31,10:11:12-49",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_is_refused() {
        let is_good = |time| problem(&Cclk { time }, Family::Sim7600).is_none();
        assert!(is_good(TIME));
        for bad in [
            DateTime { year: 1999, ..TIME },
            DateTime { year: 2070, ..TIME },
            DateTime { month: 0, ..TIME },
            DateTime { month: 13, ..TIME },
            DateTime { day: 32, ..TIME },
            DateTime { hour: 24, ..TIME },
            DateTime { minute: 60, ..TIME },
            DateTime { second: 60, ..TIME },
            DateTime { quarters_from_utc: 57, ..TIME },
            DateTime { quarters_from_utc: -49, ..TIME },
        ] {
            assert!(!is_good(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_network_may_set_the_clock() {
        assert_eq!(encoded(&Ctzu { enabled: true }), "AT+CTZU=1");
        assert_eq!(encoded(&CtzuRead), "AT+CTZU?");
        assert_eq!(response(&CtzuRead, b"+CTZU: 0\r\n"), Some(false));
    }
}
