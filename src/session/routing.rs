//! Routes each line to its owner: a URC, the exchange under way, a pending outcome, or the hook for unknown lines.

#[cfg(test)]
mod tests;

use super::exchange::Phase;
use super::facts::{Failure, Loss};
use super::{Session, events};
use crate::at::{FinalResult, Line, behind};
use crate::command::ClientIndex;
use crate::fmt::{debug, warning};
use crate::handler::MessageHandler;
use crate::urc::Urc;

/// What the engine has to do about a line.
pub(super) enum Routed {
    /// Nothing.
    Taken,
    /// Take this many bytes as data.
    Data(u16),
    /// It belongs to the answer to the command under way.
    Answer,
    /// The module restarted.
    Restarted,
}

impl Session {
    /// Takes a line.
    pub(super) fn line(&mut self, line: Line<'_>, handler: &mut dyn MessageHandler) -> Routed {
        self.rest_is_answer = false;
        let urc = Urc::of(line);
        if self.reassembly.has_untrusted_bytes() {
            self.reassembly.count_untrusted(line.bytes().len() + 1);
            if !matches!(urc, Some(Urc::RxTopic(_) | Urc::RxPayload(_) | Urc::RxEnd(_))) {
                return Routed::Taken;
            }
        }
        match urc {
            Some(urc) => self.urc(urc, handler),
            None => self.other_line(line, handler),
        }
    }

    /// Takes more of the line before, which was cut. Returns whether it belongs to the answer to the command under way.
    pub(super) fn is_answer(&mut self, rest: &[u8]) -> bool {
        let is_untrusted = self.reassembly.has_untrusted_bytes();
        if is_untrusted {
            self.reassembly.count_untrusted(rest.len());
        }
        self.rest_is_answer && !is_untrusted
    }

    fn urc(&mut self, urc: Urc, handler: &mut dyn MessageHandler) -> Routed {
        let Self { reassembly, events, .. } = self;
        match urc {
            Urc::RxStart(start) => reassembly.start(start, events, handler),
            Urc::RxTopic(topic) => return Routed::Data(reassembly.topic(topic, events, handler)),
            Urc::RxPayload(payload) => return Routed::Data(reassembly.payload(payload, events, handler)),
            Urc::RxEnd(end) => reassembly.end(end.client, events, handler),
            Urc::ConnLost(lost) => {
                debug!("client {} lost its connection", lost.client.number());
                events.connection_lost(lost);
                self.lifecycle.connection_lost(lost.client);
                self.interrupt(Loss::Connection, Some(lost.client));
            }
            Urc::NoNet(_) => {
                debug!("the network is lost");
                events.network_lost();
                self.lifecycle.network_lost();
                self.interrupt(Loss::Network, None);
            }
            Urc::Ready(_) => {
                warning!("the module restarted");
                reassembly.stalled(events, handler);
                events.restarted();
                self.lifecycle.restarted();
                self.exchange.restarted();
                self.pending_outcome = None;
                return Routed::Restarted;
            }
        }
        Routed::Taken
    }

    /// A loss, of one client or of both, ends the wait for what will hardly come any more.
    fn interrupt(&mut self, loss: Loss, client: Option<ClientIndex>) {
        if client.is_none() || client == self.exchange.client {
            self.exchange.interrupt(loss, self.now);
        }
        if let Some(pending) = &self.pending_outcome
            && pending.is_cancelled_by(loss, client)
        {
            self.pending_outcome = None;
        }
    }

    /// A line that is no URC.
    fn other_line(&mut self, line: Line<'_>, handler: &mut dyn MessageHandler) -> Routed {
        if self.is_echo_or_prompt_blank(line) {
            return Routed::Taken;
        }
        let result = FinalResult::of(line.bytes());
        let is_taken = match result {
            Some(result) => self.final_result(result),
            None if self.exchange.answer_line(line) => {
                self.rest_is_answer = true;
                return Routed::Answer;
            }
            // The pending outcome comes last: the exchange may be a command of the same name.
            None => self.outcome(line) || self.outcome_of_pending(line),
        };
        if !is_taken {
            self.pass_over(line, result, handler);
        }
        Routed::Taken
    }

    /// A line that nothing waits for.
    fn pass_over(&mut self, line: Line<'_>, result: Option<FinalResult>, handler: &mut dyn MessageHandler) {
        let counters = &mut self.events.counters;
        if line.is_cut() {
            events::count(&mut counters.cut_lines);
        }
        if result.is_some() {
            return events::count(&mut counters.stray_results);
        }
        events::count(&mut counters.unknown_lines);
        handler.unknown_line(line);
    }

    /// Whether `line` is the blank behind the `>` of a prompt, or a command sent back. The module may have restarted, echo on
    /// again, without a line that arrived.
    fn is_echo_or_prompt_blank(&self, line: Line<'_>) -> bool {
        match behind(line.bytes(), "AT") {
            Some(command) => !self.lifecycle.echo_is_off || behind(command, self.exchange.info.name).is_some(),
            None => line.bytes() == b" ",
        }
    }

    fn final_result(&mut self, result: FinalResult) -> bool {
        let is_taken = self.exchange.final_result(result, self.now);
        self.conclude();
        is_taken
    }

    fn outcome(&mut self, line: Line<'_>) -> bool {
        let is_taken = self.exchange.outcome_line(line, self.now);
        if is_taken {
            self.conclude();
        }
        is_taken
    }

    fn outcome_of_pending(&mut self, line: Line<'_>) -> bool {
        let Some(pending) = self.pending_outcome else { return false };
        let Some(code) = pending.code_in(line) else { return false };
        self.pending_outcome = None;
        self.lifecycle.ended(pending.info.effect, pending.client, Failure::from_code(code));
        true
    }

    /// If the exchange has just ended, what that means for the lifecycle.
    pub(super) fn conclude(&mut self) {
        if self.exchange.phase() == Phase::Done {
            self.lifecycle.ended(self.exchange.info.effect, self.exchange.client, self.exchange.result());
        }
    }
}
