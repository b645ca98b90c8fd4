//! Calls that have given up their turn: what they wait for, an outcome or a pause, goes on while other calls use the module.
//!
//! Without the feature `shared` there is no slot, and nothing of this is in the image.

use core::{array, mem};

use super::exchange::{Exchange, Phase};
use super::facts::{Failure, Loss};
use super::routing::EXTRA_OK_MS;
use super::{Procedure, Progress, Session};
use crate::ResultCode;
use crate::at::{Line, behind};
use crate::command::{ClientIndex, CommandInfo, CommandWriter, Effect};
use crate::error::Refusal;
use crate::fmt::debug;
use crate::timer::Instant;

/// One for each client, one for a call of neither, and one more: a call may wait while the result of another one of its client
/// has not been fetched yet.
const SLOTS: usize = if IS_SHARED { 4 } else { 0 };
const IS_SHARED: bool = cfg!(feature = "shared");
/// The bits of the slots.
const BITS: [u8; 4] = [1, 2, 4, 8];
/// Pause before a call looks again whether another one still keeps it from its next command.
const EXCLUDED_PAUSE_MS: u32 = 1_000;

/// What a call has left to wait for.
#[derive(Debug)]
struct Slot {
    /// Idle where the slot is free, done where its result waits for the call.
    exchange: Exchange,
    /// The client of the call.
    client: Option<ClientIndex>,
    /// The last loss since it was parked.
    loss: Option<Loss>,
    /// The next command of the call is the one that was chosen before.
    command_waits: bool,
    /// When the last command of the call began.
    command_began: Instant,
    /// The call was not dropped: it comes for the result.
    has_owner: bool,
}

/// How a call goes on in its next turn. If it has no slot, what other calls wait for keeps it from going on, until one of them
/// ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// From its beginning.
    Begin,
    /// With the command that had to wait.
    Command,
    /// With what became of the exchange in this slot.
    Slot(u8),
}

/// Whether the module carries out commands while an operation of a client is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    /// It does, as far as is known.
    Assumed,
    /// It has refused the command of this name, or not answered it, perhaps for this reason: the command waits for the operation.
    Doubted(&'static str),
    /// It does not: no operation is parked any more.
    Refused,
}

/// The turn that is under way, and what is known for the next ones.
#[derive(Debug)]
struct Turn {
    /// The call gives up its turn while it waits.
    gives_way: bool,
    resumption: Resumption,
    gave_way: Option<Resumption>,
    /// The slots in which something was awaited when it began, a bit for each.
    waiting_before: u8,
    /// Its command was chosen before other calls had their turns.
    was_excluded: bool,
    /// The client of the call.
    client: Option<ClientIndex>,
    sharing: Sharing,
    /// A command that is not of MQTT was carried out beside an operation.
    shares: bool,
    /// One of MQTT was.
    shares_mqtt: bool,
    /// The command that has just ended is to be sent again when no operation is under way.
    repeats: bool,
    /// The module has answered nothing in this turn, not even `AT`.
    is_silent: bool,
}

/// The slots, and the turn. Both are arrays without an element where there is nothing to share.
#[derive(Debug)]
pub(super) struct Slots {
    slots: [Slot; SLOTS],
    turn: [Turn; IS_SHARED as usize],
}

/// What the exchanges in slots have to know.
#[derive(Clone, Copy)]
pub(super) enum News<'l> {
    /// A line that is perhaps the outcome of one of them.
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

/// Whether a call in this phase can wait without its turn.
fn is_waiting(phase: Phase) -> bool {
    matches!(phase, Phase::Outcome | Phase::Pause)
}

/// The slots in which something is awaited, a bit for each.
#[inline(never)]
fn waiting(slots: &[Slot]) -> u8 {
    bits(slots, is_waiting)
}

/// The slots in these phases, a bit for each.
fn bits(slots: &[Slot], is_meant: impl Fn(Phase) -> bool) -> u8 {
    let meant = slots.iter().zip(BITS).filter(|(slot, _)| is_meant(slot.exchange.phase()));
    meant.fold(0, |bits, (_, bit)| bits | bit)
}

fn is_mqtt(info: &CommandInfo) -> bool {
    behind(info.name.as_bytes(), "+CMQTT").is_some()
}

