//! PWRKEY and RESET of the module.

use core::convert::Infallible;

use embedded_hal::digital::OutputPin;
use simcom_mqtt::Family;
use simcom_mqtt::power::{PowerKey, PowerTiming, Reset};

/// A pin of a microcontroller's HAL, which cannot fail.
pub trait Pin: OutputPin<Error = Infallible> {}

impl<P: OutputPin<Error = Infallible>> Pin for P {}

/// The two inputs of the module that start it, each through a transistor: high is pressed.
#[derive(Debug)]
pub struct Power<P> {
    key: PowerKey<P>,
    reset: Reset<P>,
}

impl<P: Pin> Power<P> {
    /// Both pins should be low when they are passed in.
    pub fn new(key: P, reset: P, family: Family) -> Self {
        let timing = PowerTiming::of(family);
        Self { key: PowerKey::new(key, timing).inverted(), reset: Reset::new(reset, timing).inverted() }
    }
}

/// Starts the module: at first, and when the supervisor asks for a reset.
pub(crate) struct Starter<P, D> {
    power: Power<P>,
    delay: D,
}

impl<P: Pin, D> Starter<P, D> {
    pub(crate) const fn new(power: Power<P>, delay: D) -> Self {
        Self { power, delay }
    }
}

#[cfg(feature = "async")]
impl<P: Pin, D: embedded_hal_async::delay::DelayNs> Starter<P, D> {
    /// Presses PWRKEY, which does nothing to a module that is on.
    pub(crate) async fn power_on_async(&mut self) {
        if let Err(error) = self.power.key.power_on_async(&mut self.delay).await {
            warning!("PWRKEY: {}", error);
        }
    }
}

/// RESET does nothing to a module that is off, and PWRKEY nothing to one that is on.
#[cfg(feature = "async")]
impl<P: Pin, D: embedded_hal_async::delay::DelayNs> simcom_mqtt::supervisor::Reset for Starter<P, D> {
    async fn reset(&mut self, _attempt: u32) {
        let Ok(()) = self.power.reset.reset_async(&mut self.delay).await;
        self.power_on_async().await;
    }
}

#[cfg(feature = "blocking")]
impl<P: Pin, D: embedded_hal::delay::DelayNs> Starter<P, D> {
    /// Presses PWRKEY, which does nothing to a module that is on.
    pub(crate) fn power_on(&mut self) {
        if let Err(error) = self.power.key.power_on(&mut self.delay) {
            warning!("PWRKEY: {}", error);
        }
    }
}

#[cfg(feature = "blocking")]
impl<P: Pin, D: embedded_hal::delay::DelayNs> simcom_mqtt::supervisor::BlockingReset for Starter<P, D> {
    fn reset(&mut self, _attempt: u32) {
        let Ok(()) = self.power.reset.reset(&mut self.delay);
        self.power_on();
    }
}
