//! The command that is under way: what it still has to send, and what it waits for.

mod answer;
#[cfg(test)]
mod tests;

use super::PendingOutcome;
use super::facts::{Ended, Facts, Failure, Lacking, Loss};
use super::slots::IS_SHARED;
use crate::ResultCode;
use crate::at::{FinalResult, Line};
use crate::command::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect};
use crate::error::Elapsed;
use crate::family::Timeouts;
use crate::fmt::debug;
use crate::timer::Instant;

/// How long an outcome is still awaited after the UART lost bytes: it may be among them.
pub(super) const OUTCOME_AFTER_LOSS_MS: u32 = 8_000;

/// Where an exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is none.
    Idle,
    /// It has ended.
    Done,
    /// Nothing is sent or awaited until the deadline.
    Pause,
    /// The command line goes out.
    Line,
    /// The module has the line, and its prompt is awaited.
    Prompt,
    /// The module has prompted, and waits for data.
    Data,
    /// The module has everything. The final result is awaited, and the outcome.
    Final,
    /// The outcome is awaited.
    Outcome,
}

/// Whether the next command of a call, which has not begun yet, is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    No,
    Yes,
    /// Before a pause, in which other calls may have had their turns. Only in a shared module.
    BeforePause,
}

/// What a call has to know of what it has done before. It goes with its exchange to a slot and back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// The last loss since it began.
    pub(super) loss: Option<Loss>,
    pub(super) command: Chosen,
    /// Only in a shared module.
    pub(super) client: Option<ClientIndex>,
    /// When its last command began.
    pub(super) command_began: Instant,
}

impl Call {
    const NONE: Self = Self { loss: None, command: Chosen::No, client: None, command_began: Instant::ZERO };

    /// Another one begins, of this client.
    pub(super) fn begin(&mut self, client: Option<ClientIndex>) {
        let client = if IS_SHARED { client } else { None };
        *self = Self { client, command_began: self.command_began, ..Self::NONE };
    }
}

#[derive(Debug)]
// The order counts, as that of the fields of the session.
#[repr(C)]
pub(super) struct Exchange {
    pub(super) info: &'static CommandInfo,
    deadline: Instant,
    /// Time for the final result, or for the outcome of a deferred command.
    timeout_ms: u32,
    facts: Facts,
    pub(super) client: Option<ClientIndex>,
    phase: Phase,
    /// Bytes of the line, or behind it of the data, that have been sent.
    sent: u16,
    /// How many are still to be sent.
    unsent: u16,
    data_length: u16,
    pub(super) call: Call,
}

impl Exchange {
    pub(super) const fn idle() -> Self {
        Self {
            info: CommandInfo::NAMELESS,
            client: None,
            phase: Phase::Idle,
            sent: 0,
            unsent: 0,
            data_length: 0,
            deadline: Instant::ZERO,
            timeout_ms: 0,
            facts: Facts::none(),
            call: Call::NONE,
        }
    }

    /// There is a new one, of which nothing is known but where it begins, and until when.
    #[inline(never)]
    fn renew(&mut self, phase: Phase, deadline: Instant) {
        *self = Self { phase, deadline, call: self.call, ..Self::idle() };
    }

    /// A command, before its first byte is sent.
    pub(super) fn begin(&mut self, writer: &CommandWriter<'_>, timeouts: &Timeouts, now: Instant) {
        self.renew(Phase::Line, now);
        self.info = writer.info;
        self.client = writer.client;
        self.unsent = writer.line_length();
        self.data_length = writer.data_length;
        if self.info.answer == Answer::Query {
            self.facts.lacks = Lacking::Line;
        }
        self.timeout_ms = self.info.timeout_ms(timeouts, writer.timeout_ms, writer.least_timeout_ms);
        self.deadline = now.after(self.timeout_ms.min(timeouts.command_ms));
        match self.data_length {
            _ if writer.is_blank() => {}
            0 => debug!("sending AT{}", self.info.name),
            length => debug!("sending AT{}, then {} bytes of data", self.info.name, length),
        }
    }

    /// No command, but data that the module may wait for.
    pub(super) fn begin_data(&mut self, length: u16, timeout_ms: u32, now: Instant) {
        debug!("sending {} bytes to a prompt that may be waiting", length);
        self.renew(Phase::Data, now.after(timeout_ms));
        self.unsent = length;
        self.timeout_ms = timeout_ms;
    }

    /// No command, but some time between two.
    pub(super) fn pause(&mut self, time_ms: u32, now: Instant) {
        self.renew(Phase::Pause, now.after(time_ms));
        self.facts.final_result = Some(FinalResult::Ok);
    }

    /// It is a sync query: no final result before its line is its own.
    pub(super) fn insist_on_line(&mut self) {
        self.facts.lacks = Lacking::SyncLine;
    }

