//! Commands that arrive while the outcome of another one is pending.

use super::answer::{Refusal, busy};
use super::dispatch::is_mqtt;
use super::line::{Form, Line, parse};
use super::{Client, Modem, Service};
use crate::behaviour::WhilePending;
use crate::referee::ComplaintKind;

impl Modem {
    /// From the final result of a command that has an outcome to this outcome.
    fn is_pending(&self) -> bool {
        matches!(self.service, Service::Starting | Service::Stopping) || self.clients.iter().any(Client::is_busy)
    }

    /// The client that a command line is for, if it names one.
    fn client_of(line: &Line) -> Option<usize> {
        match &line.form {
            Form::Write(parameters) if is_mqtt(&line.name) => parameters.client(0).ok(),
            _ => None,
        }
    }

    /// The module carries the line out when the last outcome has come.
    pub(super) fn holds_while_pending(&self, line: &[u8]) -> bool {
        if self.behaviour.while_pending != WhilePending::Held || !self.is_pending() {
            return false;
        }
        let client = parse(line).ok().and_then(|line| Self::client_of(&line));
        !client.is_some_and(|client| self.clients[client].is_busy())
    }

    /// A refusal for the only reason that an outcome is pending. No host can know that the module refuses.
    pub(super) fn refusal_while_pending(&self, line: &Line) -> Option<Refusal> {
        let refuses_all = match self.behaviour.while_pending {
            WhilePending::OtherClientBusy => false,
            WhilePending::Refused => true,
            WhilePending::CarriedOut | WhilePending::Held => return None,
        };
        if !self.is_pending() {
            return None;
        }
        match Self::client_of(line) {
            Some(client) if self.clients[client].is_busy() => None,
            Some(client) if self.clients[1 - client].is_busy() => {
                Some(busy(client, "the other client waits for an outcome").unavoidable())
            }
            _ if refuses_all => Some(Refusal::new(ComplaintKind::Busy, "an outcome is pending").unavoidable()),
            _ => None,
        }
    }

    /// Carries a held line out, once no outcome is pending.
    pub(super) fn carry_out_held(&mut self) {
        if !self.is_pending()
            && let Some(line) = self.input.take_held()
        {
            self.execute(&line);
        }
    }
}
