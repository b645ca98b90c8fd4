//! Compares a parameter of the module with the expected one.

use super::{Connect, Step};
use crate::command::CommandWriter;
use crate::family::Family;

/// Compares the parameters of the module with those of the command that sets them, from the opening quote of the first
/// one. They can be longer than any buffer, so they are compared as they arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// There was no such parameter, or an empty one.
    NotSeen,
    /// This number of bytes after the opening quote matched.
    Alike(u16),
    Equal,
    Different,
}

/// Where the parameters begin in the line of ACCQ and of CONNECT, after the opening quote.
const BEHIND_ACCQ: usize = "AT+CMQTTACCQ=0,\"".len();
const BEHIND_CONNECT: usize = "AT+CMQTTCONNECT=0,\"".len();
/// How many bytes of the line of ACCQ stand behind the client id: a comma and the server type.
const BEHIND_ID: usize = ",0".len();

impl Connect<'_> {
    /// Takes the next byte of the answer to the read form of ACCQ or CONNECT.
    pub(super) fn compare(&mut self, byte: u8) {
        let count = match self.comparison {
            Comparison::NotSeen if byte == b'"' => return self.comparison = Comparison::Alike(0),
            Comparison::Alike(count) => count,
            _ => return,
        };
        let (step, start) = match self.step {
            Step::AccqRead => (Step::Accq, BEHIND_ACCQ),
            _ => (Step::Connect, BEHIND_CONNECT),
        };
        let mut window = [0; BEHIND_ID + 1];
        // Without the version of MQTT, which the module does not list.
        let mut writer = CommandWriter::new(Family::A7600, start.saturating_add(count.into()), &mut window);
        self.describe(step, &mut writer);
        let (is_behind_id, [expected, server_type, _]) = (writer.filled() == BEHIND_ID, window);
        self.comparison = match byte {
            // Some firmware may have a blank there.
            b',' | b' ' if is_behind_id => return,
            _ if is_behind_id && byte == server_type => Comparison::Equal,
            // Behind the address there are arguments that do not matter.
            b'"' if byte == expected && step == Step::Connect => Comparison::Equal,
            _ if byte == expected => Comparison::Alike(count.saturating_add(1)),
            b'"' if count == 0 => Comparison::NotSeen,
            _ => Comparison::Different,
        };
    }
}
