//! The sans-I/O core as a shell sees it: parser and session together.

#[cfg(test)]
mod tests;

use core::mem;
use core::time::Duration;

use embedded_io::ErrorKind;

use super::exchange::{Chosen, Phase};
use super::routing::Routed;
use super::slots::{IS_SHARED, News};
use super::{CHUNK_BYTES, ClientState, Counters, Event, Failure, Next, Procedure, ServiceState, Session};
use crate::at::{Parser, Token, WINDOW_BYTES};
use crate::command::{ClientIndex, CommandWriter};
use crate::error::{Error, InvalidInput};
use crate::family::{Family, Timeouts};
use crate::fmt::warning;
use crate::handler::MessageHandler;
use crate::saturating::saturating_u16;
use crate::skipped::SkippedSettings;
use crate::timer::Instant;

/// What is to be sent next.
#[derive(Clone, Copy, Debug)]
pub enum Outgoing<'b> {
    /// Nothing.
    Nothing,
    /// These bytes, 1-64, or a first part of them: [`Engine::transmitted`] says how many.
    Bytes(&'b [u8]),
    /// At most this many bytes, at least one, of what the call has announced and the caller holds: the payload of
    /// [`PublishMessage::announced`](crate::sans_io::PublishMessage::announced), or the file of
    /// [`Store`](crate::sans_io::Store). Then [`Engine::transmitted`].
    Source(usize),
    /// What the transmitter still holds back. Then [`Engine::flushed`].
    Flush,
}

/// How many bytes are sent between two flushes at most: SIMCom's SSL manuals ask for certificates in such pieces.
const PIECE_BYTES: u16 = 3_072 - saturating_u16(CHUNK_BYTES);

/// Whether a call has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is something to send, or to wait for.
    Waiting,
    /// The call has succeeded. Its result, if it has one, is in the procedure.
    Done,
}

/// The state machine of one module: it takes bytes, procedures and the time, and gives back bytes to send, a deadline,
/// messages and events. [`sans_io`](crate::sans_io) says how it is driven.
#[derive(Debug)]
pub struct Engine {
    parser: Parser,
    errors_in_a_row: u8,
    /// What had arrived before the call has been taken.
    input_drained: bool,
    /// Bytes that the transmitter may hold back.
    unflushed: u16,
    pub(crate) session: Session,
}

/// How many errors the receiver may report in a row, without a byte between them, before it counts as broken.
const ERRORS_IN_A_ROW: u8 = 16;

/// Pause before a command is repeated that an operation from before an adoption has kept from being carried out.
const REPETITION_PAUSE_MS: u32 = 1_000;

/// Whether a receiver continues after this error, with bytes lost. HALs report overrun, framing,
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

impl Engine {
    /// An engine for a module of this family, in any state.
    pub fn new(family: Family) -> Self {
        Self {
            parser: Parser::new(),
            errors_in_a_row: 0,
            input_drained: false,
            unflushed: 0,
            session: Session::new(family),
        }
    }

    /// Replaces the timeouts of the family.
    pub fn set_timeouts(&mut self, timeouts: Timeouts) {
        self.session.timeouts = timeouts;
    }

    /// The family; [`Detect`](crate::sans_io::Detect) can change it.
    pub fn family(&self) -> Family {
        self.session.family
    }

    /// The state of the MQTT service, where it is known.
    pub fn service_state(&self) -> ServiceState {
        self.session.lifecycle.service
    }

    /// The state of a client, where it is known.
    pub fn client_state(&self, client: ClientIndex) -> ClientState {
        self.session.lifecycle.client(client).state
    }

    /// What the module has refused of the defaults of [`Connect`](crate::sans_io::Connect) since its last restart.
    pub fn skipped_settings(&self) -> SkippedSettings {
        self.session.lifecycle.skipped_settings()
    }

    /// Counts of what was ignored or lost since construction.
    pub fn counters(&self) -> Counters {
        self.session.events.counters()
    }

    /// The next event, if one waits. Messages come before changes of state, and equal events are joined.
    pub fn take_event(&mut self) -> Option<Event> {
        self.session.events.take()
    }

    /// A call begins: its arguments are checked. If the call before has not ended, this one resyncs first.
    ///
    /// # Errors
    ///
    /// Which argument is wrong, and how. Nothing is sent, and nothing has changed.
    pub fn begin_call(&mut self, procedure: &dyn Procedure) -> Result<(), InvalidInput> {
        self.input_drained = false;
        self.session.listens_until = None;
        // A transmitter may hold back what a dropped call has sent.
        self.unflushed = self.unflushed.max(1);
        self.session.slots.begin_call();
        if self.session.slots.resumes() {
            self.session.resume();
            return Ok(());
        }
        let mut writer = CommandWriter::checking(self.session.family);
        procedure.command(&mut writer);
        writer.checked()?;
        self.session.described = writer.hash();
        self.session.begin_resync();
        self.session.exchange.call.begin(writer.client);
        Ok(())
    }

