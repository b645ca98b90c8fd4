//! A command of one's own: whatever the port understands beside MQTT can be sent through the driver.

use simcom_mqtt::at::Encoder;
use simcom_mqtt::command::{Answer, Command, Descriptor, Request};

/// The longest name of an access point (3GPP TS 23.003 §9.1).
const LONGEST: usize = 100;

/// Whatever would end the quotes could send AT commands of its own.
pub fn parse_apn(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(format!("not 1 to {LONGEST} bytes"));
    }
    if text.bytes().any(|byte| byte == b'"' || byte.is_ascii_control()) {
        return Err("has a quote or a control character".to_owned());
    }
    Ok(text.to_owned())
}

/// `AT+CGDCONT=1,"IP","<apn>"`: the access point of the packet data context that MQTT uses.
pub struct DefineContext<'a> {
    /// As [`parse_apn`] lets it pass.
    pub apn: &'a str,
}

impl Request for DefineContext<'_> {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CGDCONT", Answer::Plain) }
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'=').number(1).comma_quoted("IP").comma_quoted(self.apn);
    }
}

impl Command for DefineContext<'_> {
    type Response = ();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apn_cannot_bring_a_command_of_its_own() {
        for bad in ["", "a\"", "a\rAT+CPOF", "a\n", "\u{7f}", &"a".repeat(101)] {
            assert!(parse_apn(bad).is_err(), "{bad:?}");
        }
        assert_eq!(parse_apn("internet.example"), Ok("internet.example".to_owned()));
    }
}
