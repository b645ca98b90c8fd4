//! Whether what the module remembers is what is wanted.

/// Compares the quoted parameter of a line, which can be longer than any buffer, as it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// There was no such parameter, or an empty one.
    NotSeen,
    /// Its opening quote has not come.
    Before,
    Inside {
        position: u16,
        equal: bool,
    },
    /// Its closing quote has come; the digit is the first one behind it.
    Behind {
        equal: bool,
        digit: Option<u8>,
    },
}

impl Comparison {
    /// Takes the next byte; `wanted` is the one that should stand there.
    pub(super) fn take(&mut self, byte: u8, wanted: u8) {
        *self = match *self {
            Self::Before if byte == b'"' => Self::Inside { position: 0, equal: true },
            Self::Inside { position: 0, .. } if byte == b'"' => Self::NotSeen,
            Self::Inside { equal, .. } if byte == b'"' => Self::Behind { equal: equal && wanted == byte, digit: None },
            Self::Inside { position, equal } => {
                Self::Inside { position: position.saturating_add(1), equal: equal && wanted == byte }
            }
            Self::Behind { equal, digit: None } if byte.is_ascii_digit() => Self::Behind { equal, digit: Some(byte) },
            unchanged => unchanged,
        };
    }
}
