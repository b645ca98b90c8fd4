//! Resync: after a dropped or unanswered call, commands and answers are brought back in step before the next command is
//! sent.

mod state_query;

use super::exchange::Phase;
use super::{Failure, Session};
use crate::at::WINDOW_BYTES;
use crate::command::network::{Cpin, Creg, Csq};
use crate::command::{At, CommandInfo, CommandWriter, DiscRead, Request, Unsub};
use crate::family::RECEIVED_PAYLOAD_LIMIT_BYTES;
use crate::fmt::debug;

/// How long `AT` may take. It is there to end half a line, so no answer is required.
const ATTENTION_TIMEOUT_MS: u32 = 1_000;
/// How long a sync query may take.
const SYNC_QUERY_TIMEOUT_MS: u32 = 3_000;
/// How long other answers are awaited after the answer to the sync query.
const QUIET_MS: u32 = 100;
/// How many sync queries are tried, each another command.
const SYNC_QUERIES: u8 = 3;
/// Ends a half-sent command line, before its CR, so that it is refused, wherever it was cut: no command and no
/// parameter ends with `~`, and quotes that are open stay open.
const ABORTING: u8 = b'~';
/// Fills a prompt whose length is known: in a topic filter, slashes are valid wherever it was cut.
const SLASH: u8 = b'/';
/// Fills a prompt of unknown length: carriage returns mean nothing to a module that waits for a command.
const CARRIAGE_RETURN: u8 = b'\r';

/// The stage of a resync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Stage {
    Off,
    /// The outcome that a dropped call left.
    PendingOutcome,
    /// The exchange of a dropped call continues to its final result.
    Finish,
    /// Data for a prompt that may be waiting, though it was not seen.
    Fill,
    /// `AT`, to a module of which nothing is known.
    Attention,
    /// A query whose answer nothing else in flight can have, and which of them.
    SyncQuery(u8),
    /// The module is asked for what may have been missed in an error window.
    StateQuery,
    /// A subscription to slashes, which filling has made, is undone.
    Undo,
}

#[derive(Debug)]
pub(super) struct Resync {
    stage: Stage,
    /// Commands and answers are known to go together.
    in_step: bool,
    /// Bytes that the module may be waiting for, whether its prompt was seen or not.
    missing_data: u16,
    /// A prompt of unknown length has been filled.
    blind_filled: bool,
}

impl Resync {
    pub(super) const fn new() -> Self {
        Self { stage: Stage::Off, in_step: false, missing_data: 0, blind_filled: false }
    }

    /// Whether what is sent and received belongs to resync.
    pub(super) fn is_active(&self) -> bool {
        !matches!(self.stage, Stage::Off | Stage::PendingOutcome)
    }

    /// The module restarted: neither side waits for anything.
    pub(super) fn restarted(&mut self) {
        *self = Self { stage: self.stage, ..Self::new() };
    }

    /// Whether commands and answers are known to go together.
    pub(super) fn is_in_step(&self) -> bool {
        self.in_step
    }

    /// The next answer may be that to an earlier command.
    pub(super) fn lose_step(&mut self) {
        self.in_step = false;
    }

    fn go_to(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// The byte that fills a prompt, and how many of it may be sent in a row.
    fn filling(&self, unsent: usize) -> (u8, usize) {
        // The last byte is for a module that did not wait for data: it ends the line that the others have become.
        let is_fill = self.stage == Stage::Fill;
        let is_blind = is_fill && (unsent == 1 || self.missing_data == 0);
        let count = if is_fill && unsent > 1 { unsent - 1 } else { unsent };
        (if is_blind { CARRIAGE_RETURN } else { SLASH }, count)
    }
}

impl Session {
    /// A new call takes over what the call before has left unfinished.
    pub(super) fn begin_resync(&mut self) {
        if self.resync.is_active() {
            return;
        }
        self.resync.stage = Stage::Off;
        match self.exchange.phase() {
            Phase::Idle | Phase::Pause | Phase::Done => {}
            Phase::Line if !self.exchange.has_begun() => {}
            Phase::Line => {
                debug!("resync: AT{} is half sent, and is aborted", self.exchange.info.name);
                self.abort_line(SYNC_QUERY_TIMEOUT_MS);
                return self.resync.go_to(Stage::Finish);
            }
            Phase::Prompt | Phase::Data | Phase::Final => {
                debug!("resync: a dropped call has left AT{} unanswered", self.exchange.info.name);
                return self.resync.go_to(Stage::Finish);
            }
            Phase::Outcome => self.leave_outcome(),
        }
        self.enter_resync_stage(Stage::PendingOutcome);
    }

