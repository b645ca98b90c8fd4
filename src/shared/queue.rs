//! The queue for the module: who has the next turn. No I/O, and no module.

use core::task::Waker;

use crate::command::ClientIndex;
use crate::session::Left;

/// What a waiter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// There is no waiter in this place.
    Absent,
    /// Nothing: it has its turn, or no use for one.
    Nothing,
    /// The next turn.
    Turn,
    /// A turn, as soon as this slot has its result.
    Slot(u8),
    /// A turn, when other calls wait for less than now.
    Change,
    /// No turn: that the session of this client is up.
    Up(ClientIndex),
    /// A turn of which nobody else has use, to listen.
    Listen,
    /// That another one has use for the turn in which it listens.
    ToGiveWay,
    /// No turn any more: the module was silent while it waited for one.
    NotToWait,
}

/// What a waiter gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// What it wants. Before its turn, the calls that have left these slots were dropped, a bit for each.
    Turn(u8),
    /// No turn.
    Silent,
}

#[derive(Debug)]
struct Waiter {
    wants: Wants,
    /// It has no use for a turn if the module is silent.
    needs_answers: bool,
    /// Of two, the one that came first has the lower number.
    number: u32,
    /// Taken when it is woken.
    waker: Option<Waker>,
}

#[derive(Debug)]
pub(super) struct Queue<const N: usize> {
    waiters: [Waiter; N],
    next_number: u32,
    /// The module is here: no call has its turn.
    is_free: bool,
    /// The next turn is for the waiter in this place, which has come for it while the module was listened to.
    reserved: Option<usize>,
    left: Left,
    /// The slots whose calls were dropped, a bit for each.
    dropped: u8,
}

impl<const N: usize> Queue<N> {
    pub(super) const fn new() -> Self {
        Self {
            waiters: [const { Waiter { wants: Wants::Absent, needs_answers: false, number: 0, waker: None } }; N],
            next_number: 0,
            is_free: false,
            reserved: None,
            left: Left { ended: 0, waiting: 0, up: 0, was_silent: false },
            dropped: 0,
        }
    }

    /// The module is here.
    pub(super) fn give(&mut self) {
        self.is_free = true;
    }

    /// A waiter comes. Where it `needs_answers`, it gets no turn if another one finds the module silent. Returns its place,
    /// which it has until it wants to be absent. `None` where all are taken.
    pub(super) fn enter(&mut self, wants: Wants, needs_answers: bool) -> Option<usize> {
        let place = self.waiters.iter().position(|waiter| waiter.wants == Wants::Absent)?;
        self.waiters.get_mut(place)?.needs_answers = needs_answers;
        self.want(place, wants, None);
        Some(place)
    }

    /// A waiter wants something else. If it had its turn, that ends. Where it wants one from now on, it is the last one.
    pub(super) fn want(&mut self, place: usize, wants: Wants, left: Option<Left>) {
        if self.reserved == Some(place) {
            self.reserved = None;
        }
        if let Some(waiter) = self.waiters.get_mut(place) {
            waiter.wants = wants;
            waiter.waker = None;
            if wants == Wants::Turn {
                waiter.number = self.next_number;
                self.next_number = self.next_number.wrapping_add(1);
            }
        }
        let Some(left) = left else { return };
        self.is_free = true;
        let waits_for_less = self.left.waiting & !left.waiting != 0;
        for waiter in self.waiters.iter_mut().filter(|waiter| matches!(waiter.wants, Wants::Turn | Wants::Change)) {
            if left.was_silent && waiter.needs_answers {
                waiter.wants = Wants::NotToWait;
            } else if waits_for_less {
                waiter.wants = Wants::Turn;
            }
        }
        self.left = left;
    }

    /// The calls that have left these slots do not come back.
    pub(super) fn drop_slots(&mut self, slots: u8) {
        self.dropped |= slots;
    }

    /// Whether the session of this client is up.
    pub(super) fn is_up(&self, client: ClientIndex) -> bool {
        self.left.up & bit(client.number()) != 0
    }

    fn has_result(&self, slot: u8) -> bool {
        self.left.ended & bit(slot) != 0
    }

    /// The first one in the queue that has no result to come for.
    #[inline(never)]
    fn first(&self) -> Option<usize> {
        let (mut first, mut longest_wait) = (None, 0);
        for (place, waiter) in self.waiters.iter().enumerate() {
            // Numbers wrap.
            let wait = self.next_number.wrapping_sub(waiter.number);
            if waiter.wants == Wants::Turn && wait > longest_wait {
                (first, longest_wait) = (Some(place), wait);
            }
        }
        first
    }

    /// Whether the waiter in this place may have what it wants.
    fn may_have(&self, place: usize, wants: Wants) -> bool {
        match wants {
            Wants::NotToWait => return true,
            Wants::Up(client) => return self.is_up(client),
            Wants::ToGiveWay => return self.reserved.or_else(|| self.first()).is_some(),
            _ => {}
        }
        self.is_free
            && match (self.reserved, wants) {
                (Some(reserved), _) => reserved == place,
                // A result that nobody comes for keeps nobody waiting.
                (None, Wants::Slot(slot)) => self.has_result(slot),
                (None, Wants::Listen) => self.first().is_none(),
                (None, _) => self.first() == Some(place),
            }
    }

    /// A waiter asks for what it wants, and is woken by this waker when it may have that.
    pub(super) fn poll(&mut self, place: usize, waker: &Waker) -> Option<Reply> {
        let wants = self.waiters.get(place)?.wants;
        let may_have_it = self.may_have(place, wants);
        // Who listens gives way to the next one. That one has come, so the turn can be kept for it.
        let is_ready = match wants {
            Wants::Turn => true,
            Wants::Slot(slot) => self.has_result(slot),
            _ => false,
        };
        if is_ready && self.reserved.is_none() && self.waiters.iter().any(|waiter| waiter.wants == Wants::ToGiveWay) {
            self.reserved = Some(place);
        }
        let waiter = self.waiters.get_mut(place)?;
        if !may_have_it {
            if !waiter.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
                waiter.waker = Some(waker.clone());
            }
            return None;
        }
        match wants {
            Wants::NotToWait => return Some(Reply::Silent),
            Wants::Up(_) | Wants::ToGiveWay => return Some(Reply::Turn(0)),
            _ => {}
        }
        waiter.wants = if wants == Wants::Listen { Wants::ToGiveWay } else { Wants::Nothing };
        self.is_free = false;
        self.reserved = None;
        Some(Reply::Turn(core::mem::take(&mut self.dropped)))
    }

    /// The next one to be woken, once. To be called until there is none, after every other method.
    pub(super) fn next_to_wake(&mut self) -> Option<Waker> {
        let mut next = None;
        for (place, waiter) in self.waiters.iter().enumerate() {
            if waiter.waker.is_some() && self.may_have(place, waiter.wants) {
                next = Some(place);
                // Who listens comes last.
                if waiter.wants != Wants::Listen {
                    break;
                }
            }
        }
        self.waiters.get_mut(next?)?.waker.take()
    }
}

/// The bit of a slot or of a client.
pub(super) fn bit(number: u8) -> u8 {
    1_u8.checked_shl(number.into()).unwrap_or(0)
}
