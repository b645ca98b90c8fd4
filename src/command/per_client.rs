//! Answers with one line per client, of any length.

use super::ClientIndex;
use crate::at::Line;

/// What a read form reports about each client.
#[derive(Clone, Debug)]
pub struct PerClient<T> {
    clients: [Option<T>; 2],
    /// The client of the line that is being read.
    current: Option<ClientIndex>,
    fields: Fields,
}

impl<T> Default for PerClient<T> {
    fn default() -> Self {
        Self { clients: [None, None], current: None, fields: Fields::BEHIND_CLIENT }
    }
}

impl<T> PerClient<T> {
    /// Takes what a line of a fixed form reports.
    pub(super) fn set(&mut self, client: ClientIndex, report: Option<T>) {
        *client.of_mut(&mut self.clients) = report;
    }

    /// What it reports about this client, or `None`.
    pub const fn get(&self, client: ClientIndex) -> Option<&T> {
        client.of(&self.clients).as_ref()
    }
}

/// Takes one byte of a field into a record; field 1 is the one after the client's number.
pub(super) type Take<T> = fn(&mut T, u8, u8);

impl<T: Default> PerClient<T> {
    /// Takes the beginning of a line. A client whose field 1 is empty has no record.
    pub(super) fn line(&mut self, line: Line<'_>, name: &str, take: Take<T>) {
        self.current = None;
        let Some(mut parameters) = line.parameters(name) else { return };
        let Some(client) = parameters.number().and_then(ClientIndex::from_number) else { return };
        *client.of_mut(&mut self.clients) = None;
        self.current = Some(client);
        self.fields = Fields::BEHIND_CLIENT;
        self.rest(parameters.rest(), take);
    }

    /// Takes more of the line.
    pub(super) fn rest(&mut self, bytes: &[u8], take: Take<T>) {
        let Some(client) = self.current else { return };
        let client = client.of_mut(&mut self.clients);
        for &byte in bytes {
            match (self.fields.next(byte), &mut *client) {
                (Some(field), Some(record)) => take(record, field, byte),
                (Some(1), None) => take(client.insert(T::default()), 1, byte),
                _ => {}
            }
        }
    }
}

/// Which field of `0,"text",23` a byte belongs to.
#[derive(Clone, Copy, Debug)]
struct Fields {
    field: u8,
    is_quoted: bool,
}

impl Fields {
    const BEHIND_CLIENT: Self = Self { field: 1, is_quoted: false };

    /// The field of the next byte; `None` for bytes that only separate fields.
    fn next(&mut self, byte: u8) -> Option<u8> {
        match byte {
            b'"' => self.is_quoted = !self.is_quoted,
            _ if self.is_quoted => return Some(self.field),
            b',' => self.field = self.field.saturating_add(1),
            b' ' => {}
            _ => return Some(self.field),
        }
        None
    }
}
