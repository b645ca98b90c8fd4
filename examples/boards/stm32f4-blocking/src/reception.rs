//! Bytes from the module, kept by an interrupt until the program has time for them.

use core::cell::{Cell, RefCell};

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
static BYTES: Mutex<RefCell<Deque<u8, CAPACITY>>> = Mutex::new(RefCell::new(Deque::new()));
/// What went wrong behind those bytes.
static FAILURE: Mutex<Cell<Option<Error>>> = Mutex::new(Cell::new(None));

#[interrupt]
fn USART1() {
    free(|section| {
        let mut uart = UART.borrow(section).borrow_mut();
        let mut bytes = BYTES.borrow(section).borrow_mut();
        let failure = FAILURE.borrow(section);
        loop {
            match uart.as_mut().map_or(Err(nb::Error::WouldBlock), Read::read) {
                Ok(byte) if bytes.push_back(byte).is_err() => failure.set(Some(Error::Overrun)),
                Ok(_) => {}
                Err(nb::Error::Other(error)) => failure.set(Some(error)),
                Err(nb::Error::WouldBlock) => return,
            }
        }
    });
}

/// The UART as the driver sees it.
pub struct Receiver(());

impl Receiver {
    /// From now on the interrupt takes what arrives.
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
            let byte = BYTES.borrow(section).borrow_mut().pop_front();
            byte.ok_or_else(|| FAILURE.borrow(section).take().map_or(nb::Error::WouldBlock, nb::Error::Other))
        })
    }
}
