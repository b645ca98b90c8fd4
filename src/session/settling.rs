//! Finding the place again: what a dropped or unanswered call has left behind is settled before the next one sends.

use super::exchange::{Exchange, Failure, Phase};
use super::{ClientState, Owed, Procedure, Session};
use crate::command::{Answer, At, ClientIndex, CommandInfo, CommandWriter, Cpin, Creg, Csq, Request, Effect, Unsub};
use crate::family::RECEIVED_PAYLOAD_LIMIT;
use crate::fmt::debug;
use crate::handler::MessageHandler;
use crate::timer::Instant;

/// How long `AT` may take, in milliseconds. It is there to end half a line, so its answer is not insisted upon.
const HELLO_TIMEOUT: u32 = 1_000;
/// How long a query of the fence may take, in milliseconds.
const FENCE_TIMEOUT: u32 = 3_000;
/// How long answers that come in one go with the fence's are waited for, in milliseconds.
const QUIET: u32 = 100;
/// How often the fence is tried, each time with another query.
const FENCES: u8 = 3;
/// Ends a half-sent command line so that it is refused, wherever it was cut: no command and no parameter ends with `~`,
/// and quotes that are open stay open.
pub(super) const SPOIL: &[u8] = b"~\r";
/// Pays a debt of data: in a topic filter, slashes are valid wherever it was cut.
const SLASH: u8 = b'/';
/// Pays a debt of unknown length: carriage returns mean nothing to a module that waits for a command.
const CARRIAGE_RETURN: u8 = b'\r';

/// What is being settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Off,
    /// The exchange of a dropped call goes on to its final result.
    Finish,
    /// `AT`, to a module of which nothing is known.
    Hello,
    /// A query whose answer nothing else in flight can have.
    Fence,
    /// Data for a prompt that may be waiting, though it was not seen.
    Pay,
    /// The outcome that a dropped call left.
    Owed,
    /// A subscription to slashes is ended.
    Undo,
}

#[derive(Debug)]
pub(super) struct Settling {
    stage: Stage,
    /// Which query of the fence is tried.
    fence: u8,
    /// The line of the fence's answer has come, the next final result is its own.
    fence_answered: bool,
    /// Commands and answers are known to go together.
    in_step: bool,
    /// Bytes that the module may be waiting for, whether its prompt was seen or not.
    unpaid: u16,
    /// A payment of unknown length was made.
    paid: bool,
}

impl Settling {
    pub(super) const fn new() -> Self {
        Self { stage: Stage::Off, fence: 0, fence_answered: false, in_step: false, unpaid: 0, paid: false }
    }

    /// Whether what is sent and received belongs to settling.
    pub(super) fn is_active(&self) -> bool {
        !matches!(self.stage, Stage::Off | Stage::Owed)
    }

    /// The bytes that are owed to the module, where data are, so many in a row at most.
    pub(super) fn payment(&self, unsent: usize) -> Option<(u8, usize)> {
        if !self.is_active() {
            return None;
        }
        // The last byte of a payment ends what was not owed.
        let is_payment = self.stage == Stage::Pay;
        let is_blind = is_payment && (unsent == 1 || self.unpaid == 0);
        let count = if is_payment && unsent > 1 { unsent - 1 } else { unsent };
        Some((if is_blind { CARRIAGE_RETURN } else { SLASH }, count))
    }

    pub(super) fn discards_results(&self) -> bool {
        self.stage == Stage::Fence && !self.fence_answered
    }

    /// A line of an answer came. Returns whether it was for settling.
    pub(super) fn answered(&mut self) -> bool {
        self.fence_answered |= self.stage == Stage::Fence;
        self.is_active()
    }

    /// The module restarted: it owes nothing, and is owed nothing.
    pub(super) fn restarted(&mut self) {
        *self = Self { stage: self.stage, ..Self::new() };
    }

    fn go_to(&mut self, stage: Stage) {
        debug!("settling: stage {}", stage as u8);
        self.stage = stage;
        self.fence = 0;
        self.fence_answered = false;
    }
}

impl Session {
    /// A new call takes over what the last one has left behind.
    pub(super) fn take_over(&mut self) {
        if self.settling.is_active() {
            return;
        }
        self.settling.stage = Stage::Off;
        match self.exchange.phase {
            Phase::Idle | Phase::Pause | Phase::Done => {}
            Phase::Line if self.exchange.sent == 0 => {}
            Phase::Line => {
                self.spoil_line();
                return;
            }
            Phase::Prompt | Phase::Data | Phase::Final => {
                self.settling.go_to(Stage::Finish);
                return;
            }
            Phase::Outcome => self.owe_outcome(),
        }
        self.settling_goes_to(Stage::Owed);
    }

