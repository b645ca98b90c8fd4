//! Routes each line to its owner: a URC, the exchange under way, a pending outcome, or the hook for unknown lines.

#[cfg(test)]
mod tests;

use super::error_window::Question;
use super::exchange::{Phase, client_and_number};
use super::facts::{Failure, Loss};
use super::slots::News;
use super::{ClientState, ServiceState, Session, events};
use crate::at::{FinalResult, Line, behind};
use crate::command::{ClientIndex, Effect};
use crate::fmt::{debug, warning};
use crate::handler::MessageHandler;
use crate::urc::{ConnLost, Resemblance, Urc};

/// What the engine has to do about a line.
pub(super) enum Routed {
    /// Nothing.
    Taken,
    /// Take this many bytes as data.
    Data(u16),
    /// It belongs to the answer to the command under way.
    Answer,
    /// The next line is text, whatever it looks like.
    TextFollows,
}

/// How long one more final result may come behind the failure of a command that needs the connection, in milliseconds.
pub(super) const SECOND_RESULT_MS: u32 = 250;

impl Session {
    /// Takes a line.
    pub(super) fn line(&mut self, line: Line<'_>, handler: &mut dyn MessageHandler) -> Routed {
        self.rest_is_answer = false;
        let urc = Urc::of(line);
        let is_header = matches!(urc, Some(Urc::RxStart(_) | Urc::RxTopic(_) | Urc::RxPayload(_) | Urc::RxEnd(_)));
        // With the byte that ends it.
        let length = line.bytes().len().saturating_add(1);
        if !is_header && self.reassembly.other_line(length, &mut self.events, handler) {
            return Routed::Taken;
        }
        match urc {
            Some(Urc::Text(_)) => {
                self.pass_over(line, None, handler);
                Routed::TextFollows
            }
            // A fresh driver may have begun in the midst of a message. It has nothing to lose that `connect` does not
            // ask for.
            Some(Urc::ConnLost(_) | Urc::NoNet(_)) if self.knows_nothing() => Routed::Taken,
            Some(urc) => self.urc(urc, handler),
            None => self.other_line(line, handler),
        }
    }

    /// Takes a line that is the text of an SMS or a broadcast.
    pub(super) fn text(&mut self, line: Line<'_>, handler: &mut dyn MessageHandler) {
        self.rest_is_answer = false;
        if !line.bytes().is_empty() {
            self.pass_over(line, None, handler);
        }
    }

    /// Takes more of the line before, which was cut. Returns whether it belongs to the answer to the command under way.
    pub(super) fn is_answer(&mut self, rest: &[u8]) -> bool {
        !self.reassembly.takes_untrusted(rest.len()) && self.rest_is_answer
    }

    /// Whether nothing was done yet, and the module has answered nothing.
    fn knows_nothing(&self) -> bool {
        self.lifecycle.service == ServiceState::Unknown && !self.resync.is_in_step()
    }

    fn urc(&mut self, urc: Urc, handler: &mut dyn MessageHandler) -> Routed {
        let Self { reassembly, events, .. } = self;
        let distrusted = match urc {
            Urc::ConnLost(_) | Urc::NoNet(_) => Some(Question::Loss),
            Urc::Ready(_) => Some(Question::Restart),
            _ => None,
        };
        if let Some(question) = distrusted
            && !reassembly.believes_losses()
        {
            reassembly.distrust(question);
            return Routed::Taken;
        }
        match urc {
            Urc::RxStart(start) => reassembly.start(start, events, handler),
            Urc::RxTopic(topic) => return Routed::Data(reassembly.topic(topic, events, handler)),
            Urc::RxPayload(payload) => return Routed::Data(reassembly.payload(payload, events, handler)),
            Urc::RxEnd(end) => reassembly.end(end.client, events, handler),
            Urc::ConnLost(lost) => self.connection_lost(lost),
            Urc::NoNet(_) => self.network_lost(),
            Urc::Text(_) | Urc::Ping(_) => {}
            Urc::Ready(_) => self.restarted(),
        }
        Routed::Taken
    }

    /// A client lost its connection.
    pub(super) fn connection_lost(&mut self, lost: ConnLost) {
        warning!("client {} lost its connection: {}", lost.client.number(), lost.cause);
        self.events.connection_lost(lost);
        self.lifecycle.connection_lost(lost.client);
        self.interrupt(Loss::Connection, Some(lost.client));
    }

    /// The network was lost, and the service with it.
    pub(crate) fn network_lost(&mut self) {
        // The end of the user's own STOP is no loss.
        let is_stopping = (self.exchange.is_under_way() && self.exchange.info.effect == Effect::Stop)
            || self.slots.has_operation(Some(Effect::Stop));
        if is_stopping || self.lifecycle.service == ServiceState::Stopped {
            return;
        }
        warning!("the network is lost");
        self.events.network_lost(self.lifecycle.connected());
        self.lifecycle.network_lost();
        self.interrupt(Loss::Network, None);
    }

    /// The module restarted.
    pub(super) fn restarted(&mut self) {
        if self.notify(News::Restart) {
            // If the query is answered, the module is asked.
            return self.reassembly.window.suspect_restart();
        }
        // A driver that has done nothing since a restart has heard of the same boot before.
        if self.lifecycle.service != ServiceState::Stopped || self.lifecycle.echo_is_off {
            warning!("the module restarted");
            self.events.restarted(self.lifecycle.connected());
        }
        self.lifecycle.restarted();
        self.pending_outcome = None;
        self.resync.restarted();
    }