    /// Half of the line was sent: one byte that aborts it and its CR follow, and nothing else.
    pub(super) fn abort_line(&mut self, timeout_ms: u32) {
        self.info = CommandInfo::NAMELESS;
        self.sent = 0;
        self.unsent = 2;
        self.data_length = 0;
        self.timeout_ms = timeout_ms;
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether something is sent or awaited.
    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Done)
    }

    /// Bytes of the line or of the data that have been sent.
    pub(super) fn sent(&self) -> u16 {
        self.sent
    }

    /// Whether a byte of the line, or behind it of the data, has been sent.
    pub(super) fn has_begun(&self) -> bool {
        self.sent > 0
    }

    /// Milliseconds until its deadline; `u32::MAX` where there is none.
    pub(super) fn time_left(&self, now: Instant) -> u32 {
        if self.is_under_way() { now.until(self.deadline) } else { u32::MAX }
    }

    /// Whether its deadline has passed.
    pub(super) fn has_expired(&self, now: Instant) -> bool {
        self.is_under_way() && now.has_reached(self.deadline)
    }

    /// How it has ended, once; `None` if there was none.
    pub(super) fn take_result(&mut self) -> Option<Result<(), Failure>> {
        let has_ended = self.phase == Phase::Done;
        self.clear();
        has_ended.then(|| self.result())
    }

    /// There is no exchange any more.
    pub(super) fn clear(&mut self) {
        self.phase = Phase::Idle;
    }

    /// Whether it was refused because another operation of the client is under way.
    pub(super) fn client_is_busy(&self) -> bool {
        self.facts.outcome == Some(ResultCode::CLIENT_IS_BUSY)
    }

    /// Bytes that the module may wait for, whether its prompt was seen or not.
    pub(super) fn missing_data(&self) -> u16 {
        if matches!(self.phase, Phase::Prompt | Phase::Data) { self.unsent } else { 0 }
    }

    /// The length of its filter, if that becomes nothing but the slashes that fill it.
    pub(super) fn padded_filter(&self) -> Option<u16> {
        (self.info.effect == Effect::Sub && self.sent == 0).then_some(self.data_length)
    }

    /// The outcome, to be awaited outside of the exchange, if there is one.
    pub(super) fn pending_outcome(&self) -> Option<PendingOutcome> {
        self.is_deferred().then(|| PendingOutcome::new(self.info, self.client, self.deadline))
    }

    /// What it waits for may still come until then.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// How it has ended.
    pub(super) fn result(&self) -> Result<(), Failure> {
        self.facts.result(self.is_deferred())
    }

    /// Logs how a command has ended. A pause is none, and has no time for an answer.
    pub(super) fn log_result(&self, after: Elapsed) {
        if self.timeout_ms > 0 {
            debug!("{}", Ended { info: self.info, after, result: self.result() });
        }
    }

    fn is_deferred(&self) -> bool {
        self.info.answer == Answer::Deferred
    }

    /// Bytes of the line or of the data that have not been sent.
    pub(super) const fn unsent(&self) -> u16 {
        self.unsent
    }

    /// `count` bytes were sent.
    pub(super) fn transmitted(&mut self, count: u16, timeouts: &Timeouts, now: Instant) {
        self.sent = self.sent.saturating_add(count);
        self.unsent = self.unsent.saturating_sub(count);
        if self.unsent > 0 {
            // As long as bytes get through, a slow line is no failure.
            self.deadline = now.after(timeouts.command_ms);
            return;
        }
        if self.phase == Phase::Line {
            self.sent = 0;
            self.unsent = self.data_length;
        }
        let prompted = self.unsent > 0;
        self.phase = if prompted { Phase::Prompt } else { Phase::Final };
        // `OK` comes at once, and the outcome when the broker has answered. Only START and STOP may have both late.
        let is_answered_at_once = self.needs_broker() || prompted;
        self.deadline = now.after(if is_answered_at_once { timeouts.command_ms } else { self.timeout_ms });
    }

    /// The prompt came that was awaited.
    pub(super) fn prompted(&mut self, timeouts: &Timeouts, now: Instant) {
        self.phase = Phase::Data;
        self.deadline = now.after(timeouts.command_ms);
    }

    /// Whether one more final result may come: some modules send `OK` behind the failure of an operation that needs the
    /// broker, and a line that a damaged byte has cut in two is answered twice.
    pub(super) fn may_be_answered_twice(&self) -> bool {
        match self.facts.outcome {
            Some(code) => self.waits_for_broker() && !code.is_success(),
            None => {
                self.facts.final_result.is_some_and(|result| result != FinalResult::Ok)
                    && self.info.effect.needs_connection()
            }
        }
    }

    /// Whether it is carried out together with the broker.
    fn needs_broker(&self) -> bool {
        self.waits_for_broker() || matches!(self.info.effect, Effect::Connect | Effect::Disc)
    }

    /// Whether the broker has to answer before it can succeed.
    fn waits_for_broker(&self) -> bool {
        matches!(self.info.effect, Effect::Pub | Effect::Sub | Effect::Unsub)
    }

    /// The deadline has passed: what is not known by now will not be.
    pub(super) fn expire(&mut self) {
        self.phase = Phase::Done;
    }

    /// Whether the module has more bytes than it took as data, or has not answered: what it says next may be no answer
    /// to what is sent next.
    pub(super) fn is_out_of_step(&self) -> bool {
        self.lacks_final_result() || self.facts.lacks == Lacking::Data
    }

    /// Whether the line of a restart came during it.
    pub(super) fn has_seen_restart(&self) -> bool {
        self.facts.loss == Some(Loss::Restart)
    }

    /// Whether its final result never came although the exchange has ended: a late one must not be credited to the
    /// next.
    pub(super) fn lacks_final_result(&self) -> bool {
        self.facts.final_result.is_none()
    }
}

/// A deadline that leaves `limit` milliseconds at most.
pub(super) fn sooner(deadline: Instant, now: Instant, limit: u32) -> Instant {
    if now.until(deadline) > limit { now.after(limit) } else { deadline }
}

/// The client and the number behind it in a line with this name.
pub(crate) fn client_and_number(line: Line<'_>, name: &str) -> Option<(ClientIndex, u32)> {
    let mut parameters = line.parameters(name)?;
    Some((ClientIndex::from_number(parameters.number()?)?, parameters.number()?))
}