    /// Half of a line was sent: the rest of it is what gets it refused.
    fn spoil_line(&mut self) {
        let exchange = &mut self.exchange;
        exchange.line_length = exchange.sent.saturating_add(SPOIL.len() as u16);
        exchange.data_length = 0;
        exchange.timeout = FENCE_TIMEOUT;
        // Should it be taken for a command all the same, what it did is not known.
        self.lifecycle.unknown(exchange.info.effect, exchange.client);
        exchange.info = CommandInfo::NAMELESS;
        self.settling.go_to(Stage::Finish);
    }

    /// Waiting for the outcome, if there is one to come, is left to settling, so that the exchange is free for the fence.
    #[inline(never)] // keeps the image small
    fn owe_outcome(&mut self) {
        let &Exchange { info, client, deadline, .. } = &self.exchange;
        if info.answer == Answer::Deferred {
            self.owed = Some(Owed { info, client, deadline });
        }
    }

    /// Goes on with settling. Returns whether everything is settled that the call needs to be: one that only listens does
    /// not wait for owed outcomes.
    pub(super) fn settle(&mut self, listens: bool) -> Result<bool, Failure> {
        loop {
            let phase = self.exchange.phase;
            match self.settling.stage {
                Stage::Off => return Ok(true),
                Stage::Finish => match phase {
                    Phase::Outcome => {
                        self.owe_outcome();
                        self.settling_goes_to(Stage::Fence);
                    }
                    Phase::Idle | Phase::Done => self.settling_goes_to(Stage::Fence),
                    Phase::Data => {
                        self.note_slashes();
                        return Ok(false);
                    }
                    _ => return Ok(false),
                },
                Stage::Owed if phase == Phase::Pause => return Ok(false),
                Stage::Owed if listens => return Ok(true),
                Stage::Owed if self.owed.is_none() => self.settling_goes_to(Stage::Undo),
                Stage::Owed => return Ok(false),
                _ if phase == Phase::Idle => {
                    if !self.begin_settlement() {
                        self.settling_goes_to(Stage::Off);
                    }
                }
                _ if phase == Phase::Done => self.settled()?,
                _ => return Ok(false),
            }
        }
    }

    /// Goes on with this stage, unless the module has to be found again first.
    #[inline(never)] // keeps the image small
    fn settling_goes_to(&mut self, stage: Stage) {
        self.exchange.phase = Phase::Idle;
        let settling = &mut self.settling;
        settling.go_to(match stage {
            // Anything else would become a part of the data.
            _ if settling.unpaid > 0 => Stage::Pay,
            Stage::Owed | Stage::Off if !settling.in_step => Stage::Hello,
            _ => stage,
        });
    }

    /// Begins the exchange of the present stage; there is none where nothing is to be undone.
    fn begin_settlement(&mut self) -> bool {
        if self.settling.stage == Stage::Pay {
            self.begin_payment();
            return true;
        }
        let mut writer = CommandWriter::checking(self.family);
        self.describe_settlement(&mut writer);
        self.exchange.begin(&writer, &self.timeouts, self.now);
        !writer.is_blank()
    }

    /// The command of the present stage.
    fn describe_settlement(&self, writer: &mut CommandWriter<'_>) {
        writer.timeout_milliseconds(match self.settling.stage {
            Stage::Hello => HELLO_TIMEOUT,
            Stage::Fence => FENCE_TIMEOUT,
            _ => 0,
        });
        match (self.settling.stage, self.settling.fence) {
            (Stage::Hello, _) => At.describe(writer),
            (Stage::Fence, 0) => Csq.describe(writer),
            (Stage::Fence, 1) => Creg.describe(writer),
            (Stage::Fence, _) => Cpin.describe(writer),
            (Stage::Undo, _) => {
                if let Some((client, length)) = self.stray_filter() {
                    Unsub::describe_for(writer, client, length);
                }
            }
            _ => {}
        }
    }

    /// A payment is an exchange that begins with its data: what is owed, and a CR to end what was not.
    fn begin_payment(&mut self) {
        let length = match self.settling.unpaid {
            0 => RECEIVED_PAYLOAD_LIMIT,
            unpaid => unpaid,
        };
        self.exchange.begin_data(length.saturating_add(1), HELLO_TIMEOUT, self.now);
    }

    /// The exchange of the present stage has ended.
    fn settled(&mut self) -> Result<(), Failure> {
        let result = self.exchange.result();
        self.exchange.phase = Phase::Idle;
        match (self.settling.stage, result) {
            (Stage::Fence, Ok(())) => {
                self.settling.paid = false;
                self.settling.go_to(Stage::Owed);
                if !core::mem::replace(&mut self.settling.in_step, true) {
                    // The answer may have been that to an earlier query: then others follow.
                    self.exchange.pause(QUIET, self.now);
                }
            }
            (Stage::Fence, Err(_)) => return self.fence_failed(),
            (Stage::Undo, _) => {
                if let Some((client, _)) = self.stray_filter() {
                    self.lifecycle.client_mut(client).stray_filter = 0;
                }
            }
            // Whatever `AT` and a payment were answered with, only the fence counts.
            _ => {
                self.settling.unpaid = 0;
                self.settling.go_to(Stage::Fence);
            }
        }
        Ok(())
    }

