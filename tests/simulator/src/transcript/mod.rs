//! Reads, writes and records dialogues between a host and a module as plain text, with secrets masked.
//!
//! The format is described in `tests/transcripts/README.md`; this is its only parser. A [`Recorder`] writes the
//! dialogue while it takes place, a [`Transcript`] is a file that has been read.

mod call;
mod escape;
mod mask;
mod parse;
mod recorder;

pub use call::{Call, DROPPED, Value};
pub use mask::{masked_data, masked_line};
pub use parse::ParseError;
pub use recorder::{Observation, Recorder};

use core::fmt;
use core::time::Duration;

use crate::family::Family;
use crate::pipe::Direction;

/// A file that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The header.
    pub header: Header,
    /// The calls of the driver in order, each with its expected result.
    pub calls: Vec<Expectation>,
    /// The bytes on the line, in order.
    pub steps: Vec<Step>,
}

/// The header of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Model of the module.
    pub module: String,
    /// Version of its firmware.
    pub firmware: String,
    /// Family of the module.
    pub family: Family,
    /// Origin of the dialogue.
    pub origin: String,
    /// Calls that bring module and driver to the state in which the dialogue begins. Their bytes are not part of it.
    pub before: Vec<Call>,
}

/// A call and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The call.
    pub call: Call,
    /// Number of steps before the call.
    pub begins_behind: usize,
    /// Its result, in the words of the format.
    pub result: String,
    /// The line of the result.
    pub line: usize,
    /// Number of steps before the result.
    pub ends_behind: usize,
}

/// Bytes in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line of the file.
    pub line: usize,
    /// Direction.
    pub direction: Direction,
    /// Time since the step before.
    pub after: Duration,
    /// The bytes, secrets masked.
    pub bytes: Vec<u8>,
}

impl Transcript {
    /// Every byte in one direction.
    pub fn bytes(&self, direction: Direction) -> Vec<u8> {
        self.steps.iter().filter(|step| step.direction == direction).flat_map(|step| step.bytes.clone()).collect()
    }
}

impl Transcript {
    /// Writes the calls and results that follow this many steps.
    fn write_calls(&self, f: &mut impl fmt::Write, steps: usize) -> fmt::Result {
        self.calls.iter().try_for_each(|it| {
            if it.begins_behind == steps {
                writeln!(f, "call: {}", it.call)?;
            }
            if it.ends_behind == steps { writeln!(f, "result: {}", it.result) } else { Ok(()) }
        })
    }
}

/// Number of bytes of a step that are written on one line.
const LONGEST_STEP: usize = 80;

/// One step as lines of the format.
fn write_step(f: &mut impl fmt::Write, direction: Direction, after: Duration, bytes: &[u8]) -> fmt::Result {
    let arrow = match direction {
        Direction::ToModem => "->",
        Direction::ToHost => "<-",
    };
    let mut after = after;
    for part in bytes.chunks(LONGEST_STEP) {
        writeln!(f, "{arrow} +{:.3} {}", after.as_secs_f64(), escape::escaped(part))?;
        after = Duration::ZERO;
    }
    Ok(())
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = &self.header;
        writeln!(f, "module: {}\nfirmware: {}\nfamily: {}", header.module, header.firmware, header.family)?;
        writeln!(f, "origin: {}", header.origin)?;
        for call in &header.before {
            writeln!(f, "before: {call}")?;
        }
        self.write_calls(f, 0)?;
        writeln!(f)?;
        (1..).zip(&self.steps).try_for_each(|(count, step)| {
            write_step(f, step.direction, step.after, &step.bytes)?;
            self.write_calls(f, count)
        })
    }
}
