//! The core, driven by a script: the module's bytes, errors of the receiver, time and calls in any order.
//!
//! The first byte of an input selects the family (bits 0 and 1), whether the clock wraps soon (bit 2), and whether the
//! driver must connect a module that has just been switched on, at the end (bit 3). The rest is a
//! [script](crate::script):
//!
//! | operation | |
//! |---|---|
//! | 1 *n* | *n* ms pass; 0 only separates two chunks |
//! | 2 *n* | *n*² · 10 ms pass, with a poll at every deadline |
//! | 3 *n* | *n*² · 10 ms pass without a poll |
//! | 4 *n* | the receiver reports an error |
//! | 5 *n* | call *n* of `calls` begins; one that is under way is dropped |
//! | 6 | the call is dropped |
//! | 7 *n* | the transmitter takes *n* more bytes; from 240, any number in pieces of *n* - 239 |
//! | 8 | the events are taken, and the messages out of the inbox |
//! | 11 *n* | as 5, but the bytes that follow have arrived before the call |
//! | 12 *n* | the next source of a payload ends after *n*² bytes |
//!
//! Bytes of the module wait in the UART while no call is under way.

pub(crate) mod calls;
pub(crate) mod ledger;
mod recovery;
mod run;
mod sent;
pub(crate) mod simulated;

use core::time::Duration;

use simcom_mqtt::Family;

use crate::findings::Findings;
use crate::script::steps;
use crate::split_first;
pub(crate) use run::Run;

/// Runs a script.
///
/// # Panics
///
/// On a defect of the core.
pub fn check(input: &[u8]) -> Findings {
    run(input).findings()
}

pub(crate) fn run(input: &[u8]) -> Run {
    let (head, input) = split_first(input);
    let family = match head & 3 {
        0 => Family::A7600,
        1 => Family::A76xx,
        2 => Family::Sim7600,
        _ => Family::Sim767x,
    };
    let start = if head & 4 == 0 { Duration::ZERO } else { Duration::from_millis(u64::from(u32::MAX) - 30_000) };
    let mut run = Run::new(family, start, steps(input));
    run.carry_out();
    if head & 8 != 0 {
        recovery::check(&mut run);
    }
    run
}

/// The positions of `text` in `bytes`. The first byte is compared separately, because libFuzzer traces every memory
/// comparison.
fn places<'b>(bytes: &'b [u8], text: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let starts = bytes.iter().enumerate().filter(|(_, byte)| Some(*byte) == text.first());
    starts.map(|(place, _)| place).filter(|place| bytes[*place..].starts_with(text))
}
