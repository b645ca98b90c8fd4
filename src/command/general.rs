//! `AT` and `ATE0`.

use super::{Answer, CommandInfo, CommandWriter, Effect, Request, no_response};

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
