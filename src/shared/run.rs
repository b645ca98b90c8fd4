//! The task that listens to the module while no call is under way.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{BufRead, Write};

use super::SharedModem;
use super::queue::Wants;
use super::turn::{Place, Turn};
use crate::client::drive::NO_SOURCE;
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::procedure::Listen;
use crate::session::{Event, Procedure, Resumption};
use crate::timer::Timer;

impl<Raw: RawMutex, R: BufRead, T: Write, C: Timer, H: MessageHandler, const N: usize> SharedModem<Raw, R, T, C, H, N> {
    /// Receives messages and events whenever no call is under way, and ends only with an error of the UART.
    ///
    /// Exactly one task runs this; without it, no call that waits for an outcome ends.
    ///
    /// # Errors
    ///
    /// [`Error::Receive`] and [`Error::Transmit`]: the UART failed.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. Call it again.
    pub async fn run(&self, mut on_event: impl FnMut(Event)) -> Result<(), Error> {
        let mut place = Place::enter(self, Wants::Listen)?;
        loop {
            let mut turn = place.turn().await;
            place.want(Wants::Listen);
            let result = self.listen(&mut turn, &mut Listen).await;
            while let Some(event) = turn.modem.port.engine.take_event() {
                on_event(event);
            }
            match result {
                Err(error @ (Error::Receive(_) | Error::Transmit(_))) => return Err(error),
                // The next call resyncs again.
                Ok(()) | Err(_) => {}
            }
        }
    }

    /// Listens until there is an event, a call has its result, or a call comes.
    async fn listen(
        &self,
        turn: &mut Turn<'_, Raw, R, T, C, H, N>,
        procedure: &mut (dyn Procedure + Send),
    ) -> Result<(), Error> {
        turn.begin(true, Resumption::Begin);
        let mut driven = pin!(turn.modem.port.drive(procedure, NO_SOURCE));
        poll_fn(|context| {
            if let Poll::Ready(result) = driven.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            let must_give_way = self.queue(|queue| queue.must_give_way(context.waker()).then_some(()));
            if must_give_way.is_some() { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
        .await
    }
}
