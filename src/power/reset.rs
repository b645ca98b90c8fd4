//! RESET.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;

use super::PowerTiming;
use super::line::{Line, Press};

/// The RESET input of a module. The manuals reserve it for a module that answers to nothing else.
#[derive(Debug)]
pub struct Reset<P> {
    line: Line<P>,
    timing: PowerTiming,
}

impl<P: OutputPin> Reset<P> {
    /// A pin that is wired directly to RESET: low is pressed. The pin should be high when it is passed in.
    pub const fn new(pin: P, timing: PowerTiming) -> Self {
        Self { line: Line::new(pin), timing }
    }

    /// For a pin that drives RESET through a transistor: high is pressed.
    #[must_use]
    pub fn inverted(mut self) -> Self {
        self.line = self.line.inverted();
        self
    }

    /// Resets the module. Returns after the pulse. [`Event::ModemRestarted`](crate::Event::ModemRestarted) follows when
    /// the module has started.
    ///
    /// # Errors
    ///
    /// The errors of the pin.
    pub fn reset(&mut self, delay: &mut impl DelayNs) -> Result<(), P::Error> {
        let press = Press::begin(&mut self.line)?;
        delay.delay_ms(self.timing.reset_ms);
        press.end()
    }

    /// [`reset`](Self::reset) with an async delay.
    ///
    /// # Errors
    ///
    /// The errors of the pin.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, RESET is released. The module may or may not have been
    /// reset.
    #[cfg(feature = "async")]
    pub async fn reset_async(&mut self, delay: &mut impl embedded_hal_async::delay::DelayNs) -> Result<(), P::Error> {
        let press = Press::begin(&mut self.line)?;
        delay.delay_ms(self.timing.reset_ms).await;
        press.end()
    }

    /// Returns the pin.
    pub fn into_inner(self) -> P {
        self.line.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Family;
    use embedded_hal_mock::eh1::delay::{CheckedDelay, Transaction as Wait};
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction as Pin};

    #[test]
    fn reset_is_a_pulse_of_the_length_of_the_family() {
        for (family, length) in [(Family::Sim7600, 300), (Family::A76xx, 2_500), (Family::Sim767x, 2_500)] {
            let mut delay = CheckedDelay::new(&[Wait::blocking_delay_ms(length)]);
            let mut reset =
                Reset::new(Mock::new(&[Pin::set(State::Low), Pin::set(State::High)]), PowerTiming::of(family));
            reset.reset(&mut delay).unwrap();
            delay.done();
            reset.into_inner().done();
        }
    }
}
