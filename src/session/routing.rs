//! Routes each token to its owner: a URC, the exchange under way, a pending outcome, or the hook for unknown lines.

use super::exchange::{Exchange, Failure, Loss, Phase, code_in};
use super::{Procedure, Session, events};
use crate::at::{FinalResult, Line, Token, behind};
use crate::command::{Answer, ClientIndex};
use crate::fmt::{debug, warning};
use crate::handler::MessageHandler;
use crate::urc::Urc;

impl Session {
    /// Takes one token. Returns how many bytes of data follow it.
    pub(super) fn token(
        &mut self,
        token: Token<'_>,
        procedure: &mut dyn Procedure,
        handler: &mut dyn MessageHandler,
    ) -> u16 {
        match token {
            Token::Line(line) => {
                self.rest_is_answer = false;
                let urc = Urc::of(line);
                if self.reassembly.has_untrusted_bytes() {
                    self.reassembly.count_untrusted(line.bytes().len() + 1);
                    return match urc {
                        Some(part @ (Urc::RxTopic(_) | Urc::RxPayload(_) | Urc::RxEnd(_))) => self.urc(part, handler),
                        _ => 0,
                    };
                }
                match urc {
                    Some(urc) => return self.urc(urc, handler),
                    None => self.line(line, procedure, handler),
                }
            }
            Token::Rest(rest) if self.reassembly.has_untrusted_bytes() => self.reassembly.count_untrusted(rest.len()),
            Token::Rest(rest) if self.rest_is_answer => procedure.rest(rest),
            Token::Rest(_) => {}
            Token::Prompt => self.exchange.prompted(&self.timeouts, self.now),
            Token::Data(data) => self.reassembly.data(data, handler),
        }
        0
    }

    fn urc(&mut self, urc: Urc, handler: &mut dyn MessageHandler) -> u16 {
        let Self { reassembly, events, .. } = self;
        match urc {
            Urc::RxStart(start) => reassembly.start(start, events, handler),
            Urc::RxTopic(topic) => return reassembly.topic(topic, events, handler),
            Urc::RxPayload(payload) => return reassembly.payload(payload, events, handler),
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
                self.resync.restarted();
            }
        }
        0
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
    fn line(&mut self, line: Line<'_>, procedure: &mut dyn Procedure, handler: &mut dyn MessageHandler) {
        let result = FinalResult::of(line.bytes());
        if self.is_echo_or_prompt_blank(line) || self.answer(line, result, procedure) {
            return;
        }
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

    /// Takes a line that the exchange or a pending outcome waits for.
    fn answer(&mut self, line: Line<'_>, result: Option<FinalResult>, procedure: &mut dyn Procedure) -> bool {
        if let Some(result) = result {
            // Before the sync query's own line, results are those of earlier commands.
            if self.resync.discards_results() {
                return true;
            }
            let taken = self.exchange.final_result(result, self.now);
            self.conclude();
            return taken;
        }
        match self.exchange.info.answer {
            answer @ (Answer::Text | Answer::Information)
                if self.exchange.phase == Phase::Final
                    && (answer == Answer::Text || line.parameters(self.exchange.info.name).is_some()) =>
            {
                if !self.resync.answered() {
                    self.rest_is_answer = true;
                    procedure.line(line);
                }
                return true;
            }
            Answer::Plain | Answer::Deferred if self.exchange.phase != Phase::Idle => {
                if let Some(code) = code_in(line, self.exchange.info.name, self.exchange.client)
                    && self.exchange.outcome(code, self.now)
                {
                    self.conclude();
                    return true;
                }
            }
            _ => {}
        }
        // The pending outcome comes last: the exchange may be a command of the same name.
        if let Some(pending) = self.pending_outcome
            && let Some(code) = pending.code_in(line)
        {
            self.pending_outcome = None;
            self.lifecycle.ended(pending.info.effect, pending.client, Failure::from_code(code));
            return true;
        }
        false
    }

    /// If the exchange has just ended, what that means for the lifecycle.
    pub(super) fn conclude(&mut self) {
        if self.exchange.phase == Phase::Done {
            let Exchange { info, client, .. } = self.exchange;
            self.lifecycle.ended(info.effect, client, self.exchange.result());
        }
    }
}