impl Slot {
    /// An operation is under way whose outcome the module has still to report.
    fn is_operation(&self) -> bool {
        self.exchange.phase() == Phase::Outcome
    }
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            // As a constant, they would be in the image.
            slots: array::from_fn(|_| Slot {
                exchange: Exchange::idle(),
                client: None,
                loss: None,
                command_waits: false,
                command_began: Instant::ZERO,
                has_owner: false,
            }),
            turn: array::from_fn(|_| Turn {
                gives_way: false,
                resumption: Resumption::Begin,
                gave_way: None,
                waiting_before: 0,
                was_excluded: false,
                client: None,
                sharing: Sharing::Assumed,
                shares: false,
                shares_mqtt: false,
                repeats: false,
                is_silent: false,
            }),
        }
    }

    fn parts(&mut self) -> Option<(&mut [Slot], &mut Turn)> {
        Some((&mut self.slots, self.turn.first_mut()?))
    }

    /// Whether the call that has its turn does not begin with it.
    pub(super) fn resumes(&self) -> bool {
        self.turn.first().is_some_and(|turn| turn.resumption != Resumption::Begin)
    }

    /// The module answers nothing. Returns whether the call goes on all the same: what it has waited for is known, whatever the
    /// module does now.
    pub(super) fn module_is_silent(&mut self) -> bool {
        if let Some(turn) = self.turn.first_mut() {
            turn.is_silent = true;
        }
        self.resumes()
    }

    /// Whether the present command was chosen before other calls had their turns; once.
    pub(super) fn was_excluded(&mut self) -> bool {
        self.turn.first_mut().is_some_and(|turn| mem::take(&mut turn.was_excluded))
    }

    /// A call begins, of this client.
    pub(super) fn begin_call(&mut self, client: Option<ClientIndex>) {
        if let Some(turn) = self.turn.first_mut() {
            turn.client = client;
            turn.was_excluded = false;
        }
    }

    /// Whether a call that only listens gives way, because a wait has just ended.
    pub(super) fn listener_gives_way(&self) -> bool {
        let waiting = waiting(&self.slots);
        self.turn.first().is_some_and(|turn| turn.gives_way && turn.waiting_before & !waiting != 0)
    }

    /// Whether an operation with this effect is under way.
    pub(super) fn has_operation(&self, effect: Effect) -> bool {
        self.slots.iter().any(|slot| slot.is_operation() && slot.exchange.info.effect == effect)
    }

    /// Whether a command with these properties has to wait for what other calls wait for.
    fn exclude(&self, info: &CommandInfo, client: Option<ClientIndex>) -> bool {
        let sharing = self.turn.first().map_or(Sharing::Assumed, |turn| turn.sharing);
        self.has_call_of(client)
            || self.slots.iter().filter(|slot| slot.is_operation()).any(|slot| {
                let pending = slot.exchange.info;
                let changes_service = |info: &CommandInfo| matches!(info.effect, Effect::Start | Effect::Stop);
                sharing != Sharing::Assumed
                    || (changes_service(pending) && is_mqtt(info))
                    || changes_service(info)
                    // The answer to a read form looks like the outcome. The module opens one connection at a time.
                    || (pending.name == info.name && (client.is_none() || info.effect == Effect::Connect))
            })
    }

    /// Whether a call of this client waits.
    pub(super) fn has_call_of(&self, client: Option<ClientIndex>) -> bool {
        let mut waiting = self.slots.iter().filter(|slot| is_waiting(slot.exchange.phase()));
        client.is_some() && waiting.any(|slot| slot.client == client)
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
        let Some((slots, _)) = self.session.slots.parts() else { return };
        for (slot, bit) in slots.iter_mut().zip(BITS) {
            if dropped & bit != 0 {
                slot.has_owner = false;
                if slot.exchange.phase() != Phase::Outcome {
                    slot.exchange.clear();
                }
            }
        }
    }

    /// A call has its turn.
    pub(crate) fn begin_turn(&mut self, gives_way: bool, resumption: Resumption) {
        let Some((slots, turn)) = self.session.slots.parts() else { return };
        turn.gives_way = gives_way;
        turn.resumption = resumption;
        turn.gave_way = None;
        turn.is_silent = false;
        turn.waiting_before = waiting(slots);
        if let Resumption::Slot(place) = resumption
            && let Some(slot) = slots.get(usize::from(place))
        {
            // Other calls have had their turns meanwhile.
            turn.client = slot.client;
        }
    }

    /// The turn has ended. Returns how the call goes on, where it has not ended.
    pub(crate) fn end_turn(&mut self) -> Option<Resumption> {
        let (_, turn) = self.session.slots.parts()?;
        turn.gives_way = false;
        turn.resumption = Resumption::Begin;
        turn.gave_way.take()
    }

    /// The client of the call that has its turn.
    pub(crate) fn client_of_call(&self) -> Option<ClientIndex> {
        self.session.slots.turn.first().and_then(|turn| turn.client)
    }

    /// What is there for the calls that wait.
    pub(crate) fn left(&self) -> Left {
        let connected = u8::try_from(self.session.lifecycle.connected()).unwrap_or(0);
        let Slots { slots, turn } = &self.session.slots;
        let was_silent = turn.first().is_some_and(|turn| turn.is_silent);
        Left { ended: bits(slots, |phase| phase == Phase::Done), waiting: waiting(slots), connected, was_silent }
    }
}

