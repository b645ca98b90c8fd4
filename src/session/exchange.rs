//! The command that is under way: what it still has to send, and what it waits for.

#[cfg(test)]
mod tests;

use super::PendingOutcome;
use super::facts::{Facts, Failure, Loss};
use super::staging::Staging;
use crate::ResultCode;
use crate::at::{FinalResult, Line};
use crate::command::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect};
use crate::family::Timeouts;
use crate::saturating::saturating_u16;
use crate::timer::{Instant, LONGEST_WAIT_MS};

/// How long the other half of an answer may take: the outcome after a loss, the final result after an outcome.
const GRACE_MS: u32 = 1_000;
/// How long an outcome may come after `ERROR`: only CONNECT is documented to do that, and most bare `ERROR`s are final.
const GRACE_AFTER_ERROR_MS: u32 = 250;

/// Where an exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is none.
    Idle,
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
    /// Nothing is sent or awaited until the deadline.
    Pause,
    /// It has ended.
    Done,
}

#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) info: &'static CommandInfo,
    pub(super) client: Option<ClientIndex>,
    phase: Phase,
    /// Bytes of the line, or in `Phase::Data` of the data, that have been sent.
    sent: u16,
    line_length: u16,
    data_length: u16,
    deadline: Instant,
    /// Time for the final result, or for the outcome of a deferred command.
    timeout_ms: u32,
    /// The answer has a line. A final result before it belongs to an earlier command, and is dropped.
    facts: Facts,
}

impl Exchange {
    pub(super) const fn idle() -> Self {
        Self {
            info: CommandInfo::NAMELESS,
            client: None,
            phase: Phase::Idle,
            sent: 0,
            line_length: 0,
            data_length: 0,
            deadline: Instant::ZERO,
            timeout_ms: 0,
            facts: Facts::NONE,
        }
    }

    /// There is a new one, of which nothing is known but where it begins, and until when.
    #[inline(never)]
    fn renew(&mut self, phase: Phase, deadline: Instant) {
        *self = Self { phase, deadline, ..Self::idle() };
    }

    /// A command, before its first byte is sent.
    pub(super) fn begin(&mut self, writer: &CommandWriter<'_>, timeouts: &Timeouts, now: Instant) {
        self.renew(Phase::Line, now);
        self.info = writer.info;
        self.client = writer.client;
        self.line_length = writer.line_length();
        self.data_length = writer.data_length;
        let timeout_ms = match self.info.effect {
            Effect::Start => timeouts.start_ms,
            Effect::Stop => timeouts.stop_ms,
            Effect::Connect | Effect::Disc | Effect::Sub | Effect::Unsub => timeouts.operation_ms,
            _ => timeouts.command_ms,
        };
        self.timeout_ms = if writer.timeout_ms > 0 { writer.timeout_ms.min(LONGEST_WAIT_MS) } else { timeout_ms };
        self.deadline = now.after(self.timeout_ms.min(timeouts.command_ms));
    }

    /// No command, but data that the module may wait for.
    pub(super) fn begin_data(&mut self, length: u16, timeout_ms: u32, now: Instant) {
        self.renew(Phase::Data, now.after(timeout_ms));
        self.data_length = length;
        self.timeout_ms = timeout_ms;
    }

    /// No command, but some time between two.
    pub(super) fn pause(&mut self, time_ms: u32, now: Instant) {
        self.renew(Phase::Pause, now.after(time_ms));
        self.facts.final_result = Some(FinalResult::Ok);
    }

    /// Its answer has a line, before which no final result is its own.
    pub(super) fn insist_on_line(&mut self) {
        self.facts.lacks_line = true;
    }

