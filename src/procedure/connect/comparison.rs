//! Whether what the module remembers is what is wanted.

/// Compares a quoted parameter, and what follows it, with what is wanted. It can be longer than any buffer, and is compared
/// as it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// There was no such parameter, or an empty one.
    NotSeen,
    /// This many bytes behind its opening quote were as wanted.
    Alike {
        count: u16,
        /// Its closing quote was among them.
        closed: bool,
    },
    Equal,
    Different,
}

impl Comparison {
    /// How many bytes were as wanted.
    #[inline(never)] // keeps the image small
    pub(super) const fn count(self) -> u16 {
        match self {
            Self::Alike { count, .. } => count,
            _ => 0,
        }
    }

    /// Takes the next byte; `wanted` is the one that should stand there, `is_last` whether none has to follow it.
    pub(super) fn take(self, byte: u8, wanted: u8, is_last: bool) -> Self {
        match self {
            Self::NotSeen if byte == b'"' => Self::Alike { count: 0, closed: false },
            Self::Alike { closed: true, .. } if byte == b',' || byte == b' ' => self,
            Self::Alike { .. } if byte == wanted && is_last => Self::Equal,
            Self::Alike { count, closed } if byte == wanted => {
                Self::Alike { count: count.saturating_add(1), closed: closed || byte == b'"' }
            }
            Self::Alike { count: 0, .. } if byte == b'"' => Self::NotSeen,
            Self::Alike { .. } => Self::Different,
            _ => self,
        }
    }
}
