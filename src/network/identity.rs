//! Model, firmware and IMEI of the module.

use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, Text, take_text};

/// Model and firmware of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Identity {
    /// The model, such as `SIMCOM_SIM7600E-H` or `A7670E-FASE`.
    pub model: Text<32>,
    /// The version of the firmware, such as `LE20B04SIM7600M22`.
    pub firmware: Text<48>,
}

/// `AT+CGMR`: the version of the firmware (3GPP TS 27.007 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgmr;

impl Request for Cgmr {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGMR", Answer::Text) });
    }
}

impl Command for Cgmr {
    type Response = Text<48>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        take_text(response, line, "+CGMR");
    }
}

/// The IMEI of a module, 15 digits.
pub type Imei = Text<16>;

/// `AT+CGSN`: the IMEI of the module (3GPP TS 27.007 §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgsn;

impl Request for Cgsn {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGSN", Answer::Text) });
    }
}

impl Command for Cgsn {
    type Response = Option<Imei>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let mut number = Imei::default();
        take_text(&mut number, line, "+CGSN");
        if matches!(number.len(), 14..=16) && number.as_bytes().iter().all(u8::is_ascii_digit) && !number.is_cut() {
            *response = Some(number);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::command::tests::{encoded, response};

    fn firmware(answer: &[u8]) -> std::string::String {
        response(&Cgmr, answer, |text| text.as_str().map(Into::into)).unwrap()
    }

    #[test]
    fn the_firmware_comes_with_and_without_a_name_among_other_lines() {
        assert_eq!(encoded(&Cgmr), "AT+CGMR");
        assert_eq!(firmware(b"+CGMR: LE20B04SIM7600M22\r\n"), "LE20B04SIM7600M22");
        assert_eq!(firmware(b"PB DONE\r\n*ISIMAID: \"A0\"\r\nA011B07A7670M7_F\r\nSMS DONE\r\n"), "A011B07A7670M7_F");
        assert_eq!(firmware(b"+CGMR: A011B07A7670M7_F\r\nOPL UPDATING\r\n"), "A011B07A7670M7_F");
    }

    #[test]
    fn the_number_of_the_module_is_fifteen_digits_among_other_lines() {
        let number = |answer: &[u8]| response(&Cgsn, answer, Clone::clone);
        assert_eq!(encoded(&Cgsn), "AT+CGSN");
        for answer in ["351602000330570", "+CGSN: 351602000330570", "\"351602000330570\""] {
            let answer = std::format!("SMS DONE\r\n{answer}\r\n+CGEV: ME PDN ACT 8,4\r\nPB DONE\r\n");
            assert_eq!(number(answer.as_bytes()).unwrap().as_str(), Some("351602000330570"));
        }
        for answer in ["12345", "35160200033057012", "A51602000330570"] {
            assert_eq!(number(std::format!("{answer}\r\n").as_bytes()), None);
        }
    }
}
