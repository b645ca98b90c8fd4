//! The three sync queries: a resync uses them to find its place in the stream of answers.

use super::{Answer, Command, CommandInfo, CommandWriter, Request};
use crate::at::Line;

/// Strength of the received signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rssi(i8);

impl Rssi {
    /// In dBm, from -113 (or less) in steps of 2 to -51 (or more); in TD-SCDMA cells from -116 in steps of 1 to -25.
    pub const fn dbm(self) -> i16 {
        self.0 as i16
    }

    /// `<rssi>` of `AT+CSQ`: 0-31, TD-SCDMA 100-191; 99 and 199 mean that there is no signal.
    const fn from_number(number: u8) -> Option<Self> {
        let dbm = match number {
            0..=31 => -113 + 2 * number as i16,
            100..=191 => -216 + number as i16,
            _ => return None,
        };
        Some(Self(dbm as i8))
    }
}

/// `AT+CSQ`: the strength of the received signal; `None` where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csq;

impl Request for Csq {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CSQ", Answer::Query) });
    }
}

impl Command for Csq {
    type Response = Option<Rssi>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let number = line.parameters("+CSQ").and_then(|mut parameters| parameters.small_number());
        *response = number.and_then(Rssi::from_number);
    }
}

/// Registration in a network, `<stat>` of `AT+CREG?`, `AT+CGREG?` and `AT+CEREG?` (3GPP TS 27.007 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Registration {
    /// 0: not registered, and not searching.
    NotSearching,
    /// 1: registered in the home network.
    Home,
    /// 2: not registered, searching.
    Searching,
    /// 3: the network has denied it.
    Denied,
    /// 4: not known, for example out of coverage.
    Unknown,
    /// 5: registered in another network.
    Roaming,
    /// Anything else, such as 6-10 for SMS alone and emergency calls.
    Other(u8),
}

impl Registration {
    /// Whether data can be sent: in the home network or in another.
    pub const fn is_registered(self) -> bool {
        matches!(self, Self::Home | Self::Roaming)
    }

    /// What a line `<name>: <n>,<stat>` reports.
    pub(crate) fn of(line: Line<'_>, name: &str) -> Option<Self> {
        let mut parameters = line.parameters(name)?;
        let (_, state) = (parameters.small_number()?, parameters.small_number()?);
        Some(match state {
            0 => Self::NotSearching,
            1 => Self::Home,
            2 => Self::Searching,
            3 => Self::Denied,
            4 => Self::Unknown,
            5 => Self::Roaming,
            other => Self::Other(other),
        })
    }
}

/// `AT+CREG?`: registration in the network for calls and SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creg;

impl Request for Creg {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CREG", Answer::Query) }).byte(b'?');
    }
}

impl Command for Creg {
    type Response = Option<Registration>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = Registration::of(line, "+CREG").or(*response);
    }
}

/// What the SIM card waits for, `<code>` of `AT+CPIN?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SimState {
    /// `READY`, nothing. Also `SIM PIN2` and `SIM PUK2`, which no connection needs.
    Ready,
    /// `SIM PIN`: its PIN.
    Pin,
    /// `SIM PUK`: its PUK, after three wrong PINs.
    Puk,
    /// Anything else, such as the code of a lock to one network or one device, or a missing card.
    Other,
}

/// `AT+CPIN?`: what the SIM card waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpin;

impl Request for Cpin {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CPIN", Answer::Query) }).byte(b'?');
    }
}

impl Command for Cpin {
    type Response = Option<SimState>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = line.parameters("+CPIN").map(|parameters| match parameters.rest().trim_ascii() {
            b"READY" | b"SIM PIN2" | b"SIM PUK2" => SimState::Ready,
            b"SIM PIN" => SimState::Pin,
            b"SIM PUK" => SimState::Puk,
            _ => SimState::Other,
        });
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::command::tests::response;

    #[test]
    fn signal_strength_is_in_dbm() {
        let dbm = |answer: &str| response(&Csq, answer.as_bytes(), |rssi| rssi.map(Rssi::dbm));
        for (number, strength) in [(0, -113), (23, -67), (31, -51), (100, -116), (191, -25)] {
            assert_eq!(dbm(&std::format!("+CSQ: {number},0\r\n")), Some(strength));
        }
        for number in [32, 99, 192, 199, 256] {
            assert_eq!(dbm(&std::format!("+CSQ: {number},99\r\n")), None);
        }
    }

    #[test]
    fn registration_is_the_second_number_and_an_unsolicited_one_has_only_one() {
        let registration = |answer: &[u8]| response(&Creg, answer, |registration| *registration);
        assert_eq!(registration(b"+CREG: 0,5\r\n"), Some(Registration::Roaming));
        assert_eq!(registration(b"+CREG: 2,1,\"00C3\",\"12\"\r\n"), Some(Registration::Home));
        assert_eq!(registration(b"+CREG: 0,3\r\n+CREG: 1\r\n"), Some(Registration::Denied));
        assert_eq!(registration(b"+CREG: 0,11\r\n"), Some(Registration::Other(11)));
    }

    #[test]
    fn the_sim_card_says_what_it_waits_for() {
        for (code, state) in [
            ("READY", SimState::Ready),
            ("SIM PIN", SimState::Pin),
            ("SIM PUK", SimState::Puk),
            ("SIM PIN2", SimState::Ready),
            ("PH-NET PIN", SimState::Other),
            ("NOT READY", SimState::Other),
        ] {
            let answer = std::format!("+CPIN: {code}\r\n");
            assert_eq!(response(&Cpin, answer.as_bytes(), |state| *state), Some(state));
        }
    }
}
