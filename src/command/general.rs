//! `AT`, `ATE0`, and the model.

use super::{Answer, Command, CommandInfo, CommandWriter, Effect, Request, Text, no_response};
use crate::at::Line;

/// `AT`: whether there is a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At;

impl Request for At {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("", Answer::Plain) });
    }
}

/// `ATE0`: the module stops echoing commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EchoOff;

impl Request for EchoOff {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("E0", Answer::Plain).effect(Effect::EchoOff) });
    }
}

no_response!(At, EchoOff);

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

/// Takes a text that is on a line of its own. Some firmware puts it after the command's name, in quotes, or both. URCs of
/// a module that boots are ignored.
pub(crate) fn take_text<const N: usize>(response: &mut Text<N>, line: Line<'_>, name: &str) {
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
