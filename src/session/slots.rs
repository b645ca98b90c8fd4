//! Calls that have given up their turn: what they wait for, an outcome or a pause, goes on while other calls use the module.
//!
//! Without the feature `shared` there is no slot, and nothing of this is in the image.

use core::mem;

use super::exchange::{Exchange, Phase};
use super::facts::Loss;
use super::sharing::{Sent, Sharing};
use super::{Progress, Session};
use crate::at::{Line, behind};
use crate::command::{ClientIndex, CommandInfo, Effect};
use crate::fmt::debug;

/// One for each client, one for a call of neither, and one more: a call may wait while the result of another one of its client
/// has not been fetched yet.
const SLOTS: u8 = if IS_SHARED { 4 } else { 0 };
pub(super) const IS_SHARED: bool = cfg!(feature = "shared");
/// Pause before a call looks again whether another one still keeps it from its next command.
pub(super) const EXCLUDED_PAUSE_MS: u32 = 1_000;

/// How a call goes on in its next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// From its beginning. What other calls wait for has kept it from that, until one of them ends.
    Begin,
    /// With what became of the exchange in this slot.
    Slot(u8),
}

/// The turn that is under way, and what is known for the next ones.
#[derive(Debug)]
pub(super) struct Turn {
    /// The call gives up its turn while it waits.
    gives_way: bool,
    resumption: Resumption,
    gave_way: Option<Resumption>,
    /// Something that was awaited has ended in this turn.
    pub(super) has_result: bool,
    /// The module has answered nothing in this turn, not even `AT`.
    is_silent: bool,
    pub(super) sent: Sent,
    pub(super) sharing: Sharing,
}

impl Turn {
    const NONE: Self = Self {
        gives_way: false,
        resumption: Resumption::Begin,
        gave_way: None,
        has_result: false,
        is_silent: false,
        sent: Sent::Alone,
        sharing: Sharing::Nothing,
    };
}

/// The slots, and the turn. Both are arrays without an element where there is nothing to share.
#[derive(Debug)]
pub(super) struct Slots {
    /// Idle where it is free, done where its result waits for the call.
    slots: [Exchange; SLOTS as usize],
    turn: [Turn; IS_SHARED as usize],
}

/// What every exchange has to know.
#[derive(Clone, Copy)]
pub(super) enum News<'l> {
    /// A line that is perhaps its outcome.
    Outcome(Line<'l>),
    /// A line that nothing waits for.
    OtherLine(Line<'l>),
    /// The UART lost bytes.
    BytesLost,
    /// A loss, of one client or of both.
    Loss(Loss, Option<ClientIndex>),
    /// The module restarted: no outcome will come.
    Restart,
    /// Time has passed: what is overdue ends.
    Time,
}

/// Whether a command has to wait for the outcome of another one.
#[inline(never)]
fn excludes(pending: &CommandInfo, info: &CommandInfo, client: Option<ClientIndex>) -> bool {
    let (beginning, is_for_all) = match pending.effect {
        Effect::Start | Effect::Stop => ("+CMQTT", true),
        // The module opens one connection at a time.
        Effect::Connect => (pending.name, true),
        // The answer to a read form, which names no client, looks like the outcome.
        _ => (pending.name, false),
    };
    matches!(info.effect, Effect::Start | Effect::Stop)
        || ((is_for_all || client.is_none()) && behind(info.name.as_bytes(), beginning).is_some())
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            // As a constant, they would be in the image, and be copied from there by `memcpy`.
            #[cfg(feature = "shared")]
            slots: [Exchange::idle(), Exchange::idle(), Exchange::idle(), Exchange::idle()],
            #[cfg(not(feature = "shared"))]
            slots: [],
            turn: [const { Turn::NONE }; IS_SHARED as usize],
        }
    }

    /// The turn that is under way; `None` where nothing is shared.
    pub(super) fn turn(&mut self) -> Option<&mut Turn> {
        self.turn.first_mut()
    }

    fn parts(&mut self) -> Option<(&mut [Exchange], &mut Turn)> {
        Some((&mut self.slots, self.turn.first_mut()?))
    }

    /// A call begins, or goes on.
    pub(super) fn begin_call(&mut self) {
        if let Some(turn) = self.turn() {
            turn.sent = Sent::Alone;
        }
    }

    /// Whether an operation is under way whose outcome the module has still to report, with this effect or with any.
    pub(super) fn has_operation(&self, effect: Option<Effect>) -> bool {
        IS_SHARED && self.any_operation(effect)
    }

    #[inline(never)]
    fn any_operation(&self, effect: Option<Effect>) -> bool {
        let mut operations = self.slots.iter().filter(|slot| slot.phase() == Phase::Outcome);
        operations.any(|slot| effect.is_none_or(|effect| slot.info.effect == effect))
    }

    /// Whether the call that has its turn does not begin with it.
    pub(super) fn resumes(&self) -> bool {
        self.turn.first().is_some_and(|turn| turn.resumption != Resumption::Begin)
    }

    /// The module answers nothing. Returns whether the call goes on all the same: what it has waited for is known, whatever the
    /// module does now.
    pub(super) fn module_is_silent(&mut self) -> bool {
        if let Some(turn) = self.turn() {
            turn.is_silent = true;
        }
        self.resumes()
    }

    /// Whether a call that only listens gives way, because a wait has just ended.
    pub(super) fn listener_gives_way(&self) -> bool {
        self.turn.first().is_some_and(|turn| turn.gives_way && turn.has_result)
    }

    /// Whether a call of this client waits.
    pub(super) fn has_call_of(&self, client: Option<ClientIndex>) -> bool {
        IS_SHARED && self.any_call_of(client)
    }

    #[inline(never)]
    fn any_call_of(&self, client: Option<ClientIndex>) -> bool {
        client.is_some() && self.slots.iter().any(|slot| slot.is_under_way() && slot.call.client == client)
    }
}

