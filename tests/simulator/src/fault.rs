//! Faults of one direction of a line: at a given byte, or at any byte by chance.
//!
//! Positions count the bytes that the sender has put on the line, from 0, whether or not earlier ones arrived.

#[cfg(test)]
mod tests;

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use embedded_io::ErrorKind;

/// A fault of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is lost.
    Lose,
    /// It comes twice.
    Double,
    /// The bits that are set here arrive inverted.
    Flip(u8),
    /// It is lost, and so is every byte that follows within this time.
    Silence(Duration),
    /// It arrives this much later, and what follows comes after it.
    Hold(Duration),
    /// The receiver reports this error before it.
    Error(ErrorKind),
}

/// Probabilities that a byte is lost, doubled or changed, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Lost.
    pub lose: f64,
    /// Doubled.
    pub double: f64,
    /// One of its bits inverted.
    pub flip: f64,
}

/// A fault that has struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When.
    pub at: Duration,
    /// The byte it struck.
    pub position: usize,
    /// The byte as it was sent.
    pub byte: u8,
    /// The fault.
    pub fault: Fault,
}

/// The faults of one direction.
#[derive(Debug, Default)]
pub struct Faults {
    position: usize,
    planned: BTreeMap<usize, Vec<Fault>>,
    chance: Option<(fastrand::Rng, Rates)>,
    silent_until: Option<Duration>,
    strikes: Vec<Strike>,
}

/// The result of sending one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// An error that the receiver reports first.
    pub error: Option<ErrorKind>,
    /// The byte that then arrives, and how often.
    pub byte: u8,
    /// 0, 1 or 2.
    pub copies: usize,
}

impl Faults {
    /// Plans a fault for a byte. Several faults of one byte take effect together.
    pub fn plan(&mut self, position: usize, fault: Fault) {
        self.planned.entry(position).or_default().push(fault);
    }

    /// From now on faults strike by chance as well; the same seed gives the same faults for the same bytes.
    pub fn set_rates(&mut self, seed: u64, rates: Rates) {
        self.chance = Some((fastrand::Rng::with_seed(seed), rates));
    }

    /// How many bytes have been put through.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Planned faults whose byte was never sent, by position: the dialogue ended before them.
    pub fn not_reached(&self) -> impl Iterator<Item = (usize, Fault)> {
        self.planned.iter().flat_map(|(position, faults)| faults.iter().map(|fault| (*position, *fault)))
    }

    /// The faults that have struck since the last call.
    pub fn take_strikes(&mut self) -> Vec<Strike> {
        core::mem::take(&mut self.strikes)
    }

    /// Delay of the next byte, `byte`. Call it before [`put`](Self::put).
    pub fn hold(&mut self, now: Duration, byte: u8) -> Option<Duration> {
        let faults = self.planned.get_mut(&self.position)?;
        let index = faults.iter().position(|fault| matches!(fault, Fault::Hold(_)))?;
        let fault = faults.remove(index);
        if faults.is_empty() {
            self.planned.remove(&self.position);
        }
        self.strikes.push(Strike { at: now, position: self.position, byte, fault });
        match fault {
            Fault::Hold(time) => Some(time),
            _ => None,
        }
    }

    /// Puts the next byte through.
    pub fn put(&mut self, now: Duration, byte: u8) -> Arrival {
        let position = self.position;
        self.position += 1;
        let mut arrival = Arrival { error: None, byte, copies: 1 };
        for fault in self.planned.remove(&position).unwrap_or_default() {
            self.strike(now, position, fault, &mut arrival);
        }
        if let Some(fault) = self.by_chance() {
            self.strike(now, position, fault, &mut arrival);
        }
        if self.silent_until.is_some_and(|end| now < end) {
            arrival.copies = 0;
        }
        arrival
    }

    fn strike(&mut self, now: Duration, position: usize, fault: Fault, arrival: &mut Arrival) {
        self.strikes.push(Strike { at: now, position, byte: arrival.byte, fault });
        match fault {
            Fault::Lose => arrival.copies = 0,
            Fault::Double => arrival.copies = 2,
            Fault::Flip(bits) => arrival.byte ^= bits,
            Fault::Silence(time) => self.silent_until = Some(now + time),
            // [`hold`](Self::hold) was called before: a byte that has arrived cannot be held back.
            Fault::Hold(_) => {}
            Fault::Error(kind) => arrival.error = Some(kind),
        }
    }

    fn by_chance(&mut self) -> Option<Fault> {
        let (random, rates) = self.chance.as_mut()?;
        let drawn = random.f64();
        let bit = random.u32(0..8);
        if drawn < rates.lose {
            Some(Fault::Lose)
        } else if drawn < rates.lose + rates.double {
            Some(Fault::Double)
        } else if drawn < rates.lose + rates.double + rates.flip {
            Some(Fault::Flip(1 << bit))
        } else {
            None
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lose => formatter.write_str("lost"),
            Self::Double => formatter.write_str("doubled"),
            Self::Flip(bits) => write!(formatter, "changed by {bits:#04x}"),
            Self::Silence(time) => write!(formatter, "lost, and what follows within {time:?}"),
            Self::Hold(time) => write!(formatter, "held for {time:?}"),
            Self::Error(kind) => write!(formatter, "preceded by the receiver's error {kind:?}"),
        }
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "byte {} '{}' {}", self.position, self.byte.escape_ascii(), self.fault)
    }
}
