//! Registration in a network: for calls and SMS, in the packet domain of 2G and 3G, and in LTE.

use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request};

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
    fn of(line: Line<'_>, name: &str) -> Option<Self> {
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

/// `AT+CGREG?`: registration in the packet domain of 2G and 3G (3GPP TS 27.007 §10.1.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgreg;

/// `AT+CEREG?`: registration in LTE (3GPP TS 27.007 §10.1.22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cereg;

macro_rules! registration {
    ($($command:ident $name:literal),*) => {
        $(
            impl Request for $command {
                fn describe(&self, writer: &mut CommandWriter<'_>) {
                    writer.command(const { &CommandInfo::new($name, Answer::Query) }).byte(b'?');
                }
            }

            impl Command for $command {
                type Response = Option<Registration>;

                fn line(&self, response: &mut Self::Response, line: Line<'_>) {
                    *response = Registration::of(line, $name).or(*response);
                }
            }
        )*
    };
}
registration!(Creg "+CREG", Cgreg "+CGREG", Cereg "+CEREG");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::network::tests::response;
    use crate::command::tests::encoded;

    #[test]
    fn registration_is_the_second_number_and_an_unsolicited_one_has_only_one() {
        assert_eq!(encoded(&Creg), "AT+CREG?");
        let registration = |answer: &[u8]| response(&Creg, answer);
        assert_eq!(registration(b"+CREG: 0,5\r\n"), Some(Registration::Roaming));
        assert_eq!(registration(b"+CREG: 2,1,\"00C3\",\"12\"\r\n"), Some(Registration::Home));
        assert_eq!(registration(b"+CREG: 0,3\r\n+CREG: 1\r\n"), Some(Registration::Denied));
        assert_eq!(registration(b"+CREG: 0,11\r\n"), Some(Registration::Other(11)));
    }

    #[test]
    fn each_domain_reads_its_own_line() {
        assert_eq!(encoded(&Cgreg), "AT+CGREG?");
        assert_eq!(encoded(&Cereg), "AT+CEREG?");
        let answer = b"+CGREG: 0,3\r\n+CEREG: 0,5\r\n";
        assert_eq!(response(&Cgreg, answer), Some(Registration::Denied));
        assert_eq!(response(&Cereg, answer), Some(Registration::Roaming));
    }
}
