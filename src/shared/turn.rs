//! A call in its turns: the module is driven, given up while an outcome is awaited, and taken again for the result.

use core::future::poll_fn;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::queue::{NO_PLACE, Reply, Wants, bit};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::error::{CommandName, Error};
use crate::handler::MessageHandler;
use crate::session::{Procedure, Resumption};
use crate::timer::Timer;

/// The module has answered nothing, not even `AT`.
pub(super) const SILENT: Error = Error::NoAnswer { command: CommandName::new(&"") };

/// A place in the queue, for as long as a call lasts, and the module in its turns.
pub(super) struct Place<'s, 'm, Raw: RawMutex, R, T, C, H, const N: usize> {
    pub(super) shared: &'s SharedModem<'m, Raw, R, T, C, H, N>,
    pub(super) index: usize,
    /// How the call goes on in its next turn.
    pub(super) resumption: Resumption,
    /// In a turn.
    pub(super) modem: Option<&'m mut Modem<R, T, C, H>>,
}

impl<'s, 'm, Raw: RawMutex, R, T, C, H, const N: usize> Place<'s, 'm, Raw, R, T, C, H, N> {
    /// Not in the queue yet.
    pub(super) const fn new(shared: &'s SharedModem<'m, Raw, R, T, C, H, N>) -> Self {
        Self { shared, index: NO_PLACE, resumption: Resumption::Begin, modem: None }
    }

    /// Enters the queue.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]: there is no place left.
    #[inline(never)]
    pub(super) fn enter(&mut self, wants: Wants) -> Result<(), Error> {
        self.shared.with(&mut |state| self.index = state.queue.enter(wants));
        if self.index == NO_PLACE { Err(Error::QueueFull) } else { Ok(()) }
    }

    /// Ends the turn, if this has one, and wants this from now on.
    #[inline(never)]
    pub(super) fn want(&mut self, wants: Wants) {
        let mut ended = self.modem.take().map(|modem| {
            modem.port.engine.end_turn();
            let left = modem.port.engine.left();
            (modem, left)
        });
        let dropped = match (wants, self.resumption) {
            (Wants::Absent, Resumption::Slot(slot)) => bit(slot),
            _ => 0,
        };
        self.shared.with(&mut |state| {
            state.queue.drop_slots(dropped);
            state.queue.want(self.index, wants, ended.take());
        });
    }

    #[inline(never)]
    fn poll_turn(&mut self, context: &Context<'_>) -> Poll<()> {
        self.shared.poll(self.index, context).map(|reply| {
            if let Reply::Turn(modem, dropped) = reply {
                modem.port.engine.drop_slots(dropped);
                self.modem = Some(modem);
            }
        })
    }

    /// Waits for a turn. Without the modem then, the module is silent, so that there is no use in one.
    pub(super) fn turn(&mut self) -> impl Future<Output = ()> {
        poll_fn(|context| self.poll_turn(context))
    }

    /// The call was driven in this turn. Returns whether it has ended. If not, it goes on later.
    #[inline(never)]
    pub(super) fn has_ended(&mut self) -> bool {
        let gave_way = self.modem.as_mut().and_then(|modem| modem.port.engine.end_turn());
        self.resumption = gave_way.unwrap_or(Resumption::Begin);
        gave_way.is_none()
    }

    /// Whether the call can go on in this turn: what it waits for has come.
    pub(super) fn may_go_on(&self) -> bool {
        match (self.resumption, &self.modem) {
            (Resumption::Slot(slot), Some(modem)) => modem.port.engine.left().ended & bit(slot) != 0,
            _ => true,
        }
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Place<'_, '_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.want(Wants::Absent);
    }
}

impl<'m, Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize>
    SharedModem<'m, Raw, R, T, C, H, N>
{
    /// Makes a call, in as many turns as it takes.
    pub(super) async fn call(&self, procedure: &mut (dyn Procedure + Send)) -> Result<(), Error> {
        let mut place = Place::new(self);
        place.enter(Wants::Turn)?;
        loop {
            place.turn().await;
            let Some(modem) = &mut place.modem else { return Err(SILENT) };
            modem.port.engine.begin_turn(true, place.resumption);
            let driven = modem.port.drive(procedure, NO_SOURCE).await;
            let client = modem.port.engine.client_of_call();
            if place.has_ended() {
                self.observe(client, driven.as_ref().err());
                return driven;
            }
            place.want(match place.resumption {
                Resumption::Slot(slot) => Wants::Slot(slot),
                _ => Wants::Change,
            });
        }
    }

    /// Keeps the module for several calls in a row, and for calls that are not methods of this:
    ///
    /// ```
    /// # use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
    /// # use embedded_io_async::{BufRead, Write};
    /// # use simcom_mqtt::{Error, MessageHandler, SharedModem, Timer};
    /// # type Raw = CriticalSectionRawMutex;
    /// async fn store<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
    ///     module: &SharedModem<'_, Raw, R, T, C, H>,
    ///     mut certificate: &[u8],
    /// ) -> Result<(), Error> {
    ///     module.lock(async |modem| modem.replace_certificate("ca.pem", certificate.len(), &mut certificate).await).await?
    /// }
    /// ```
    ///
    /// All other tasks wait meanwhile, and nothing is received unless a call is under way. So do not wait for something else in
    /// there, such as a timer or a sensor.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]: as many calls as there are places wait already. [`Error::NoAnswer`]: the module has answered nothing
    /// to another call meanwhile.
    ///
    /// # Cancel safety
    ///
    /// This method is as cancel safe as what is done with the modem. If the future is dropped, the place in the queue is left.
    pub async fn lock<O>(&self, act: impl AsyncFnOnce(&mut Modem<R, T, C, H>) -> O) -> Result<O, Error> {
        let mut place = Place::new(self);
        place.enter(Wants::Turn)?;
        place.turn().await;
        let Some(modem) = &mut place.modem else { return Err(SILENT) };
        modem.port.engine.begin_turn(false, Resumption::Begin);
        Ok(act(modem).await)
    }
}
