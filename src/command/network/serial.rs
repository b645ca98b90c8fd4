//! The module's side of the UART.

use super::only_number;
use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, no_response};
use crate::error::{Parameter, Problem};

/// The baud rates that every family has.
const BAUD_RATES: [u32; 13] =
    [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600];

/// `AT+IPR=<rate>`: the baud rate (ITU-T V.250 §6.2.10).
///
/// The module answers at the old rate and then changes it: change the rate of the UART, by
/// [`Modem::uart`](crate::Modem::uart), before the next command. The module keeps the rate when it is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipr {
    /// Bits per second: 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600.
    pub baud_rate: u32,
}

impl Request for Ipr {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+IPR", Answer::Plain) }).byte(b'=').number(self.baud_rate);
        if !BAUD_RATES.contains(&self.baud_rate) {
            writer.refuse(Parameter::BaudRate, Problem::NotInFamily);
        }
    }
}

/// `AT+IPR?`: the baud rate, in bits per second; 0 where the module detects it (autobauding).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IprRead;

impl Request for IprRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+IPR", Answer::Query) }).byte(b'?');
    }
}

impl Command for IprRead {
    type Response = Option<u32>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        *response = only_number(line, "+IPR");
    }
}

/// How the two sides of the UART stop each other. Flow control by XON/XOFF is not offered: payloads can contain these
/// characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FlowControl {
    /// No flow control: bytes that arrive while a buffer is full are lost.
    None,
    /// By the lines RTS and CTS, which have to be connected.
    RtsCts,
}

/// `AT+IFC=<dce>,<dte>`: flow control, the same in both directions (ITU-T V.250 §6.2.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ifc {
    /// Flow control.
    pub flow_control: FlowControl,
}

impl Request for Ifc {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+IFC", Answer::Plain) }).text(match self.flow_control {
            FlowControl::None => "=0,0",
            FlowControl::RtsCts => "=2,2",
        });
    }
}

no_response!(Ipr, Ifc);

/// `AT+IFC?`: flow control; `None` where it is neither of [`FlowControl`], or differs between the directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfcRead;

impl Request for IfcRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+IFC", Answer::Query) }).byte(b'?');
    }
}

impl Command for IfcRead {
    type Response = Option<FlowControl>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(mut parameters) = line.parameters("+IFC") else { return };
        *response = match (parameters.number(), parameters.number()) {
            (Some(0), Some(0)) => Some(FlowControl::None),
            (Some(2), Some(2)) => Some(FlowControl::RtsCts),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::network::tests::response;
    use crate::command::tests::{encoded, problem};
    use crate::family::Family;

    #[test]
    fn only_rates_that_modules_have_are_sent() {
        assert_eq!(encoded(&Ipr { baud_rate: 115_200 }), "AT+IPR=115200");
        assert_eq!(encoded(&IprRead), "AT+IPR?");
        assert_eq!(response(&IprRead, b"+IPR: 115200\r\n"), Some(115_200));
        for (baud_rate, is_good) in [(9_600, true), (460_800, true), (921_600, true), (0, false), (115_201, false)] {
            assert_eq!(problem(&Ipr { baud_rate }, Family::A76xx).is_none(), is_good, "{baud_rate}");
        }
    }

    #[test]
    fn flow_control_is_read_as_it_is_written() {
        assert_eq!(encoded(&Ifc { flow_control: FlowControl::None }), "AT+IFC=0,0");
        assert_eq!(encoded(&Ifc { flow_control: FlowControl::RtsCts }), "AT+IFC=2,2");
        assert_eq!(encoded(&IfcRead), "AT+IFC?");
        assert_eq!(response(&IfcRead, b"+IFC: 2,2\r\n"), Some(FlowControl::RtsCts));
        assert_eq!(response(&IfcRead, b"+IFC: 0,0\r\n"), Some(FlowControl::None));
        assert_eq!(response(&IfcRead, b"+IFC: 0,2\r\n"), None);
    }
}