    fn fence_failed(&mut self) -> Result<(), Failure> {
        // A query that was not answered may have become the data of a prompt.
        for life in &mut self.lifecycle.clients {
            life.payload_staged = true;
            life.filter_staged = true;
        }
        let settling = &mut self.settling;
        settling.in_step = false;
        settling.fence = settling.fence.saturating_add(1);
        settling.fence_answered = false;
        if settling.fence < FENCES {
            return Ok(());
        }
        // A reset of the microcontroller can leave a prompt of any length waiting.
        if !settling.paid {
            settling.paid = true;
            settling.go_to(Stage::Pay);
            return Ok(());
        }
        settling.paid = false;
        settling.go_to(Stage::Off);
        self.blame(CommandInfo::NAMELESS);
        Err(Failure::NoAnswer)
    }

    /// The data of the exchange are, or may have to be, paid with slashes, which is remembered where they make a filter: a
    /// subscription to nothing else can be ended, a staged filter goes when the client is acquired anew.
    fn note_slashes(&mut self) {
        let &Exchange { info, client, sent, data_length, .. } = &self.exchange;
        let Some(client) = client else { return };
        let life = self.lifecycle.client_mut(client);
        match info.effect {
            Effect::Sub if sent == 0 => life.stray_filter = data_length,
            Effect::Subtopic | Effect::Unsubtopic => life.filter_staged = true,
            _ => {}
        }
    }

    /// A subscription to slashes that can be ended now.
    fn stray_filter(&self) -> Option<(ClientIndex, u16)> {
        let stray = |client: ClientIndex| {
            let life = self.lifecycle.client(client);
            (life.state == ClientState::Connected && life.stray_filter > 0).then_some((client, life.stray_filter))
        };
        ClientIndex::ALL.into_iter().find_map(stray)
    }

    /// Whether half a line is being ended.
    pub(super) fn is_spoiling(&self) -> bool {
        self.settling.stage == Stage::Finish
    }

    /// The command that is under way: settling's, or else the procedure's.
    pub(super) fn describe(&self, procedure: &dyn Procedure, writer: &mut CommandWriter<'_>) {
        if self.settling.is_active() {
            self.describe_settlement(writer);
        } else {
            procedure.command(writer);
        }
    }

    /// The deadline has passed. Returns whether announced data will not come.
    pub(super) fn expire(&mut self, handler: &mut dyn MessageHandler) -> bool {
        let now = self.now;
        let has_passed = |deadline: Instant| now.has_reached(deadline);
        if !matches!(self.exchange.phase, Phase::Idle | Phase::Done) && has_passed(self.exchange.deadline) {
            self.expire_exchange();
        }
        if let Some(owed) = self.owed
            && has_passed(owed.deadline)
        {
            self.owed = None;
            self.lifecycle.unknown(owed.info.effect, owed.client);
        }
        let stalled = self.incoming.deadline().is_some_and(has_passed);
        if stalled {
            self.incoming.stalled(&mut self.events, handler);
        }
        stalled
    }

    /// The module did not answer in time. What it may still wait for, or send, is for the next call to settle.
    fn expire_exchange(&mut self) {
        let (phase, unsent) = (self.exchange.phase, self.exchange.unsent());
        self.exchange.expire();
        if self.exchange.lacks_final_result() {
            self.settling.in_step = false;
            if !matches!(self.settling.stage, Stage::Hello | Stage::Fence | Stage::Pay) {
                self.settling.unpaid = match phase {
                    Phase::Prompt => self.exchange.data_length,
                    Phase::Data => unsent,
                    _ => 0,
                };
                if self.settling.unpaid > 0 {
                    self.note_slashes();
                    // Paid, it may go on to an outcome.
                    self.exchange.deadline = self.now.after(self.timeouts.command);
                    self.owe_outcome();
                }
            }
        }
        self.conclude();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_slashes_and_ends_with_a_carriage_return() {
        let pay = |unpaid| Settling { stage: Stage::Pay, unpaid, ..Settling::new() };
        assert_eq!(pay(5).payment(6), Some((SLASH, 5)));
        assert_eq!(pay(5).payment(1), Some((CARRIAGE_RETURN, 1)));
        assert_eq!(pay(0).payment(3), Some((CARRIAGE_RETURN, 2)));
        let finish = Settling { stage: Stage::Finish, ..Settling::new() };
        assert_eq!(finish.payment(1), Some((SLASH, 1)));
        assert_eq!(Settling::new().payment(1), None);
    }
}
