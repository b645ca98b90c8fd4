//! Registration in the packet domain, 2G/3G and LTE.

use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Registration, Request};

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
                    writer.command(const { &CommandInfo::new($name, Answer::Information) }).byte(b'?');
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
registration!(Cgreg "+CGREG", Cereg "+CEREG");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::encoded;
    use crate::network::tests::response;

    #[test]
    fn each_domain_reads_its_own_line() {
        assert_eq!(encoded(&Cgreg), "AT+CGREG?");
        assert_eq!(encoded(&Cereg), "AT+CEREG?");
        let answer = b"+CGREG: 0,3\r\n+CEREG: 0,5\r\n";
        assert_eq!(response(&Cgreg, answer), Some(Registration::Denied));
        assert_eq!(response(&Cereg, answer), Some(Registration::Roaming));
    }
}
