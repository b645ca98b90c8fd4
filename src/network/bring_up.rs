//! From a SIM card to an address.

use core::fmt;
use core::time::Duration;

use super::{Apn, BringUpError, BringUpStage};
use crate::at::Line;
use crate::command::network::{
    Cereg, Cgact, Cgpaddr, Cgreg, Cpin, Cpsi, Creg, Csq, PdpAddress, Registration, Rssi, SimState, SystemInformation,
};
use crate::command::{Command, CommandWriter, EchoOff, Request};
use crate::error::{Error, Refusal};
use crate::session::{Failure, Next, Procedure, Session};
use crate::timer::Instant;

/// The time between two queries of a state that is waited for.
const POLL_INTERVAL_MS: u32 = 1_000;
/// How long a SIM card may fail: most cards fail right after the start of a module.
const SIM_RETRY_LIMIT_MS: u32 = 30_000;
/// How long the network may deny registration: it denies it briefly when a module changes technology.
const DENIAL_RETRY_LIMIT_MS: u32 = 30_000;
/// How long a setting may be refused: a module that starts refuses settings for some seconds.
const SETTING_RETRY_LIMIT_MS: u32 = 10_000;

/// The result of a bring-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Attachment {
    /// The address.
    pub address: PdpAddress,
    /// Strength of the signal, where the module reported it.
    pub rssi: Option<Rssi>,
    /// Technology and operator, where the module reported them.
    pub system: SystemInformation,
}

/// The command under way, or the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing has been sent yet.
    Begin,
    EchoOff,
    Sim,
    Pin,
    Context,
    SocketContext,
    Authentication,
    Calls,
    Packets,
    Lte,
    Activation,
    Address,
    Signal,
    System,
}

enum Transition {
    /// The next command is the one of this step.
    To(Step),
    /// The next command is the one of this step, after a pause.
    Later(Step),
    End,
}

/// Brings a module from any state to an address: as [`Modem::bring_up`](crate::Modem::bring_up).
///
/// It is driven again while [`outcome`](Self::outcome) is `None`; it continues at the present step.
pub struct BringUp<'a, 'r, S: ?Sized> {
    apn: &'a Apn<'a>,
    /// A PIN was sent and not accepted, in this bring-up or in an earlier one of the same driver.
    pin_unconfirmed: &'r mut bool,
    on_stage: &'r mut S,
    deadline: Instant,
    step: Step,
    stage: BringUpStage,
    is_pausing: bool,
    /// The module has accepted `ATE0` since the last beginning: if its echo is on again, it has restarted.
    echo_was_off: bool,
    pin_accepted: bool,
    /// When the present step began to fail.
    failing_since: Option<Instant>,
    refusal: Option<Refusal>,
    sim: Option<SimState>,
    registration: Option<Registration>,
    /// The most informative registration of this round.
    round: Option<Registration>,
    attachment: Attachment,
    failure: Option<BringUpError>,
}

