//! Records the bytes on the line.

use core::fmt::Write;
use core::time::Duration;

use super::Direction;
use crate::fault::Strike;

#[derive(Debug, Default)]
pub(super) struct Transcript {
    bytes: Vec<(Direction, Duration, Vec<u8>)>,
    /// Each with the number of entries of `bytes` before it.
    strikes: Vec<(usize, Direction, Duration, Strike)>,
}

impl Transcript {
    pub(super) fn record(&mut self, direction: Direction, now: Duration, byte: u8) {
        // A fault ends an entry: its place stays visible.
        let fault_is_last = self.strikes.last().is_some_and(|(entries, ..)| *entries == self.bytes.len());
        match self.bytes.last_mut() {
            Some((last, at, earlier)) if *last == direction && *at == now && !fault_is_last => earlier.push(byte),
            _ => self.bytes.push((direction, now, vec![byte])),
        }
    }

    pub(super) fn record_strikes(&mut self, direction: Direction, now: Duration, strikes: Vec<Strike>) {
        let entries = self.bytes.len();
        self.strikes.extend(strikes.into_iter().map(|strike| (entries, direction, now, strike)));
    }

    pub(super) fn entries(&self) -> &[(Direction, Duration, Vec<u8>)] {
        &self.bytes
    }

    pub(super) fn strikes(&self) -> impl Iterator<Item = (Direction, Strike)> {
        self.strikes.iter().map(|(_, direction, _, strike)| (*direction, *strike))
    }

    pub(super) fn bytes(&self, direction: Direction) -> Vec<u8> {
        let wanted = self.bytes.iter().filter(|(it, _, _)| *it == direction);
        wanted.flat_map(|(_, _, bytes)| bytes.iter().copied()).collect()
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut strikes = self.strikes.iter().peekable();
        for index in 0..=self.bytes.len() {
            while let Some((_, direction, at, strike)) = strikes.next_if(|(entries, ..)| *entries == index) {
                let _ = writeln!(text, "{:>12.3} s {} fault: {strike}", at.as_secs_f64(), direction.arrow());
            }
            if let Some((direction, at, bytes)) = self.bytes.get(index) {
                let shown = bytes.escape_ascii();
                let _ = writeln!(text, "{:>12.3} s {} {shown}", at.as_secs_f64(), direction.arrow());
            }
        }
        text
    }
}