impl Session {
    /// If the call waits for an outcome or pauses, it gives up its turn, where it can. Returns whether it does.
    pub(super) fn park(&mut self, command_waits: bool) -> bool {
        let phase = self.exchange.phase();
        let Some((slots, turn)) = self.slots.parts() else { return false };
        if !is_waiting(phase) || !turn.gives_way || (phase == Phase::Outcome && turn.sharing == Sharing::Refused) {
            return false;
        }
        let mut free = slots.iter_mut().zip(0..).filter(|(slot, _)| slot.exchange.phase() == Phase::Idle);
        let Some((slot, number)) = free.next() else { return false };
        debug!("AT{} waits without its turn", self.exchange.info.name);
        mem::swap(&mut slot.exchange, &mut self.exchange);
        slot.client = slot.exchange.client.or(turn.client);
        slot.loss = self.loss;
        slot.command_waits = command_waits;
        slot.command_began = self.command_began;
        slot.has_owner = true;
        turn.gave_way = Some(Resumption::Slot(number));
        true
    }

    /// A dropped call awaited an outcome. Returns whether that has a slot.
    pub(super) fn park_outcome_of_dropped_call(&mut self) -> bool {
        if !self.park(false) {
            return false;
        }
        let Some((slots, turn)) = self.slots.parts() else { return true };
        if let Some(Resumption::Slot(number)) = turn.gave_way.take()
            && let Some(slot) = slots.get_mut(usize::from(number))
        {
            slot.has_owner = false;
        }
        true
    }

    /// If the call goes on after it has waited, its exchange comes back. Returns whether its command was chosen before.
    pub(super) fn unpark(&mut self) -> Option<bool> {
        let (slots, turn) = self.slots.parts()?;
        match mem::replace(&mut turn.resumption, Resumption::Begin) {
            Resumption::Begin => None,
            Resumption::Command => {
                turn.was_excluded = true;
                Some(true)
            }
            Resumption::Slot(number) => {
                let slot = slots.get_mut(usize::from(number))?;
                mem::swap(&mut slot.exchange, &mut self.exchange);
                slot.exchange.clear();
                self.loss = slot.loss;
                self.command_began = slot.command_began;
                self.continues = true;
                turn.was_excluded = slot.command_waits;
                Some(slot.command_waits)
            }
        }
    }

    /// Whether the call has to wait before its first command, because another one of its client waits.
    pub(super) fn call_is_excluded(&self) -> bool {
        self.slots.turn.first().is_some_and(|turn| self.slots.has_call_of(turn.client))
    }

    /// Whether the next command has to wait.
    pub(super) fn command_is_excluded(&self, procedure: &dyn Procedure) -> bool {
        if self.slots.slots.iter().all(|slot| slot.exchange.phase() == Phase::Idle) {
            return false;
        }
        let mut writer = CommandWriter::checking(self.family);
        procedure.command(&mut writer);
        self.slots.exclude(writer.info, writer.client)
    }

    /// The call is excluded, and goes on like this later. It gives up its turn where it can, and waits with it otherwise.
    pub(super) fn give_way(&mut self, resumption: Resumption) -> Progress {
        let Some((_, turn)) = self.slots.parts() else { return Progress::Waiting };
        turn.was_excluded = true;
        if !turn.gives_way {
            return Progress::Waiting;
        }
        // No other call of its client begins in the midst of it.
        if resumption == Resumption::Command && turn.client.is_some() {
            self.exchange.pause(EXCLUDED_PAUSE_MS, self.now);
            if self.park(true) {
                return Progress::Done;
            }
            self.exchange.clear();
            return Progress::Waiting;
        }
        turn.gave_way = Some(resumption);
        Progress::Done
    }

    /// Something came for the exchanges that wait in slots: each takes it as the one under way would. Returns whether one of
    /// them has taken it for itself.
    pub(super) fn notify_slots(&mut self, news: News<'_>) -> bool {
        IS_SHARED && self.notify_each_slot(news)
    }

    #[inline(never)]
    fn notify_each_slot(&mut self, news: News<'_>) -> bool {
        for number in 0..self.slots.slots.len() {
            self.swap_slot(number);
            let is_taken = self.exchange.is_under_way() && self.takes(news);
            self.swap_slot(number);
            let Some(slot) = self.slots.slots.get_mut(number) else { return false };
            match news {
                News::Loss(loss, _) => slot.loss = Some(loss),
                News::Restart => slot.loss = Some(Loss::Restart),
                _ => {}
            }
            if slot.exchange.phase() == Phase::Done && !slot.has_owner {
                slot.exchange.clear();
            }
            if is_taken {
                return true;
            }
        }
        false
    }