/// Without the access point, which can have a password.
impl<S: ?Sized> fmt::Debug for BringUp<'_, '_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BringUp").field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl<'a, 'r, S: FnMut(BringUpStage) + ?Sized> BringUp<'a, 'r, S> {
    /// Calls `on_stage` whenever the bring-up waits for something else. `pin_unconfirmed` is `false` at first, and is
    /// kept by the caller from one bring-up to the next: a PIN was sent and its acceptance was not seen, so that it is
    /// not sent again. `now` is the time of [`Engine::pass_time`](crate::sans_io::Engine::pass_time).
    pub fn new(apn: &'a Apn<'a>, pin_unconfirmed: &'r mut bool, on_stage: &'r mut S, now: Duration) -> Self {
        on_stage(BringUpStage::Module);
        Self {
            apn,
            pin_unconfirmed,
            on_stage,
            deadline: Instant::new(now).after(apn.time_limit_ms()),
            step: Step::Begin,
            stage: BringUpStage::Module,
            is_pausing: false,
            echo_was_off: false,
            pin_accepted: false,
            failing_since: None,
            refusal: None,
            sim: None,
            registration: None,
            round: None,
            attachment: Attachment::default(),
            failure: None,
        }
    }

    /// The outcome after the procedure was driven to its end, which was `driven`, at the time `now`. `None` where it
    /// has to be driven again, because the module did not answer or restarted.
    pub fn outcome(&self, driven: Result<(), Error>, now: Duration) -> Option<Result<Attachment, BringUpError>> {
        match (driven, self.failure) {
            (Ok(()), None) => Some(Ok(self.attachment)),
            (Ok(()), Some(failure)) => Some(Err(failure)),
            (Err(Error::NoAnswer { .. } | Error::ModemRestarted { .. }), _) => {
                Instant::new(now).has_reached(self.deadline).then(|| self.end_of_time())
            }
            (Err(error), _) => Some(Err(error.into())),
        }
    }

    /// The outcome at the time limit. With an address it is a success: only signal or operator are missing.
    const fn end_of_time(&self) -> Result<Attachment, BringUpError> {
        if self.attachment.address.is_assigned() {
            return Ok(self.attachment);
        }
        Err(BringUpError::TimedOut { stage: self.stage, refusal: self.refusal })
    }

    /// The module has restarted: its card is locked again, and its settings may be lost.
    fn begin_again(&mut self) -> Transition {
        self.echo_was_off = false;
        self.pin_accepted = false;
        self.failing_since = None;
        self.round = None;
        self.attachment = Attachment::default();
        Transition::To(Step::EchoOff)
    }

    fn wait_for(&mut self, stage: BringUpStage) {
        if core::mem::replace(&mut self.stage, stage) != stage {
            self.refusal = None;
            (self.on_stage)(stage);
        }
    }

    /// Tries again later, unless the step has failed for `retry_limit_ms`.
    fn retry(
        &mut self,
        now: Instant,
        step: Step,
        retry_limit_ms: u32,
        failure: BringUpError,
    ) -> Result<Transition, BringUpError> {
        let since = *self.failing_since.get_or_insert(now);
        if now.has_reached(since.after(retry_limit_ms)) { Err(failure) } else { Ok(Transition::Later(step)) }
    }

    /// The next step after the answer to the present command.
    fn following(&mut self, session: &Session, answer: Result<(), Failure>) -> Result<Transition, BringUpError> {
        let now = session.now;
        let refusal = match answer {
            Err(Failure::Refused(refusal)) => Some(refusal),
            _ => None,
        };
        self.refusal = refusal.or(self.refusal);
        let to = match self.step {
            Step::Begin => Step::EchoOff,
            Step::EchoOff => {
                self.echo_was_off = refusal.is_none();
                Step::Sim
            }
            Step::Sim => return self.sim_transition(now, refusal),
            Step::Pin => {
                if refusal.is_some() {
                    return Err(BringUpError::PinRefused);
                }
                *self.pin_unconfirmed = false;
                self.pin_accepted = true;
                Step::Sim
            }
            Step::Context | Step::Authentication => {
                if let Err(failure) = answer {
                    return self.retry(now, self.step, SETTING_RETRY_LIMIT_MS, session.error(failure).into());
                }
                self.failing_since = None;
                match self.step {
                    Step::Context if session.family.has_socket_context() => Step::SocketContext,
                    Step::Context => self.after_context(),
                    _ => Step::Calls,
                }
            }
            Step::SocketContext => self.after_context(),
            Step::Calls | Step::Packets | Step::Lte => return self.registration_transition(now),
            // A context that is active already may be refused too: the address decides.
            Step::Activation => Step::Address,
            Step::Address if self.attachment.address.is_assigned() => Step::Signal,
            Step::Address => return Ok(Transition::Later(Step::Activation)),
            Step::Signal => Step::System,
            Step::System => return Ok(Transition::End),
        };
        Ok(Transition::To(to))
    }

    fn after_context(&self) -> Step {
        if self.apn.has_credentials() { Step::Authentication } else { Step::Calls }
    }

    fn sim_transition(&mut self, now: Instant, refusal: Option<Refusal>) -> Result<Transition, BringUpError> {
        let failure = match (refusal, self.sim) {
            (Some(refusal), _) => BringUpError::SimFailure(refusal),
            (None, Some(SimState::Ready)) => {
                *self.pin_unconfirmed = false;
                self.failing_since = None;
                return Ok(Transition::To(Step::Context));
            }
            // After the PIN, a card takes a moment until it is ready.
            (None, Some(SimState::Pin)) if self.pin_accepted => BringUpError::SimLocked(SimState::Pin),
            (None, Some(SimState::Pin)) => {
                self.apn.cpin().ok_or(BringUpError::PinMissing)?;
                // Whether the card took the PIN is not known until the module accepts it, even if this call is dropped.
                return match core::mem::replace(self.pin_unconfirmed, true) {
                    true => Err(BringUpError::PinRefused),
                    false => Ok(Transition::To(Step::Pin)),
                };
            }
            (None, Some(SimState::Puk)) => return Err(BringUpError::SimLocked(SimState::Puk)),
            (None, Some(SimState::Other) | None) => BringUpError::SimLocked(SimState::Other),
        };
        self.retry(now, Step::Sim, SIM_RETRY_LIMIT_MS, failure)
    }

    fn registration_transition(&mut self, now: Instant) -> Result<Transition, BringUpError> {
        if self.registration.is_some_and(Registration::is_registered) {
            return Ok(Transition::To(Step::Activation));
        }
        self.round = more_informative(self.round, self.registration);
        match self.step {
            Step::Calls => return Ok(Transition::To(Step::Packets)),
            Step::Packets => return Ok(Transition::To(Step::Lte)),
            _ => {}
        }
        let round = self.round.take();
        self.wait_for(BringUpStage::Registration(round));
        if round == Some(Registration::Denied) {
            return self.retry(now, Step::Calls, DENIAL_RETRY_LIMIT_MS, BringUpError::Denied);
        }
        self.failing_since = None;
        Ok(Transition::Later(Step::Calls))
    }

    fn go_to(&mut self, step: Step) {
        self.step = step;
        match step {
            Step::Begin | Step::EchoOff => self.wait_for(BringUpStage::Module),
            Step::Sim | Step::Pin => self.wait_for(BringUpStage::Sim),
            Step::Context | Step::SocketContext | Step::Authentication => self.wait_for(BringUpStage::Settings),
            Step::Calls if !matches!(self.stage, BringUpStage::Registration(_)) => {
                self.wait_for(BringUpStage::Registration(None));
            }
            Step::Activation | Step::Address => self.wait_for(BringUpStage::Address),
            Step::Calls | Step::Packets | Step::Lte | Step::Signal | Step::System => {}
        }
        self.sim = None;
        self.registration = None;
        if step == Step::Address {
            self.attachment.address = PdpAddress::default();
        }
    }
}

