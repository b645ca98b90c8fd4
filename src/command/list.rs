//! Answers that are lists of any length. They are handed over as they arrive, so no buffer has to hold them.

use crate::at::Line;

/// A part of one entry of a list, such as a topic filter or a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    bytes: &'a [u8],
    is_first: bool,
}

impl<'a> Part<'a> {
    /// The bytes, at least one.
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Whether an entry begins with this part, which ends the entry before.
    pub const fn is_first(self) -> bool {
        self.is_first
    }
}

/// What takes the parts.
pub(crate) type Handler<'h> = &'h mut dyn FnMut(Part<'_>);

/// The state of a list that is being read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listed {
    count: u16,
    has_begun: bool,
    /// The next bytes belong to an entry.
    is_open: bool,
    /// None of its bytes have arrived.
    is_new: bool,
}

impl Listed {
    /// How many entries there were.
    pub const fn count(&self) -> u16 {
        self.count
    }

    /// Takes a line of a list. The first entry follows `name`; later ones may be on lines of their own.
    pub(super) fn line(&mut self, line: Line<'_>, name: &str, handler: Handler<'_>) {
        let bytes = match line.parameters(name) {
            Some(parameters) => {
                self.has_begun = true;
                let rest = parameters.rest();
                rest.strip_prefix(b" ").unwrap_or(rest)
            }
            None => line.bytes(),
        };
        self.is_open = self.has_begun;
        self.is_new = true;
        self.part(bytes, handler);
    }

    /// Takes more of an entry.
    pub(super) fn part(&mut self, bytes: &[u8], handler: Handler<'_>) {
        if !self.is_open || bytes.is_empty() {
            return;
        }
        let is_first = core::mem::take(&mut self.is_new);
        if is_first {
            self.count = self.count.saturating_add(1);
        }
        handler(Part { bytes, is_first });
    }

    /// Takes a line of a list whose entries are in quotes after `name`.
    pub(crate) fn quoted_line(&mut self, line: Line<'_>, name: &str, handler: Handler<'_>) {
        self.has_begun = false;
        if let Some(parameters) = line.parameters(name) {
            self.has_begun = true;
            self.is_open = false;
            self.quoted(parameters.rest(), handler);
        }
    }

    /// Takes more of such a line.
    pub(crate) fn quoted(&mut self, bytes: &[u8], handler: Handler<'_>) {
        if !self.has_begun {
            return;
        }
        let mut pieces = bytes.split(|&byte| byte == b'"');
        if let Some(piece) = pieces.next() {
            self.part(piece, handler);
        }
        for piece in pieces {
            self.is_open = !self.is_open;
            self.is_new = true;
            self.part(piece, handler);
        }
    }
}
