//! A call in its turns: the module is driven, given up while an outcome is awaited, and taken again for the result.

use core::fmt;
use core::future::poll_fn;
use core::ops::{Deref, DerefMut};
use core::task::{Context, Poll};
use core::time::Duration;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::mutex::MutexGuard;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::queue::{Reply, Wants, bit};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::command::ClientIndex;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::{Engine, Left, Procedure, Resumption};
use crate::supervisor::Results;
use crate::timer::Timer;

/// The modem, and what those know of its sessions who have had their turns.
pub(super) struct Held<R, T, C, H> {
    pub(super) modem: Modem<R, T, C, H>,
    /// The clients that are not up before more than their connection is made, a bit for each.
    pub(super) preparing: u8,
    /// Of each client.
    results: [Results; 2],
    /// The module has answered nothing in this turn.
    was_silent: bool,
}

impl<R, T, C, H> Held<R, T, C, H> {
    pub(super) const fn new(modem: Modem<R, T, C, H>) -> Self {
        Self { modem, preparing: 0, results: [Results::NONE; 2], was_silent: false }
    }

    pub(super) fn engine(&mut self) -> &mut Engine {
        &mut self.modem.port.engine
    }

    /// A turn ends.
    fn end_turn(&mut self) -> Left {
        let (preparing, was_silent) = (self.preparing, core::mem::take(&mut self.was_silent));
        self.engine().end_turn();
        Left { was_silent, ..self.engine().left(preparing) }
    }

    /// What is under way in this turn has ended so.
    #[inline(never)]
    pub(super) fn driven(&mut self, driven: &Result<(), Error>) {
        self.was_silent = *driven == Err(Error::SILENT);
    }

    /// A call has ended.
    pub(super) fn observe(&mut self, error: Option<&Error>) {
        let client = self.engine().client_of_call();
        match client {
            Some(client) => client.of_mut(&mut self.results).add(error),
            // A success of another subsystem says nothing of a client.
            None if error.is_some() => self.results.iter_mut().for_each(|results| results.add(error)),
            None => {}
        }
    }

    /// What the calls of this client have shown since this was last called.
    pub(super) fn take_results(&mut self, client: ClientIndex) -> Results {
        core::mem::replace(client.of_mut(&mut self.results), Results::NONE)
    }
}

impl<R, T, C: Timer, H> Held<R, T, C, H> {
    /// The present time.
    pub(super) fn now(&self) -> Duration {
        self.modem.port.timer.now()
    }
}

/// A place in the queue, for as long as a call lasts, and the module in its turns.
pub(super) struct Place<'s, Raw: RawMutex, R, T, C, H, const N: usize> {
    pub(super) shared: &'s SharedModem<Raw, R, T, C, H, N>,
    pub(super) index: usize,
    /// How the call goes on in its next turn.
    resumption: Resumption,
    /// In a turn.
    pub(super) held: Option<MutexGuard<'s, Raw, Held<R, T, C, H>>>,
    /// After a turn of a [`Guard`].
    left: Option<Left>,
}

impl<'s, Raw: RawMutex, R, T, C, H, const N: usize> Place<'s, Raw, R, T, C, H, N> {
    /// `None` where there is no place left. Where it `needs_answers`, it gets no turn if another one finds the module silent.
    #[inline(never)]
    pub(super) fn enter(
        shared: &'s SharedModem<Raw, R, T, C, H, N>,
        wants: Wants,
        needs_answers: bool,
    ) -> Option<Self> {
        let mut index = None;
        shared.queue(&mut |queue| index = queue.enter(wants, needs_answers));
        Some(Self { shared, index: index?, resumption: Resumption::Begin, held: None, left: None })
    }

    /// Ends the turn, if this has one, and wants this from now on.
    #[inline(never)]
    pub(super) fn want(&mut self, wants: Wants) {
        // Unlocked before the next one is woken.
        let left = match self.held.take() {
            Some(mut held) => Some(held.end_turn()),
            None => self.left.take(),
        };
        let dropped = match (wants, self.resumption) {
            (Wants::Absent, Resumption::Slot(slot)) => bit(slot),
            _ => 0,
        };
        self.shared.queue(&mut |queue| {
            queue.drop_slots(dropped);
            queue.want(self.index, wants, left);
        });
    }

