//! Model, firmware and IMEI of the module.

use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, Text};

/// `AT+CGMM`: the model of the module, such as `A7670E-FASE` or `SIMCOM_SIM7600G-H`.
/// [`Family::from_model`](crate::Family::from_model) understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgmm;

impl Request for Cgmm {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGMM", Answer::Text) });
    }
}

impl Command for Cgmm {
    type Response = Text<32>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        take_text(response, line, "+CGMM");
    }
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

/// Takes a text that is on a line of its own. Some firmware puts it after the command's name, in quotes, or both. URCs
/// of a module that boots are ignored.
fn take_text<const N: usize>(response: &mut Text<N>, line: Line<'_>, name: &str) {
    let bytes = line.bytes();
    let text = match line.parameters(name) {
        Some(parameters) => parameters.rest(),
        None if matches!(bytes, [b'+' | b'*', ..]) || bytes.ends_with(b" DONE") => return,
        None => bytes,
    };
    if response.is_empty() {
        for &byte in text.trim_ascii().iter().filter(|&&byte| byte != b'"') {
            response.push(byte);
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
    fn the_model_is_the_first_line_that_no_module_says_unasked() {
        assert_eq!(encoded(&Cgmm), "AT+CGMM");
        let model = |answer: &[u8]| -> std::string::String {
            response(&Cgmm, answer, |text| text.as_str().map(Into::into)).unwrap()
        };
        assert_eq!(model(b"\r\nA7670E-FASE\r\n\r\nSMS DONE\r\n"), "A7670E-FASE");
        assert_eq!(model(b"\r\nSIMCOM_SIM7600G-H \r\n"), "SIMCOM_SIM7600G-H");
        let booting = b"*ISIMAID: \"A0\"\r\n+CPIN: READY\r\nSMS DONE\r\nPB DONE\r\nA7670E-FASE\r\n";
        assert_eq!(model(booting), "A7670E-FASE");
        assert_eq!(model(b"\r\n+CGMM: \"SIM7600SA-H\"\r\n"), "SIM7600SA-H");
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
