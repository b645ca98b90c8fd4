//! A call in its turns: the module is driven, given up while an outcome is awaited, and taken again for the result.

use core::future::poll_fn;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::queue::{NO_PLACE, Turn, Wants};
use crate::client::Modem;
use crate::client::drive::NO_SOURCE;
use crate::error::{CommandName, Error};
use crate::handler::MessageHandler;
use crate::session::{Procedure, SlotSet};
use crate::timer::Timer;

/// The module has answered nothing, not even `AT`.
pub(super) const SILENT: Error = Error::NoAnswer { command: CommandName::new(&"") };

/// A place in the queue, for as long as a call lasts, and the module in its turns.
pub(super) struct Place<'s, 'm, Raw: RawMutex, R, T, C, H, const N: usize> {
    pub(super) shared: &'s SharedModem<'m, Raw, R, T, C, H, N>,
    pub(super) index: usize,
    /// The slot in which the call waits, if it does.
    pub(super) slot: SlotSet,
    /// In a turn.
    pub(super) modem: Option<&'m mut Modem<R, T, C, H>>,
    /// In a turn: the call cannot go on yet.
    pub(super) listens: bool,
}

impl<'s, 'm, Raw: RawMutex, R, T, C, H, const N: usize> Place<'s, 'm, Raw, R, T, C, H, N> {
    /// Not in the queue yet.
    pub(super) const fn new(shared: &'s SharedModem<'m, Raw, R, T, C, H, N>) -> Self {
        Self { shared, index: NO_PLACE, slot: 0, modem: None, listens: false }
    }

    /// Enters the queue.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]: there is no place left.
    pub(super) fn enter(&mut self, wants: Wants) -> Result<(), Error> {
        self.want(wants);
        if self.index == NO_PLACE { Err(Error::QueueFull) } else { Ok(()) }
    }

    /// Ends the turn, if this has one, and wants this from now on.
    #[inline(never)]
    pub(super) fn want(&mut self, wants: Wants) {
        let mut ended = self.modem.take().map(|modem| {
            let left = modem.port.engine.left();
            (modem, left)
        });
        self.shared.with(&mut |queue| self.index = queue.want(self.index, wants, self.slot, ended.take()));
    }

    #[inline(never)]
    fn poll_turn(&mut self, context: &Context<'_>) -> Poll<()> {
        self.shared.poll(self.index, context).map(|turn| {
            if let Some(Turn { module, owned, listens }) = turn {
                module.port.engine.begin_turn(if listens { 0 } else { self.slot }, owned);
                self.modem = Some(module);
                self.listens = listens;
            }
        })
    }

    /// Waits for a turn. Without the modem then, the module is silent, so that there is no use in one.
    pub(super) fn turn(&mut self) -> impl Future<Output = ()> {
        poll_fn(|context| self.poll_turn(context))
    }
}

impl<Raw: RawMutex, R, T, C, H, const N: usize> Drop for Place<'_, '_, Raw, R, T, C, H, N> {
    fn drop(&mut self) {
        self.slot = 0;
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
            let driven = modem.port.drive(procedure, NO_SOURCE).await;
            let engine = &mut modem.port.engine;
            let Some(slot) = engine.gave_way() else {
                engine.observe(driven.as_ref().err());
                return driven;
            };
            place.slot = slot;
            place.want(Wants::ToGoOn);
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
    /// All other tasks wait meanwhile, and nothing is received unless a call is under way. So do not wait for something
    /// else in there, such as a timer or a sensor.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`]: as many calls as there are places wait already. [`Error::NoAnswer`]: the module has answered nothing
    /// to another call meanwhile.
    ///
    /// # Cancel safety
    ///
    /// This method is as cancel safe as what is done with the modem. If the future is dropped, the place in the queue
    /// is left.
    pub async fn lock<O>(&self, act: impl AsyncFnOnce(&mut Modem<R, T, C, H>) -> O) -> Result<O, Error> {
        let mut place = Place::new(self);
        place.enter(Wants::Turn)?;
        place.turn().await;
        let Some(modem) = &mut place.modem else { return Err(SILENT) };
        modem.port.engine.keep_turn();
        Ok(act(modem).await)
    }
}