    /// Half of the line was sent: `ending` and nothing else follows.
    pub(super) fn abort_line(&mut self, ending: &[u8], timeout_ms: u32) {
        self.info = CommandInfo::NAMELESS;
        self.line_length = self.sent.saturating_add(saturating_u16(ending.len()));
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

    /// Whether a byte of the line or of the data has been sent.
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

    /// Bytes that the module may wait for, whether its prompt was seen or not.
    pub(super) fn missing_data(&self) -> u16 {
        match self.phase {
            Phase::Prompt => self.data_length,
            Phase::Data => self.unsent(),
            _ => 0,
        }
    }

    /// Tells `staging` that the data are filled with slashes.
    pub(super) fn note_filling(&self, staging: &mut Staging) {
        staging.filled(self.info.effect, self.sent, self.data_length);
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

    fn is_deferred(&self) -> bool {
        self.info.answer == Answer::Deferred
    }

    /// Bytes of the line or of the data that have not been sent.
    pub(super) const fn unsent(&self) -> u16 {
        match self.phase {
            Phase::Line => self.line_length.saturating_sub(self.sent),
            Phase::Data => self.data_length.saturating_sub(self.sent),
            _ => 0,
        }
    }

    /// `count` bytes were sent.
    pub(super) fn transmitted(&mut self, count: u16, timeouts: &Timeouts, now: Instant) {
        self.sent = self.sent.saturating_add(count);
        if self.unsent() > 0 {
            // As long as bytes get through, a slow line is no failure.
            self.deadline = now.after(timeouts.command_ms);
            return;
        }
        let prompted = self.phase == Phase::Line && self.data_length > 0;
        self.sent = 0;
        self.phase = if prompted { Phase::Prompt } else { Phase::Final };
        self.deadline = now.after(if prompted { timeouts.command_ms } else { self.timeout_ms });
    }

    /// The prompt came that was awaited.
    pub(super) fn prompted(&mut self, timeouts: &Timeouts, now: Instant) {
        self.phase = Phase::Data;
        self.deadline = now.after(timeouts.command_ms);
    }

    /// A final result came. Returns whether it belongs to this exchange.
    pub(super) fn final_result(&mut self, result: FinalResult, now: Instant) -> bool {
        if self.facts.lacks_line {
            return true;
        }
        let is_ok = matches!(result, FinalResult::Ok);
        match self.phase {
            // A refused prompt, or a module that does not wait for data any longer; an `OK` there is an older one.
            Phase::Prompt | Phase::Data if !is_ok => {}
            Phase::Final if self.facts.final_result.is_none() => {}
            _ => return false,
        }
        self.facts.final_result = Some(result);
        if !is_ok && self.facts.outcome.is_some_and(ResultCode::is_success) {
            // `ERROR` wins over a success before it, which was a predecessor's.
            self.facts.outcome = None;
        }
        if self.phase != Phase::Final || self.facts.are_complete(self.is_deferred()) {
            self.phase = Phase::Done;
        } else if is_ok {
            self.phase = Phase::Outcome;
            self.deadline = now.after(if self.facts.loss.is_some() { GRACE_MS } else { self.timeout_ms });
        } else {
            self.deadline = now.after(GRACE_AFTER_ERROR_MS);
        }
        true
    }

    /// A line came that is no final result. Returns whether it is a part of the answer.
    pub(super) fn answer_line(&mut self, line: Line<'_>) -> bool {
        let is_answer = self.phase == Phase::Final
            && match self.info.answer {
                Answer::Text => true,
                Answer::Information => line.parameters(self.info.name).is_some(),
                Answer::Plain | Answer::Deferred => false,
            };
        self.facts.lacks_line &= !is_answer;
        is_answer
    }

    /// A line came that is no part of the answer. Returns whether it is the outcome.
    pub(super) fn outcome_line(&mut self, line: Line<'_>, now: Instant) -> bool {
        self.phase != Phase::Idle
            && matches!(self.info.answer, Answer::Plain | Answer::Deferred)
            && code_in(line, self.info.name, self.client).is_some_and(|code| self.outcome(code, now))
    }

    /// An outcome line came. Returns whether it belongs to this exchange.
    fn outcome(&mut self, code: ResultCode, now: Instant) -> bool {
        match self.phase {
            Phase::Prompt | Phase::Data | Phase::Final if self.facts.outcome.is_none() => {
                // PUB and SUB succeed after their `OK`: a success before it is the outcome of a predecessor.
                let waits_for_broker = matches!(self.info.effect, Effect::Pub | Effect::Sub | Effect::Unsub);
                if code.is_success() && (waits_for_broker || self.phase != Phase::Final) {
                    return false;
                }
            }
            Phase::Outcome => {}
            _ => return false,
        }
        self.facts.outcome = Some(code);
        if self.facts.final_result.is_some() {
            self.phase = Phase::Done;
        } else {
            self.deadline = now.after(GRACE_MS);
        }
        true
    }

    /// The connection or the network was lost: the outcome, if it has not come, has only a short time left. Of two losses, the
    /// last counts.
    pub(super) fn interrupt(&mut self, loss: Loss, now: Instant) {
        if self.is_deferred() && matches!(self.phase, Phase::Final | Phase::Outcome) && loss.concerns(self.info.effect)
        {
            self.facts.loss = Some(loss);
            self.deadline = now.after(GRACE_MS);
        }
    }

    /// The module restarted: no answer will come.
    pub(super) fn restarted(&mut self) {
        if !matches!(self.phase, Phase::Idle | Phase::Done) {
            self.facts.loss = Some(Loss::Restart);
            self.phase = Phase::Done;
        }
    }

    /// The deadline has passed: what is not known by now will not be.
    pub(super) fn expire(&mut self) {
        self.phase = Phase::Done;
    }

    /// Whether its final result never came although the exchange has ended: a late one must not be credited to the next.
    pub(super) fn lacks_final_result(&self) -> bool {
        self.facts.final_result.is_none()
    }
}

/// The code in `+CMQTTxxx: [<client_index>,]<err>`, if `line` is one of this command and client.
pub(super) fn code_in(line: Line<'_>, name: &str, client: Option<ClientIndex>) -> Option<ResultCode> {
    let mut parameters = line.parameters(name)?;
    if let Some(client) = client
        && parameters.number()? != u32::from(client.number())
    {
        return None;
    }
    parameters.small_number().map(ResultCode::new)
}
