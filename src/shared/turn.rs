//! A call in its turns: the module is driven, given up while an outcome is awaited, and taken again for the result.

use core::fmt;
use core::future::poll_fn;
use core::ops::{Deref, DerefMut};
use core::task::Poll;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::mutex::MutexGuard;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::queue::{Ticket, Wants};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::command::ClientIndex;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::session::{GaveWay, Left, Procedure, Resumption};
use crate::timer::Timer;

/// A place in the queue, for as long as a call lasts.
pub(super) struct Place<'s, Raw: RawMutex, R, T, C, H, const N: usize> {
    shared: &'s SharedModem<Raw, R, T, C, H, N>,
    ticket: Ticket,
    /// Where the call has left something that it comes back for.
    slot: Option<u8>,
}

impl<'s, Raw: RawMutex, R, T, C, H, const N: usize> Place<'s, Raw, R, T, C, H, N> {
    pub(super) fn enter(shared: &'s SharedModem<Raw, R, T, C, H, N>, wants: Wants) -> Result<Self, Error> {
        let ticket = shared.queue(|queue| queue.enter(wants)).ok_or(Error::QueueFull)?;
        Ok(Self { shared, ticket, slot: None })
    }

    /// Waits for what it wants.
    pub(super) async fn wait(&mut self) {
        poll_fn(|context| {
            let has_it = self.shared.queue(|queue| queue.poll(self.ticket, context.waker()).then_some(()));
            has_it.map_or(Poll::Pending, Poll::Ready)
        })
        .await;
    }

    /// Waits for a turn, and for what it `wants` it for.
    pub(super) async fn turn(&mut self, wants: Wants) -> Turn<'s, Raw, R, T, C, H, N> {
        loop {
            self.shared.queue(|queue| {
                queue.want(self.ticket, wants);
                None::<()>
            });
            self.wait().await;
            let release = Release { shared: self.shared, left: None };
            // The queue lets one in at a time.
            if let Some(Ok(modem)) = self.shared.modem.try_get().map(embassy_sync::mutex::Mutex::try_lock) {
                return Turn { modem, release };
            }
        }
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Place<'_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.shared.queue(|queue| {
            queue.leave(self.ticket, self.slot);
            None::<()>
        });
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
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Release<'_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.shared.queue(|queue| {
            queue.release(self.left);
            None::<()>
        });
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Turn<'_, Raw, R, T, C, H, N> {
    /// What is under way is for this call. It gives up its turn where it can, if it `gives_way`.
    pub(super) fn begin(&mut self, gives_way: bool, resumption: Resumption) {
        let dropped = self.release.shared.queue(|queue| Some(queue.take_dropped())).unwrap_or(0);
        self.modem.port.engine.begin_turn(gives_way, resumption, dropped);
    }
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> Turn<'_, Raw, R, T, C, H, N> {
    /// Drives a call until it ends or gives up its turn. The supervisors hear of its end.
    pub(super) async fn drive(
        &mut self,
        resumption: Resumption,
        procedure: &mut (dyn Procedure + Send),
    ) -> Result<Option<GaveWay>, Error> {
        self.begin(true, resumption);
        let result = self.modem.port.drive(procedure, NO_SOURCE).await;
        let engine = &mut self.modem.port.engine;
        if let Some(gave_way) = engine.end_turn() {
            return Ok(Some(gave_way));
        }
        let client = engine.client_of_call();
        self.release.shared.queue(|queue| {
            queue.observe(client, result);
            None::<()>
        });
        result.map(|()| None)
    }
}

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> SharedModem<Raw, R, T, C, H, N> {
    /// Makes a call, in as many turns as it takes.
    pub(super) async fn call(&self, procedure: &mut (dyn Procedure + Send)) -> Result<(), Error> {
        let mut place = Place::enter(self, Wants::Turn)?;
        let (mut resumption, mut wants) = (Resumption::Begin, Wants::Turn);
        loop {
            let gave_way = place.turn(wants).await.drive(resumption, procedure).await;
            let Some(gave_way) = place.ended(gave_way)? else { return Ok(()) };
            (resumption, wants) = place.gives_way(gave_way);
        }
    }
}

impl<'s, Raw: RawMutex, R, T, C, H, const N: usize> Place<'s, Raw, R, T, C, H, N> {
    pub(super) const fn shared(&self) -> &'s SharedModem<Raw, R, T, C, H, N> {
        self.shared
    }

    /// A turn has ended; what it has come back for is taken.
    pub(super) fn ended(&mut self, gave_way: Result<Option<GaveWay>, Error>) -> Result<Option<GaveWay>, Error> {
        self.slot = None;
        gave_way
    }

    /// What the call has to wait for now, and how it goes on then.
    pub(super) fn gives_way(&mut self, gave_way: GaveWay) -> (Resumption, Wants) {
        match gave_way {
            GaveWay::Parked(slot) => {
                self.slot = Some(slot);
                (Resumption::Slot(slot), Wants::Slot(slot))
            }
            GaveWay::Excluded(resumption) => {
                let changes = self.shared.queue(|queue| Some(queue.changes)).unwrap_or(0);
                (resumption, Wants::Change(changes))
            }
        }
    }

    /// Whether the session of this client needs more than its connection, before it is up.
    pub(super) fn set_prepares(&self, client: ClientIndex, prepares: bool) {
        self.shared.queue(|queue| {
            queue.set_prepares(client, prepares);
            None::<()>
        });
    }

    /// The results of the calls of this client since this was last called.
    pub(super) fn take_results(
        &self,
        client: ClientIndex,
    ) -> impl Iterator<Item = Result<(), Error>> + use<Raw, R, T, C, H, N> {
        self.shared.queue(|queue| Some(queue.take_results(client))).into_iter().flatten()
    }

    /// Whether that is there, but for the module.
    pub(super) fn is_ready(&self, wants: Wants) -> bool {
        self.shared.queue(|queue| queue.is_ready(wants).then_some(())).is_some()
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
        let mut place = Place::enter(shared, Wants::Turn)?;
        let mut turn = place.turn(Wants::Turn).await;
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
