//! Asks the module whether a session and a network are there.

use crate::at::Line;
use crate::command::network::{Csq, Rssi};
use crate::command::{ClientIndex, Command, CommandWriter, DiscRead, Request};
use crate::session::{ClientState, Failure, Next, Procedure, Session, client_and_number};

/// Asks the module whether a client is connected (`AT+CMQTTDISC?`), and whether there is a signal (`AT+CSQ`).
#[derive(Debug)]
pub(crate) struct Probe {
    client: ClientIndex,
    /// The first query is under way; otherwise the second one.
    asks_for_session: bool,
    connected: Option<bool>,
    rssi: Option<Rssi>,
}

impl Probe {
    /// Asks for the session and the signal, or only for the signal.
    pub(crate) const fn new(client: ClientIndex, asks_for_session: bool) -> Self {
        Self { client, asks_for_session, connected: None, rssi: None }
    }

    /// Whether the module says that the client is connected.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected == Some(true)
    }

    /// Whether there is a signal.
    pub(crate) fn has_network(&self) -> bool {
        self.rssi.is_some()
    }
}

impl Procedure for Probe {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let Some(result) = last else { return Ok(Next::Command) };
        if !self.asks_for_session {
            return result.map(|()| Next::Done);
        }
        self.asks_for_session = false;
        match result {
            // The service is not started.
            Err(Failure::Refused(_)) => {
                if session.lifecycle.client(self.client).state == ClientState::Connected {
                    session.network_lost();
                }
            }
            _ => result?,
        }
        if self.connected == Some(false) {
            session.found_disconnected(self.client);
        }
        Ok(Next::Command)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        if self.asks_for_session { DiscRead.describe(writer) } else { Csq.describe(writer) }
    }

    fn line(&mut self, line: Line<'_>) {
        if !self.asks_for_session {
            return Csq.line(&mut self.rssi, line);
        }
        if let Some((client, state)) = client_and_number(line, "+CMQTTDISC")
            && client == self.client
        {
            self.connected = Some(state == 0);
        }
    }
}
