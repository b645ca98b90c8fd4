//! Sleep between messages.

use super::only_number;
use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, no_response};

/// When a module sleeps, `<status>` of `AT+CSCLK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SleepMode {
    /// 0: never.
    Never,
    /// 1: while its DTR line is high and it is idle, see [`Dtr`](crate::power::Dtr).
    Dtr,
    /// 2: whenever its UART has been silent for some time. The first bytes sent to it wake it and are lost. Not every
    /// module has this mode.
    Idle,
}

/// `AT+CSCLK=<status>`: whether the module may sleep. It stays connected, and wakes when it receives something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csclk {
    /// When it sleeps.
    pub mode: SleepMode,
}

impl Request for Csclk {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CSCLK", Answer::Plain) }).byte(b'=').number(self.mode as u32);
    }
}

no_response!(Csclk);

/// `AT+CSCLK?`: whether the module may sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsclkRead;

impl Request for CsclkRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CSCLK", Answer::Query) }).byte(b'?');
    }
}

impl Command for CsclkRead {
    type Response = Option<SleepMode>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = match only_number(line, "+CSCLK") {
            Some(0) => Some(SleepMode::Never),
            Some(1) => Some(SleepMode::Dtr),
            Some(2) => Some(SleepMode::Idle),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::command::network::tests::response;
    use crate::command::tests::encoded;

    #[test]
    fn sleep_is_read_as_it_is_written() {
        assert_eq!(encoded(&CsclkRead), "AT+CSCLK?");
        for (number, mode) in [SleepMode::Never, SleepMode::Dtr, SleepMode::Idle].into_iter().enumerate() {
            assert_eq!(encoded(&Csclk { mode }), std::format!("AT+CSCLK={number}"));
            assert_eq!(response(&CsclkRead, std::format!("+CSCLK: {number}\r\n").as_bytes()), Some(mode));
        }
        assert_eq!(response(&CsclkRead, b"+CSCLK: 7\r\n"), None);
    }
}