    /// Waits for a turn. The call gives it up where it can, if it `gives_way`. Returns `false` if the module is silent, so that
    /// there is no use in a turn.
    fn poll_turn(&mut self, gives_way: bool, context: &Context<'_>) -> Poll<bool> {
        let dropped = match self.shared.poll(self.index, context) {
            Poll::Ready(Reply::Turn(dropped)) => dropped,
            Poll::Ready(Reply::Silent) => return Poll::Ready(false),
            Poll::Pending => return Poll::Pending,
        };
        // The queue lets one in at a time.
        let Some(Ok(mut held)) = self.shared.modem.try_get().map(embassy_sync::mutex::Mutex::try_lock) else {
            return Poll::Pending;
        };
        held.engine().begin_turn(gives_way, self.resumption, dropped);
        self.held = Some(held);
        Poll::Ready(true)
    }

    /// Waits for a turn, or that the module is silent: then there is no use in one, and this returns `false`.
    pub(super) fn turn(&mut self) -> impl Future<Output = bool> {
        poll_fn(|context| self.poll_turn(true, context))
    }

    /// The call was driven. Returns whether it has ended. If not, waits for what it needs to go on.
    fn has_ended(&mut self, driven: &Result<(), Error>) -> bool {
        let Some(held) = &mut self.held else { return true };
        held.driven(driven);
        let gave_way = held.engine().end_turn();
        self.resumption = gave_way.unwrap_or(Resumption::Begin);
        match gave_way {
            None => return true,
            Some(Resumption::Slot(slot)) => self.want(Wants::Slot(slot)),
            Some(_) => self.want(Wants::Change),
        }
        false
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Place<'_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.want(Wants::Absent);
    }
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> Place<'_, Raw, R, T, C, H, N> {
    /// Makes a call, in as many turns as it takes. It still has the last one then.
    pub(super) async fn call(&mut self, procedure: &mut (dyn Procedure + Send)) -> Result<(), Error> {
        loop {
            if !self.turn().await {
                return Err(Error::SILENT);
            }
            let Some(held) = &mut self.held else { continue };
            let driven = held.modem.port.drive(procedure, NO_SOURCE).await;
            if self.has_ended(&driven) {
                return driven;
            }
        }
    }
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> SharedModem<Raw, R, T, C, H, N> {
    /// Makes a call.
    pub(super) async fn call(&self, procedure: &mut (dyn Procedure + Send)) -> Result<(), Error> {
        let Some(mut place) = Place::enter(self, Wants::Turn, true) else { return Err(Error::QueueFull) };
        let result = place.call(procedure).await;
        if let Some(held) = &mut place.held {
            held.observe(result.as_ref().err());
        }
        result
    }
}

/// The module for one task, as long as this is kept: every call of [`Modem`] can be made with it.
///
/// All other tasks wait meanwhile, and nothing is received unless a call is under way. So do not keep it while the task
/// waits for something else, such as a timer or a sensor.
pub struct Guard<'s, Raw: RawMutex, R, T, C, H, const N: usize> {
    // Unlocked before its place is left.
    held: MutexGuard<'s, Raw, Held<R, T, C, H>>,
    place: Place<'s, Raw, R, T, C, H, N>,
}

impl<'s, Raw: RawMutex, R, T, C, H, const N: usize> Guard<'s, Raw, R, T, C, H, N> {
    pub(super) async fn new(shared: &'s SharedModem<Raw, R, T, C, H, N>) -> Result<Self, Error> {
        let Some(mut place) = Place::enter(shared, Wants::Turn, false) else { return Err(Error::QueueFull) };
        loop {
            poll_fn(|context| place.poll_turn(false, context)).await;
            if let Some(held) = place.held.take() {
                return Ok(Self { held, place });
            }
        }
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Guard<'_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.place.left = Some(self.held.end_turn());
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Deref for Guard<'_, Raw, R, T, C, H, N> {
    type Target = Modem<R, T, C, H>;

    fn deref(&self) -> &Self::Target {
        &self.held.modem
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> DerefMut for Guard<'_, Raw, R, T, C, H, N> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.held.modem
    }
}

impl<Raw: RawMutex, R, T, C: fmt::Debug, H: fmt::Debug, const N: usize> fmt::Debug for Guard<'_, Raw, R, T, C, H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.held.modem).finish()
    }
}
