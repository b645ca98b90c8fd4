//! The command that is under way: what it still has to send, and what it waits for.

use super::clock::Instant;
use crate::ResultCode;
use crate::at::{FinalResult, Line};
use crate::command::{Answer, ClientIndex, Description, Descriptor, Step};
use crate::error::{Error, Refusal};
use crate::family::Timeouts;

/// How long the other half of an answer may take, in milliseconds: the outcome after `ERROR`, the final result after an
/// outcome.
const GRACE: u32 = 1_000;
/// How long an outcome may come after `ERROR`: only CONNECT is documented to do that, and most bare `ERROR`s are final.
const GRACE_AFTER_ERROR: u32 = 250;

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

/// What broke in while the exchange waited for its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    ConnectionLost,
    NetworkLost,
}

#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) descriptor: &'static Descriptor,
    pub(super) client: Option<ClientIndex>,
    pub(super) phase: Phase,
    /// Bytes of the line, or in `Phase::Data` of the data, that have been sent.
    pub(super) sent: u16,
    pub(super) line_length: u16,
    pub(super) data_length: u16,
    pub(super) deadline: Instant,
    /// Time for the final result, or for the outcome of a deferred command.
    pub(super) timeout: u32,
    code: Option<ResultCode>,
    final_result: Option<FinalResult>,
    interruption: Option<Interruption>,
    result: Result<(), Failure>,
}

/// How an exchange failed. The command's name is added where it leaves the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Refused(Refusal),
    NoAnswer,
    OutcomeUnknown,
    Interrupted(Interruption),
    Restarted,
}

impl Failure {
    pub(super) const fn of(self, descriptor: &'static Descriptor) -> Error {
        let command = descriptor.command_name();
        match self {
            Self::Refused(refusal) => Error::Refused { command, refusal },
            Self::NoAnswer => Error::NoAnswer { command },
            Self::OutcomeUnknown => Error::OutcomeUnknown { command },
            Self::Interrupted(Interruption::ConnectionLost) => Error::ConnectionLost { command },
            Self::Interrupted(Interruption::NetworkLost) => Error::NetworkLost { command },
            Self::Restarted => Error::ModemRestarted { command },
        }
    }
}

impl Exchange {
    pub(super) const fn idle() -> Self {
        Self {
            descriptor: Descriptor::NAMELESS,
            client: None,
            phase: Phase::Idle,
            sent: 0,
            line_length: 0,
            data_length: 0,
            deadline: Instant::ZERO,
            timeout: 0,
            code: None,
            final_result: None,
            interruption: None,
            result: Ok(()),
        }
    }

    /// There is a new one, of which nothing is known but where it begins, and until when.
    #[inline(never)] // keeps the image small
    fn renew(&mut self, phase: Phase, deadline: Instant) {
        *self = Self { phase, deadline, ..Self::idle() };
    }

    /// A command, before its first byte is sent.
    #[inline(never)] // keeps the image small
    pub(super) fn begin(&mut self, description: &Description<'_>, timeouts: &Timeouts, now: Instant) {
        self.renew(Phase::Line, now.after(timeouts.command));
        self.descriptor = description.descriptor;
        self.client = description.client;
        self.line_length = description.line_length();
        self.data_length = description.data_length;
        let timeout = match self.descriptor.step {
            Step::Start => timeouts.start,
            Step::Stop => timeouts.stop,
            Step::Connect | Step::Sub | Step::Unsub => timeouts.operation,
            _ => timeouts.command,
        };
        self.timeout = timeout.max(description.timeout);
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
    }

