//! DISC, REL, STOP.

#[cfg(test)]
mod tests;

use crate::command::{ClientIndex, CommandWriter, Disc, Rel, Request, Stop};
use crate::error::Refusal;
use crate::session::{ClientState, Failure, Next, Procedure, ServiceState, Session};

/// The `<timeout>` of DISC: the shortest that every family takes.
pub(crate) const DISCONNECT_TIMEOUT_S: u32 = 60;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Disc(ClientIndex),
    Rel(ClientIndex),
    Stop,
}

/// Ends both clients and the service, from any state.
///
/// A refusal of DISC or REL (not connected, not acquired) means that there was nothing to end; only a refusal of STOP
/// counts.
pub(crate) struct Shutdown {
    step: Step,
}

impl Shutdown {
    pub(crate) const fn new() -> Self {
        Self { step: Step::Disc(ClientIndex::First) }
    }

    fn following(&self) -> Option<Step> {
        match self.step {
            Step::Disc(client) => Some(Step::Rel(client)),
            Step::Rel(ClientIndex::First) => Some(Step::Disc(ClientIndex::Second)),
            Step::Rel(ClientIndex::Second) => Some(Step::Stop),
            Step::Stop => None,
        }
    }

    fn is_needed(&self, session: &Session) -> bool {
        let state = |client| session.lifecycle.client(client).state;
        if session.lifecycle.service == ServiceState::Stopped {
            return false;
        }
        match self.step {
            Step::Disc(client) => matches!(state(client), ClientState::Connected | ClientState::Unknown),
            Step::Rel(client) => state(client) != ClientState::Released,
            Step::Stop => true,
        }
    }
}

impl Procedure for Shutdown {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        match last {
            Some(Err(Failure::Refused(_))) if self.step != Step::Stop => {}
            // The service was not started: a bare ERROR on A7670, 9 on SIM7600.
            Some(Err(Failure::Refused(Refusal::Error))) => return Ok(Next::Done),
            Some(Err(Failure::Refused(Refusal::Code(crate::ResultCode::NETWORK_NOT_OPENED)))) => {
                return Ok(Next::Done);
            }
            Some(result) => result?,
            None if self.is_needed(session) => return Ok(Next::Command),
            None => {}
        }
        while let Some(step) = self.following() {
            self.step = step;
            if self.is_needed(session) {
                return Ok(Next::Command);
            }
        }
        Ok(Next::Done)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        match self.step {
            Step::Disc(client) => Disc { client, timeout: DISCONNECT_TIMEOUT_S }.describe(writer),
            Step::Rel(client) => Rel { client }.describe(writer),
            Step::Stop => Stop.describe(writer),
        }
    }
}
