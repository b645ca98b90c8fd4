//! Compares a parameter of the module with the expected one.

/// Compares a quoted parameter, and the bytes after it, with the expected bytes. The parameter can be longer than any
/// buffer, so it is compared as it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// There was no such parameter, or an empty one.
    NotSeen,
    /// This number of bytes after its opening quote matched.
    Alike {
        count: u16,
        /// Its closing quote was among them.
        closed: bool,
    },
    Equal,
    Different,
}

impl Comparison {
    /// How many bytes matched.
    pub(super) const fn count(self) -> u16 {
        match self {
            Self::Alike { count, .. } => count,
            _ => 0,
        }
    }

    /// Takes the next byte; `wanted` is the expected one, `is_last` whether it is the last expected one.
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
