//! DTR: may the module sleep?

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;

use super::line::Line;

/// How long a module takes to wake, in milliseconds. Unverified; the hardware design documents say 20 ms and more.
const WAKE_TIME: u32 = 100;

/// The DTR input of a module to which [`Csclk`](crate::network::Csclk) gave
/// [`SleepMode::Dtr`](crate::network::SleepMode::Dtr): low keeps it awake, high lets it sleep.
///
/// A module that sleeps stays connected, but what is sent to its UART is lost: wake it before every call of the
/// [`Modem`](crate::Modem), and let it sleep while [`next_event`](crate::Modem::next_event) waits. It wakes by itself for
/// what it receives.
#[derive(Debug)]
pub struct Dtr<P> {
    line: Line<P>,
}

impl<P: OutputPin> Dtr<P> {
    /// A pin that is wired to DTR itself.
    pub const fn new(pin: P) -> Self {
        Self { line: Line::new(pin) }
    }

    /// High keeps the module awake: through a transistor.
    #[must_use]
    pub fn inverted(mut self) -> Self {
        self.line = self.line.inverted();
        self
    }

    /// From now on the module may sleep.
    ///
    /// # Errors
    ///
    /// Those of the pin.
    pub fn allow_sleep(&mut self) -> Result<(), P::Error> {
        self.line.release()
    }

    /// Wakes the module, and waits 100 ms until it listens.
    ///
    /// # Errors
    ///
    /// Those of the pin.
    pub fn wake(&mut self, delay: &mut impl DelayNs) -> Result<(), P::Error> {
        self.line.press()?;
        delay.delay_ms(WAKE_TIME);
        Ok(())
    }

    /// [`wake`](Self::wake) with an async delay. If it is dropped, the module wakes all the same.
    ///
    /// # Errors
    ///
    /// Those of the pin.
    #[cfg(feature = "async")]
    pub async fn wake_async(&mut self, delay: &mut impl embedded_hal_async::delay::DelayNs) -> Result<(), P::Error> {
        self.line.press()?;
        delay.delay_ms(WAKE_TIME).await;
        Ok(())
    }

    /// Gives the pin back.
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
