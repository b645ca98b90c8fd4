//! Whether the module carries out commands while an operation is under way, as what becomes of them shows. No manual
//! says it.

use core::mem;

use super::Session;
use super::facts::Failure;
use crate::ResultCode;
use crate::command::ClientIndex;

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Sharing {
    Nothing,
    /// It carries out commands that are of no client.
    Others,
    /// It carries out those of the other client, and all others.
    Clients,
    /// It does not: no operation is parked any more.
    Refused,
}

/// How the present command of the call that has its turn was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Alone,
    /// While an operation was under way. It is not known whether the module carries it out then.
    Beside,
    /// The same, and it was refused or not answered, perhaps for this reason. It is sent again, or its answer is
    /// awaited, until no operation is under way. The turn lasts as long.
    Again,
}

impl Sharing {
    /// What is known of a module that has carried out a command of this client beside an operation.
    pub(super) fn shown_by(client: Option<ClientIndex>) -> Self {
        if client.is_some() { Self::Clients } else { Self::Others }
    }
}

impl Session {
    /// A command of the call has ended. Returns whether it was refused because of an operation, or perhaps so.
    pub(super) fn was_refused_beside_operation(&mut self) -> bool {
        let result = self.exchange.result();
        let shown = Sharing::shown_by(self.exchange.client);
        let is_beside = self.slots.has_operation(None);
        let Some(turn) = self.slots.turn() else { return false };
        turn.sharing = match (mem::replace(&mut turn.sent, Sent::Alone), result) {
            (Sent::Alone, _) => return false,
            // It was carried out after the operation.
            (Sent::Again, Ok(())) if !is_beside => Sharing::Refused,
            // Another reason, or none: it is not asked again.
            (Sent::Again, _) => shown,
            (Sent::Beside, Ok(())) if is_beside => shown,
            (Sent::Beside, Err(Failure::Refused(refusal)))
                if matches!(refusal.code(), None | Some(ResultCode::CLIENT_IS_BUSY)) =>
            {
                turn.sent = Sent::Again;
                return true;
            }
            (Sent::Beside, _) => return false,
        };
        false
    }

    /// A command was not answered in time. If the module perhaps answers nothing during an operation, the answer is
    /// awaited until that has ended. Returns whether it is.
    pub(super) fn answer_waits_for_operation(&mut self) -> bool {
        // A module that has restarted answers nothing any more.
        let is_unanswered = self.exchange.lacks_final_result() && !self.exchange.has_seen_restart();
        let deadline = self.now.after(self.time_left_of_slots()).after(self.timeouts.command_ms);
        let is_beside = self.slots.has_operation(None);
        let Some(turn) = self.slots.turn() else { return false };
        if turn.sent == Sent::Alone || !is_beside || !is_unanswered {
            return false;
        }
        turn.sent = Sent::Again;
        self.exchange.set_deadline(deadline);
        true
    }
}
