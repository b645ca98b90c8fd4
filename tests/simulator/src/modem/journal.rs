//! A journal of commands, data, restarts and losses, for tests that check the effect of the host's bytes.

use super::Modem;

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalEntry {
    /// A command line, and whether it was carried out.
    Line {
        /// The line without its end.
        line: Vec<u8>,
        /// Whether it was carried out.
        accepted: bool,
    },
    /// The data of a prompt, and whether they were accepted.
    Data {
        /// The data.
        data: Vec<u8>,
        /// Whether they were accepted.
        accepted: bool,
    },
    /// The module restarted.
    Restarted,
    /// The loss of the network stopped the service.
    NetworkLost,
    /// A connected client, or one that was connecting, lost its connection.
    ConnectionLost {
        /// Which one.
        client: usize,
    },
}

impl Modem {
    /// From now on the module keeps a journal.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// The journal, oldest first; empty unless it is [kept](Self::keep_journal).
    pub fn journal(&self) -> &[JournalEntry] {
        self.journal.as_deref().unwrap_or_default()
    }

    pub(super) fn note(&mut self, entry: JournalEntry) {
        if let Some(journal) = &mut self.journal {
            journal.push(entry);
        }
    }

    /// The line that is being carried out is refused.
    pub(super) fn note_refusal(&mut self) {
        let lines = self.journal.iter_mut().flatten().rev();
        let last = lines.into_iter().find_map(|entry| match entry {
            JournalEntry::Line { accepted, .. } => Some(accepted),
            _ => None,
        });
        if let Some(accepted) = last {
            *accepted = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::behaviour::Behaviour;
    use crate::broker::Event;
    use crate::family::Family;

    fn entries(modem: &mut Modem, input: &[u8]) -> Vec<JournalEntry> {
        modem.keep_journal();
        modem.receive(Duration::ZERO, input);
        modem.output(Duration::from_secs(9));
        modem.journal().to_vec()
    }

    fn line(line: &[u8], accepted: bool) -> JournalEntry {
        JournalEntry::Line { line: line.to_vec(), accepted }
    }

    #[test]
    fn lines_and_data_are_noted_with_their_fate() {
        let mut modem = Modem::new(Family::A76xx, Behaviour::of(Family::A76xx));
        modem.preset_started();
        modem.preset_acquired(0, "pump-4", false);
        let entries = entries(&mut modem, b"AT\rAT+CMQTTPUB=0,1,60\rAT+CMQTTWILLTOPIC=0,2\r\xff\xfeATX\r");
        let expected = [
            line(b"AT", true),
            line(b"AT+CMQTTPUB=0,1,60", false),
            line(b"AT+CMQTTWILLTOPIC=0,2", true),
            JournalEntry::Data { data: b"\xff\xfe".to_vec(), accepted: false },
            line(b"ATX", false),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn losses_and_restarts_are_noted() {
        let mut modem = Modem::new(Family::A76xx, Behaviour::of(Family::A76xx));
        modem.preset_started();
        modem.preset_acquired(0, "pump-4", false);
        modem.receive(Duration::ZERO, b"AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1\r");
        modem.output(Duration::from_secs(1));
        modem.event(Duration::from_secs(1), Event::Connected { client: 0 });
        modem.output(Duration::from_secs(2));
        modem.keep_journal();
        modem.network_lost(Duration::from_secs(2));
        modem.restart(Duration::from_secs(3));
        let expected = [JournalEntry::ConnectionLost { client: 0 }, JournalEntry::NetworkLost, JournalEntry::Restarted];
        assert_eq!(modem.journal(), expected);
    }

    #[test]
    fn without_being_asked_no_journal_is_kept() {
        let mut modem = Modem::new(Family::A76xx, Behaviour::of(Family::A76xx));
        modem.restart(Duration::ZERO);
        assert_eq!(modem.journal(), []);
    }
}
