//! The wires between host and module, and what went over them.

use core::fmt::Write;
use core::time::Duration;
use std::collections::VecDeque;

/// A direction of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the host to the module.
    ToModem,
    /// From the module to the host.
    ToHost,
}

#[derive(Debug, Default)]
pub(super) struct Line {
    /// Sent by the module, not yet at the host's UART.
    under_way: VecDeque<u8>,
    /// At the host's UART, not yet read.
    buffer: VecDeque<u8>,
    arrived: usize,
    read: usize,
    sent: usize,
    to_lose: usize,
    transcript: Vec<(Direction, Duration, Vec<u8>)>,
}

impl Line {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.under_way.extend(bytes);
    }

    /// Brings bytes to the host's UART until so many in all have come; tells whether any came.
    pub(super) fn arrive(&mut self, now: Duration, barrier: Option<usize>) -> bool {
        let room = barrier.map_or(usize::MAX, |barrier| barrier.saturating_sub(self.arrived));
        let count = self.under_way.len().min(room);
        if count == 0 {
            return false;
        }
        let mut bytes: Vec<u8> = self.under_way.drain(..count).collect();
        self.arrived += count;
        let lost = self.to_lose.min(count);
        self.to_lose -= lost;
        bytes.drain(..lost);
        self.buffer.extend(&bytes);
        if !bytes.is_empty() {
            self.record(Direction::ToHost, now, &bytes);
        }
        true
    }

    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        let count = count.min(self.buffer.len());
        self.read += count;
        self.buffer.drain(..count).collect()
    }

    pub(super) fn record(&mut self, direction: Direction, now: Duration, bytes: &[u8]) {
        if direction == Direction::ToModem {
            self.sent += bytes.len();
        }
        match self.transcript.last_mut() {
            Some((last, at, earlier)) if *last == direction && *at == now => {
                earlier.extend_from_slice(bytes);
            }
            _ => self.transcript.push((direction, now, bytes.to_vec())),
        }
    }

    pub(super) fn lose(&mut self, count: usize) {
        self.to_lose += count;
    }

    pub(super) fn cut(&mut self) {
        self.under_way.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    pub(super) fn arrived(&self) -> usize {
        self.arrived
    }

    pub(super) fn read(&self) -> usize {
        self.read
    }

    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    pub(super) fn transcript(&self) -> &[(Direction, Duration, Vec<u8>)] {
        &self.transcript
    }

    pub(super) fn bytes(&self, direction: Direction) -> Vec<u8> {
        let wanted = self.transcript.iter().filter(|(it, _, _)| *it == direction);
        wanted.flat_map(|(_, _, bytes)| bytes.iter().copied()).collect()
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (direction, at, bytes) in &self.transcript {
            let arrow = match direction {
                Direction::ToModem => "->",
                Direction::ToHost => "<-",
            };
            let _ = writeln!(text, "{:>12.3} s {arrow} {}", at.as_secs_f64(), bytes.escape_ascii());
        }
        text
    }
}
