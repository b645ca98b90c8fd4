//! PWRKEY.

use core::convert::Infallible;
use core::fmt;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{ErrorType, InputPin, OutputPin};

use super::PowerTiming;
use super::line::{Line, Press};

/// The time between two reads of the status pin.
const STATUS_INTERVAL_MS: u32 = 100;

/// The status pin of a [`PowerKey`] that has none. No value of this type exists.
#[derive(Clone, Copy, Debug)]
pub enum NoPin {}

impl ErrorType for NoPin {
    type Error = Infallible;
}

impl InputPin for NoPin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        match *self {}
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        match *self {}
    }
}

/// Why a module could not be switched on or off. `K` is the error of the key's pin, `S` of the status pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PowerError<K, S> {
    /// PWRKEY could not be driven.
    Key(K),
    /// The status pin could not be read.
    Status(S),
    /// The status pin did not change in time: check supply, wiring, and whether the key is
    /// [inverted](PowerKey::inverted).
    TimedOut,
}

impl<K: fmt::Debug, S: fmt::Debug> fmt::Display for PowerError<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "PWRKEY could not be driven",
            Self::Status(_) => "the status pin could not be read",
            Self::TimedOut => "the status pin did not follow PWRKEY: check supply and wiring",
        })
    }
}

impl<K: fmt::Debug, S: fmt::Debug> core::error::Error for PowerError<K, S> {}

/// The power key of a module, PWRKEY, with or without a status pin.
///
/// A long press switches a module off that is on; a short press has no effect on it. Without a status pin, the driver
/// cannot know whether the module is on: call `power_off` and then `power_on` to restart it.
#[derive(Debug)]
pub struct PowerKey<P, S = NoPin> {
    line: Line<P>,
    status: Option<S>,
    timing: PowerTiming,
}

impl<P: OutputPin> PowerKey<P> {
    /// A pin that is wired directly to PWRKEY: low is pressed. The pin should be high when it is passed in.
    pub const fn new(pin: P, timing: PowerTiming) -> Self {
        Self { line: Line::new(pin), status: None, timing }
    }
}

impl<P: OutputPin, S: InputPin> PowerKey<P, S> {
    /// For a pin that drives PWRKEY through a transistor, as on most boards: high is pressed.
    #[must_use]
    pub fn inverted(mut self) -> Self {
        self.line = self.line.inverted();
        self
    }

    /// With the module's STATUS output (or VDD_EXT): high while it is on.
    #[must_use]
    pub fn with_status<I: InputPin>(self, status: I) -> PowerKey<P, I> {
        PowerKey { line: self.line, status: Some(status), timing: self.timing }
    }

    /// Whether the module is on; `None` without a status pin.
    ///
    /// # Errors
    ///
    /// [`PowerError::Status`].
    pub fn is_on(&mut self) -> Result<Option<bool>, PowerError<P::Error, S::Error>> {
        self.status.as_mut().map(InputPin::is_high).transpose().map_err(PowerError::Status)
    }

    /// Switches the module on, unless the status pin says that it is on. Returns when that pin is high; without one,
    /// after the pulse, which is some seconds before the module answers.
    ///
    /// # Errors
    ///
    /// See [`PowerError`].
    pub fn power_on(&mut self, delay: &mut impl DelayNs) -> Result<(), PowerError<P::Error, S::Error>> {
        self.switch(true, delay)
    }

    /// Switches the module off, unless the status pin says that it is off. Returns when that pin is low; without one,
    /// after the pulse, which is some seconds before the module is off. Shut the [`Modem`](crate::Modem::shutdown) down
    /// first.
    ///
    /// # Errors
    ///
    /// See [`PowerError`].
    pub fn power_off(&mut self, delay: &mut impl DelayNs) -> Result<(), PowerError<P::Error, S::Error>> {
        self.switch(false, delay)
    }

    /// Returns the pins.
    pub fn into_inner(self) -> (P, Option<S>) {
        (self.line.into_inner(), self.status)
    }

    fn switch(&mut self, on: bool, delay: &mut impl DelayNs) -> Result<(), PowerError<P::Error, S::Error>> {
        if self.is_on()? == Some(on) {
            return Ok(());
        }
        let press = Press::begin(&mut self.line).map_err(PowerError::Key)?;
        delay.delay_ms(self.timing.pulse(on));
        press.end().map_err(PowerError::Key)?;
        let mut waited_ms = 0;
        while self.lags(on, waited_ms)? {
            delay.delay_ms(STATUS_INTERVAL_MS);
            waited_ms += STATUS_INTERVAL_MS;
        }
        Ok(())
    }

    /// Whether the status pin has not changed yet.
    fn lags(&mut self, on: bool, waited_ms: u32) -> Result<bool, PowerError<P::Error, S::Error>> {
        let lags = self.is_on()?.is_some_and(|is_on| is_on != on);
        if lags && waited_ms >= self.timing.status_limit_ms { Err(PowerError::TimedOut) } else { Ok(lags) }
    }
}

/// The same for an executor.
#[cfg(feature = "async")]
impl<P: OutputPin, S: InputPin> PowerKey<P, S> {
    /// [`power_on`](Self::power_on) with an async delay.
    ///
    /// # Errors
    ///
    /// See [`PowerError`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the key is released. The module may or may not have been
    /// switched on.
    pub async fn power_on_async(
        &mut self,
        delay: &mut impl embedded_hal_async::delay::DelayNs,
    ) -> Result<(), PowerError<P::Error, S::Error>> {
        self.switch_async(true, delay).await
    }

    /// [`power_off`](Self::power_off) with an async delay.
    ///
    /// # Errors
    ///
    /// See [`PowerError`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the key is released. The module may or may not have been
    /// switched off.
    pub async fn power_off_async(
        &mut self,
        delay: &mut impl embedded_hal_async::delay::DelayNs,
    ) -> Result<(), PowerError<P::Error, S::Error>> {
        self.switch_async(false, delay).await
    }

    async fn switch_async(
        &mut self,
        on: bool,
        delay: &mut impl embedded_hal_async::delay::DelayNs,
    ) -> Result<(), PowerError<P::Error, S::Error>> {
        if self.is_on()? == Some(on) {
            return Ok(());
        }
        let press = Press::begin(&mut self.line).map_err(PowerError::Key)?;
        delay.delay_ms(self.timing.pulse(on)).await;
        press.end().map_err(PowerError::Key)?;
        let mut waited_ms = 0;
        while self.lags(on, waited_ms)? {
            delay.delay_ms(STATUS_INTERVAL_MS).await;
            waited_ms += STATUS_INTERVAL_MS;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
