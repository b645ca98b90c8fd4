//! The queue for the module: who has the next turn. No I/O, and of the module only that it is here.

use core::task::Waker;

use crate::command::ClientIndex;
use crate::session::{Left, SlotSet};

/// The place of a waiter that is not in the queue.
pub(super) const NO_PLACE: usize = usize::MAX;

/// What a waiter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// There is no waiter in this place.
    Absent,
    /// Nothing: it has its turn. If it asks all the same, then that another one has use for it.
    Nothing,
    /// The next turn, unless the module is silent.
    Turn,
    /// The next turn: it is the runner, or has come for a result.
    TurnAnyway,
    /// The next turn, to listen: its call waits as one that wants [`ToGoOn`](Self::ToGoOn). When that can go on, it has
    /// the next turn.
    ToListen,
    /// A turn, as soon as its slot has a result; without a slot, when other calls wait for less than now.
    ToGoOn,
    /// No turn: that the session of the first client is up.
    UpOfFirst,
    /// The same of the second one. As a value of another variant, it would take the zero from [`Absent`](Self::Absent).
    UpOfSecond,
    /// No turn any more: the module was silent while it waited for one.
    NotToWait,
}

impl Wants {
    /// The turns are given in the order in which these came.
    fn is_queued(self) -> bool {
        matches!(self, Self::Turn | Self::TurnAnyway | Self::ToListen)
    }
}

/// A turn.
#[derive(Debug)]
pub(super) struct Turn<M> {
    pub(super) module: M,
    /// The slots of all calls.
    pub(super) owned: SlotSet,
    /// The call cannot go on yet.
    pub(super) listens: bool,
}

#[derive(Debug)]
struct Waiter {
    wants: Wants,
    /// The slot in which its call waits, if it does.
    slot: SlotSet,
    /// Of two, the one that came first has the lower number.
    number: u32,
    /// Taken when it is woken.
    waker: Option<Waker>,
}

/// No waiter that is the last one when it comes has a number this far behind the next one.
const AHEAD: u32 = u32::MAX / 2;

impl Waiter {
    /// Its call can go on: it has the next turn.
    fn go_on(&mut self, next_number: u32) {
        self.wants = Wants::TurnAnyway;
        self.number = next_number.wrapping_sub(AHEAD);
    }
}

#[derive(Debug)]
pub(super) struct Queue<M, const N: usize> {
    waiters: [Waiter; N],
    next_number: u32,
    is_given: bool,
    /// The module, while no call has its turn.
    module: Option<M>,
    left: Left,
}

impl<M, const N: usize> Queue<M, N> {
    pub(super) const fn new() -> Self {
        Self {
            waiters: [const { Waiter { wants: Wants::Absent, slot: 0, number: 0, waker: None } }; N],
            next_number: 0,
            is_given: false,
            module: None,
            left: Left::NOTHING,
        }
    }

    /// Takes the module, unless there is one already.
    pub(super) fn give(&mut self, module: &mut Option<M>) {
        if !self.is_given {
            self.module = module.take();
            self.is_given = true;
        }
    }

    /// A waiter wants something else, and its call waits in this slot. If it had its turn, that ends. Where it wants
    /// one from now on, it is the last one. Returns its place, which it has until it wants to be absent; [`NO_PLACE`]
    /// where all are taken.
    pub(super) fn want(&mut self, place: usize, wants: Wants, slot: SlotSet, ended: Option<(M, Left)>) -> usize {
        let place = match place {
            NO_PLACE => self.waiters.iter().position(|waiter| waiter.wants == Wants::Absent).unwrap_or(NO_PLACE),
            place => place,
        };
        if let Some(waiter) = self.waiters.get_mut(place) {
            waiter.wants = wants;
            waiter.slot = slot;
            waiter.waker = None;
            if wants.is_queued() {
                waiter.number = self.next_number;
                self.next_number = self.next_number.wrapping_add(1);
            }
        }
        if let Some((module, left)) = ended {
            self.module = Some(module);
            let waits_for_less = self.left.waiting & !left.waiting != 0;
            for waiter in &mut self.waiters {
                let can_go_on = if waiter.slot == 0 { waits_for_less } else { left.has_result(waiter.slot) };
                match waiter.wants {
                    Wants::Turn | Wants::ToGoOn if left.was_silent && waiter.slot == 0 => {
                        waiter.wants = Wants::NotToWait;
                    }
                    Wants::ToGoOn if can_go_on && waiter.slot == 0 => waiter.wants = Wants::Turn,
                    Wants::ToListen if can_go_on => waiter.go_on(self.next_number),
                    _ => {}
                }
            }
            self.left = left;
        }
        place
    }

    /// Whether the session of this client is up.
    pub(super) fn is_up(&self, client: ClientIndex) -> bool {
        self.left.up & bit(client.number()) != 0
    }

    /// The first one in the queue.
    #[inline(never)]
    fn first(&self) -> Option<usize> {
        let (mut first, mut longest_wait) = (None, 0);
        for (place, waiter) in self.waiters.iter().enumerate() {
            // Numbers wrap.
            let wait = self.next_number.wrapping_sub(waiter.number);
            if waiter.wants.is_queued() && wait > longest_wait {
                (first, longest_wait) = (Some(place), wait);
            }
        }
        first
    }

    /// Whether the waiter in this place may have what it wants, or ask for its turn.
    fn may_have(&self, place: usize, waiter: &Waiter) -> bool {
        match waiter.wants {
            Wants::Absent => false,
            Wants::Nothing => self.first().is_some(),
            Wants::Turn | Wants::TurnAnyway | Wants::ToListen => self.module.is_some() && self.first() == Some(place),
            Wants::ToGoOn => self.left.has_result(waiter.slot),
            Wants::UpOfFirst => self.is_up(ClientIndex::First),
            Wants::UpOfSecond => self.is_up(ClientIndex::Second),
            Wants::NotToWait => true,
        }
    }

    /// A waiter asks for what it wants, and is woken by this waker when it may have that: a turn, or
    /// what else it wants. There is no turn either where there is no use in one.
    pub(super) fn poll(&mut self, place: usize, waker: &Waker) -> Option<Option<Turn<M>>> {
        let waiter = self.waiters.get_mut(place)?;
        // It has come for its result, so the turn can be kept for it: a result that nobody comes for keeps nobody
        // waiting.
        if waiter.wants == Wants::ToGoOn && self.left.has_result(waiter.slot) {
            waiter.go_on(self.next_number);
        }
        let may_have_it = self.may_have(place, self.waiters.get(place)?);
        let owned = self.waiters.iter().fold(0, |owned, waiter| owned | waiter.slot);
        let waiter = self.waiters.get_mut(place)?;
        if !may_have_it {
            if !waiter.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
                waiter.waker = Some(waker.clone());
            }
            return None;
        }
        if !waiter.wants.is_queued() {
            return Some(None);
        }
        let listens = waiter.wants == Wants::ToListen;
        waiter.wants = Wants::Nothing;
        Some(self.module.take().map(|module| Turn { module, owned, listens }))
    }

    /// The next one to be woken, once. To be called until there is none, after every other method.
    pub(super) fn next_to_wake(&mut self) -> Option<Waker> {
        let mut waiters = self.waiters.iter().enumerate();
        let (place, _) = waiters.find(|(place, waiter)| waiter.waker.is_some() && self.may_have(*place, waiter))?;
        self.waiters.get_mut(place)?.waker.take()
    }
}

/// The bit of a client.
pub(super) fn bit(number: u8) -> u8 {
    1_u8.checked_shl(number.into()).unwrap_or(0)
}
