//! The session: everything that is known about the module, and the one exchange that is under way. No I/O, no clock.
//!
//! A shell (the async client, a test) drives an [`Engine`] in a loop. The state of a dropped call stays in here, and
//! the next call resyncs first.

#[cfg(test)]
pub(crate) mod dialogue;
#[cfg(feature = "async")]
mod driven;
mod engine;
mod error_window;
mod events;
mod exchange;
mod facts;
mod lifecycle;
mod pending_outcome;
mod procedure;
mod reassembly;
mod results;
mod resync;
mod routing;
mod sharing;
mod slots;
mod staging;
#[cfg(feature = "shared")]
mod turns;

use crate::at::Hash;
use crate::command::{CommandInfo, CommandWriter, Effect};
use crate::error::{Elapsed, Error};
use crate::family::{Family, Timeouts};
use crate::fmt::debug;
use crate::handler::MessageHandler;
use crate::skipped::SkippedSettings;
use crate::timer::Instant;

#[cfg(feature = "async")]
pub(crate) use driven::Driven;
pub use engine::{Engine, Outgoing, Progress};
pub(crate) use events::Events;
pub use events::{Counters, Event};
pub(crate) use exchange::client_and_number;
use exchange::{Chosen, Exchange};
pub use facts::Failure;
pub(crate) use lifecycle::Lifecycle;
pub use lifecycle::{ClientState, ServiceState};
use pending_outcome::PendingOutcome;
pub use procedure::{Next, Procedure};
use reassembly::Reassembly;
pub(crate) use results::{Results, is_bad};
use resync::Resync;
#[cfg(feature = "shared")]
pub(crate) use slots::SlotSet;
use slots::{EXCLUDED_PAUSE_MS, News, Slots};
#[cfg(feature = "shared")]
pub(crate) use turns::Left;

/// How many bytes are sent before what has arrived is taken: bytes keep coming while a long payload goes out.
const CHUNK_BYTES: usize = 64;

/// Everything that is known about the module.
#[derive(Debug)]
// The order of the fields counts: the instructions of Thumb are short for the first 32 bytes, and the exchange is used
// most.
#[repr(C)]
pub struct Session {
    exchange: Exchange,
    reassembly: Reassembly,
    /// Until when one more final result may come, behind the failure of a command that needs the connection.
    quiet_until: Option<Instant>,
    pub(crate) now: Instant,
    resync: Resync,
    pub(crate) family: Family,
    /// When a call that only listens ends without an event.
    pub(crate) listens_until: Option<Instant>,
    pub(crate) lifecycle: Lifecycle,
    pending_outcome: Option<PendingOutcome>,
    pub(crate) timeouts: Timeouts,
    pub(crate) events: Events,
    /// The present call has carried out a command.
    continues: bool,
    /// The rest of the line before, if it was cut, is for the procedure as its beginning was.
    rest_is_answer: bool,
    /// The hash of what the call has described at its beginning: all arguments of the user's.
    pub(crate) described: Hash,
    /// The same of the options with which each client was last set up.
    pub(crate) options: [Hash; 2],
    slots: Slots,
}

impl Session {
    #[inline(never)]
    fn new(family: Family) -> Self {
        Self {
            family,
            timeouts: Timeouts::of(family),
            lifecycle: Lifecycle::new(),
            events: Events::NONE,
            described: Hash::EMPTY,
            options: [Hash::EMPTY; 2],
            exchange: Exchange::idle(),
            resync: Resync::new(),
            pending_outcome: None,
            reassembly: Reassembly::new(),
            quiet_until: None,
            continues: false,
            rest_is_answer: false,
            listens_until: None,
            slots: Slots::new(),
            now: Instant::ZERO,
        }
    }

    /// If bytes were lost, what is awaited may be among them.
    fn hasten_after_loss(&mut self) {
        if self.reassembly.window.is_news() {
            self.hasten();
        }
    }

    /// What is awaited is perhaps among what was lost, or not sent.
    fn hasten(&mut self) {
        self.notify(News::BytesLost);
        if let Some(pending) = &mut self.pending_outcome {
            pending.hasten(self.now);
        }
    }

    /// Whether a command may begin: not inside a message, where the answer could be taken for a part of it or the other
    /// way round, and not while an `OK` may come that would be taken for its own.
    fn may_begin(&self) -> bool {
        !self.reassembly.is_incomplete() && self.quiet_until.is_none()
    }

