//! The commands of the device, and its answers.

use core::fmt;
use core::ops::RangeInclusive;
use core::time::Duration;

/// The seconds between two measurements. Measurements show that the connection is alive, so there is at least one an
/// hour.
pub const INTERVALS: RangeInclusive<u64> = 10..=3_600;

/// The payload of a message on the command topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `led on`, `led off`.
    Led(bool),
    /// `interval SECONDS`: how often a measurement is published.
    Interval(Duration),
    /// `restart`: the microcontroller restarts.
    Restart,
}

impl Command {
    /// `None` where it is no command.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut words = str::from_utf8(payload).ok()?.split_ascii_whitespace();
        let command = match (words.next()?, words.next()) {
            ("led", Some("on")) => Self::Led(true),
            ("led", Some("off")) => Self::Led(false),
            ("interval", Some(seconds)) => {
                let seconds = seconds.parse().ok().filter(|seconds| INTERVALS.contains(seconds))?;
                Self::Interval(Duration::from_secs(seconds))
            }
            ("restart", None) => Self::Restart,
            _ => return None,
        };
        words.next().is_none().then_some(command)
    }
}

/// The message on the answer topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The command was obeyed.
    Done(Command),
    /// The payload was no command.
    Unknown,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(Command::Led(true)) => f.write_str("led is on"),
            Self::Done(Command::Led(false)) => f.write_str("led is off"),
            Self::Done(Command::Interval(interval)) => write!(f, "interval is {} s", interval.as_secs()),
            Self::Done(Command::Restart) => f.write_str("restarting"),
            Self::Unknown => {
                let (least, most) = (INTERVALS.start(), INTERVALS.end());
                write!(f, "commands: led on, led off, interval {least}..{most}, restart")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_understood() {
        let interval = |seconds| Some(Command::Interval(Duration::from_secs(seconds)));
        for (payload, command) in [
            (&b"led on"[..], Some(Command::Led(true))),
            (b" led  off\r\n", Some(Command::Led(false))),
            (b"interval 10", interval(10)),
            (b"interval 3600", interval(3_600)),
            (b"restart", Some(Command::Restart)),
        ] {
            assert_eq!(Command::parse(payload), command, "{}", payload.escape_ascii());
        }
    }

    #[test]
    fn whatever_else_comes_is_no_command() {
        for payload in [
            &b""[..],
            b"led",
            b"led on off",
            b"interval",
            b"interval 9",
            b"interval 3601",
            b"interval -1",
            b"interval 99999999999999999999999",
            b"restart now",
            b"LED ON",
            b"\xff",
        ] {
            assert_eq!(Command::parse(payload), None, "{}", payload.escape_ascii());
        }
    }
}
