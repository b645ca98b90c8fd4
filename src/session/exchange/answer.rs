//! What comes from the module while a command is under way, and what it leaves to wait for.

use super::{Exchange, OUTCOME_AFTER_LOSS_MS, Phase, sooner};
use crate::ResultCode;
use crate::at::{FinalResult, Line, resembles};
use crate::command::{Answer, Effect, code_in};
use crate::session::facts::{Lacking, Loss};
use crate::session::routing::SECOND_RESULT_MS;
use crate::session::slots::IS_SHARED;
use crate::timer::Instant;

/// How long the other half of an answer may take, in milliseconds: the outcome after `ERROR`, the final result after an
/// outcome.
const GRACE_MS: u32 = 1_000;
/// How long an outcome may come after `ERROR`: most bare `ERROR`s are final.
const GRACE_AFTER_ERROR_MS: u32 = 250;
/// How long that of CONNECT, which is documented to come there. It must not be taken for that of the next CONNECT.
const GRACE_AFTER_ERROR_TO_CONNECT_MS: u32 = 2_000;
/// How long a prompt or a final result is.
const RESULT_AFTER_LOSS_MS: u32 = 2_000;

/// `OK` with one byte added.
const LONGEST_GARBLED_OK_BYTES: usize = 3;

impl Exchange {
    /// A final result came; if it `may_be_extra`, it is perhaps one more `OK` behind the failure of another operation.
    /// Returns whether it belongs to this exchange.
    pub(in crate::session) fn final_result(&mut self, result: FinalResult, may_be_extra: bool, now: Instant) -> bool {
        // Otherwise nothing is awaited then.
        let may_be_extra = may_be_extra && IS_SHARED;
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
            // It would mean that the module does not take the rest.
            Phase::Data if may_be_extra => return true,
            Phase::Data if !self.info.name.is_empty() => self.facts.lacks = Lacking::Data,
            Phase::Final if self.facts.final_result.is_none() || self.ok_is_in_doubt() => {}
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
        let is_complete = self.phase != Phase::Final || self.facts.are_complete(self.is_deferred());
        if is_complete && may_be_extra {
            // If no other one comes in this time, it was its own.
            self.hasten(SECOND_RESULT_MS, now);
        } else if is_complete {
            self.phase = Phase::Done;
        } else if is_ok {
            self.phase = Phase::Outcome;
            let is_unlikely = self.facts.loss.is_some() || self.facts.is_garbled;
            self.deadline = now.after(if is_unlikely { GRACE_MS } else { self.timeout_ms });
        } else {
            let is_connect = self.info.effect == Effect::Connect;
            self.deadline = now.after(if is_connect { GRACE_AFTER_ERROR_TO_CONNECT_MS } else { GRACE_AFTER_ERROR_MS });
        }
        true
    }

    /// Whether its `OK` may have been that of another command. Only beside parked calls.
    fn ok_is_in_doubt(&self) -> bool {
        IS_SHARED && self.facts.final_result == Some(FinalResult::Ok)
    }

    /// A line came that is no final result. Returns whether it is a part of the answer.
    pub(in crate::session) fn answer_line(&mut self, line: Line<'_>) -> bool {
        let is_answer = self.phase == Phase::Final && self.info.takes(line);
        if is_answer {
            self.facts.lacks = Lacking::Nothing;
        }
        is_answer
    }

    /// A line came that is no part of the answer. Returns whether it is the outcome.
    pub(in crate::session) fn outcome_line(&mut self, line: Line<'_>, now: Instant) -> bool {
        let may_have_outcome = match self.info.answer {
            Answer::Deferred => true,
            // A command of MQTT. `+CMGS: 5` has the number of a message.
            Answer::Plain => self.info.effect != Effect::None,
            Answer::Information | Answer::Query | Answer::Text => false,
        };
        self.phase != Phase::Idle
            && may_have_outcome
            && code_in(line, self.info.name, self.client).is_some_and(|code| self.outcome(code, now))
    }

    /// An outcome line came. Returns whether it belongs to this exchange.
    pub(super) fn outcome(&mut self, code: ResultCode, now: Instant) -> bool {
        match self.phase {
            Phase::Prompt | Phase::Data | Phase::Final if self.facts.outcome.is_none() => {
                // Behind a prompt there is no success yet. PUB, SUB and UNSUB succeed after their `OK`: one before it
                // is a predecessor's, unless that `OK` never comes.
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

    /// A line came that is neither the outcome nor a final result. Returns whether it must have been `OK`.
    pub(in crate::session) fn is_garbled_ok(&self, line: Line<'_>) -> bool {
        self.phase == Phase::Final
            && self.needs_broker()
            && line.bytes().len() <= LONGEST_GARBLED_OK_BYTES
            && resembles(line.bytes(), "OK")
    }

    /// A line came that nothing waits for. If it is almost the outcome, the outcome will not come.
    pub(in crate::session) fn other_line(&mut self, line: Line<'_>, now: Instant) {
        if self.is_deferred()
            && matches!(self.phase, Phase::Final | Phase::Outcome)
            && resembles(line.bytes(), self.info.name)
        {
            self.facts.is_garbled = true;
            self.hasten(GRACE_MS, now);
        }
    }

    /// The UART lost bytes: what is awaited may be among them.
    pub(in crate::session) fn bytes_lost(&mut self, now: Instant) {
        let limit = match self.phase {
            Phase::Prompt | Phase::Final => RESULT_AFTER_LOSS_MS,
            Phase::Outcome => OUTCOME_AFTER_LOSS_MS,
            _ => return,
        };
        if self.phase == Phase::Final {
            self.timeout_ms = self.timeout_ms.min(OUTCOME_AFTER_LOSS_MS);
        }
        self.hasten(limit, now);
    }

    /// What is awaited has this much time left at most, in milliseconds.
    #[inline(never)]
    fn hasten(&mut self, limit: u32, now: Instant) {
        self.deadline = sooner(self.deadline, now, limit);
    }

    /// The connection or the network was lost: the outcome, if it has not come, has only a short time left. Of two
    /// losses, the last counts.
    pub(in crate::session) fn interrupt(&mut self, loss: Loss, now: Instant) {
        if self.is_deferred() && matches!(self.phase, Phase::Final | Phase::Outcome) && loss.concerns(self.info.effect)
        {
            self.facts.loss = Some(loss);
            self.deadline = now.after(GRACE_MS);
        }
    }

    /// The module printed the line of a restart: no answer will come. Returns whether that has yet to be seen: during a
    /// query, it may be a late line of the boot in which the query was sent.
    pub(in crate::session) fn restarted(&mut self, now: Instant) -> bool {
        if !self.is_under_way() {
            return false;
        }
        self.facts.loss = Some(Loss::Restart);
        let is_query = matches!(self.info.answer, Answer::Information | Answer::Query | Answer::Text);
        if is_query && self.phase == Phase::Final && self.facts.lacks != Lacking::SyncLine {
            self.hasten(GRACE_MS, now);
            return true;
        }
        self.phase = Phase::Done;
        false
    }
}