/// The more informative one of two registrations.
fn more_informative(one: Option<Registration>, other: Option<Registration>) -> Option<Registration> {
    let weight = |registration| match registration {
        None => 0,
        Some(Registration::NotSearching) => 1,
        Some(Registration::Unknown) => 2,
        Some(Registration::Denied) => 4,
        Some(Registration::Searching) => 5,
        Some(_) => 3,
    };
    if weight(other) > weight(one) { other } else { one }
}

impl<S: FnMut(BringUpStage) + ?Sized> Procedure for BringUp<'_, '_, S> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let has_restarted = self.echo_was_off && !session.lifecycle.echo_is_off;
        let has_paused = core::mem::take(&mut self.is_pausing);
        let transition = match last {
            Some(Err(Failure::Restarted)) => Ok(self.begin_again()),
            _ if has_restarted => Ok(self.begin_again()),
            None if self.step == Step::Begin => Ok(Transition::To(Step::EchoOff)),
            // The call continues after the module did not answer. The card's state shows whether it took the PIN.
            None if self.step == Step::Pin => Ok(Transition::To(Step::Sim)),
            None => Ok(Transition::To(self.step)),
            Some(_) if has_paused => Ok(Transition::To(self.step)),
            Some(Err(failure)) if !matches!(failure, Failure::Refused(_)) => return Err(failure),
            Some(answer) => self.following(session, answer),
        };
        let left = session.now.until(self.deadline);
        match transition {
            Ok(Transition::End) => return Ok(Next::Done),
            Ok(Transition::To(_) | Transition::Later(_)) if left == 0 => self.failure = self.end_of_time().err(),
            Ok(Transition::To(step)) => {
                self.go_to(step);
                return Ok(Next::Command);
            }
            Ok(Transition::Later(step)) => {
                self.go_to(step);
                self.is_pausing = true;
                return Ok(Next::Pause(left.min(POLL_INTERVAL_MS)));
            }
            Err(failure) => self.failure = Some(failure),
        }
        Ok(Next::Done)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        let context = self.apn.context_id();
        match self.step {
            Step::Begin => self.apn.describe(writer),
            Step::EchoOff => EchoOff.describe(writer),
            Step::Sim => Cpin.describe(writer),
            Step::Pin => {
                if let Some(cpin) = self.apn.cpin() {
                    cpin.describe(writer);
                }
            }
            Step::Context => self.apn.cgdcont().describe(writer),
            Step::SocketContext => self.apn.cgsockcont().describe(writer),
            Step::Authentication => self.apn.cgauth().describe(writer),
            Step::Calls => Creg.describe(writer),
            Step::Packets => Cgreg.describe(writer),
            Step::Lte => Cereg.describe(writer),
            Step::Activation => Cgact { context, active: true }.describe(writer),
            Step::Address => Cgpaddr { context }.describe(writer),
            Step::Signal => Csq.describe(writer),
            Step::System => Cpsi.describe(writer),
        }
    }

    fn line(&mut self, line: Line<'_>) {
        let context = self.apn.context_id();
        match self.step {
            Step::Sim => Cpin.line(&mut self.sim, line),
            Step::Calls => Creg.line(&mut self.registration, line),
            Step::Packets => Cgreg.line(&mut self.registration, line),
            Step::Lte => Cereg.line(&mut self.registration, line),
            Step::Address => Cgpaddr { context }.line(&mut self.attachment.address, line),
            Step::Signal => Csq.line(&mut self.attachment.rssi, line),
            Step::System => Cpsi.line(&mut self.attachment.system, line),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