/// What is there for calls without a turn.
#[cfg(feature = "shared")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// The slots with a result for a call, a bit for each.
    pub(crate) ended: u8,
    /// The slots in which something is awaited, a bit for each.
    pub(crate) waiting: u8,
    /// The clients that are connected, a bit for each.
    pub(crate) connected: u8,
    /// The module has answered nothing.
    pub(crate) was_silent: bool,
}

#[cfg(feature = "shared")]
impl super::Engine {
    /// The calls that have left these slots do not come back.
    pub(crate) fn drop_slots(&mut self, dropped: u8) {
        let mut dropped = dropped;
        for slot in &mut self.session.slots.slots {
            if dropped & 1 != 0 {
                slot.call.is_dropped = true;
                if slot.phase() != Phase::Outcome {
                    slot.clear();
                }
            }
            dropped >>= 1;
        }
    }

    /// A call has its turn.
    pub(crate) fn begin_turn(&mut self, gives_way: bool, resumption: Resumption) {
        let Some(turn) = self.session.slots.turn() else { return };
        turn.gives_way = gives_way;
        turn.resumption = resumption;
        turn.gave_way = None;
        turn.has_result = false;
        turn.is_silent = false;
    }

    /// The turn has ended. Returns how the call goes on, where it has not ended.
    pub(crate) fn end_turn(&mut self) -> Option<Resumption> {
        self.session.slots.turn()?.gave_way
    }

    /// The client of the call that has its turn.
    pub(crate) fn client_of_call(&self) -> Option<ClientIndex> {
        self.session.exchange.call.client
    }

    /// What is there for the calls that wait.
    pub(crate) fn left(&self) -> Left {
        let Slots { slots, turn } = &self.session.slots;
        let connected = u8::try_from(self.session.lifecycle.connected()).unwrap_or(0);
        let was_silent = turn.first().is_some_and(|turn| turn.is_silent);
        let mut left = Left { connected, was_silent, ..Left::default() };
        for slot in slots.iter().rev() {
            left.ended = left.ended << 1 | u8::from(slot.phase() == Phase::Done);
            left.waiting = left.waiting << 1 | u8::from(slot.is_under_way());
        }
        left
    }
}

impl Session {
    /// If the call waits for an outcome or pauses, it gives up its turn, where it can. Returns whether it does.
    pub(super) fn park(&mut self) -> bool {
        let Some((slots, turn)) = self.slots.parts() else { return false };
        let may_wait = match self.exchange.phase() {
            Phase::Outcome => turn.sharing != Sharing::Refused,
            Phase::Pause => true,
            _ => false,
        };
        if !may_wait || !turn.gives_way || turn.sent == Sent::Again {
            return false;
        }
        for (number, slot) in (0..).zip(slots) {
            if slot.phase() == Phase::Idle {
                debug!("AT{} waits without its turn", self.exchange.info.name);
                turn.gave_way = Some(Resumption::Slot(number));
                self.exchange.call.client = self.exchange.client.or(self.exchange.call.client);
                self.swap_slot(number);
                return true;
            }
        }
        false
    }

