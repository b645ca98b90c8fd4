//! Where the device is: two commands that the driver does not have.

use core::fmt;

use simcom_mqtt::Family;
use simcom_mqtt::at::Line;
use simcom_mqtt::command::{Answer, Command, CommandInfo, CommandWriter, Request};

/// Switches GNSS on. A module where it is on already may refuse it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PowerOn {
    pub(crate) family: Family,
}

impl Request for PowerOn {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let info = match self.family {
            Family::A7600 | Family::Sim7600 => const { &CommandInfo::new("+CGPS", Answer::Plain) },
            _ => const { &CommandInfo::new("+CGNSSPWR", Answer::Plain) },
        };
        writer.command(info).text("=1");
    }
}

impl Command for PowerOn {
    type Response = ();
}

/// `AT+CGPSINFO`: the position, if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PositionRead;

impl Request for PositionRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGPSINFO", Answer::Information) });
    }
}

impl Command for PositionRead {
    type Response = Option<Position>;

    fn line(&self, position: &mut Option<Position>, line: Line<'_>) {
        // The 64 bytes that come at once hold the position; time, altitude and speed follow.
        *position = line.parameters("+CGPSINFO").and_then(|parameters| Position::parse(parameters.rest()));
    }
}

/// A place on the earth. As text it is JSON: `{"latitude":52.516275,"longitude":-13.377704}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// In millionths of a degree; north is positive.
    latitude: i32,
    /// In millionths of a degree; east is positive.
    longitude: i32,
}

impl Position {
    /// Reads `ddmm.mmmmmm,N,dddmm.mmmmmm,E,…`.
    fn parse(fields: &[u8]) -> Option<Self> {
        let mut fields = str::from_utf8(fields).ok()?.split(',').map(str::trim);
        let mut angle = |positive, negative| {
            let angle = millionths(fields.next()?)?;
            match fields.next()? {
                letter if letter == positive => Some(angle),
                letter if letter == negative => Some(-angle),
                _ => None,
            }
        };
        Some(Self { latitude: angle("N", "S")?, longitude: angle("E", "W")? })
    }
}

/// Degrees and minutes, `dddmm.mmmmmm`, in millionths of a degree.
fn millionths(angle: &str) -> Option<i32> {
    let (whole, fraction) = angle.split_once('.')?;
    let (degrees, minutes) = whole.split_at_checked(whole.len().checked_sub(2)?)?;
    let digits = fraction.bytes().chain(core::iter::repeat(b'0')).take(6);
    let mut minutes: i32 = minutes.parse().ok().filter(|minutes| (0..60).contains(minutes))?;
    for digit in digits {
        minutes = minutes * 10 + i32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    let degrees: i32 = degrees.parse().ok().filter(|degrees| (0..=180).contains(degrees))?;
    Some(degrees * 1_000_000 + minutes / 60)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { latitude, longitude } = *self;
        write!(f, r#"{{"latitude":{},"longitude":{}}}"#, Degrees(latitude), Degrees(longitude))
    }
}

struct Degrees(i32);

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (degrees, millionths) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        write!(f, "{sign}{degrees}.{millionths:06}")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn degrees_and_minutes_become_degrees_with_their_sign() {
        for (line, text) in [
            ("5230.976500,N,01322.662240,E,010126,101500.0,44.1", r#"{"latitude":52.516275,"longitude":13.377704}"#),
            ("0000.060000,S,00000.600000,W,", r#"{"latitude":-0.001000,"longitude":-0.010000}"#),
            ("9000.0,S,18000.0,W", r#"{"latitude":-90.000000,"longitude":-180.000000}"#),
            (" 0130.5,N,00130.5,E", r#"{"latitude":1.508333,"longitude":1.508333}"#),
        ] {
            assert_eq!(Position::parse(line.as_bytes()).map(|it| it.to_string()).as_deref(), Some(text), "{line}");
        }
    }

    #[test]
    fn what_is_no_position_is_none() {
        for line in [
            "",
            ",,,,,,,,",
            "5230.976500,N",
            "5230.976500,X,01322.662240,E",
            "5261.0,N,01322.0,E",
            "5230,N,01322,E",
            "5230.9x,N,01322.0,E",
            "-5230.9,N,01322.0,E",
            "9999999999930.9,N,01322.0,E",
            ".5,N,.5,E",
            "\u{ff}",
        ] {
            assert_eq!(Position::parse(line.as_bytes()), None, "{line}");
        }
    }
}
