//! What the firmware says of itself in the end, for the test at the other side of the broker.

use core::fmt;

use cortex_m_semihosting::hprintln;

use crate::commands::Obeyed;
use crate::module::{ROUTER, deliver, refused, sessions};
use crate::sensor::Published;
use crate::signal::Asked;

/// Counts of all tasks.
pub struct Report {
    published: Published,
    obeyed: Obeyed,
    asked: Asked,
}

impl Report {
    /// Of tasks that are done.
    pub fn new(published: Published, obeyed: Obeyed, asked: Asked) -> Self {
        Self { published, obeyed, asked }
    }

    /// Publishes the report.
    pub async fn publish(&self) {
        hprintln!("firmware: {}", self);
        let text = heapless::format!(300; "{self}").unwrap_or_default();
        deliver("firmware/out/report", text.as_bytes()).await;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { published, obeyed, asked } = self;
        write!(f, "sessions={}", sessions())?;
        write!(f, " readings={} states={}", published.readings, published.states)?;
        let counters = published.counters;
        write!(f, " repeated={} unknown={}", counters.repeated, counters.unknown)?;
        write!(f, " refused={} dropped={}", counters.refused, counters.dropped)?;
        write!(f, " commands={} answers-repeated={}", obeyed.commands, obeyed.repeated)?;
        write!(f, " commands-refused={} unmatched={}", refused(), ROUTER.unmatched())?;
        write!(f, " signals={} signals-failed={}", asked.answered, asked.failed)?;
        write!(f, " longest-call-ms={}", asked.longest_call.as_millis())
    }
}
