//! An outcome that is still to come while the AT channel is free.

use super::exchange::{OUTCOME_AFTER_LOSS_MS, sooner};
use super::facts::Loss;
use crate::ResultCode;
use crate::at::Line;
use crate::command::{ClientIndex, CommandInfo, code_in};
use crate::timer::Instant;

/// The outcome of a deferred command that a dropped call did not wait for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingOutcome {
    pub(super) info: &'static CommandInfo,
    pub(super) client: Option<ClientIndex>,
    deadline: Instant,
}

impl PendingOutcome {
    pub(super) const fn new(info: &'static CommandInfo, client: Option<ClientIndex>, deadline: Instant) -> Self {
        Self { info, client, deadline }
    }

    /// The code in `line`, if it is this outcome.
    pub(super) fn code_in(&self, line: Line<'_>) -> Option<ResultCode> {
        code_in(line, self.info.name, self.client)
    }

    /// Whether a loss of one client, or of both, means that it will not come.
    pub(super) fn is_cancelled_by(&self, loss: Loss, client: Option<ClientIndex>) -> bool {
        (client.is_none() || client == self.client) && loss.concerns(self.info.effect)
    }

    /// The UART lost bytes, and it may be among them.
    pub(super) fn hasten(&mut self, now: Instant) {
        self.deadline = sooner(self.deadline, now, OUTCOME_AFTER_LOSS_MS);
    }

    /// Milliseconds until it counts as unknown.
    pub(super) fn time_left(&self, now: Instant) -> u32 {
        now.until(self.deadline)
    }

    pub(super) fn has_expired(&self, now: Instant) -> bool {
        now.has_reached(self.deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::at::{Parser, Token};
    use crate::command::{Answer, Effect, Pub, Start};

    const FIRST: Option<ClientIndex> = Some(ClientIndex::First);
    const SECOND: Option<ClientIndex> = Some(ClientIndex::Second);
    const CONNECT: &CommandInfo = &CommandInfo::new("+CMQTTCONNECT", Answer::Deferred).effect(Effect::Connect);

    fn code(pending: &PendingOutcome, mut line: &[u8]) -> Option<u8> {
        let mut parser = Parser::new();
        match parser.next(&mut line, false) {
            Some(Token::Line(line)) => pending.code_in(line).map(ResultCode::number),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_the_outcome_of_this_command_and_client_is_taken() {
        let pending = PendingOutcome::new(Pub::INFO, FIRST, Instant::ZERO);
        assert_eq!(code(&pending, b"+CMQTTPUB: 0,6\r"), Some(6));
        assert_eq!(code(&pending, b"+CMQTTPUB: 1,0\r"), None);
        assert_eq!(code(&pending, b"+CMQTTSUB: 0,0\r"), None);
        assert_eq!(code(&pending, b"+CMQTTPUB: 0\r"), None);
    }

    #[test]
    fn a_loss_cancels_what_cannot_come_any_more() {
        let publish = PendingOutcome::new(Pub::INFO, FIRST, Instant::ZERO);
        assert!(publish.is_cancelled_by(Loss::Connection, FIRST));
        assert!(!publish.is_cancelled_by(Loss::Connection, SECOND));
        assert!(publish.is_cancelled_by(Loss::Network, None));
        let connect = PendingOutcome::new(CONNECT, FIRST, Instant::ZERO);
        assert!(!connect.is_cancelled_by(Loss::Connection, FIRST), "it was lost before this attempt");
        let start = PendingOutcome::new(Start::INFO, None, Instant::ZERO);
        assert!(!start.is_cancelled_by(Loss::Network, None), "it was lost before this attempt");
    }

    #[test]
    fn it_expires_at_its_deadline() {
        let pending = PendingOutcome::new(Pub::INFO, FIRST, Instant::ZERO.after(100));
        assert_eq!(pending.time_left(Instant::ZERO.after(40)), 60);
        assert!(!pending.has_expired(Instant::ZERO.after(99)) && pending.has_expired(Instant::ZERO.after(100)));
    }
}
