//! A call in its turns: the module is driven, given up while an outcome is awaited, and taken again for the result.

use core::fmt;
use core::future::poll_fn;
use core::ops::{Deref, DerefMut};
use core::task::{Poll, Waker};
use core::time::Duration;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::mutex::MutexGuard;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::queue::{Results, Ticket, Wants};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::command::ClientIndex;
use crate::error::{CommandName, Error};
use crate::handler::MessageHandler;
use crate::session::{Engine, GaveWay, Left, Procedure, Resumption};
use crate::timer::Timer;

/// The module has answered nothing, not even `AT`.
const SILENT: Error = Error::NoAnswer { command: CommandName::new(&"") };

/// A place in the queue, for as long as a call lasts.
pub(super) struct Place<'s, Raw: RawMutex, R, T, C, H, const N: usize> {
    shared: &'s SharedModem<Raw, R, T, C, H, N>,
    ticket: Ticket,
    /// Where the call has left something that it comes back for.
    pub(super) slot: Option<u8>,
}

impl<'s, Raw: RawMutex, R, T, C, H, const N: usize> Place<'s, Raw, R, T, C, H, N> {
    pub(super) fn enter(
        shared: &'s SharedModem<Raw, R, T, C, H, N>,
        wants: Wants,
        needs_answers: bool,
    ) -> Result<Self, Error> {
        let mut ticket = None;
        shared.queue(&mut |queue| ticket = queue.enter(wants, needs_answers));
        Ok(Self { shared, ticket: ticket.ok_or(Error::QueueFull)?, slot: None })
    }

    /// Waits for what it wants. Returns `false` if the module answers nothing, so that there is no use in a turn.
    pub(super) async fn wait(&mut self) -> bool {
        poll_fn(|context| {
            let mut has_it = None;
            self.shared.queue(&mut |queue| has_it = queue.poll(self.ticket, context.waker()));
            has_it.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Waits for a turn, and for what it `wants` it for.
    ///
    /// # Errors
    ///
    /// While it waited, the module has answered nothing to another call.
    pub(super) async fn turn(&mut self, wants: Wants) -> Result<Turn<'s, Raw, R, T, C, H, N>, Error> {
        loop {
            self.shared.queue(&mut |queue| self.ticket = queue.want(self.ticket, wants));
            if !self.wait().await {
                return Err(SILENT);
            }
            let release = Release { shared: self.shared, left: None, was_silent: false };
            // The queue lets one in at a time.
            if let Some(Ok(modem)) = self.shared.modem.try_get().map(embassy_sync::mutex::Mutex::try_lock) {
                return Ok(Turn { modem, release });
            }
        }
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Place<'_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.shared.queue(&mut |queue| queue.leave(self.ticket, self.slot));
    }
}

/// The module, for a while.
pub(super) struct Turn<'s, Raw: RawMutex, R, T, C, H, const N: usize> {
    // Unlocked before the next one is woken.
    pub(super) modem: MutexGuard<'s, Raw, Modem<R, T, C, H>>,
    release: Release<'s, Raw, R, T, C, H, N>,
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Turn<'_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        let engine = &mut self.modem.port.engine;
        engine.end_turn();
        self.release.left = Some(engine.left());
    }
}