    pub(super) fn result(&self) -> Result<(), Failure> {
        self.result
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
            (Phase::Final, _) if self.final_result.is_none() => {}
            _ => return false,
        }
        self.final_result = Some(result);
        let refusal = match result {
            FinalResult::Ok if self.descriptor.answer == Answer::Deferred => {
                match self.code {
                    Some(code) => self.end_with(code),
                    None => {
                        self.phase = Phase::Outcome;
                        let time = if self.interruption.is_some() { GRACE } else { self.timeout };
                        self.deadline = now.after(time);
                    }
                }
                return true;
            }
            FinalResult::Ok => {
                self.end(Ok(()));
                return true;
            }
            FinalResult::Error => Refusal::Error,
            FinalResult::Equipment(number) => Refusal::Equipment(number),
        };
        match self.code {
            Some(code) if !code.is_success() => self.end(Err(Failure::Refused(Refusal::Code(code)))),
            _ if self.descriptor.answer == Answer::Deferred && self.phase == Phase::Final => {
                self.deadline = now.after(GRACE_AFTER_ERROR);
            }
            _ => self.end(Err(Failure::Refused(refusal))),
        }
        true
    }

    /// An outcome line came. Returns whether it belongs to this exchange.
    pub(super) fn outcome(&mut self, code: ResultCode, now: Instant) -> bool {
        match self.phase {
            Phase::Prompt | Phase::Data | Phase::Final if self.code.is_none() => {}
            Phase::Outcome => {
                self.end_with(code);
                return true;
            }
            _ => return false,
        }
        // PUB and SUB succeed after their `OK`: a success before it is the outcome of a predecessor.
        let waits_for_broker = matches!(self.descriptor.step, Step::Pub | Step::Sub | Step::Unsub);
        if code.is_success() && (waits_for_broker || self.phase != Phase::Final) {
            return false;
        }
        self.code = Some(code);
        match self.final_result {
            // The outcome after `ERROR`.
            Some(_) => self.end_with(code),
            None => self.deadline = now.after(GRACE),
        }
        true
    }

    /// The connection or the network was lost: the outcome, if it has not come, has only a short time left.
    pub(super) fn interrupt(&mut self, interruption: Interruption, now: Instant) {
        if self.descriptor.answer != Answer::Deferred || !matches!(self.phase, Phase::Final | Phase::Outcome) {
            return;
        }
        let concerned = match interruption {
            // A connection that was lost before is no answer to the attempt to open one.
            Interruption::ConnectionLost => self.descriptor.step != Step::Connect,
            Interruption::NetworkLost => self.descriptor.step != Step::Start,
        };
        if concerned {
            self.interruption = Some(interruption);
            self.deadline = now.after(GRACE);
        }
    }

    /// The module restarted: nothing that was owed will come.
    pub(super) fn restarted(&mut self) {
        if !matches!(self.phase, Phase::Idle | Phase::Done) {
            self.end(Err(Failure::Restarted));
        }
    }

    /// The deadline has passed. Returns how the exchange failed; where the module may still owe a prompt or a final
    /// result, or is owed data, its phase stays, for settling.
    pub(super) fn expire(&mut self) {
        if self.phase == Phase::Pause {
            self.final_result = Some(FinalResult::Ok);
            return self.end(Ok(()));
        }
        let failure = match (self.final_result, self.code, self.interruption) {
            (None, Some(code), _) => {
                self.end_with(code);
                return;
            }
            (Some(FinalResult::Ok) | None, None, Some(interruption)) => Failure::Interrupted(interruption),
            (Some(FinalResult::Ok), ..) => Failure::OutcomeUnknown,
            (Some(FinalResult::Error), ..) => Failure::Refused(Refusal::Error),
            (Some(FinalResult::Equipment(number)), ..) => Failure::Refused(Refusal::Equipment(number)),
            (None, ..) => Failure::NoAnswer,
        };
        self.end(Err(failure));
    }

    /// Whether its final result never came although the exchange has ended: a late one must not be credited to the next.
    pub(super) fn lacks_final_result(&self) -> bool {
        self.final_result.is_none()
    }

    fn end_with(&mut self, code: ResultCode) {
        self.end(if code.is_success() { Ok(()) } else { Err(Failure::Refused(Refusal::Code(code))) });
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
