//! The command that is under way: what it still has to send, and what it waits for.

#[cfg(test)]
mod tests;

use super::PendingOutcome;
use super::facts::{Facts, Failure, Lacking, Loss};
use super::staging::Staging;
use crate::ResultCode;
use crate::at::{FinalResult, Line, resembles};
use crate::command::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect};
use crate::family::Timeouts;
use crate::saturating::saturating_u16;
use crate::timer::{Instant, LONGEST_WAIT_MS};

/// How long the other half of an answer may take, in milliseconds: the outcome after `ERROR`, the final result after an
/// outcome.
const GRACE_MS: u32 = 1_000;
/// How long an outcome may come after `ERROR`: only CONNECT is documented to do that, and most bare `ERROR`s are final.
const GRACE_AFTER_ERROR_MS: u32 = 250;
/// How long an outcome is still awaited after the UART lost bytes, in milliseconds: it may be among them.
pub(super) const OUTCOME_AFTER_LOSS_MS: u32 = 8_000;
/// How long a prompt or a final result is.
const RESULT_AFTER_LOSS_MS: u32 = 2_000;

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
    /// The answer has a line. A final result before it is that of an earlier command, and is dropped.
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
    #[inline(never)] // keeps the image small
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
        if self.info.answer == Answer::Query {
            self.facts.lacks = Lacking::Line;
        }
        let timeout_ms = match self.info.effect {
            Effect::Start => timeouts.start_ms,
            Effect::Stop => timeouts.stop_ms,
            Effect::Connect | Effect::Disc | Effect::Sub | Effect::Unsub => timeouts.operation_ms,
            _ => timeouts.command_ms,
        };
        let own_ms = if writer.timeout_ms > 0 { writer.timeout_ms } else { timeout_ms.max(writer.least_timeout_ms) };
        self.timeout_ms = own_ms.min(LONGEST_WAIT_MS);
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

    /// It is a sync query: no final result before its line is its own.
    pub(super) fn insist_on_line(&mut self) {
        self.facts.lacks = Lacking::SyncLine;
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
    #[inline(never)]
    pub(super) fn result(&self) -> Result<(), Failure> {
        self.facts.result(self.is_deferred())
    }

    fn is_deferred(&self) -> bool {
        self.info.answer == Answer::Deferred
    }

    /// Bytes of the line or of the data that have not been sent.
    #[inline(never)] // keeps the image small
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
        // `OK` comes at once, and the outcome when the broker has answered. Only START and STOP may have both late.
        let is_answered_at_once = self.needs_broker() || prompted;
        self.deadline = now.after(if is_answered_at_once { timeouts.command_ms } else { self.timeout_ms });
    }

    /// The prompt came that was awaited.
    pub(super) fn prompted(&mut self, timeouts: &Timeouts, now: Instant) {
        self.phase = Phase::Data;
        self.deadline = now.after(timeouts.command_ms);
    }

    /// A final result came. Returns whether it belongs to this exchange.
    pub(super) fn final_result(&mut self, result: FinalResult, now: Instant) -> bool {
        let is_ok = matches!(result, FinalResult::Ok);
        match (self.facts.lacks, self.phase) {
            (Lacking::SyncLine, _) => return true,
            // The line was lost, or has yet to come.
            (Lacking::Line, Phase::Final) if is_ok => {
                self.hasten(GRACE_MS, now);
                return true;
            }
            _ => {}
        }
        match self.phase {
            // A refused prompt; an `OK` there is an older one.
            Phase::Prompt if !is_ok => {}
            // The module does not wait for data any longer: refused, or the length that it has read is a smaller one.
            Phase::Data if !is_ok => {}
            Phase::Data if !self.info.name.is_empty() => self.facts.lacks = Lacking::Data,
            Phase::Final if self.facts.final_result.is_none() => {}
            _ => return false,
        }
        self.facts.final_result = Some(result);
        if (!is_ok || self.waits_for_broker()) && self.facts.outcome.is_some_and(ResultCode::is_success) {
            // The success before it was a predecessor's.
            self.facts.outcome = None;
        }
        if self.info.effect == Effect::None {
            // A query is answered behind the lines of the boot under way.
            self.facts.loss = None;
        }
        if self.phase != Phase::Final || self.facts.are_complete(self.is_deferred()) {
            self.phase = Phase::Done;
        } else if is_ok {
            self.phase = Phase::Outcome;
            let is_unlikely = self.facts.loss.is_some() || self.facts.is_garbled;
            self.deadline = now.after(if is_unlikely { GRACE_MS } else { self.timeout_ms });
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
                Answer::Information | Answer::Query => line.parameters(self.info.name).is_some(),
                Answer::Plain | Answer::Deferred => false,
            };
        if is_answer {
            self.facts.lacks = Lacking::Nothing;
        }
        is_answer
    }

    /// A line came that is no part of the answer. Returns whether it is the outcome.
    pub(super) fn outcome_line(&mut self, line: Line<'_>, now: Instant) -> bool {
        let may_have_outcome = match self.info.answer {
            Answer::Deferred => true,
            // `+CMGS: 5` has the number of a message.
            Answer::Plain => self.info.name.starts_with("+CMQTT"),
            Answer::Information | Answer::Query | Answer::Text => false,
        };
        self.phase != Phase::Idle
            && may_have_outcome
            && code_in(line, self.info.name, self.client).is_some_and(|code| self.outcome(code, now))
    }

    /// An outcome line came. Returns whether it belongs to this exchange.
    fn outcome(&mut self, code: ResultCode, now: Instant) -> bool {
        match self.phase {
            Phase::Prompt | Phase::Data | Phase::Final if self.facts.outcome.is_none() => {
                // Behind a prompt there is no success yet. PUB, SUB and UNSUB succeed after their `OK`: one before it is a
                // predecessor's, unless that `OK` never comes.
                if code.is_success() && self.phase != Phase::Final {
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

    /// A line came that nothing waits for. If it is almost the outcome, the outcome will not come.
    pub(super) fn other_line(&mut self, line: Line<'_>, now: Instant) {
        if self.is_deferred()
            && matches!(self.phase, Phase::Final | Phase::Outcome)
            && resembles(line.bytes(), self.info.name)
        {
            self.facts.is_garbled = true;
            self.hasten(GRACE_MS, now);
        }
    }

    /// The UART lost bytes: what is awaited may be among them.
    pub(super) fn bytes_lost(&mut self, now: Instant) {
        match self.phase {
            Phase::Prompt => self.hasten(RESULT_AFTER_LOSS_MS, now),
            Phase::Final => {
                self.timeout_ms = self.timeout_ms.min(OUTCOME_AFTER_LOSS_MS);
                self.hasten(RESULT_AFTER_LOSS_MS, now);
            }
            Phase::Outcome => self.hasten(OUTCOME_AFTER_LOSS_MS, now),
            _ => {}
        }
    }

    /// What is awaited has this much time left at most, in milliseconds.
    fn hasten(&mut self, limit: u32, now: Instant) {
        self.deadline = sooner(self.deadline, now, limit);
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

    /// The module restarted: no answer will come, except to a query.
    pub(super) fn restarted(&mut self, now: Instant) {
        if !self.is_under_way() {
            return;
        }
        self.facts.loss = Some(Loss::Restart);
        let is_query = matches!(self.info.answer, Answer::Information | Answer::Query | Answer::Text);
        if is_query && self.phase == Phase::Final && self.facts.lacks != Lacking::SyncLine {
            // The line may be a late one of the boot in which the command was sent.
            self.hasten(GRACE_MS, now);
        } else {
            self.phase = Phase::Done;
        }
    }

    /// Whether one more `OK` may come: some modules send it behind the failure of an operation that needs the broker.
    pub(super) fn may_be_followed_by_ok(&self) -> bool {
        self.waits_for_broker() && self.facts.outcome.is_some_and(|code| !code.is_success())
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

    /// Whether the module has more bytes than it took as data, or has not answered: what it says next may be no answer to what is
    /// sent next.
    pub(super) fn is_out_of_step(&self) -> bool {
        self.lacks_final_result() || self.facts.lacks == Lacking::Data
    }

    /// Whether its final result never came although the exchange has ended: a late one must not be credited to the next.
    pub(super) fn lacks_final_result(&self) -> bool {
        self.facts.final_result.is_none()
    }
}

/// A deadline that leaves `limit` milliseconds at most.
pub(super) fn sooner(deadline: Instant, now: Instant, limit: u32) -> Instant {
    if now.until(deadline) > limit { now.after(limit) } else { deadline }
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
