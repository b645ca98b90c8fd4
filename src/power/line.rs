//! An output that drives an input of the module.

use embedded_hal::digital::{OutputPin, PinState};

/// An input of the module that is pressed when it is low. Through a transistor, the output is then high.
#[derive(Debug)]
pub(super) struct Line<P> {
    pin: P,
    is_inverted: bool,
}

impl<P: OutputPin> Line<P> {
    pub(super) const fn new(pin: P) -> Self {
        Self { pin, is_inverted: false }
    }

    pub(super) fn inverted(mut self) -> Self {
        self.is_inverted = true;
        self
    }

    pub(super) fn press(&mut self) -> Result<(), P::Error> {
        self.pin.set_state(PinState::from(self.is_inverted))
    }

    pub(super) fn release(&mut self) -> Result<(), P::Error> {
        self.pin.set_state(PinState::from(!self.is_inverted))
    }

    pub(super) fn into_inner(self) -> P {
        self.pin
    }
}

/// A line that is pressed until this is dropped. So a dropped future releases it.
pub(super) struct Press<'l, P: OutputPin> {
    line: &'l mut Line<P>,
    is_pressed: bool,
}

impl<'l, P: OutputPin> Press<'l, P> {
    pub(super) fn begin(line: &'l mut Line<P>) -> Result<Self, P::Error> {
        line.press()?;
        Ok(Self { line, is_pressed: true })
    }

    pub(super) fn end(mut self) -> Result<(), P::Error> {
        self.is_pressed = false;
        self.line.release()
    }
}

impl<P: OutputPin> Drop for Press<'_, P> {
    fn drop(&mut self) {
        if self.is_pressed {
            // `drop` cannot return an error.
            let _ = self.line.release();
        }
    }
}