    /// Time has passed. `now` is the time since a fixed moment, such as power-on, to the millisecond. It must not run
    /// backwards, but may wrap as a counter of 32 bits does. A deadline must be seen by [`expire`](Self::expire) within
    /// 47 days: later, it looks like one that is still to come, in 37 hours at most.
    pub fn pass_time(&mut self, now: Duration) {
        self.session.now = Instant::new(now);
    }

    /// The receiver has nothing more for now. Returns whether that is news: then [`poll`](Self::poll) again, before
    /// waiting for anything.
    pub fn input_is_drained(&mut self) -> bool {
        !mem::replace(&mut self.input_drained, true)
    }

    /// Continues as far as possible without sending or receiving. `procedure` is the one of
    /// [`begin_call`](Self::begin_call).
    ///
    /// # Errors
    ///
    /// The call has failed, and has ended. Every kind of [`Error`] that the call of the modem has, except those of the
    /// UART and of a source.
    pub fn poll(&mut self, procedure: &mut dyn Procedure) -> Result<Progress, Error> {
        self.advance(procedure).map_err(|failure| self.session.error(failure))
    }

    fn advance(&mut self, procedure: &mut dyn Procedure) -> Result<Progress, Failure> {
        let session = &mut self.session;
        let listens = procedure.listens();
        session.hasten_after_loss();
        let mut illegal = None;
        loop {
            if !self.input_drained {
                return Ok(Progress::Waiting);
            }
            let may_go_on = match session.continue_resync(listens) {
                Err(_) if session.slots.module_is_silent() => true,
                may_go_on => may_go_on?,
            };
            if listens && (!session.events.is_empty() || session.slots.listener_gives_way()) {
                return Ok(Progress::Done);
            }
            if may_go_on && session.park() {
                return Ok(Progress::Done);
            }
            if !may_go_on || session.exchange.is_under_way() {
                return Ok(Progress::Waiting);
            }
            session.unpark();
            let last = session.exchange.take_result().or(illegal.take());
            if session.exchange.call.command == Chosen::No {
                if last.is_none() && session.call_is_excluded() {
                    return Ok(session.give_way());
                }
                session.continues = last.is_some();
                let next = if last.is_some() && session.repeats(procedure) {
                    session.exchange.call.command = Chosen::Yes;
                    Next::Pause(REPETITION_PAUSE_MS)
                } else {
                    procedure.next(session, last)?
                };
                match next {
                    Next::Command => {
                        session.exchange.call.command = Chosen::Yes;
                        if session.exchange.call.loss.is_some() {
                            session.command(procedure, false)?;
                        }
                        if !session.resync.is_in_step() {
                            session.begin_resync();
                        }
                    }
                    Next::Pause(time) => session.exchange.pause(time, session.now),
                    Next::Listen => return Ok(Progress::Waiting),
                    Next::Done => return Ok(Progress::Done),
                }
                continue;
            }
            if IS_SHARED && last.is_some() {
                session.exchange.call.command = Chosen::BeforePause;
            }
            if !session.may_begin() {
                return Ok(Progress::Waiting);
            }
            let chosen = mem::replace(&mut session.exchange.call.command, Chosen::No);
            match session.command(procedure, true) {
                // Another call may have changed the state since this one has chosen: it chooses again.
                Err(failure @ Failure::Illegal(_)) if IS_SHARED && chosen == Chosen::BeforePause => {
                    illegal = Some(Err(failure))
                }
                begun => begun?,
            }
        }
    }

    /// What is to be sent now. The window holds bytes that are in no memory of the caller's, such as those of a command
    /// line; it can be another one each time.
    pub fn transmit<'b>(&self, procedure: &'b dyn Procedure, window: &'b mut [u8; WINDOW_BYTES]) -> Outgoing<'b> {
        if !self.input_drained {
            return Outgoing::Nothing;
        }
        match self.outgoing(procedure, window) {
            Outgoing::Bytes([]) if self.unflushed == 0 => Outgoing::Nothing,
            Outgoing::Bytes([]) => Outgoing::Flush,
            _ if self.unflushed > PIECE_BYTES => Outgoing::Flush,
            outgoing => outgoing,
        }
    }

