//! The command that is under way: what it still has to send, and what it waits for.

use crate::ResultCode;
use crate::at::{FinalResult, Line};
use crate::command::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect};
use crate::error::{Error, Illegal, Refusal};
use crate::family::Timeouts;
use crate::timer::{Instant, LONGEST_WAIT};

/// How long the other half of an answer may take, in milliseconds: the outcome after `ERROR`, the final result after an
/// outcome.
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
    /// The module has the line, and owes a prompt.
    Prompt,
    /// The module has prompted, and is owed data.
    Data,
    /// The module has everything, and owes the final result (and the outcome).
    Final,
    /// The module owes the outcome.
    Outcome,
    /// Nothing is sent or owed until the deadline.
    Pause,
    /// It has ended.
    Done,
}

#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) info: &'static CommandInfo,
    pub(super) client: Option<ClientIndex>,
    pub(super) phase: Phase,
    /// Bytes of the line, or in `Phase::Data` of the data, that have been sent.
    pub(super) sent: u16,
    pub(super) line_length: u16,
    pub(super) data_length: u16,
    pub(super) deadline: Instant,
    /// Time for the final result, or for the outcome of a deferred command.
    pub(super) timeout: u32,
    /// How it has ended; until then, how it would end if nothing more came.
    result: Result<(), Failure>,
    has_final_result: bool,
    has_outcome: bool,
}

/// How a command failed. Its name is added where the failure leaves the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Illegal(Illegal),
    Refused(Refusal),
    NoAnswer,
    OutcomeUnknown,
    ConnectionLost,
    NetworkLost,
    Restarted,
}

impl Failure {
    /// Whether a loss ends the wait for an outcome: a connection that was lost before is no answer to the attempt to open
    /// one, nor a network to that to start.
    pub(super) fn concerns(self, effect: Effect) -> bool {
        effect != if self == Self::NetworkLost { Effect::Start } else { Effect::Connect }
    }

    /// What an outcome line says.
    pub(super) const fn from_code(code: ResultCode) -> Result<(), Self> {
        if code.is_success() { Ok(()) } else { Err(Self::Refused(Refusal::Code(code))) }
    }

