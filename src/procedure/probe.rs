//! Asks the module whether a session and a network are there.

use crate::at::Line;
use crate::command::network::{Cereg, Creg, Csq, Registration, Rssi};
use crate::command::{ClientIndex, Command, CommandWriter, DiscRead, Request};
use crate::session::{ClientState, Failure, Next, Procedure, Session};

/// What a probe asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// Whether the client is connected and the radio has a signal: `AT+CMQTTDISC?`, `AT+CSQ`.
    Session,
    /// Whether the module is registered in a network: `AT+CREG?`, `AT+CEREG?`.
    Network,
}

/// The answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// Whether the module says that the client is connected.
    pub is_connected: bool,
    /// Whether there is a signal, or a network.
    pub has_network: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    DiscRead,
    Signal,
    Calls,
    Lte,
}

/// Asks the module whether session and network are there.
#[derive(Debug)]
pub(crate) struct Probe {
    client: ClientIndex,
    step: Step,
    pub(crate) probed: Probed,
    connected: Option<bool>,
    rssi: Option<Rssi>,
    registration: Option<Registration>,
}

impl Probe {
    pub(crate) const fn new(client: ClientIndex, question: ProbeKind) -> Self {
        let step = match question {
            ProbeKind::Session => Step::DiscRead,
            ProbeKind::Network => Step::Calls,
        };
        let probed = Probed { is_connected: false, has_network: false };
        Self { client, step, probed, connected: None, rssi: None, registration: None }
    }
}

impl Procedure for Probe {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let refused = match last {
            None => return Ok(Next::Command),
            Some(Err(Failure::Refused(_))) => true,
            Some(result) => {
                result?;
                false
            }
        };
        self.step = match self.step {
            Step::DiscRead => {
                // Refused: the service is not started.
                if refused && session.lifecycle.client(self.client).state == ClientState::Connected {
                    session.network_lost();
                }
                if self.connected == Some(false) {
                    session.found_disconnected(self.client);
                }
                self.probed.is_connected = self.connected == Some(true);
                Step::Signal
            }
            Step::Signal => {
                self.probed.has_network = self.rssi.is_some();
                return Ok(Next::Done);
            }
            Step::Calls | Step::Lte => {
                self.probed.has_network = self.registration.is_some_and(Registration::is_registered);
                if self.probed.has_network || self.step == Step::Lte {
                    return Ok(Next::Done);
                }
                Step::Lte
            }
        };
        Ok(Next::Command)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        match self.step {
            Step::DiscRead => DiscRead.describe(writer),
            Step::Signal => Csq.describe(writer),
            Step::Calls => Creg.describe(writer),
            Step::Lte => Cereg.describe(writer),
        }
    }

    fn line(&mut self, line: Line<'_>) {
        match self.step {
            Step::DiscRead => {
                if let Some((client, connected)) = DiscRead::state(line)
                    && client == self.client
                {
                    self.connected = connected;
                }
            }
            Step::Signal => Csq.line(&mut self.rssi, line),
            Step::Calls => Creg.line(&mut self.registration, line),
            Step::Lte => Cereg.line(&mut self.registration, line),
        }
    }
}