    fn outgoing<'b>(&self, procedure: &'b dyn Procedure, window: &'b mut [u8; WINDOW_BYTES]) -> Outgoing<'b> {
        let session = &self.session;
        let is_resync = session.resync.is_active();
        let (sent, unsent) = (session.exchange.sent().into(), usize::from(session.exchange.unsent()));
        Outgoing::Bytes(match session.exchange.phase() {
            Phase::Line => {
                let mut writer = CommandWriter::new(session.family, sent, window);
                if is_resync {
                    session.describe_resync(&mut writer)
                } else {
                    procedure.command(&mut writer)
                }
                writer.line()
            }
            Phase::Data if is_resync => session.resync_data(window),
            Phase::Data => match procedure.data() {
                Some(data) => {
                    let rest = data.get(sent..).unwrap_or(&[]);
                    rest.get(..CHUNK_BYTES.min(unsent)).unwrap_or(rest)
                }
                None => {
                    #[cfg(feature = "outbox")]
                    if let bytes @ [_, ..] = procedure.copy_data(sent, window) {
                        return Outgoing::Bytes(bytes);
                    }
                    return Outgoing::Source(unsent);
                }
            },
            _ => &[],
        })
    }

    /// The transmitter holds nothing back.
    pub fn flushed(&mut self) {
        self.unflushed = 0;
    }

    /// The first `count` bytes of what was to be sent have been sent.
    pub fn transmitted(&mut self, count: usize) {
        let count = saturating_u16(count);
        self.unflushed = self.unflushed.saturating_add(count);
        self.session.exchange.transmitted(count, &self.session.timeouts, self.session.now);
    }

    /// Takes bytes from the module, all of them. Messages go to `handler`, events to
    /// [`take_event`](Self::take_event).
    #[inline(never)]
    pub fn receive(&mut self, mut bytes: &[u8], procedure: &mut dyn Procedure, handler: &mut dyn MessageHandler) {
        self.session.reassembly.bytes_came(bytes.len(), self.session.now);
        self.errors_in_a_row = 0;
        loop {
            let prompt_awaited = self.session.exchange.phase() == Phase::Prompt;
            let Some(token) = self.parser.next(&mut bytes, prompt_awaited) else { return };
            match token {
                Token::Line(line) => match self.session.line(line, handler) {
                    Routed::Taken | Routed::Data(0) => {}
                    Routed::Data(length) => self.parser.expect_data(length),
                    Routed::Answer if self.session.resync.is_active() => self.session.resync_line(line),
                    Routed::Answer => procedure.line(line),
                    Routed::TextFollows => self.parser.expect_text(),
                },
                Token::Rest(rest) if self.session.is_answer(rest) && !self.session.resync.is_active() => {
                    procedure.rest(rest);
                }
                Token::Rest(_) => {}
                Token::Prompt => self.session.prompted(),
                Token::Data(data) => self.session.reassembly.data(data, handler),
                Token::Separator(separator) => {
                    let Session { reassembly, events, .. } = &mut self.session;
                    reassembly.separator(separator, events, handler);
                }
                Token::Text(line) => self.session.text(line, handler),
            }
        }
    }

    /// The receiver reported an error, such as an overrun, framing or noise. Where only bytes were lost, the call
    /// continues.
    ///
    /// # Errors
    ///
    /// [`Error::Receive`]: the receiver counts as broken, because of the kind of the error or after 16 in a row without a
    /// byte between them. Leave the call.
    pub fn receive_failed(&mut self, kind: ErrorKind, handler: &mut dyn MessageHandler) -> Result<(), Error> {
        self.errors_in_a_row += 1;
        if self.errors_in_a_row >= ERRORS_IN_A_ROW || !loses_bytes(kind) {
            self.errors_in_a_row = 0;
            return Err(Error::Receive(kind));
        }
        warning!("the UART lost bytes: {}", kind);
        let Session { reassembly, events, now, .. } = &mut self.session;
        events.bytes_lost();
        reassembly.bytes_lost(*now, events, handler);
        Ok(())
    }

    /// In how many milliseconds to call [`expire`](Self::expire), if nothing arrives before; `None` where there is no
    /// deadline. It changes with every other method.
    pub fn time_left(&self) -> Option<u32> {
        let left = if self.input_drained { self.session.time_left() } else { u32::MAX };
        (left < u32::MAX).then_some(left)
    }

    /// Ends what is overdue, if anything is. Call it only when the receiver has nothing more: what has arrived, has
    /// arrived in time.
    pub fn expire(&mut self, handler: &mut dyn MessageHandler) {
        self.session.notify(News::Time);
        if self.session.expire(handler) {
            self.parser.abandon_data();
        }
    }
}