    pub(super) const fn of(self, info: &'static CommandInfo) -> Error {
        let command = info.command_name();
        match self {
            Self::Illegal(reason) => Error::Illegal { command, reason },
            Self::Refused(refusal) => Error::Refused { command, refusal },
            Self::NoAnswer => Error::NoAnswer { command },
            Self::OutcomeUnknown => Error::OutcomeUnknown { command },
            Self::ConnectionLost => Error::ConnectionLost { command },
            Self::NetworkLost => Error::NetworkLost { command },
            Self::Restarted => Error::ModemRestarted { command },
        }
    }
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
            timeout: 0,
            result: Err(Failure::NoAnswer),
            has_final_result: false,
            has_outcome: false,
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
        let timeout = match self.info.effect {
            Effect::Start => timeouts.start,
            Effect::Stop => timeouts.stop,
            Effect::Connect | Effect::Disc | Effect::Sub | Effect::Unsub => timeouts.operation,
            _ => timeouts.command,
        };
        self.timeout = if writer.timeout > 0 { writer.timeout.min(LONGEST_WAIT) } else { timeout };
        self.deadline = now.after(self.timeout.min(timeouts.command));
    }

    /// No command, but data that may be owed.
    pub(super) fn begin_data(&mut self, length: u16, timeout: u32, now: Instant) {
        self.renew(Phase::Data, now.after(timeout));
        self.data_length = length;
        self.timeout = timeout;
    }

    /// No command, but some time between two.
    pub(super) fn pause(&mut self, time: u32, now: Instant) {
        self.renew(Phase::Pause, now.after(time));
        self.result = Ok(());
        self.has_final_result = true;
    }

    pub(super) fn result(&self) -> Result<(), Failure> {
        self.result
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
    pub(super) fn transmitted(&mut self, count: usize, timeouts: &Timeouts, now: Instant) {
        self.sent = self.sent.saturating_add(count as u16);
        if self.unsent() > 0 {
            // As long as bytes get through, a slow line is no failure.
            self.deadline = now.after(timeouts.command);
            return;
        }
        let prompted = self.phase == Phase::Line && self.data_length > 0;
        self.sent = 0;
        self.phase = if prompted { Phase::Prompt } else { Phase::Final };
        self.deadline = now.after(if prompted { timeouts.command } else { self.timeout });
    }

    /// The prompt came that was awaited.
    pub(super) fn prompted(&mut self, timeouts: &Timeouts, now: Instant) {
        self.phase = Phase::Data;
        self.deadline = now.after(timeouts.command);
    }

    /// A final result came. Returns whether it belongs to this exchange.
    pub(super) fn final_result(&mut self, result: FinalResult, now: Instant) -> bool {
        match (self.phase, result) {
            // A refused prompt, or a module that lost patience with its data; an `OK` there is an older one.
            (Phase::Prompt | Phase::Data, FinalResult::Error | FinalResult::Equipment(_)) => {}
            (Phase::Final, _) if !self.has_final_result => {}
            _ => return false,
        }
        self.has_final_result = true;
        let is_deferred = self.info.answer == Answer::Deferred;
        let refusal = match result {
            FinalResult::Ok if !is_deferred => {
                // Where the module has named an error before, that counts.
                self.end(if self.has_outcome { self.result } else { Ok(()) });
                return true;
            }
            FinalResult::Ok if self.has_outcome => {
                self.phase = Phase::Done;
                return true;
            }
            FinalResult::Ok => {
                self.phase = Phase::Outcome;
                let is_interrupted = self.result != Err(Failure::NoAnswer);
                if !is_interrupted {
                    self.result = Err(Failure::OutcomeUnknown);
                }
                self.deadline = now.after(if is_interrupted { GRACE_MS } else { self.timeout });
                return true;
            }
            FinalResult::Error => Refusal::Error,
            FinalResult::Equipment(number) => Refusal::Equipment(number),
        };
        if self.has_outcome && self.result.is_err() {
            self.phase = Phase::Done;
        } else if is_deferred && self.phase == Phase::Final {
            self.result = Err(Failure::Refused(refusal));
            self.deadline = now.after(GRACE_AFTER_ERROR_MS);
        } else {
            self.end(Err(Failure::Refused(refusal)));
        }
        true
    }

    /// An outcome line came. Returns whether it belongs to this exchange.
    pub(super) fn outcome(&mut self, code: ResultCode, now: Instant) -> bool {
        match self.phase {
            Phase::Prompt | Phase::Data | Phase::Final if !self.has_outcome => {
                // PUB and SUB succeed after their `OK`: a success before it is the outcome of a predecessor.
                let waits_for_broker = matches!(self.info.effect, Effect::Pub | Effect::Sub | Effect::Unsub);
                if code.is_success() && (waits_for_broker || self.phase != Phase::Final) {
                    return false;
                }
            }
            Phase::Outcome => {}
            _ => return false,
        }
        self.has_outcome = true;
        self.result = Failure::from_code(code);
        if self.has_final_result {
            self.phase = Phase::Done;
        } else {
            self.deadline = now.after(GRACE_MS);
        }
        true
    }

    /// The connection or the network was lost, as `failure` says: the outcome, if it has not come, has only a short time
    /// left.
    pub(super) fn interrupt(&mut self, failure: Failure, now: Instant) {
        if self.info.answer != Answer::Deferred || !matches!(self.phase, Phase::Final | Phase::Outcome) {
            return;
        }
        if !failure.concerns(self.info.effect) {
            return;
        }
        // Not where the answer itself has told already how it will end. Of two losses, the last counts.
        if !matches!(self.result, Ok(()) | Err(Failure::Refused(_))) {
            self.result = Err(failure);
        }
        self.deadline = now.after(GRACE_MS);
    }

    /// The module restarted: nothing that was owed will come.
    pub(super) fn restarted(&mut self) {
        if !matches!(self.phase, Phase::Idle | Phase::Done) {
            self.end(Err(Failure::Restarted));
        }
    }

    /// The deadline has passed: what is not known by now will not be.
    pub(super) fn expire(&mut self) {
        self.phase = Phase::Done;
    }

    /// Whether its final result never came although the exchange has ended: a late one must not be credited to the next.
    pub(super) fn lacks_final_result(&self) -> bool {
        !self.has_final_result
    }

    fn end(&mut self, result: Result<(), Failure>) {
        self.result = result;
        self.phase = Phase::Done;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Disc, Pub, QoS, Rel, Request};
    use crate::family::Family;

    const CLIENT: ClientIndex = ClientIndex::First;

    fn begun(request: &dyn Request, timeouts: &Timeouts) -> Exchange {
        let mut writer = CommandWriter::checking(Family::A76xx);
        request.describe(&mut writer);
        let mut exchange = Exchange::idle();
        exchange.begin(&writer, timeouts, Instant::ZERO);
        exchange
    }

    fn publish(timeout: u32) -> Pub {
        Pub { client: CLIENT, qos: QoS::AtLeastOnce, timeout, retained: false, duplicate: false }
    }

    #[test]
    fn of_two_losses_the_last_counts() {
        let timeouts = Timeouts::of(Family::A76xx);
        let mut exchange = begun(&publish(60), &timeouts);
        exchange.transmitted(exchange.line_length.into(), &timeouts, Instant::ZERO);
        exchange.interrupt(Failure::ConnectionLost, Instant::ZERO);
        exchange.interrupt(Failure::NetworkLost, Instant::ZERO);
        exchange.expire();
        assert_eq!(exchange.result(), Err(Failure::NetworkLost));
    }

    #[test]
    fn an_error_that_was_named_before_ok_counts() {
        let timeouts = Timeouts::of(Family::A76xx);
        let mut exchange = begun(&Rel { client: CLIENT }, &timeouts);
        exchange.transmitted(exchange.line_length.into(), &timeouts, Instant::ZERO);
        assert!(exchange.outcome(ResultCode::CLIENT_NOT_ACQUIRED, Instant::ZERO));
        assert!(exchange.final_result(FinalResult::Ok, Instant::ZERO));
        assert_eq!(exchange.result(), Err(Failure::Refused(Refusal::Code(ResultCode::CLIENT_NOT_ACQUIRED))));
    }

    #[test]
    fn the_longest_time_is_not_over_at_once() {
        let mut writer = CommandWriter::checking(Family::A76xx);
        writer.timeout_milliseconds(u32::MAX);
        let timeouts = Timeouts::of(Family::A76xx);
        let mut exchange = Exchange::idle();
        exchange.begin(&writer, &timeouts, Instant::ZERO);
        exchange.transmitted(exchange.line_length.into(), &timeouts, Instant::ZERO);
        assert!(!Instant::ZERO.after(3_600_000).has_reached(exchange.deadline));
    }

    #[test]
    fn a_time_of_the_commands_own_counts_also_where_it_is_shorter() {
        assert_eq!(begun(&publish(1), &Timeouts::of(Family::A76xx)).timeout, 6_000);
    }

    #[test]
    fn a_disconnect_without_a_time_takes_as_long_as_any_operation() {
        let timeouts = Timeouts::of(Family::A76xx).operation(core::time::Duration::from_secs(300));
        assert_eq!(begun(&Disc { client: CLIENT, timeout: 0 }, &timeouts).timeout, 300_000);
    }
}
