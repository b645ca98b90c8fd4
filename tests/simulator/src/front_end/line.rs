//! The line to a real host: bytes arrive at their time and are written as fast as the stream accepts them.

use std::collections::VecDeque;
use std::io;
use std::iter::repeat_n;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::fault::Strike;
use crate::wire::Wire;

/// Beyond this the broker waits until the host reads on.
const FULL: usize = 64 * 1024;

/// What arrives at the end of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// Bytes, at least one.
    Bytes(Vec<u8>),
    /// A fault.
    Struck(Strike),
}

/// Everything that has arrived by now, in order.
pub(super) fn arrived(wire: &mut Wire, now: Duration) -> Vec<Arrived> {
    let mut all = Vec::new();
    loop {
        let arrival = wire.arrive(now);
        all.extend(wire.faults.take_strikes().into_iter().map(Arrived::Struck));
        let Some(arrival) = arrival else { return all };
        let copies = repeat_n(arrival.byte, arrival.copies);
        match all.last_mut() {
            Some(Arrived::Bytes(earlier)) => earlier.extend(copies),
            _ if arrival.copies > 0 => all.push(Arrived::Bytes(copies.collect())),
            _ => {}
        }
    }
}

/// The line to the host.
#[derive(Default)]
pub(super) struct Line {
    pub(super) wire: Wire,
    /// Bytes that have arrived and are not written yet.
    ready: VecDeque<u8>,
}

impl Line {
    /// Moves what has arrived by now to the host's end.
    pub(super) fn arrive(&mut self, now: Duration) -> Vec<Arrived> {
        let all = arrived(&mut self.wire, now);
        for arrived in &all {
            if let Arrived::Bytes(bytes) = arrived {
                self.ready.extend(bytes);
            }
        }
        all
    }

    /// Discards the bytes on their way to a host that has left.
    pub(super) fn clear(&mut self) {
        self.wire.clear();
        self.ready.clear();
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.wire.len() + self.ready.len() < FULL
    }

    /// Writes some of what has arrived. Dropping the future loses nothing.
    pub(super) async fn write_to(&mut self, host: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let (next, _) = self.ready.as_slices();
        match host.write(next).await? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            written => {
                self.ready.drain(..written);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn faults_stand_where_they_struck() {
        let mut wire = Wire::default();
        wire.faults.plan(1, Fault::Lose);
        wire.faults.plan(2, Fault::Double);
        wire.push(Duration::ZERO, b"abcd");
        let strike = |position, byte, fault| Arrived::Struck(Strike { at: Duration::ZERO, position, byte, fault });
        let expected = [
            Arrived::Bytes(b"a".to_vec()),
            strike(1, b'b', Fault::Lose),
            strike(2, b'c', Fault::Double),
            Arrived::Bytes(b"ccd".to_vec()),
        ];
        assert_eq!(arrived(&mut wire, Duration::ZERO), expected);
    }

    #[test]
    fn bytes_that_are_lost_are_no_bytes() {
        let mut wire = Wire::default();
        wire.faults.plan(0, Fault::Silence(Duration::from_secs(1)));
        wire.push(Duration::ZERO, b"ab");
        assert!(matches!(arrived(&mut wire, Duration::ZERO)[..], [Arrived::Struck(_)]));
    }
}