    /// A loss, of one client or of both, ends the wait for what will hardly come any more.
    fn interrupt(&mut self, loss: Loss, client: Option<ClientIndex>) {
        self.notify(News::Loss(loss, client));
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
        let result =
            FinalResult::parse(line.bytes()).or_else(|| self.exchange.is_garbled_ok(line).then_some(FinalResult::Ok));
        let is_taken = match result {
            Some(result) => self.final_result(result),
            None if self.notify(News::Outcome(line)) => true,
            None if self.exchange.answer_line(line) => {
                self.rest_is_answer = true;
                return Routed::Answer;
            }
            // The pending outcome comes last: the exchange may be a command of the same name.
            None => self.outcome_of_pending(line),
        };
        if !is_taken {
            if result.is_none() {
                self.notify(News::OtherLine(line));
                self.late_outcome(line);
                self.notice_damage(line, handler);
            }
            self.pass_over(line, result, handler);
        }
        Routed::Taken
    }

    /// The outcome of a CONNECT or DISC that nothing waits for: one of an earlier life, or of a call that has ended.
    /// The next call asks the module. Where CONNECT failed, that is known.
    fn late_outcome(&mut self, line: Line<'_>) {
        if line.parameters("+CMQTTDISC").is_some() {
            // Or it is a late answer to `DISC?`.
            self.reassembly.window.suspect_loss();
        }
        // What `CONNECT?` lists has an address in the place of the code.
        let Some((client, code)) = client_and_number(line, "+CMQTTCONNECT") else { return };
        let state = &mut self.lifecycle.client_mut(client).state;
        if *state != ClientState::Connected {
            *state = if code == 0 { ClientState::Unknown } else { ClientState::Acquired };
        }
    }

    /// A line that is almost a URC shows that bytes were lost.
    fn notice_damage(&mut self, line: Line<'_>, handler: &mut dyn MessageHandler) {
        match Urc::resembled_by(line) {
            Some(Resemblance::Header) => self.reassembly.header_damaged(false, &mut self.events, handler),
            Some(Resemblance::End) => self.reassembly.header_damaged(true, &mut self.events, handler),
            Some(Resemblance::Loss) => self.reassembly.distrust(Question::Loss),
            None => {}
        }
    }

    /// A line that nothing waits for.
    #[inline(never)]
    fn pass_over(&mut self, line: Line<'_>, result: Option<FinalResult>, handler: &mut dyn MessageHandler) {
        let counters = &mut self.events.counters;
        if line.is_cut() {
            events::count(&mut counters.cut_lines);
        }
        if result.is_some() {
            debug!("a final result that no command waits for");
            return events::count(&mut counters.stray_results);
        }
        events::count(&mut counters.unknown_lines);
        handler.unknown_line(line);
    }

    /// Whether `line` is the blank behind the `>` of a prompt, or the command under way sent back. If the echo was off,
    /// the module may have restarted, without a line that arrived.
    fn is_echo_or_prompt_blank(&mut self, line: Line<'_>) -> bool {
        let Some(command) = behind(line.bytes(), "AT") else { return line.bytes() == b" " };
        let name = self.exchange.info.name;
        let is_echo = behind(command, name).is_some();
        if is_echo && !name.is_empty() && self.lifecycle.echo_is_off {
            self.reassembly.window.suspect_restart();
        }
        is_echo
    }

    fn final_result(&mut self, result: FinalResult) -> bool {
        let may_be_extra = result == FinalResult::Ok && self.quiet_until.take().is_some();
        let is_taken = self.exchange.final_result(result, may_be_extra, self.now);
        if is_taken {
            self.conclude();
        }
        is_taken || may_be_extra || self.quiet_until.take().is_some()
    }

    pub(super) fn outcome(&mut self, line: Line<'_>) -> bool {
        let is_taken = self.exchange.outcome_line(line, self.now);
        if is_taken {
            self.conclude();
        }
        is_taken
    }

    fn outcome_of_pending(&mut self, line: Line<'_>) -> bool {
        let Some(pending) = self.pending_outcome else { return false };
        let Some(code) = pending.code_in(line) else { return false };
        debug!("the outcome of AT{} came: {}", pending.info.name, code);
        self.pending_outcome = None;
        self.lifecycle.ended(pending.info.effect, pending.client, Failure::from_code(code));
        true
    }

    /// If the exchange has just ended, what that means for the lifecycle.
    pub(super) fn conclude(&mut self) {
        if self.exchange.phase() == Phase::Done {
            self.exchange.log_result(self.elapsed());
            if self.exchange.is_out_of_step() {
                debug!("resync will be needed: the module may still answer AT{}", self.exchange.info.name);
                self.resync.lose_step();
            }
            if self.exchange.may_be_answered_twice() {
                self.quiet_until = Some(self.now.after(SECOND_RESULT_MS));
                // What was missed may be why it has failed: the module is asked now.
                self.reassembly.window.end();
            }
            if let Some(turn) = self.slots.turn() {
                turn.has_result = true;
            }
            let result = self.exchange.result();
            if result == Err(Failure::Restarted) {
                self.restarted();
            }
            self.lifecycle.ended(self.exchange.info.effect, self.exchange.client, result);
        }
    }
}
