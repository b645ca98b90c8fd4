//! The two MQTT clients of a module.

/// One of the two MQTT clients of a module, `<client_index>` of the manuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ClientIndex {
    /// Client 0.
    First,
    /// Client 1.
    Second,
}

impl ClientIndex {
    /// Both clients.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// The number that the module uses.
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 0,
            Self::Second => 1,
        }
    }

    /// The client with this number, 0 or 1.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::First),
            1 => Some(Self::Second),
            _ => None,
        }
    }

    /// The other client.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// The element of a pair that belongs to this client. Its number is a valid index, so no panic is compiled in.
    pub(crate) const fn of<T>(self, pair: &[T; 2]) -> &T {
        &pair[self as usize]
    }

    /// The element of a pair that belongs to this client, mutable.
    pub(crate) const fn of_mut<T>(self, pair: &mut [T; 2]) -> &mut T {
        &mut pair[self as usize]
    }
}