/// Lets the next one have the module.
struct Release<'s, Raw: RawMutex, R, T, C, H, const N: usize> {
    shared: &'s SharedModem<Raw, R, T, C, H, N>,
    left: Option<Left>,
    /// The module has answered nothing.
    was_silent: bool,
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Release<'_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.shared.queue(&mut |queue| queue.release(self.left, self.was_silent));
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Turn<'_, Raw, R, T, C, H, N> {
    pub(super) fn engine(&mut self) -> &mut Engine {
        &mut self.modem.port.engine
    }

    /// What is under way is for this call. It gives up its turn where it can, if it `gives_way`.
    pub(super) fn begin(&mut self, gives_way: bool, resumption: Resumption) {
        let mut dropped = 0;
        self.release.shared.queue(&mut |queue| dropped = queue.take_dropped());
        self.modem.port.engine.begin_turn(gives_way, resumption, dropped);
    }
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> Turn<'_, Raw, R, T, C, H, N> {
    /// The present time.
    pub(super) fn now(&self) -> Duration {
        self.modem.port.timer.now()
    }

    /// Drives a call until it ends or gives up its turn.
    pub(super) async fn drive(
        &mut self,
        resumption: Resumption,
        procedure: &mut (dyn Procedure + Send),
    ) -> Result<Option<GaveWay>, Error> {
        self.begin(true, resumption);
        let result = self.modem.port.drive(procedure, NO_SOURCE).await;
        self.release.was_silent = result == Err(SILENT);
        let engine = &mut self.modem.port.engine;
        if let Some(gave_way) = engine.end_turn() {
            return Ok(Some(gave_way));
        }
        result.map(|()| None)
    }
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> SharedModem<Raw, R, T, C, H, N> {
    /// Makes a call, in as many turns as it takes.
    pub(super) async fn call(&self, procedure: &mut (dyn Procedure + Send)) -> Result<(), Error> {
        let mut place = Place::enter(self, Wants::Turn, true)?;
        let (mut resumption, mut wants) = (Resumption::Begin, Wants::Turn);
        loop {
            let mut turn = place.turn(wants).await?;
            let driven = turn.drive(resumption, procedure).await;
            let Ok(Some(gave_way)) = driven else {
                place.slot = None;
                let (client, result) = (turn.engine().client_of_call(), driven.map(drop));
                self.queue(&mut |queue| queue.observe(client, result));
                return result;
            };
            (resumption, wants) = place.gives_way(gave_way);
        }
    }
}

impl<'s, Raw: RawMutex, R, T, C, H, const N: usize> Place<'s, Raw, R, T, C, H, N> {
    /// What the call has to wait for now, and how it goes on then.
    pub(super) fn gives_way(&mut self, gave_way: GaveWay) -> (Resumption, Wants) {
        match gave_way {
            GaveWay::Parked(slot) => {
                self.slot = Some(slot);
                (Resumption::Slot(slot), Wants::Slot(slot))
            }
            GaveWay::Excluded(resumption) => {
                let mut changes = 0;
                self.shared.queue(&mut |queue| changes = queue.changes);
                (resumption, Wants::Change(changes))
            }
        }
    }

    /// Whether the session of this client needs more than its connection, before it is up.
    pub(super) fn set_prepares(&self, client: ClientIndex, prepares: bool) {
        self.shared.queue(&mut |queue| queue.set_prepares(client, prepares));
    }

    /// The results of the calls of this client since this was last called.
    pub(super) fn take_results(&self, client: ClientIndex) -> Results {
        let mut results = Results::NONE;
        self.shared.queue(&mut |queue| results = queue.take_results(client));
        results
    }

    /// Whether that is there, but for the module.
    pub(super) fn is_ready(&self, wants: Wants) -> bool {
        let mut is_ready = false;
        self.shared.queue(&mut |queue| is_ready = queue.is_ready(wants));
        is_ready
    }

    /// Whether the one that listens has to give up its turn; it is woken by this waker when it has to.
    pub(super) fn must_give_way(&self, waker: &Waker) -> bool {
        let mut gives_way = false;
        self.shared.queue(&mut |queue| gives_way = queue.must_give_way(waker));
        gives_way
    }
}

/// The module for one task, as long as this is kept: every call of [`Modem`] can be made with it.
///
/// All other tasks wait meanwhile, and nothing is received unless a call is under way. So do not keep it while the task
/// waits for something else, such as a timer or a sensor.
pub struct Guard<'s, Raw: RawMutex, R, T, C, H, const N: usize> {
    // The turn ends before its place is left.
    turn: Turn<'s, Raw, R, T, C, H, N>,
    _place: Place<'s, Raw, R, T, C, H, N>,
}

impl<'s, Raw: RawMutex, R, T, C, H, const N: usize> Guard<'s, Raw, R, T, C, H, N> {
    pub(super) async fn new(shared: &'s SharedModem<Raw, R, T, C, H, N>) -> Result<Self, Error> {
        let mut place = Place::enter(shared, Wants::Turn, false)?;
        let mut turn = place.turn(Wants::Turn).await?;
        turn.begin(false, Resumption::Begin);
        Ok(Self { turn, _place: place })
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Deref for Guard<'_, Raw, R, T, C, H, N> {
    type Target = Modem<R, T, C, H>;

    fn deref(&self) -> &Self::Target {
        &self.turn.modem
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> DerefMut for Guard<'_, Raw, R, T, C, H, N> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.turn.modem
    }
}

impl<Raw: RawMutex, R, T, C: fmt::Debug, H: fmt::Debug, const N: usize> fmt::Debug for Guard<'_, Raw, R, T, C, H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&*self.turn.modem).finish()
    }
}