    /// A dropped call awaited an outcome. Returns whether that has a slot.
    pub(super) fn park_outcome_of_dropped_call(&mut self) -> bool {
        let call = self.exchange.call;
        self.exchange.call.client = None;
        self.exchange.call.is_dropped = true;
        let has_slot = self.park();
        self.exchange.call = call;
        if let Some(turn) = self.slots.turn() {
            turn.gave_way = None;
        }
        has_slot
    }

    /// If the call goes on after it has waited, its exchange comes back.
    pub(super) fn unpark(&mut self) {
        let Some(turn) = self.slots.turn() else { return };
        if let Resumption::Slot(number) = mem::replace(&mut turn.resumption, Resumption::Begin) {
            self.exchange.clear();
            self.swap_slot(number);
            self.continues = true;
        }
    }

    /// Exchanges what is under way with what is in this slot; with itself, where there is no such slot.
    #[inline(never)]
    fn swap_slot(&mut self, number: u8) {
        if let Some(slot) = self.slots.slots.get_mut(usize::from(number)) {
            mem::swap(slot, &mut self.exchange);
        }
    }

    /// Whether the call has to wait before its first command, because another one of its client waits.
    pub(super) fn call_is_excluded(&self) -> bool {
        self.slots.has_call_of(self.exchange.call.client)
    }

    /// The call is excluded. It gives up its turn where it can, and waits with it otherwise.
    pub(super) fn give_way(&mut self) -> Progress {
        match self.slots.turn() {
            Some(turn) if turn.gives_way => {
                turn.gave_way = Some(Resumption::Begin);
                Progress::Done
            }
            _ => Progress::Waiting,
        }
    }

    /// Whether a command has to wait for what other calls wait for.
    pub(super) fn is_excluded(&mut self, info: &CommandInfo, client: Option<ClientIndex>) -> bool {
        if self.slots.has_call_of(client) {
            return true;
        }
        let Some((slots, turn)) = self.slots.parts() else { return false };
        let mut is_beside = false;
        for slot in slots.iter().filter(|slot| slot.phase() == Phase::Outcome) {
            if turn.sent == Sent::Again || excludes(slot.info, info, client) {
                return true;
            }
            is_beside = true;
        }
        if turn.sent != Sent::Again {
            let shows_more = is_beside && turn.sharing < Sharing::shown_by(client);
            turn.sent = if shows_more { Sent::Beside } else { Sent::Alone };
        }
        false
    }

    /// Something came for the exchange under way, and for those that wait in slots: each takes it by the same rules. Returns
    /// whether one of them has taken it for itself.
    // Without slots, each caller needs one of the rules.
    #[inline(always)]
    pub(super) fn notify(&mut self, news: News<'_>) -> bool {
        if IS_SHARED { self.notify_all(news) } else { self.takes(news) }
    }

    #[inline(never)]
    fn notify_all(&mut self, news: News<'_>) -> bool {
        // The one under way is in no slot, and comes first.
        for number in (0..SLOTS + 1).rev() {
            self.swap_slot(number);
            let is_taken = self.takes(news);
            if self.exchange.call.is_dropped && self.exchange.phase() == Phase::Done {
                self.exchange.clear();
            }
            self.swap_slot(number);
            if is_taken {
                return true;
            }
        }
        false
    }

    /// The exchange under way takes it, or does not.
    #[inline(always)]
    fn takes(&mut self, news: News<'_>) -> bool {
        let now = self.now;
        match news {
            News::Outcome(line) => return self.outcome(line),
            News::OtherLine(line) => self.exchange.other_line(line, now),
            News::BytesLost => self.exchange.bytes_lost(now),
            News::Loss(loss, client) => {
                self.exchange.call.loss = Some(loss);
                if client.is_none() || client == self.exchange.client {
                    self.exchange.interrupt(loss, now);
                }
            }
            News::Restart => {
                let interrupts = self.exchange.is_under_way();
                if self.exchange.restarted(now) {
                    return true;
                }
                if interrupts {
                    self.exchange.log_result(self.elapsed());
                }
                self.exchange.call.loss = Some(Loss::Restart);
            }
            News::Time if self.exchange.has_expired(now) => self.expire_exchange(),
            News::Time => {}
        }
        false
    }

    /// Milliseconds until the first deadline of a slot.
    pub(super) fn time_left_of_slots(&self) -> u32 {
        let mut left = u32::MAX;
        for slot in &self.slots.slots {
            left = left.min(slot.time_left(self.now));
        }
        left
    }
}
