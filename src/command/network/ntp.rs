//! `AT+CNTP`: the clock of the module by a time server.

use core::fmt;

use crate::command::{Answer, CommandInfo, CommandWriter, Request, check, no_response};
use crate::error::{Error, Parameter, Refusal};

/// Longest name of a time server.
const SERVER_LIMIT_BYTES: usize = 255;
/// The furthest zone of a time server, in quarters of an hour.
const FURTHEST_ZONE: u16 = 96;
/// How long the server may take. The manuals name no time; modules report a timeout of their own within 20 s.
const OUTCOME_TIMEOUT_MS: u32 = 65_000;

/// `AT+CNTP=<host>,<timezone>`: the time server that [`Cntp`] asks, and the zone to set the clock in (A76XX V1.09
/// §14.2.3).
///
/// Without a zone, a module takes that of Beijing. So the zone is always sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CntpWrite<'a> {
    /// Name or address of the server, 1-255 bytes.
    pub server: &'a str,
    /// How far local time is ahead of UTC, in quarters of an hour, -96 to 96.
    pub quarters_from_utc: i8,
}

impl Request for CntpWrite<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CNTP", Answer::Plain) })
            .byte(b'=')
            .quoted(self.server, SERVER_LIMIT_BYTES, Parameter::TimeServer)
            .byte(b',');
        if self.quarters_from_utc < 0 {
            writer.byte(b'-');
        }
        let quarters = self.quarters_from_utc.unsigned_abs().into();
        writer.number(quarters).check(Parameter::TimeZone, check::range(quarters, 0, FURTHEST_ZONE));
    }
}

/// `AT+CNTP`: sets the clock by the time server, which needs an address of the network.
///
/// It ends with the outcome, which is 0, or an `<err>` of its own: [`NtpFailure::of`] reads it from the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cntp;

impl Request for Cntp {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new(Self::NAME, Answer::Deferred) })
            .timeout_milliseconds(OUTCOME_TIMEOUT_MS);
    }
}

impl Cntp {
    const NAME: &'static str = "+CNTP";
}

no_response!(CntpWrite<'_>, Cntp);

/// Why [`Cntp`] has not set the clock, with the number that the module uses (A76XX V1.09 §14.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NtpFailure {
    /// 1, or a number that the manual does not list.
    Unknown,
    /// 2: a parameter of [`CntpWrite`] is wrong.
    Parameter,
    /// 3: the time of the server cannot be.
    Time,
    /// 4: the network failed. Is there an address, and can the server be reached?
    Network,
    /// 5: the zone is wrong.
    Zone,
    /// 6: the server did not answer in time.
    TimedOut,
}

impl NtpFailure {
    /// What an error of [`Cntp`] says; `None` where the module did not report an outcome.
    pub fn of(error: Error) -> Option<Self> {
        match error {
            Error::Refused { command, refusal: Refusal::Code(code) } if command.as_str() == Cntp::NAME => {
                Some(match code.number() {
                    2 => Self::Parameter,
                    3 => Self::Time,
                    4 => Self::Network,
                    5 => Self::Zone,
                    6 => Self::TimedOut,
                    _ => Self::Unknown,
                })
            }
            _ => None,
        }
    }
}

impl fmt::Display for NtpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown error",
            Self::Parameter => "wrong parameter",
            Self::Time => "wrong date and time",
            Self::Network => "network error",
            Self::Zone => "wrong time zone",
            Self::TimedOut => "the server did not answer in time",
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::ResultCode;
    use crate::command::tests::{encoded, problem};
    use crate::error::{CommandName, Problem};
    use crate::family::Family;

    const SERVER: CntpWrite<'static> = CntpWrite { server: "ntp.example", quarters_from_utc: 0 };

    #[test]
    fn server_and_zone_are_set_before_the_clock() {
        assert_eq!(encoded(&SERVER), "AT+CNTP=\"ntp.example\",0");
        assert_eq!(encoded(&CntpWrite { quarters_from_utc: -20, ..SERVER }), "AT+CNTP=\"ntp.example\",-20");
        assert_eq!(encoded(&CntpWrite { quarters_from_utc: 96, ..SERVER }), "AT+CNTP=\"ntp.example\",96");
        assert_eq!(encoded(&Cntp), "AT+CNTP");
    }

    #[test]
    fn a_server_or_zone_that_cannot_be_is_refused() {
        let long = "x".repeat(256);
        for (server, quarters_from_utc, parameter, expected) in [
            ("", 0, Parameter::TimeServer, Problem::Empty),
            (&long, 0, Parameter::TimeServer, Problem::TooLong(255)),
            ("a\"b", 0, Parameter::TimeServer, Problem::Character),
            ("a", 97, Parameter::TimeZone, Problem::OutOfRange(0, 96)),
            ("a", -97, Parameter::TimeZone, Problem::OutOfRange(0, 96)),
            ("a", i8::MIN, Parameter::TimeZone, Problem::OutOfRange(0, 96)),
        ] {
            let refused = problem(&CntpWrite { server, quarters_from_utc }, Family::A76xx);
            assert_eq!(refused, Some((parameter, expected)), "{server} {quarters_from_utc}");
        }
    }

    #[test]
    fn its_codes_are_its_own() {
        let failed = |name, number| {
            let refusal = Refusal::Code(ResultCode::new(number));
            NtpFailure::of(Error::Refused { command: CommandName(name), refusal })
        };
        let expected = [
            NtpFailure::Unknown,
            NtpFailure::Parameter,
            NtpFailure::Time,
            NtpFailure::Network,
            NtpFailure::Zone,
            NtpFailure::TimedOut,
            NtpFailure::Unknown,
        ];
        assert_eq!([1, 2, 3, 4, 5, 6, 7].map(|number| failed(&"+CNTP", number)), expected.map(Some));
        assert_eq!(failed(&"+CMQTTPUB", 4), None);
        assert_eq!(NtpFailure::of(Error::SourceEnded), None);
    }
}
