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
    pub(crate) key: PowerKey<P>,
    pub(crate) reset: Reset<P>,
}

impl<P: Pin> Power<P> {
    /// Both pins should be low when they are passed in.
    pub fn new(key: P, reset: P, family: Family) -> Self {
        let timing = PowerTiming::of(family);
        Self { key: PowerKey::new(key, timing).inverted(), reset: Reset::new(reset, timing).inverted() }
    }
}
