//! The line between host and module.

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::VecDeque;

use embedded_io_async::ErrorKind;

use super::transcript::Transcript;
use crate::fault::Fault;
use crate::wire::Wire;

/// A direction of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the host to the module.
    ToModem,
    /// From the module to the host.
    ToHost,
}

impl Direction {
    pub(super) fn arrow(self) -> &'static str {
        match self {
            Self::ToModem => "->",
            Self::ToHost => "<-",
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Line {
    to_host: Wire,
    to_modem: Wire,
    /// Bytes in the host's UART, not yet read.
    buffer: VecDeque<u8>,
    /// Errors of the receiver, each with the number of bytes before it.
    errors: VecDeque<(usize, ErrorKind)>,
    buffered: usize,
    read: usize,
    transcript: Transcript,
}

impl Line {
    fn wire(&mut self, direction: Direction) -> &mut Wire {
        match direction {
            Direction::ToModem => &mut self.to_modem,
            Direction::ToHost => &mut self.to_host,
        }
    }

    pub(super) fn set_baud(&mut self, baud: Option<NonZeroU32>) {
        self.to_host.set_baud(baud);
        self.to_modem.set_baud(baud);
    }

    pub(super) fn faults(&mut self, direction: Direction) -> &mut crate::fault::Faults {
        &mut self.wire(direction).faults
    }

    pub(super) fn push(&mut self, direction: Direction, now: Duration, bytes: &[u8]) {
        self.wire(direction).push(now, bytes);
    }

    /// How many bytes the host's transmitter takes at this moment.
    pub(super) fn transmit_room(&self) -> usize {
        self.to_modem.room()
    }

    pub(super) fn has_sent_all(&self) -> bool {
        self.to_modem.len() == 0
    }

    /// Moves bytes to the host's UART, up to `barrier` in total; returns whether any moved.
    pub(super) fn arrive_at_host(&mut self, now: Duration, barrier: usize) -> bool {
        let mut any = false;
        while self.to_host.faults.position() < barrier {
            let arrival = self.to_host.arrive(now);
            self.record_strikes(Direction::ToHost, now);
            let Some(arrival) = arrival else { break };
            any = true;
            if let Some(kind) = arrival.error {
                self.errors.push_back((self.buffered, kind));
            }
            for _ in 0..arrival.copies {
                self.buffer.push_back(arrival.byte);
                self.buffered += 1;
                self.transcript.record(Direction::ToHost, now, arrival.byte);
            }
        }
        any
    }

    /// The next byte that has arrived at the module, not beyond `barrier` in total, and how often.
    pub(super) fn arrive_at_modem(&mut self, now: Duration, barrier: usize) -> Option<(usize, u8)> {
        if self.to_modem.faults.position() >= barrier {
            return None;
        }
        let arrival = self.to_modem.arrive(now);
        self.record_strikes(Direction::ToModem, now);
        let arrival = arrival?;
        for _ in 0..arrival.copies {
            self.transcript.record(Direction::ToModem, now, arrival.byte);
        }
        Some((arrival.copies, arrival.byte))
    }

    fn record_strikes(&mut self, direction: Direction, now: Duration) {
        let strikes = self.wire(direction).faults.take_strikes();
        if !strikes.is_empty() {
            self.transcript.record_strikes(direction, now, strikes);
        }
    }

    /// An error of the receiver that comes before the next byte.
    pub(super) fn take_error(&mut self) -> Option<ErrorKind> {
        if self.errors.front()?.0 > self.read {
            return None;
        }
        self.errors.pop_front().map(|(_, kind)| kind)
    }

    pub(super) fn fail_next_read(&mut self, kind: ErrorKind) {
        let place = self.errors.iter().take_while(|(at, _)| *at <= self.read).count();
        self.errors.insert(place, (self.read, kind));
    }

    /// Bytes for the host, never across an error of the receiver.
    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        let until_error = self.errors.front().map_or(usize::MAX, |(at, _)| at - self.read);
        let count = count.min(self.buffer.len()).min(until_error);
        self.read += count;
        self.buffer.drain(..count).collect()
    }

    pub(super) fn lose_next(&mut self, count: usize) {
        let first = self.to_host.faults.position();
        for position in first..first + count {
            self.to_host.faults.plan(position, Fault::Lose);
        }
    }

    pub(super) fn cut(&mut self) {
        self.to_host.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// How many bytes the sender of this direction has put through.
    pub(super) fn passed(&self, direction: Direction) -> usize {
        match direction {
            Direction::ToModem => self.to_modem.faults.position(),
            Direction::ToHost => self.to_host.faults.position(),
        }
    }

    pub(super) fn read(&self) -> usize {
        self.read
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        [self.to_host.next_deadline(), self.to_modem.next_deadline()].into_iter().flatten().min()
    }

    pub(super) fn transcript(&self) -> &Transcript {
        &self.transcript
    }
}
