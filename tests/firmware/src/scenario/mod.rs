//! The expected behaviour of the firmware, seen from the other side of the broker.

mod full;
mod receive;
mod tasks;

use anyhow::Result;
use crc::{CRC_32_ISO_HDLC, Crc};
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::referee::Severity;

use crate::module::Module;
use crate::peer::Peer;

/// The expected behaviour of the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Connect with a will, subscribe, publish with every quality of service, receive 10,240 bytes through a restart of
    /// the module, disconnect, shut down, and exit with success.
    Full,
    /// Publish on `device-7/state`, receive one message on `device-7/cmd/large`, and publish it, or its length and
    /// CRC-32, on `device-7/state`. The scenario ends there; the firmware need not end.
    Receive {
        /// Length of the message in bytes.
        payload: usize,
    },
    /// Publish, obey commands and use the module for other commands in tasks of their own, through a lost connection, a
    /// restart of the module and a lost network; report what has become of everything, shut down, and exit with
    /// success.
    Tasks,
}

impl Scenario {
    pub(crate) fn filters(self) -> &'static [&'static str] {
        match self {
            Self::Full => &full::FILTERS,
            Self::Receive { .. } => &receive::FILTERS,
            Self::Tasks => &tasks::FILTERS,
        }
    }

    pub(crate) fn behaviour(self, family: Family) -> Behaviour {
        match self {
            Self::Full => full::behaviour(family),
            Self::Receive { .. } => Behaviour::of(family),
            Self::Tasks => tasks::behaviour(family),
        }
    }

    /// Whether the firmware ends by itself.
    pub(crate) fn has_an_end(self) -> bool {
        matches!(self, Self::Full | Self::Tasks)
    }

    /// The least complaint of the module that fails the run: a command can be on its way while the connection is lost.
    pub(crate) fn least_complaint(self) -> Severity {
        match self {
            Self::Full | Self::Receive { .. } => Severity::Warning,
            Self::Tasks => Severity::Error,
        }
    }

    pub(crate) async fn play(self, family: Family, peer: &mut Peer, module: &Module) -> Result<()> {
        match self {
            Self::Full => full::play(peer, module).await,
            Self::Receive { payload } => receive::play(peer, payload).await,
            Self::Tasks => tasks::play(&self.behaviour(family), peer, module).await,
        }
    }
}

fn random(length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect()
}

/// The firmware's answer to a message: its length and CRC-32.
fn receipt(message: &[u8]) -> Vec<u8> {
    let checksum = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(message);
    format!("{} {checksum:08x}", message.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_has_the_length_and_eight_digits() {
        assert_eq!(receipt(b"123456789"), b"9 cbf43926");
        assert_eq!(receipt(b""), b"0 00000000");
    }
}
