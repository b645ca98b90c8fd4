//! The queue for the module: who has the next turn. No I/O, and of the module only that it is here.

use core::task::Waker;

use crate::command::ClientIndex;
use crate::session::Left;

/// The place of a waiter that is not in the queue.
pub(super) const NO_PLACE: usize = usize::MAX;

/// What a waiter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// There is no waiter in this place.
    Absent,
    /// Nothing: it has its turn, or no use for one.
    Nothing,
    /// The next turn, unless the module is silent.
    Turn,
    /// The next turn: it is the runner.
    TurnOfRunner,
    /// The same, while its call waits. Once other calls wait for less, it is as far ahead as that call would be.
    TurnOfWaitingRunner,
    /// A turn, as soon as this slot has its result.
    Slot(u8),
    /// A turn, when other calls wait for less than now.
    Change,
    /// No turn: that the session of this client is up.
    Up(ClientIndex),
    /// That another one has use for the turn in which it listens.
    ToGiveWay,
    /// No turn any more: the module was silent while it waited for one.
    NotToWait,
}

impl Wants {
    /// The turns are given in the order in which these came.
    fn is_queued(self) -> bool {
        matches!(self, Self::Turn | Self::TurnOfRunner | Self::TurnOfWaitingRunner)
    }
}

/// What a waiter gets.
#[derive(Debug)]
pub(super) enum Reply<M> {
    /// Its turn. Before that, the calls that have left these slots were dropped, a bit for each.
    Turn(M, u8),
    /// What else it wants, or no turn, since the module is silent.
    Other,
}

#[derive(Debug)]
struct Waiter {
    wants: Wants,
    /// Of two, the one that came first has the lower number.
    number: u32,
    /// Taken when it is woken.
    waker: Option<Waker>,
}

#[derive(Debug)]
pub(super) struct Queue<M, const N: usize> {
    waiters: [Waiter; N],
    next_number: u32,
    is_given: bool,
    /// The module, while no call has its turn.
    module: Option<M>,
    /// The next turn is for the waiter in this place, which has come for it while the module was listened to.
    reserved: Option<usize>,
    left: Left,
    /// The number of the runner when its call was begun.
    number_of_runner: u32,
    /// The slots whose calls were dropped, a bit for each.
    dropped: u8,
    /// The clients that are not up before more than their connection is made, a bit for each.
    pub(super) preparing: u8,
}

impl<M, const N: usize> Queue<M, N> {
    pub(super) const fn new() -> Self {
        Self {
            waiters: [const { Waiter { wants: Wants::Absent, number: 0, waker: None } }; N],
            next_number: 0,
            is_given: false,
            module: None,
            reserved: None,
            left: Left { ended: 0, waiting: 0, connected: 0, was_silent: false },
            number_of_runner: 0,
            dropped: 0,
            preparing: 0,
        }
    }

    /// Takes the module, unless there is one already.
    pub(super) fn give(&mut self, module: &mut Option<M>) {
        if !self.is_given {
            self.module = module.take();
            self.is_given = true;
        }
    }

    /// A waiter comes. Returns its place, which it has until it wants to be absent, or [`NO_PLACE`] where all are taken.
    pub(super) fn enter(&mut self, wants: Wants) -> usize {
        let place = self.waiters.iter().position(|waiter| waiter.wants == Wants::Absent).unwrap_or(NO_PLACE);
        self.want(place, wants, None);
        place
    }

    /// A waiter wants something else. If it had its turn, that ends. Where it wants one from now on, it is the last one.
    pub(super) fn want(&mut self, place: usize, wants: Wants, ended: Option<(M, Left)>) {
        if self.reserved == Some(place) {
            self.reserved = None;
        }
        if let Some(waiter) = self.waiters.get_mut(place) {
            waiter.wants = wants;
            waiter.waker = None;
            if wants.is_queued() {
                waiter.number = self.next_number;
                if wants == Wants::TurnOfRunner {
                    self.number_of_runner = self.next_number;
                }
                self.next_number = self.next_number.wrapping_add(1);
            }
        }
        let Some((module, left)) = ended else { return };
        self.module = Some(module);
        let waits_for_less = self.left.waiting & !left.waiting != 0;
        for waiter in &mut self.waiters {
            match waiter.wants {
                Wants::Turn | Wants::Change if left.was_silent => waiter.wants = Wants::NotToWait,
                Wants::Change if waits_for_less => waiter.wants = Wants::Turn,
                Wants::TurnOfWaitingRunner if waits_for_less => waiter.number = self.number_of_runner,
                _ => {}
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
        self.left.connected & !self.preparing & bit(client.number()) != 0
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
            if waiter.wants.is_queued() && wait > longest_wait {
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
        self.module.is_some()
            && match (self.reserved, wants) {
                (Some(reserved), _) => reserved == place,
                // A result that nobody comes for keeps nobody waiting.
                (None, Wants::Slot(slot)) => self.has_result(slot),
                (None, _) => self.first() == Some(place),
            }
    }

    /// A waiter asks for what it wants, and is woken by this waker when it may have that.
    pub(super) fn poll(&mut self, place: usize, waker: &Waker) -> Option<Reply<M>> {
        let wants = self.waiters.get(place)?.wants;
        let may_have_it = self.may_have(place, wants);
        // Who listens gives way to the next one. That one has come, so the turn can be kept for it.
        let is_ready = match wants {
            Wants::Turn | Wants::TurnOfRunner | Wants::TurnOfWaitingRunner => true,
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
        if matches!(wants, Wants::NotToWait | Wants::Up(_) | Wants::ToGiveWay) {
            return Some(Reply::Other);
        }
        waiter.wants = Wants::Nothing;
        self.reserved = None;
        Some(Reply::Turn(self.module.take()?, core::mem::take(&mut self.dropped)))
    }

    /// The next one to be woken, once. To be called until there is none, after every other method.
    pub(super) fn next_to_wake(&mut self) -> Option<Waker> {
        let mut waiters = self.waiters.iter().enumerate();
        let (place, _) =
            waiters.find(|(place, waiter)| waiter.waker.is_some() && self.may_have(*place, waiter.wants))?;
        self.waiters.get_mut(place)?.waker.take()
    }
}

/// The bit of a slot or of a client.
pub(super) fn bit(number: u8) -> u8 {
    1_u8.checked_shl(number.into()).unwrap_or(0)
}
