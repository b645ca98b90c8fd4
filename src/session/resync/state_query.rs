//! `AT+CMQTTDISC?`, behind an error window: the module is asked for what may have been missed in it.

use super::Stage;
use crate::at::Line;
use crate::command::{ClientIndex, Effect};
use crate::fmt::debug;
use crate::session::error_window::Question;
use crate::session::{ClientState, Failure, ServiceState, Session, client_and_number};
use crate::urc::{ConnLost, LossCause};

impl Session {
    /// Whether the module has to be asked for what may have been missed.
    pub(super) fn must_ask(&mut self) -> bool {
        let is_pending = |effect| self.pending_outcome.is_some_and(|pending| pending.info.effect == effect);
        let must_ask = match self.reassembly.window.question() {
            None => return false,
            // The query could become the data of a prompt: the resync before the next command comes first.
            Some(_) if !self.resync.in_step => return false,
            // The answer would look like the outcome.
            Some(_) if is_pending(Effect::Disc) || self.slots.has_operation(Some(Effect::Disc)) => return false,
            Some(Question::State) => self.lifecycle.connected() > 0,
            Some(_) => self.lifecycle.service == ServiceState::Started,
        };
        if must_ask {
            debug!("bytes were lost: asking the module for what may have been missed");
        } else {
            self.reassembly.window.answered();
        }
        must_ask
    }

    /// A line of the answer to a query of resync's own came.
    pub(in crate::session) fn resync_line(&mut self, line: Line<'_>) {
        if self.resync.stage != Stage::StateQuery {
            return;
        }
        let Some((client, 1)) = client_and_number(line, "+CMQTTDISC") else { return };
        self.found_disconnected(client);
    }

    /// The module says that this client is not connected.
    pub(crate) fn found_disconnected(&mut self, client: ClientIndex) {
        if self.lifecycle.client(client).state == ClientState::Connected {
            self.connection_lost(ConnLost { client, cause: LossCause::Other(0) });
        }
    }

    pub(super) fn state_query_ended(&mut self, result: Result<(), Failure>) {
        let question = self.reassembly.window.question();
        self.reassembly.window.answered();
        match (result, question) {
            (Ok(()), Some(Question::Restart)) => self.lifecycle.echo_is_off = false,
            (Ok(()), _) | (Err(Failure::Restarted), _) => {}
            (Err(Failure::Refused(_)), Some(Question::Restart)) => self.restarted(),
            (Err(Failure::Refused(_)), _) => self.network_lost(),
            (Err(_), _) => {
                self.lifecycle.connections_are_unknown();
                self.resync.in_step = false;
            }
        }
        self.enter_resync_stage(Stage::PendingOutcome);
    }
}
