//! The SIM card.

use core::fmt;

use super::field::next_field;
use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, Text, check, no_response};
use crate::error::{Parameter, Problem};
use crate::saturating::saturating_u32;

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

/// `AT+CPIN="<pin>"`: unlocks the SIM card (3GPP TS 27.007 §8.3).
///
/// After three wrong PINs the card requires its PUK: never send the same PIN twice. `Debug` does not show the PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CpinWrite<'a> {
    /// The PIN, 4-8 digits.
    pub pin: &'a str,
}

impl fmt::Debug for CpinWrite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpinWrite").finish_non_exhaustive()
    }
}

impl Request for CpinWrite<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CPIN", Answer::Plain) })
            .text("=\"")
            .text(self.pin)
            .byte(b'"')
            .check(Parameter::Pin, check::range(saturating_u32(self.pin.len() as u64), 4, 8));
        if !self.pin.bytes().all(|byte| byte.is_ascii_digit()) {
            writer.refuse(Parameter::Pin, Problem::Character);
        }
    }
}

no_response!(CpinWrite<'_>);

/// The number of a SIM card (ICCID), usually 19 or 20 digits.
pub type Iccid = Text<22>;

/// `AT+CICCID`: the number of the SIM card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ciccid;

impl Request for Ciccid {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        // The answer is `+ICCID: …`, which is not the command's name.
        writer.command(const { &CommandInfo::new("+CICCID", Answer::Text) });
    }
}

impl Command for Ciccid {
    type Response = Option<Iccid>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(parameters) = line.parameters("+ICCID").or_else(|| line.parameters("+CICCID")) else { return };
        let mut number = Iccid::default();
        for &digit in next_field(&mut parameters.rest()) {
            number.push(digit);
        }
        *response = Some(number);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::command::network::tests::response;
    use crate::command::tests::{encoded, problem};
    use crate::family::Family;

    #[test]
    fn a_pin_is_sent_in_quotes_and_never_shown() {
        let cpin = CpinWrite { pin: "1234" };
        assert_eq!(encoded(&cpin), "AT+CPIN=\"1234\"");
        assert!(!std::format!("{cpin:?}").contains("1234"));
    }

    #[test]
    fn a_pin_is_four_to_eight_digits() {
        let problem = |pin| problem(&CpinWrite { pin }, Family::Sim7600).map(|(_, problem)| problem);
        for pin in ["1234", "12345678"] {
            assert_eq!(problem(pin), None);
        }
        for pin in ["", "123", "123456789"] {
            assert_eq!(problem(pin), Some(Problem::OutOfRange(4, 8)));
        }
        for pin in ["12a4", "1\"\r1", "١٢"] {
            assert_eq!(problem(pin), Some(Problem::Character), "{pin}");
        }
    }

    #[test]
    fn the_number_of_the_card_comes_under_either_name() {
        assert_eq!(encoded(&Ciccid), "AT+CICCID");
        for answer in ["+ICCID: 898600700907A6019125\r\n", "+CICCID: \"898600700907A6019125\"\r\n"] {
            let answer = std::format!("{answer}+CGEV: EPS PDN ACT 1\r\n");
            assert_eq!(response(&Ciccid, answer.as_bytes()).unwrap().as_str(), Some("898600700907A6019125"));
        }
        assert_eq!(response(&Ciccid, b"SMS DONE\r\n"), None);
    }

    #[test]
    fn the_sim_card_says_what_it_waits_for() {
        assert_eq!(encoded(&Cpin), "AT+CPIN?");
        for (code, state) in [
            ("READY", SimState::Ready),
            ("SIM PIN", SimState::Pin),
            ("SIM PUK", SimState::Puk),
            ("SIM PIN2", SimState::Ready),
            ("PH-NET PIN", SimState::Other),
            ("NOT READY", SimState::Other),
        ] {
            let answer = std::format!("+CPIN: {code}\r\n");
            assert_eq!(response(&Cpin, answer.as_bytes()), Some(state));
        }
    }
}