    fn takes(&mut self, news: News<'_>) -> bool {
        match news {
            News::Outcome(line) => return self.outcome(line),
            News::OtherLine(line) => self.exchange.other_line(line, self.now),
            News::BytesLost => self.exchange.bytes_lost(self.now),
            News::Loss(loss, client) => self.interrupt_exchange(loss, client),
            News::Restart => {
                self.exchange.restarted(self.now);
                self.exchange.log_result(self.elapsed());
            }
            News::Time if self.exchange.has_expired(self.now) => self.expire_exchange(),
            News::Time => {}
        }
        false
    }

    fn swap_slot(&mut self, number: usize) {
        if let Some(slot) = self.slots.slots.get_mut(number) {
            mem::swap(&mut slot.exchange, &mut self.exchange);
        }
    }

    /// Milliseconds until the first deadline of a slot.
    pub(super) fn time_left_of_slots(&self) -> u32 {
        self.slots.slots.iter().map(|slot| slot.exchange.time_left(self.now)).min().unwrap_or(u32::MAX)
    }

    /// `OK` came. If a parked call has failed just before, that may be one more behind its failure, and not the answer to the
    /// command under way, which then has a short time for its own. Returns whether it is taken as such.
    pub(super) fn takes_extra_ok(&mut self) -> bool {
        if !IS_SHARED || self.quiet_until.take().is_none() {
            return false;
        }
        self.exchange.doubt_ok(EXTRA_OK_MS, self.now)
    }

    /// What the end of a command shows of the module: whether it carries out commands beside an operation.
    pub(super) fn learn_sharing(&mut self) {
        let (result, info) = (self.exchange.result(), self.exchange.info);
        let Some((slots, turn)) = self.slots.parts() else { return };
        let is_beside = slots.iter().any(Slot::is_operation);
        let shares = if is_mqtt(info) { &mut turn.shares_mqtt } else { &mut turn.shares };
        turn.repeats = false;
        match (turn.sharing, result) {
            (Sharing::Doubted(doubted), result) if doubted == info.name && (result.is_ok() || !is_beside) => {
                // It was carried out after the operation, or refused all the same.
                *shares = is_beside || result.is_err();
                turn.sharing = if *shares { Sharing::Assumed } else { Sharing::Refused };
            }
            // What was doubted was dropped meanwhile, or has yet to come.
            (Sharing::Doubted(_), _) if !is_beside => turn.sharing = Sharing::Assumed,
            // A pause has no name.
            (_, Ok(())) if is_beside && !info.name.is_empty() => {
                *shares = true;
                // One that carries out commands of MQTT carries out all others.
                turn.shares = true;
            }
            // Once it has carried out others: busy with an earlier operation of the same client, whose outcome was lost.
            (_, Err(Failure::Refused(Refusal::Code(ResultCode::CLIENT_IS_BUSY)))) if is_beside && !*shares => {
                turn.sharing = Sharing::Refused;
                turn.repeats = true;
            }
            (Sharing::Assumed, Err(Failure::Refused(Refusal::Error))) if is_beside && !*shares => {
                turn.sharing = Sharing::Doubted(info.name);
                turn.repeats = true;
            }
            _ => {}
        }
    }

    /// Whether the command that has just ended was refused because of an operation, or perhaps so.
    pub(super) fn was_refused_beside_operation(&mut self) -> bool {
        self.slots.turn.first_mut().is_some_and(|turn| mem::take(&mut turn.repeats))
    }

    /// A command was not answered in time. If the module perhaps answers nothing during an operation, the answer is awaited
    /// until that has ended. Returns whether it is.
    pub(super) fn answer_waits_for_operation(&mut self) -> bool {
        let (info, now, command_ms) = (self.exchange.info, self.now, self.timeouts.command_ms);
        let is_unanswered = self.exchange.lacks_final_result();
        let Some((slots, turn)) = self.slots.parts() else { return false };
        let shares = if is_mqtt(info) { turn.shares_mqtt } else { turn.shares };
        let operations = slots.iter().filter(|slot| slot.is_operation());
        let Some(left) = operations.map(|slot| slot.exchange.time_left(now)).max() else { return false };
        if turn.sharing != Sharing::Assumed || shares || !is_unanswered || !turn.gives_way {
            return false;
        }
        turn.sharing = Sharing::Doubted(info.name);
        self.exchange.set_deadline(now.after(left.saturating_add(command_ms)));
        true
    }
}
