//! The queue for the module: who has the next turn. No I/O, and no module.

use core::task::Waker;

use crate::command::ClientIndex;
use crate::error::Error;
use crate::session::Left;

/// Identifies a waiter. Of two, the one that came first has the lower number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u32);

/// What a waiter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// The next turn.
    Turn,
    /// A turn, as soon as this slot has its result.
    Slot(u8),
    /// A turn, when what other calls wait for is no longer this.
    Change(u8),
    /// No turn: that the session of this client is up.
    Up(ClientIndex),
    /// A turn of which nobody else has use.
    Listen,
    /// Nothing: it has its turn.
    Nothing,
}

#[derive(Debug)]
struct Waiter {
    ticket: Ticket,
    wants: Wants,
    /// [`Queue::silences`] when it came; `None` where it wants the module whether that answers or not.
    silences: Option<u8>,
    /// Taken when it is woken.
    waker: Option<Waker>,
}

#[derive(Debug)]
pub(super) struct Queue<const N: usize> {
    waiters: [Option<Waiter>; N],
    next_ticket: u32,
    /// The module is here: no call has its turn.
    is_free: bool,
    /// The one that listens has the turn. Its waker is here then.
    listens: bool,
    listener: Option<Waker>,
    /// The next turn is for this waiter, which has come for it while the module was listened to.
    reserved: Option<Ticket>,
    left: Left,
    /// Changes when what other calls wait for becomes less.
    pub(super) changes: u8,
    /// How many turns have ended because the module answered nothing.
    silences: u8,
    /// The slots whose calls were dropped, a bit for each.
    dropped: u8,
    /// The clients whose session is not up before more than their connection is made, a bit for each.
    prepares: u8,
    results: [Results; 2],
}

/// What has become of the calls of a client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Results {
    has_succeeded: bool,
    /// Failures since then.
    failures: u8,
    /// The last one.
    failure: Error,
}

impl Results {
    pub(super) const NONE: Self = Self { has_succeeded: false, failures: 0, failure: Error::Offline };

    fn add(&mut self, result: Result<(), Error>) {
        match result {
            Ok(()) => *self = Self { has_succeeded: true, ..Self::NONE },
            Err(failure) => {
                self.failure = failure;
                self.failures = self.failures.saturating_add(1);
            }
        }
    }

    /// The success first, then the failures.
    pub(super) fn in_order(self) -> impl Iterator<Item = Result<(), Error>> {
        let failures = core::iter::repeat_n(Err(self.failure), self.failures.into());
        self.has_succeeded.then_some(Ok(())).into_iter().chain(failures)
    }
}

impl<const N: usize> Queue<N> {
    pub(super) const fn new() -> Self {
        Self {
            waiters: [const { None }; N],
            next_ticket: 0,
            is_free: false,
            listens: false,
            listener: None,
            reserved: None,
            left: Left { ended: 0, waiting: 0, connected: 0 },
            changes: 0,
            silences: 0,
            dropped: 0,
            prepares: 0,
            results: [Results::NONE; 2],
        }
    }

    /// A waiter comes. It has its place until it [leaves](Self::leave), in its turns too. Where it `needs_answers`, it gets no
    /// turn if another one finds the module silent. `None` where there is no place.
    pub(super) fn enter(&mut self, wants: Wants, needs_answers: bool) -> Option<Ticket> {
        let silences = needs_answers.then_some(self.silences);
        let place = self.waiters.iter_mut().find(|place| place.is_none())?;
        let ticket = Ticket(self.next_ticket);
        self.next_ticket = self.next_ticket.wrapping_add(1);
        *place = Some(Waiter { ticket, wants, silences, waker: None });
        Some(ticket)
    }

    /// A waiter goes. If its call has left something in a `slot`, nobody comes for that.
    pub(super) fn leave(&mut self, ticket: Ticket, slot: Option<u8>) {
        if let Some(slot) = slot {
            self.dropped |= bit(slot);
        }
        if self.reserved == Some(ticket) {
            self.reserved = None;
        }
        for place in &mut self.waiters {
            if place.as_ref().is_some_and(|waiter| waiter.ticket == ticket) {
                *place = None;
            }
        }
    }

    /// A waiter wants something else. Where that is a turn from now on, it queues up again. Returns its ticket.
    pub(super) fn want(&mut self, ticket: Ticket, wants: Wants) -> Ticket {
        let (last, silences) = (Ticket(self.next_ticket), self.silences);
        let Some(waiter) = self.waiter(ticket) else { return ticket };
        waiter.wants = wants;
        if wants != Wants::Turn {
            return ticket;
        }
        waiter.silences = waiter.silences.and(Some(silences));
        waiter.ticket = last;
        self.next_ticket = self.next_ticket.wrapping_add(1);
        last
    }

    fn waiter(&mut self, ticket: Ticket) -> Option<&mut Waiter> {
        self.waiters.iter_mut().flatten().find(|waiter| waiter.ticket == ticket)
    }

    /// Whether what it waits for is there, but for the module.
    pub(super) fn is_ready(&self, wants: Wants) -> bool {
        match wants {
            Wants::Turn => true,
            Wants::Slot(slot) => self.left.ended & bit(slot) != 0,
            Wants::Change(changes) => changes != self.changes,
            Wants::Up(client) => self.is_up(client),
            Wants::Listen | Wants::Nothing => false,
        }
    }

    /// The first one in the queue that has no result to come for.
    fn first(&self) -> Option<Ticket> {
        let waiters = self.waiters.iter().flatten();
        let ready = waiters
            .filter(|waiter| matches!(waiter.wants, Wants::Turn | Wants::Change(_)) && self.is_ready(waiter.wants));
        // Numbers wrap.
        ready.map(|waiter| waiter.ticket).min_by_key(|ticket| ticket.0.wrapping_sub(self.next_ticket))
    }

