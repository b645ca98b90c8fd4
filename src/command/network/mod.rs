//! The commands for SIM card, mobile network, clock and serial port.
//!
//! | command | forms | type |
//! |---|---|---|
//! | `AT+CPIN` | read, write | [`Cpin`], [`CpinWrite`] |
//! | `AT+CGDCONT` | write, read | [`Cgdcont`], [`CgdcontRead`] |
//! | `AT+CGAUTH` | write | [`Cgauth`] |
//! | `AT+CGSOCKCONT` | write | [`Cgsockcont`] |
//! | `AT+CREG`, `AT+CGREG`, `AT+CEREG` | read | [`Creg`], [`Cgreg`], [`Cereg`] |
//! | `AT+CGACT` | write, read | [`Cgact`], [`CgactRead`] |
//! | `AT+CGPADDR` | write, execute | [`Cgpaddr`], [`CgpaddrAll`] |
//! | `AT+CSQ`, `AT+CPSI` | execute, read | [`Csq`], [`Cpsi`] |
//! | `AT+CNMP` | write, read | [`Cnmp`], [`CnmpRead`] |
//! | `AT+CGMM`, `AT+CGMR`, `AT+CGSN`, `AT+CICCID` | execute | [`Cgmm`], [`Cgmr`], [`Cgsn`], [`Ciccid`] |
//! | `AT+CCLK` | read, write | [`CclkRead`], [`Cclk`] |
//! | `AT+CNTP` | write, execute | [`CntpWrite`], [`Cntp`] |
//! | `AT+CTZU` | write, read | [`Ctzu`], [`CtzuRead`] |
//! | `AT+IPR`, `AT+IFC` | write, read | [`Ipr`], [`IprRead`], [`Ifc`], [`IfcRead`] |
//! | `AT+CSCLK` | write, read | [`Csclk`], [`CsclkRead`] |
//!
//! Sources: 3GPP TS 27.007 for the commands that it defines; the AT command manuals of SIM7500/SIM7600, A7600 and A76XX
//! for the others. The forms and answers of A76 §3 and S67 §3 are covered.

mod address;
mod clock;
mod context;
mod field;
mod identity;
mod ntp;
mod radio;
mod registration;
mod serial;
mod sim;
mod sleep;

pub use address::{Cgpaddr, CgpaddrAll, PdpAddress, PdpAddresses};
pub use clock::{Cclk, CclkRead, Ctzu, CtzuRead, DateTime};
pub(super) use context::check_context;
pub use context::{
    ActiveContexts, Cgact, CgactRead, Cgauth, Cgdcont, CgdcontRead, Cgsockcont, Credentials, PdpContext, PdpType,
};
pub use identity::{Cgmm, Cgmr, Cgsn, Imei};
pub use ntp::{Cntp, CntpWrite, NtpFailure};
pub use radio::{Cnmp, CnmpRead, Cpsi, Csq, NetworkMode, Operator, Rssi, SystemInformation, Technology};
pub use registration::{Cereg, Cgreg, Creg, Registration};
pub use serial::{FlowControl, Ifc, IfcRead, Ipr, IprRead};
pub use sim::{Ciccid, Cpin, CpinWrite, Iccid, SimState};
pub use sleep::{Csclk, CsclkRead, SleepMode};

/// The number in the answer of a read form that has only one, such as `+CNMP: 2`.
fn only_number(line: crate::at::Line<'_>, name: &str) -> Option<u32> {
    line.parameters(name)?.number()
}

#[cfg(test)]
mod tests {
    use crate::command::Command;

    /// The response that a command reads from an answer, the same for every size of the chunks.
    pub(super) fn response<C: Command<Response: Clone + PartialEq + core::fmt::Debug>>(
        command: &C,
        answer: &[u8],
    ) -> C::Response {
        crate::command::tests::response(command, answer, Clone::clone)
    }
}