    /// Checks whether the procedure's command is legal, and begins its exchange if it is its turn. Where it is not
    /// legal, nothing was sent, or what it `continues` was cut short by a loss. Where it has to wait for other calls,
    /// there is a pause before it.
    fn command(&mut self, procedure: &dyn Procedure, is_its_turn: bool) -> Result<(), Failure> {
        let mut writer = CommandWriter::checking(self.family);
        procedure.command(&mut writer);
        let (info, client) = (writer.info, writer.client);
        if is_its_turn && self.is_excluded(info, client) {
            self.exchange.call.command = Chosen::Yes;
            self.exchange.pause(EXCLUDED_PAUSE_MS, self.now);
            return Ok(());
        }
        self.exchange.info = info;
        if let Err(reason) = self.lifecycle.check(info.effect, client) {
            return Err(match self.exchange.call.loss {
                Some(loss) if self.continues => loss.into(),
                _ => Failure::Illegal(reason),
            });
        }
        // A call that has staged the filters itself sends them.
        if let (Effect::Sub | Effect::Unsub, Some(client), 0, false) =
            (info.effect, client, writer.data_length, self.continues)
        {
            self.lifecycle.client_mut(client).staging.check_no_filter().map_err(Failure::Illegal)?;
        }
        if is_its_turn {
            self.exchange.call.command_began = self.now;
            self.exchange.begin(&writer, &self.timeouts, self.now);
        }
        Ok(())
    }

    /// Whether the command that has just ended is to be sent again: an operation from before the adoption of its client
    /// keeps that busy.
    #[inline(never)]
    fn repeats(&mut self, procedure: &dyn Procedure) -> bool {
        // What was read from a source is gone.
        if self.exchange.has_begun() && procedure.data().is_none() {
            return false;
        }
        if self.was_refused_beside_operation() {
            return true;
        }
        let busy_until = self.exchange.client.and_then(|client| self.lifecycle.client(client).busy_until);
        self.exchange.client_is_busy() && busy_until.is_some_and(|until| !self.now.has_reached(until))
    }

    /// What failed is this command, though it is not the last one.
    pub(crate) fn attribute_error_to(&mut self, command: &'static CommandInfo) {
        self.exchange.info = command;
    }

    /// The default that the last command was to set, if it was one.
    pub(crate) fn default(&self) -> SkippedSettings {
        self.exchange.info.default
    }

    /// How long the last command has been under way.
    fn elapsed(&self) -> Elapsed {
        Elapsed::from_millis(self.now.since(self.exchange.call.command_began))
    }

    /// The failure of the last command, with its name.
    pub(crate) fn error(&self, failure: Failure) -> Error {
        failure.of(self.exchange.info, self.elapsed())
    }

    /// The prompt came that was awaited.
    fn prompted(&mut self) {
        self.exchange.prompted(&self.timeouts, self.now);
    }

    /// Half of a line was sent, and is aborted.
    fn abort_line(&mut self, timeout_ms: u32) {
        // Should it be taken for a command all the same, what it did is not known.
        self.lifecycle.unknown(self.exchange.info.effect, self.exchange.client);
        self.exchange.abort_line(timeout_ms);
    }

    /// Detaches the outcome, if there is one to come, so that the exchange is free for another command.
    #[inline(never)]
    fn detach_outcome(&mut self) {
        if let Some(pending) = self.exchange.pending_outcome() {
            debug!("the outcome of AT{} is still to come", pending.info.name);
            self.pending_outcome = Some(pending);
        }
    }

    /// The data of the exchange are filled with slashes, or may have to be. Where they make a filter, `lifecycle`
    /// remembers it.
    fn note_padded_filter(&mut self) {
        self.lifecycle.data_filled(&self.exchange);
    }

    /// A deadline has passed of what is awaited outside of the exchange. Returns whether announced data will not come.
    fn expire(&mut self, handler: &mut dyn MessageHandler) -> bool {
        let now = self.now;
        if let Some(pending) = self.pending_outcome
            && pending.has_expired(now)
        {
            debug!("the outcome of AT{} never came", pending.info.name);
            self.pending_outcome = None;
            self.lifecycle.unknown(pending.info.effect, pending.client);
        }
        if self.quiet_until.is_some_and(|until| now.has_reached(until)) {
            self.quiet_until = None;
        }
        self.reassembly.expire(now, &mut self.events, handler)
    }

    /// Milliseconds until the next deadline of the exchange, of a pending outcome, or of a message that is coming in;
    /// `u32::MAX` where there is none.
    fn time_left(&self) -> u32 {
        let mut left = self.exchange.time_left(self.now);
        // During a query of resync's own, the call does not end yet.
        if left == u32::MAX
            && let Some(deadline) = self.listens_until
        {
            left = self.now.until(deadline);
        }
        left = left.min(self.time_left_of_slots());
        if let Some(pending) = &self.pending_outcome {
            left = left.min(pending.time_left(self.now));
        }
        if let Some(deadline) = self.reassembly.deadline() {
            left = left.min(self.now.until(deadline));
        }
        if let Some(deadline) = self.quiet_until {
            left = left.min(self.now.until(deadline));
        }
        left
    }
}
