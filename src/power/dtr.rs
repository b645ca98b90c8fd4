//! DTR: whether the module may sleep.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;

use super::line::Line;

/// How long a module takes to wake. Unverified; the hardware design documents say 20 ms and more.
const WAKE_TIME_MS: u32 = 100;

/// The DTR input of a module for which [`Csclk`](crate::command::network::Csclk) has set
/// [`SleepMode::Dtr`](crate::command::network::SleepMode::Dtr): low keeps it awake, high lets it sleep.
///
/// A sleeping module stays connected, but loses what is sent to its UART. Wake it before every call of the
/// [`Modem`](crate::Modem), and let it sleep while [`next_event`](crate::Modem::next_event) waits. It wakes by itself
/// when it receives something.
#[derive(Debug)]
pub struct Dtr<P> {
    line: Line<P>,
}

impl<P: OutputPin> Dtr<P> {
    /// How long the line is high before a module that has not woken is woken again. Unverified.
    #[cfg(any(feature = "async", feature = "blocking"))]
    pub(super) const RELEASED_MS: u32 = 100;

    /// A pin that is wired directly to DTR.
    pub const fn new(pin: P) -> Self {
        Self { line: Line::new(pin) }
    }

    /// For a pin that drives DTR through a transistor: high keeps the module awake.
    #[must_use]
    pub fn inverted(mut self) -> Self {
        self.line = self.line.inverted();
        self
    }

    /// Lets the module sleep from now on.
    ///
    /// # Errors
    ///
    /// The errors of the pin.
    pub fn allow_sleep(&mut self) -> Result<(), P::Error> {
        self.line.release()
    }

    /// Wakes the module, and waits 100 ms until its UART is ready.
    ///
    /// # Errors
    ///
    /// The errors of the pin.
    pub fn wake(&mut self, delay: &mut impl DelayNs) -> Result<(), P::Error> {
        self.line.press()?;
        delay.delay_ms(WAKE_TIME_MS);
        Ok(())
    }

    /// [`wake`](Self::wake) with an async delay.
    ///
    /// # Errors
    ///
    /// The errors of the pin.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the module wakes, but may not be ready yet.
    #[cfg(feature = "async")]
    pub async fn wake_async(&mut self, delay: &mut impl embedded_hal_async::delay::DelayNs) -> Result<(), P::Error> {
        self.line.press()?;
        delay.delay_ms(WAKE_TIME_MS).await;
        Ok(())
    }

    /// Returns the pin.
    pub fn into_inner(self) -> P {
        self.line.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal_mock::eh1::delay::{CheckedDelay, Transaction as Wait};
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction as Pin};

    #[test]
    fn low_wakes_and_high_lets_sleep_or_the_other_way_round() {
        let levels = [Pin::set(State::High), Pin::set(State::Low)];
        let [high, low] = levels.clone();
        for (is_inverted, levels) in [(false, levels), (true, [low, high])] {
            let mut delay = CheckedDelay::new(&[Wait::blocking_delay_ms(100)]);
            let dtr = Dtr::new(Mock::new(&levels));
            let mut dtr = if is_inverted { dtr.inverted() } else { dtr };
            dtr.allow_sleep().unwrap();
            dtr.wake(&mut delay).unwrap();
            delay.done();
            dtr.into_inner().done();
        }
    }
}