    /// A dropped call awaited an outcome.
    fn leave_outcome(&mut self) {
        if !self.park_outcome_of_dropped_call() {
            self.detach_outcome();
        }
    }

    /// A call goes on that has waited. It needs no module for what it has waited for, unless another call has left
    /// something unfinished.
    pub(super) fn resume(&mut self) {
        if self.resync.is_active() || (self.exchange.is_under_way() && self.exchange.phase() != Phase::Pause) {
            return self.begin_resync();
        }
        self.resync.stage = Stage::Off;
        self.exchange.clear();
    }

    /// Continues resync. Returns whether the call may go on: one that only listens does not wait for a pending outcome.
    pub(super) fn continue_resync(&mut self, listens: bool) -> Result<bool, Failure> {
        loop {
            let phase = self.exchange.phase();
            let must_ask = phase == Phase::Idle && !self.resync.is_active() && self.must_ask();
            match self.resync.stage {
                Stage::Off | Stage::PendingOutcome if must_ask => self.resync.go_to(Stage::StateQuery),
                Stage::Off => return Ok(true),
                Stage::Finish => match phase {
                    Phase::Outcome => {
                        self.leave_outcome();
                        self.enter_resync_stage(Stage::SyncQuery(0));
                    }
                    Phase::Idle | Phase::Done => self.enter_resync_stage(Stage::SyncQuery(0)),
                    Phase::Data => {
                        self.note_padded_filter();
                        return Ok(false);
                    }
                    _ => return Ok(false),
                },
                Stage::PendingOutcome if phase == Phase::Pause => return Ok(false),
                Stage::PendingOutcome if listens => return Ok(true),
                Stage::PendingOutcome if self.pending_outcome.is_none() => self.enter_resync_stage(Stage::Undo),
                Stage::PendingOutcome => return Ok(false),
                _ if phase == Phase::Idle && !self.may_begin() => return Ok(false),
                _ if phase == Phase::Idle => {
                    if !self.begin_resync_exchange() {
                        self.enter_resync_stage(Stage::Off);
                    }
                }
                _ if phase == Phase::Done => self.resync_exchange_ended()?,
                _ => return Ok(false),
            }
        }
    }

    /// Continues with this stage, unless the module has to be found again first.
    #[inline(never)]
    fn enter_resync_stage(&mut self, stage: Stage) {
        self.exchange.clear();
        self.resync.go_to(match stage {
            // Anything else would become a part of the data.
            _ if self.resync.missing_data > 0 => {
                debug!("resync: the module may wait for {} bytes of data", self.resync.missing_data);
                Stage::Fill
            }
            Stage::PendingOutcome | Stage::Off if !self.resync.in_step => {
                debug!("resync: the next answer may be that to an earlier command");
                Stage::Attention
            }
            _ => stage,
        });
    }

    /// Begins the exchange of the present stage; there is none where nothing is to be undone.
    fn begin_resync_exchange(&mut self) -> bool {
        if self.resync.stage == Stage::Fill {
            self.begin_fill();
            return true;
        }
        let mut writer = CommandWriter::checking(self.family);
        self.describe_resync(&mut writer);
        if !writer.is_blank() {
            debug!("resync: {:?}", self.resync.stage);
        }
        self.exchange.begin(&writer, &self.timeouts, self.now);
        if matches!(self.resync.stage, Stage::SyncQuery(_)) {
            self.exchange.insist_on_line();
        }
        !writer.is_blank()
    }

    /// The command of the present stage.
    pub(super) fn describe_resync(&self, writer: &mut CommandWriter<'_>) {
        writer.timeout_milliseconds(match self.resync.stage {
            Stage::Attention => ATTENTION_TIMEOUT_MS,
            Stage::SyncQuery(_) | Stage::StateQuery => SYNC_QUERY_TIMEOUT_MS,
            _ => 0,
        });
        match self.resync.stage {
            Stage::Finish => {
                writer.byte(ABORTING);
            }
            Stage::Attention => At.describe(writer),
            Stage::SyncQuery(0) => Csq.describe(writer),
            Stage::SyncQuery(1) => Creg.describe(writer),
            Stage::SyncQuery(_) => Cpin.describe(writer),
            Stage::StateQuery => DiscRead.describe(writer),
            Stage::Undo => {
                if let Some((client, length)) = self.lifecycle.padded_filter()
                    && !self.slots.has_call_of(Some(client))
                {
                    Unsub::describe_for(writer, client, length);
                }
            }
            _ => {}
        }
    }