    /// Whether this waiter is the next one, if the module is free.
    fn is_next(&self, ticket: Ticket, wants: Wants) -> bool {
        match (self.reserved, wants) {
            (Some(reserved), _) => reserved == ticket,
            // A result that nobody comes for keeps nobody waiting.
            (None, Wants::Slot(slot)) => self.left.ended & bit(slot) != 0,
            (None, Wants::Listen) => self.first().is_none(),
            (None, _) => self.first() == Some(ticket),
        }
    }

    /// A waiter asks for what it wants, and is woken by this waker when it may have that. Returns whether it has it now, or, as
    /// `Some(false)`, that it gets no turn because the module is silent.
    pub(super) fn poll(&mut self, ticket: Ticket, waker: &Waker) -> Option<bool> {
        let waiter = self.waiter(ticket)?;
        let (wants, silences) = (waiter.wants, waiter.silences);
        if self.is_told_of_silence(wants, silences) {
            return Some(false);
        }
        if let Wants::Up(_) = wants
            && self.is_ready(wants)
        {
            return Some(true);
        }
        if self.is_free && self.is_next(ticket, wants) {
            self.is_free = false;
            self.reserved = None;
            self.listens = wants == Wants::Listen;
            if let Some(waiter) = self.waiter(ticket) {
                waiter.wants = Wants::Nothing;
            }
            return Some(true);
        }
        // Who listens gives way to the next one. That one has come, so the turn can be kept for it.
        if self.listens && self.reserved.is_none() && self.is_ready(wants) && !matches!(wants, Wants::Up(_)) {
            self.reserved = Some(ticket);
        }
        if let Some(waiter) = self.waiter(ticket)
            && !waiter.waker.as_ref().is_some_and(|known| known.will_wake(waker))
        {
            waiter.waker = Some(waker.clone());
        }
        None
    }

    /// Whether a call that came at this count has waited while another one found the module silent.
    fn is_told_of_silence(&self, wants: Wants, silences: Option<u8>) -> bool {
        matches!(wants, Wants::Turn | Wants::Change(_)) && silences.is_some_and(|silences| silences != self.silences)
    }

    /// Whether the one that listens has to give up its turn; it is woken by this waker when it has to.
    pub(super) fn must_give_way(&mut self, waker: &Waker) -> bool {
        self.listener = Some(waker.clone());
        self.reserved.is_some() || self.first().is_some()
    }

    /// A turn ends, and the module is here.
    pub(super) fn release(&mut self, left: Option<Left>, was_silent: bool) {
        self.silences = self.silences.wrapping_add(was_silent.into());
        if let Some(left) = left {
            if self.left.waiting & !left.waiting != 0 {
                self.changes = self.changes.wrapping_add(1);
            }
            self.left = left;
        }
        self.is_free = true;
        self.listens = false;
        self.listener = None;
    }

    /// The slots whose calls were dropped since the last turn.
    pub(super) fn take_dropped(&mut self) -> u8 {
        core::mem::take(&mut self.dropped)
    }

    /// Whether the session of this client is up.
    pub(super) fn is_up(&self, client: ClientIndex) -> bool {
        self.left.connected & !self.prepares & bit(client.number()) != 0
    }

    /// Whether the session of this client needs more than its connection, before it is up.
    pub(super) fn set_prepares(&mut self, client: ClientIndex, prepares: bool) {
        let bit = bit(client.number());
        if prepares { self.prepares |= bit } else { self.prepares &= !bit }
    }

    /// A call has ended: of this client, or of neither.
    pub(super) fn observe(&mut self, client: Option<ClientIndex>, result: Result<(), Error>) {
        for (results, index) in self.results.iter_mut().zip(ClientIndex::ALL) {
            // A success of another subsystem says nothing of a client.
            if client == Some(index) || (client.is_none() && result.is_err()) {
                results.add(result);
            }
        }
    }

    /// What has become of the calls of this client since this was last called.
    pub(super) fn take_results(&mut self, client: ClientIndex) -> Results {
        core::mem::replace(client.of_mut(&mut self.results), Results::NONE)
    }

    /// The next one to be woken, once. To be called until there is none, after every other method.
    pub(super) fn next_to_wake(&mut self) -> Option<Waker> {
        if self.listens && (self.reserved.is_some() || self.first().is_some()) {
            return self.listener.take();
        }
        self.wake(|wants| wants != Wants::Listen).or_else(|| self.wake(|wants| wants == Wants::Listen))
    }

    /// The first one of these that may have what it wants, and has not been woken for that.
    fn wake(&mut self, is_meant: impl Fn(Wants) -> bool) -> Option<Waker> {
        for place in 0..N {
            let Some(Some(waiter)) = self.waiters.get(place) else { continue };
            let may_have_it = match waiter.wants {
                Wants::Up(_) => self.is_ready(waiter.wants),
                wants if self.is_told_of_silence(wants, waiter.silences) => true,
                wants => self.is_free && self.is_next(waiter.ticket, wants),
            };
            if may_have_it
                && is_meant(waiter.wants)
                && let Some(Some(waiter)) = self.waiters.get_mut(place)
                && let Some(waker) = waiter.waker.take()
            {
                return Some(waker);
            }
        }
        None
    }
}

/// The bit of a slot or of a client.
fn bit(number: u8) -> u8 {
    1_u8.checked_shl(number.into()).unwrap_or(0)
}
