//! The sans-I/O core as a shell sees it: parser and session together.

use core::time::Duration;

use embedded_io::ErrorKind;

use super::clock::{Instant, duration};
use super::exchange::Phase;
use super::{CHUNK, Procedure, Session, encode};
use crate::at::{Parser, WINDOW};
use crate::error::Error;
use crate::family::Family;
use crate::handler::MessageHandler;

/// What the shell has to send next.
#[derive(Debug)]
pub(crate) enum Outgoing<'b> {
    /// These bytes, or nothing.
    Bytes(&'b [u8]),
    /// At most this many bytes of the procedure's own source.
    Source(usize),
}

/// How many bytes are sent between two flushes at most: SIMCom's SSL manuals ask for certificates in such pieces.
pub(crate) const PIECE: usize = 3_072 - CHUNK;

/// Whether a call has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is something to send, or to wait for.
    Waiting,
    /// The procedure has done what it was for.
    Done,
}

/// A state machine that takes bytes, procedures and the time, and gives back bytes to send, a deadline, and events.
///
/// Every call of the user is a loop: [`begin_call`](Self::begin_call) once; then as long as [`poll`](Self::poll) says
/// `Waiting`: send what [`transmit`](Self::transmit) gives, hand what arrives to [`receive`](Self::receive), and call
/// [`expire`](Self::expire) when nothing arrives until [`deadline`](Self::deadline). The loop can be left at any point.
#[derive(Debug)]
pub(crate) struct Engine {
    parser: Parser,
    errors_in_a_row: u8,
    pub(crate) session: Session,
}

/// How many errors the receiver may report in a row, without a byte between them, before it counts as broken.
const ERRORS_IN_A_ROW: u8 = 16;

/// Whether a receiver that reports this error goes on afterwards, having lost bytes. HALs report overrun, framing,
/// parity and noise as one of these.
const fn loses_bytes(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Other
            | ErrorKind::InvalidData
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
            | ErrorKind::OutOfMemory
    )
}

// What a shell's loop calls is not inlined into it: the loop exists once for each kind of source of a payload.
impl Engine {
    pub(crate) fn new(family: Family) -> Self {
        Self { parser: Parser::new(), errors_in_a_row: 0, session: Session::new(family) }
    }

    /// A call begins: its arguments are checked, and what the call before has left behind is to be settled.
    #[inline(never)]
    pub(crate) fn begin_call(&mut self, now: Duration, procedure: &dyn Procedure) -> Result<(), Error> {
        self.session.now = Instant::new(now);
        procedure.check(&self.session)?;
        self.session.take_over();
        Ok(())
    }

    /// Goes on as far as possible without sending or receiving.
    #[inline(never)]
    pub(crate) fn poll(&mut self, now: Duration, procedure: &mut dyn Procedure) -> Result<Progress, Error> {
        self.session.now = Instant::new(now);
        self.session.poll(procedure)
    }

    /// What is to be sent now.
    #[inline(never)]
    pub(crate) fn transmit<'b>(&self, procedure: &'b dyn Procedure, window: &'b mut [u8; WINDOW]) -> Outgoing<'b> {
        let session = &self.session;
        if session.settling.is_active() {
            return Outgoing::Bytes(session.settlement(window));
        }
        let sent = usize::from(session.exchange.sent);
        match session.exchange.phase {
            Phase::Line => {
                let mut filled = 0;
                procedure.command(&mut |request| filled = encode(request, sent, window).filled);
                Outgoing::Bytes(window.get(..filled).unwrap_or(&[]))
            }
            Phase::Data => match procedure.data() {
                Some(data) => {
                    let rest = data.get(sent..).unwrap_or(&[]);
                    Outgoing::Bytes(rest.get(..CHUNK).unwrap_or(rest))
                }
                None => Outgoing::Source(session.exchange.unsent().into()),
            },
            _ => Outgoing::Bytes(&[]),
        }
    }

    /// The first `count` bytes of what was to be sent have been sent.
    #[inline(never)]
    pub(crate) fn transmitted(&mut self, now: Duration, count: usize) {
        self.session.now = Instant::new(now);
        self.session.exchange.transmitted(count, &self.session.timeouts, self.session.now);
    }

    /// Takes bytes from the module, all of them.
    #[inline(never)]
    pub(crate) fn receive(
        &mut self,
        now: Duration,
        mut bytes: &[u8],
        procedure: &mut dyn Procedure,
        handler: &mut dyn MessageHandler,
    ) {
        self.session.now = Instant::new(now);
        self.session.incoming.bytes_came(self.session.now);
        self.errors_in_a_row = 0;
        loop {
            let prompt_awaited = self.session.exchange.phase == Phase::Prompt;
            let Some(token) = self.parser.next(&mut bytes, prompt_awaited) else { return };
            let data_length = self.session.token(token, procedure, handler);
            if data_length > 0 {
                self.parser.expect_data(data_length);
            }
        }
    }

    /// The receiver reported an error. One that goes on afterwards has lost bytes; the call goes on as well.
    #[inline(never)]
    pub(crate) fn receive_failed(
        &mut self,
        now: Duration,
        kind: ErrorKind,
        handler: &mut dyn MessageHandler,
    ) -> Result<(), Error> {
        self.errors_in_a_row += 1;
        if self.errors_in_a_row >= ERRORS_IN_A_ROW || !loses_bytes(kind) {
            self.errors_in_a_row = 0;
            return Err(Error::Receive(kind));
        }
        let Session { incoming, events, .. } = &mut self.session;
        events.bytes_lost();
        incoming.bytes_lost(Instant::new(now), events, handler);
        Ok(())
    }

    /// When to call [`expire`](Self::expire), on the timer that says `now`; `None` where there is no hurry.
    #[inline(never)]
    pub(crate) fn deadline(&self, now: Duration) -> Option<Duration> {
        let left = Instant::new(now).until(self.session.deadline()?);
        Some(now.saturating_add(duration(left)))
    }

    /// Nothing arrived until the deadline.
    #[inline(never)]
    pub(crate) fn expire(&mut self, now: Duration, handler: &mut dyn MessageHandler) {
        self.session.now = Instant::new(now);
        if self.session.expire(handler) {
            self.parser.abandon_data();
        }
    }
}
