//! `AT`, `ATE0`, the model, and the three queries that find the place again in a stream of answers.

use super::{Answer, Command, Descriptor, Request, Step, Text, no_response};
use crate::at::{Encoder, Line};

/// `AT`: is there a module?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At;

impl Request for At {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("", Answer::Plain) }
    }
}

/// `ATE0`: the module no longer sends commands back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EchoOff;

impl Request for EchoOff {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("E0", Answer::Plain).step(Step::EchoOff) }
    }
}

no_response!(At, EchoOff);

/// `AT+CGMM`: the model of the module, such as `A7670E-FASE` or `SIMCOM_SIM7600G-H`.
/// [`Family::from_model`](crate::Family::from_model) understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgmm;

impl Request for Cgmm {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CGMM", Answer::Text) }
    }
}

impl Command for Cgmm {
    type Response = Text<32>;

    /// The model is on a line of its own, on some firmware behind the command's name, in quotes, or both. What a module
    /// says unasked while it boots is passed over.
    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let bytes = line.bytes();
        let model = match line.parameters("+CGMM") {
            Some(parameters) => parameters.rest(),
            None if matches!(bytes, [b'+' | b'*', ..]) || bytes.ends_with(b" DONE") => return,
            None => bytes,
        };
        if response.is_empty() {
            for &byte in model.trim_ascii().iter().filter(|&&byte| byte != b'"') {
                response.push(byte);
            }
        }
    }
}

/// `AT+CSQ`: signal quality; `<rssi>` 0-31, or 99 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csq;

impl Request for Csq {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CSQ", Answer::Information) }
    }
}

impl Command for Csq {
    type Response = Option<u8>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = line.parameters("+CSQ").and_then(|mut parameters| parameters.small_number());
    }
}

/// `AT+CREG?`: registration in the network; `<stat>` 1 and 5 are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creg;

impl Request for Creg {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CREG", Answer::Information) }
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'?');
    }
}

impl Command for Creg {
    type Response = Option<u8>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(mut parameters) = line.parameters("+CREG") else { return };
        let (Some(_), Some(state)) = (parameters.small_number(), parameters.small_number()) else { return };
        *response = Some(state);
    }
}

/// `AT+CPIN?`: whether the SIM card is ready; `false` where it wants a PIN or PUK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpin;

impl Request for Cpin {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CPIN", Answer::Information) }
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        line.byte(b'?');
    }
}

impl Command for Cpin {
    type Response = Option<bool>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = line.parameters("+CPIN").map(|parameters| parameters.rest().trim_ascii() == b"READY");
    }
}
