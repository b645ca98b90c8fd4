//! Calls that have given up their turn: what they wait for, an outcome or a pause, goes on while other calls use the
//! module.
//!
//! Without the feature `shared` there is no slot, and nothing of this is in the image.

use core::mem;

use super::exchange::{Exchange, Phase};
use super::facts::Loss;
use super::sharing::{Sent, Sharing};
#[cfg(feature = "shared")]
use super::turns::Supervised;
use super::{Progress, Session};
use crate::at::{Line, behind};
use crate::command::{ClientIndex, CommandInfo, Effect};
use crate::fmt::debug;

/// One for each client, one for a call of neither, and one more: a call may wait while the result of another one of its
/// client has not been fetched yet.
const SLOTS: u32 = if IS_SHARED { 4 } else { 0 };
pub(super) const IS_SHARED: bool = cfg!(feature = "shared");
/// Pause before a call looks again whether another one still keeps it from its next command.
pub(super) const EXCLUDED_PAUSE_MS: u32 = 1_000;

/// Slots, a bit for each.
pub(crate) type SlotSet = u8;

/// The turn that is under way, and what is known for the next ones.
#[derive(Debug)]
pub(super) struct Turn {
    /// The call gives up its turn while it waits.
    pub(super) gives_way: bool,
    /// The slot from which it goes on, or none: then it begins.
    pub(super) resumes: SlotSet,
    /// It has given up its turn. It goes on from this slot later; from its beginning, where what other calls wait for
    /// has kept it from that.
    pub(super) gave_way: Option<SlotSet>,
    /// Something that was awaited has ended in this turn.
    pub(super) has_result: bool,
    /// The module has answered nothing in this turn, not even `AT`.
    pub(super) is_silent: bool,
    #[cfg(feature = "shared")]
    pub(super) supervised: Supervised,
    pub(super) sent: Sent,
    pub(super) sharing: Sharing,
}

impl Turn {
    const NONE: Self = Self {
        gives_way: false,
        resumes: 0,
        gave_way: None,
        has_result: false,
        is_silent: false,
        #[cfg(feature = "shared")]
        supervised: Supervised::NOTHING,
        sent: Sent::Alone,
        sharing: Sharing::Nothing,
    };
}

/// The slots, and the turn. Both are arrays without an element where there is nothing to share.
#[derive(Debug)]
pub(super) struct Slots {
    /// Idle where it is free, done where its result waits for the call.
    pub(super) slots: [Exchange; SLOTS as usize],
    pub(super) turn: [Turn; IS_SHARED as usize],
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

    pub(super) fn parts(&mut self) -> Option<(&mut [Exchange], &mut Turn)> {
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
        self.turn.first().is_some_and(|turn| turn.resumes != 0)
    }

    /// The module answers nothing. Returns whether the call goes on all the same: what it has waited for is known,
    /// whatever the module does now.
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
        let Some(number) = (0..).zip(slots).find_map(|(number, slot)| (slot.phase() == Phase::Idle).then_some(number))
        else {
            return false;
        };
        debug!("AT{} waits without its turn", self.exchange.info.name);
        turn.gave_way = Some(1 << number);
        self.exchange.call.client = self.exchange.client.or(self.exchange.call.client);
        self.swap_slot(number);
        true
    }

    /// A dropped call awaited an outcome. Returns whether that has a slot.
    pub(super) fn park_outcome_of_dropped_call(&mut self) -> bool {
        let call = self.exchange.call;
        self.exchange.call.client = None;
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
        let slot = mem::take(&mut turn.resumes);
        if slot != 0 {
            self.exchange.clear();
            self.swap_slot(slot.trailing_zeros());
            self.continues = true;
        }
    }

    /// Exchanges what is under way with what is in this slot; with itself, where there is no such slot.
    #[inline(never)]
    fn swap_slot(&mut self, number: u32) {
        let slot = usize::try_from(number).ok().and_then(|number| self.slots.slots.get_mut(number));
        if let Some(slot) = slot {
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
                turn.gave_way = Some(0);
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

    /// Something came for the exchange under way, and for those that wait in slots: each takes it by the same rules.
    /// Returns whether one of them has taken it for itself.
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