    /// Filling is an exchange that begins with its data: the missing bytes, and a CR for a module that did not wait for
    /// them.
    fn begin_fill(&mut self) {
        let length = match self.resync.missing_data {
            0 => RECEIVED_PAYLOAD_LIMIT_BYTES,
            missing_data => missing_data,
        };
        self.exchange.begin_data(length.saturating_add(1), ATTENTION_TIMEOUT_MS, self.now);
    }

    /// Data that are to be sent now.
    pub(super) fn resync_data<'b>(&self, window: &'b mut [u8; WINDOW_BYTES]) -> &'b [u8] {
        let (byte, count) = self.resync.filling(self.exchange.unsent().into());
        let filling = window.get_mut(..count.min(WINDOW_BYTES)).unwrap_or_default();
        filling.fill(byte);
        filling
    }

    /// The exchange of the present stage has ended.
    fn resync_exchange_ended(&mut self) -> Result<(), Failure> {
        let result = self.exchange.take_result();
        match (self.resync.stage, result) {
            (Stage::SyncQuery(_), Some(Ok(()))) => {
                self.resync.blind_filled = false;
                self.resync.go_to(Stage::PendingOutcome);
                if !core::mem::replace(&mut self.resync.in_step, true) {
                    // The answer may have been that to an earlier query: then others follow.
                    self.exchange.pause(QUIET_MS, self.now);
                }
            }
            (Stage::SyncQuery(query), _) => return self.sync_query_failed(query),
            (Stage::Undo, _) => self.lifecycle.padded_filter_is_undone(),
            (Stage::StateQuery, result) => self.state_query_ended(result.unwrap_or(Ok(()))),
            // Whatever `AT` and the filled prompt were answered with, only the sync query counts.
            (stage, result) => {
                // A module that did not wait for data carries nothing out.
                if stage == Stage::Fill && matches!(result, Some(Err(Failure::Refused(_)))) {
                    self.pending_outcome = None;
                }
                self.resync.missing_data = 0;
                self.resync.go_to(Stage::SyncQuery(0));
            }
        }
        Ok(())
    }

    fn sync_query_failed(&mut self, query: u8) -> Result<(), Failure> {
        debug!("resync: no answer to the sync query");
        // The module was mute, or bytes were lost: what is awaited may be among what did not arrive.
        self.hasten();
        // A query that was not answered may have become the data of a prompt.
        self.lifecycle.holds_unknown_data();
        self.resync.in_step = false;
        if query + 1 < SYNC_QUERIES {
            self.resync.go_to(Stage::SyncQuery(query + 1));
            return Ok(());
        }
        // A reset of the microcontroller can leave a prompt of any length waiting.
        if !self.resync.blind_filled {
            self.resync.blind_filled = true;
            self.resync.go_to(Stage::Fill);
            return Ok(());
        }
        self.resync.blind_filled = false;
        self.resync.go_to(Stage::Off);
        self.attribute_error_to(CommandInfo::NAMELESS);
        Err(Failure::NoAnswer)
    }

    /// The exchange was not answered in time. The next call resyncs with what the module may still wait for or send.
    pub(super) fn expire_exchange(&mut self) {
        if self.answer_waits_for_operation() {
            return;
        }
        let missing_data = self.exchange.missing_data();
        self.exchange.expire();
        let is_of_resync = matches!(self.resync.stage, Stage::Attention | Stage::SyncQuery(_) | Stage::Fill);
        if self.exchange.lacks_final_result() && !is_of_resync {
            self.resync.missing_data = missing_data;
            if missing_data > 0 {
                self.note_padded_filter();
                // Once its data are filled, the command may go on to an outcome.
                self.exchange.set_deadline(self.now.after(self.timeouts.command_ms));
                self.detach_outcome();
            }
        }
        self.conclude();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_prompt_gets_slashes_and_ends_with_a_carriage_return() {
        let fill = |missing_data| Resync { stage: Stage::Fill, missing_data, ..Resync::new() };
        assert_eq!(fill(5).filling(6), (SLASH, 5));
        assert_eq!(fill(5).filling(1), (CARRIAGE_RETURN, 1));
        assert_eq!(fill(0).filling(3), (CARRIAGE_RETURN, 2));
        let finish = Resync { stage: Stage::Finish, ..Resync::new() };
        assert_eq!(finish.filling(1), (SLASH, 1));
    }
}
