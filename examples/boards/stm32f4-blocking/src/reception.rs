//! Bytes from the module, stored by an interrupt until the program reads them.

use core::cell::RefCell;

use cortex_m::interrupt::{Mutex, free};
use cortex_m::peripheral::NVIC;
use embedded_hal_nb::nb;
use embedded_hal_nb::serial::{ErrorType, Read};
use heapless::Deque;
use stm32f4xx_hal::interrupt;
use stm32f4xx_hal::pac::USART1;
use stm32f4xx_hal::serial::{Error, Rx, RxListen};

/// 89 ms at 115,200 baud.
const CAPACITY: usize = 1024;

static UART: Mutex<RefCell<Option<Rx<USART1>>>> = Mutex::new(RefCell::new(None));
/// Errors are stored among the bytes at the place of the loss: bytes from before and after a loss must not be joined.
static RECEIVED: Mutex<RefCell<Deque<Result<u8, Error>, CAPACITY>>> = Mutex::new(RefCell::new(Deque::new()));

#[interrupt]
fn USART1() {
    free(|section| {
        let mut uart = UART.borrow(section).borrow_mut();
        let mut received = RECEIVED.borrow(section).borrow_mut();
        loop {
            let next = match uart.as_mut().map_or(Err(nb::Error::WouldBlock), Read::read) {
                Ok(byte) => Ok(byte),
                Err(nb::Error::Other(error)) => Err(error),
                Err(nb::Error::WouldBlock) => return,
            };
            keep(&mut received, next);
        }
    });
}

fn keep(received: &mut Deque<Result<u8, Error>, CAPACITY>, next: Result<u8, Error>) {
    // Errors without a byte between them are stored as one: the driver takes more than a few in a row for a broken
    // UART.
    let is_stored = next.is_err() && received.back().is_some_and(Result::is_err);
    if !is_stored
        && received.push_back(next).is_err()
        && let Some(last) = received.back_mut()
    {
        *last = Err(Error::Overrun);
    }
}

/// The UART as the driver sees it.
pub struct Receiver(());

impl Receiver {
    /// Starts reception by interrupt.
    pub fn start(mut uart: Rx<USART1>) -> Self {
        uart.listen();
        free(|section| *UART.borrow(section).borrow_mut() = Some(uart));
        // SAFETY: the interrupt shares with the program only what is in these mutexes.
        unsafe { NVIC::unmask(stm32f4xx_hal::pac::Interrupt::USART1) };
        Self(())
    }
}

impl ErrorType for Receiver {
    type Error = Error;
}

impl Read for Receiver {
    fn read(&mut self) -> nb::Result<u8, Error> {
        free(|section| {
            let next = RECEIVED.borrow(section).borrow_mut().pop_front();
            next.map_or(Err(nb::Error::WouldBlock), |next| next.map_err(nb::Error::Other))
        })
    }
}
