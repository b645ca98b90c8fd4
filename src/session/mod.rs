//! The session: everything that is known about the module, and the one exchange that is under way. No I/O, no clock.
//!
//! A shell (the async client, a test) drives an [`Engine`] in a loop. The state of a dropped call stays in here, and the
//! next call resyncs first.

#[cfg(test)]
pub(crate) mod dialogue;
mod engine;
mod events;
mod exchange;
mod facts;
mod lifecycle;
mod pending_outcome;
mod procedure;
mod reassembly;
mod resync;
mod routing;
mod staging;

use crate::command::{CommandInfo, CommandWriter, Effect};
use crate::error::{Error, Illegal};
use crate::family::{Family, Timeouts};
use crate::fmt::debug;
use crate::handler::MessageHandler;
use crate::timer::Instant;

pub(crate) use engine::{Engine, Outgoing, Progress};
pub(crate) use events::Events;
pub use events::{Counters, Event};
use exchange::Exchange;
pub(crate) use facts::Failure;
pub(crate) use lifecycle::Lifecycle;
pub use lifecycle::{ClientState, ServiceState};
use pending_outcome::PendingOutcome;
pub(crate) use procedure::{Next, Procedure};
use reassembly::Reassembly;
use resync::Resync;

/// How many bytes are sent before what has arrived is taken: bytes keep coming while a long payload goes out.
const CHUNK_BYTES: usize = 64;

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) family: Family,
    pub(crate) timeouts: Timeouts,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) events: Events,
    exchange: Exchange,
    resync: Resync,
    pending_outcome: Option<PendingOutcome>,
    reassembly: Reassembly,
    /// The rest of the line before, if it was cut, is for the procedure as its beginning was.
    rest_is_answer: bool,
    pub(crate) now: Instant,
}

impl Session {
    fn new(family: Family) -> Self {
        Self {
            family,
            timeouts: Timeouts::of(family),
            lifecycle: Lifecycle::new(),
            events: Events::NONE,
            exchange: Exchange::idle(),
            resync: Resync::new(),
            pending_outcome: None,
            reassembly: Reassembly::new(),
            rest_is_answer: false,
            now: Instant::ZERO,
        }
    }

    /// Begins the exchange of the procedure's command, unless that is illegal; then nothing was sent, or what it `continues`
    /// was cut short by a loss.
    fn begin(&mut self, procedure: &dyn Procedure, continues: bool) -> Result<(), Failure> {
        let mut writer = CommandWriter::checking(self.family);
        procedure.command(&mut writer);
        let (info, client) = (writer.info, writer.client);
        self.exchange.info = info;
        if let Err(reason) = self.lifecycle.check(info.effect, client) {
            return Err(match reason {
                Illegal::ClientNotConnected if continues => Failure::ConnectionLost,
                Illegal::ServiceNotStarted if continues => Failure::NetworkLost,
                _ => Failure::Illegal(reason),
            });
        }
        if let (Effect::Sub | Effect::Unsub, Some(client), 0) = (info.effect, client, writer.data_length) {
            self.lifecycle.client_mut(client).staging.check_no_filter().map_err(Failure::Illegal)?;
        }
        debug!("sending AT{}", info.name);
        self.exchange.begin(&writer, &self.timeouts, self.now);
        Ok(())
    }

    /// What failed is this command, though it is not the last one.
    pub(crate) fn attribute_error_to(&mut self, command: &'static CommandInfo) {
        self.exchange.info = command;
    }

    /// The failure of the last command, with its name.
    pub(crate) fn error(&self, failure: Failure) -> Error {
        failure.of(self.exchange.info)
    }

    /// The prompt came that was awaited.
    fn prompted(&mut self) {
        self.exchange.prompted(&self.timeouts, self.now);
    }

    /// Half of a line was sent, and is aborted with `ending`.
    fn abort_line(&mut self, ending: &[u8], timeout_ms: u32) {
        // Should it be taken for a command all the same, what it did is not known.
        self.lifecycle.unknown(self.exchange.info.effect, self.exchange.client);
        self.exchange.abort_line(ending, timeout_ms);
    }

    /// Detaches the outcome, if there is one to come, so that the exchange is free for another command.
    fn detach_outcome(&mut self) {
        if let Some(pending) = self.exchange.pending_outcome() {
            self.pending_outcome = Some(pending);
        }
    }

    /// The data of the exchange are filled with slashes, or may have to be. Where they make a filter, `staging` remembers it.
    fn note_padded_filter(&mut self) {
        self.lifecycle.data_filled(&self.exchange);
    }

    /// A deadline has passed of what is awaited outside of the exchange. Returns whether announced data will not come.
    fn expire(&mut self, handler: &mut dyn MessageHandler) -> bool {
        let now = self.now;
        if let Some(pending) = self.pending_outcome
            && pending.has_expired(now)
        {
            self.pending_outcome = None;
            self.lifecycle.unknown(pending.info.effect, pending.client);
        }
        let stalled = self.reassembly.deadline().is_some_and(|deadline| now.has_reached(deadline));
        if stalled {
            self.reassembly.stalled(&mut self.events, handler);
        }
        stalled
    }

    /// Milliseconds until the next deadline of the exchange, of a pending outcome, or of a message that is coming in;
    /// `u32::MAX` where there is none.
    fn time_left(&self) -> u32 {
        let mut left = self.exchange.time_left(self.now);
        if let Some(pending) = &self.pending_outcome {
            left = left.min(pending.time_left(self.now));
        }
        if let Some(deadline) = self.reassembly.deadline() {
            left = left.min(self.now.until(deadline));
        }
        left
    }
}
