//! One direction of the line: bytes in transit, speed and faults.

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::VecDeque;

use crate::fault::{Arrival, Faults};

/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u32 = 10;

/// Transmit buffer of a line with a speed, in bytes.
const TRANSMIT_BUFFER_BYTES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Wire {
    pub(crate) faults: Faults,
    under_way: VecDeque<u8>,
    /// When the first byte in transit arrives.
    next_at: Duration,
    /// Duration of a byte; zero means no delay.
    byte_time: Duration,
}

impl Wire {
    pub(crate) fn set_baud(&mut self, baud: Option<NonZeroU32>) {
        let byte_time = |baud: NonZeroU32| Duration::from_secs(1) * BITS_PER_BYTE / baud.get();
        self.byte_time = baud.map(byte_time).unwrap_or_default();
    }

    /// How many bytes the transmitter takes at this moment.
    pub(crate) fn room(&self) -> usize {
        if self.byte_time.is_zero() { usize::MAX } else { TRANSMIT_BUFFER_BYTES.saturating_sub(self.under_way.len()) }
    }

    pub(crate) fn push(&mut self, now: Duration, bytes: &[u8]) {
        if self.under_way.is_empty() && !bytes.is_empty() {
            self.next_at = now + self.byte_time;
        }
        self.under_way.extend(bytes);
    }

    /// The next byte, once it has arrived.
    pub(crate) fn arrive(&mut self, now: Duration) -> Option<Arrival> {
        let byte = *self.under_way.front()?;
        if let Some(time) = self.faults.hold(now, byte) {
            self.next_at = self.next_at.max(now) + time;
        }
        if self.next_at > now {
            return None;
        }
        self.under_way.pop_front();
        self.next_at += self.byte_time;
        Some(self.faults.put(now, byte))
    }

    /// When the next byte arrives.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        (!self.under_way.is_empty()).then_some(self.next_at)
    }

    pub(crate) fn len(&self) -> usize {
        self.under_way.len()
    }

    pub(crate) fn clear(&mut self) {
        self.under_way.clear();
    }
}
