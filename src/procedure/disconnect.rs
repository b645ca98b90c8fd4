//! DISC of one client; DISC, REL and STOP of everything.

#[cfg(test)]
mod tests;

use core::time::Duration;

use crate::at::Line;
use crate::command::{AccqRead, ClientIndex, CommandWriter, Disc, DiscRead, Rel, Request, Stop};
use crate::session::{ClientState, Failure, Next, Procedure, ServiceState, Session};

/// The `<timeout>` of DISC: the shortest that every family takes.
pub(crate) const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// Ends the connection of one client: as [`Client::disconnect`](crate::Client::disconnect).
#[derive(Debug)]
pub struct Disconnect {
    client: ClientIndex,
    timeout: Duration,
    /// DISC has no known outcome: `AT+CMQTTDISC?` is sent.
    failure: Option<Failure>,
    /// What that says.
    connected: Option<bool>,
}

impl Disconnect {
    /// Ends the connection of this client; the module tries it for this time, 60-180 s.
    pub const fn new(client: ClientIndex, timeout: Duration) -> Self {
        Self { client, timeout, failure: None, connected: None }
    }
}

impl Procedure for Disconnect {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        match (last, self.failure) {
            (None, _) => return Ok(Next::Command),
            (Some(Err(failure)), None) if failure.leaves_outcome_unknown() => {
                self.failure = Some(failure);
                return Ok(Next::Command);
            }
            (Some(Ok(())), Some(failure)) if self.connected != Some(false) => {
                session.attribute_error_to(Disc::INFO);
                return Err(failure);
            }
            (Some(Ok(())), Some(_)) => session.lifecycle.client_mut(self.client).state = ClientState::Acquired,
            (Some(result), _) => result?,
        }
        Ok(Next::Done)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        if self.failure.is_some() {
            return DiscRead.describe(writer);
        }
        Disc { client: self.client, timeout: self.timeout }.describe(writer);
    }

    fn line(&mut self, line: Line<'_>) {
        if let Some((client, connected)) = DiscRead::state(line)
            && client == self.client
        {
            self.connected = connected;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Disc(ClientIndex),
    Rel(ClientIndex),
    Stop,
    /// `AT+CMQTTACCQ?`: is the service still started, although STOP failed?
    AccqRead,
}

/// Ends both clients and the service, from any state: as [`Modem::shutdown`](crate::Modem::shutdown).
///
/// A refusal of DISC or REL (not connected, not acquired) means that there was nothing to end; where their outcome is
/// unknown, STOP shows it: it is refused while a client is acquired. Only a failure of STOP counts, and only if the
/// service is still started.
#[derive(Debug)]
pub struct Shutdown {
    step: Step,
    /// Of STOP.
    failure: Failure,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Ends what is active.
    pub const fn new() -> Self {
        Self { step: Step::Disc(ClientIndex::First), failure: Failure::NoAnswer }
    }

    fn following(&self) -> Option<Step> {
        match self.step {
            Step::Disc(client) => Some(Step::Rel(client)),
            Step::Rel(ClientIndex::First) => Some(Step::Disc(ClientIndex::Second)),
            Step::Rel(ClientIndex::Second) => Some(Step::Stop),
            Step::Stop | Step::AccqRead => None,
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
            Step::Stop | Step::AccqRead => true,
        }
    }
}

impl Procedure for Shutdown {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        if last.is_none() {
            session.lifecycle.doubt_stop();
        }
        match (last, self.step) {
            (Some(Ok(())), Step::AccqRead) => {
                session.attribute_error_to(Stop::INFO);
                return Err(self.failure);
            }
            (Some(Err(Failure::Refused(_))), Step::AccqRead) => {
                session.lifecycle.found_stopped();
                return Ok(Next::Done);
            }
            // Perhaps the service was not started: a bare ERROR on A7670, 9 on SIM7600.
            (Some(Err(failure)), Step::Stop)
                if failure.leaves_outcome_unknown()
                    || matches!(failure, Failure::Refused(refusal) if refusal.code().is_none()) =>
            {
                self.failure = failure;
                self.step = Step::AccqRead;
                return Ok(Next::Command);
            }
            (Some(Err(_)), Step::Stop) if !self.is_needed(session) => return Ok(Next::Done),
            // Illegal: another task has done this meanwhile.
            (Some(Err(Failure::Refused(_) | Failure::Illegal(_))), Step::Disc(_) | Step::Rel(_)) => {}
            (Some(Err(failure)), Step::Disc(_) | Step::Rel(_)) if failure.leaves_outcome_unknown() => {}
            (Some(result), _) => result?,
            (None, _) if self.is_needed(session) => return Ok(Next::Command),
            (None, _) => {}
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
            Step::Disc(client) => Disc { client, timeout: DISCONNECT_TIMEOUT }.describe(writer),
            Step::Rel(client) => Rel { client }.describe(writer),
            Step::Stop => Stop.describe(writer),
            Step::AccqRead => AccqRead.describe(writer),
        }
    }
}
