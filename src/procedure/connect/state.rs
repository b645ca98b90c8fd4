//! The step that follows from what is known of the service and the client.

use super::{Connect, Connection, START_WAITS, Step};
use crate::command::Start;
use crate::error::Refusal;
use crate::session::{ClientState, Failure, ServiceState, Session};

impl Connect<'_> {
    /// The next step for the service; the client follows when the service is started.
    pub(super) fn service_step(&mut self, session: &mut Session) -> Result<Step, Failure> {
        match (session.lifecycle.service, self.failure) {
            (ServiceState::Started, _) => Ok(self.client_step(session)),
            (ServiceState::Stopped, Some(_)) if self.waits < START_WAITS => {
                self.waits += 1;
                Ok(Step::Busy)
            }
            (ServiceState::Stopped, Some(failure)) => {
                session.attribute_error_to(Start::INFO);
                Err(if failure == Failure::Refused(Refusal::Error) { Failure::NoMqtt } else { failure })
            }
            (ServiceState::Stopped, None) => Ok(Step::Start),
            (ServiceState::Unknown, _) => Ok(Step::AccqRead),
        }
    }

    fn client_step(&self, session: &Session) -> Step {
        let life = session.lifecycle.client(self.client);
        match life.state {
            ClientState::Released => Step::Accq,
            ClientState::Connected if self.same_options && !life.staging.needs_reacquire() => Step::DiscRead,
            ClientState::Connected => Step::Disc,
            ClientState::Acquired => self.acquired_step(session),
            ClientState::Unknown if self.probed => Step::DiscRead,
            ClientState::Unknown => Step::AccqRead,
        }
    }

    /// The client is acquired, perhaps since before a reset, and `DiscRead` was answered.
    pub(super) fn probed_client_step(&mut self, session: &Session) -> Step {
        let life = session.lifecycle.client(self.client);
        match life.state {
            ClientState::Connected if life.staging.needs_reacquire() || life.lacks_connection => Step::Disc,
            ClientState::Connected if !self.probed => {
                self.connection = Connection::Adopted;
                Step::Done
            }
            ClientState::Connected if self.id_matches => Step::ConnectRead,
            ClientState::Acquired => self.acquired_step(session),
            _ => Step::Disc,
        }
    }

    /// The client is acquired and not connected.
    fn acquired_step(&self, session: &Session) -> Step {
        let life = session.lifecycle.client(self.client);
        let is_ours = self.same_options && (!self.probed || self.id_matches);
        if is_ours && life.staging.is_prepared() { self.connect_step() } else { Step::Rel }
    }
}
