//! The self-test on a UART mocked by `embedded-hal-mock`: every byte in both directions and every error of the UART is
//! scripted. Where the module has to behave like a module, use the simulated one instead.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::collections::VecDeque;

use embedded_hal_mock::eh1::serial::{Mock, Transaction};
use embedded_hal_nb::nb;
use embedded_hal_nb::serial::{ErrorKind, ErrorType, Read, Write};
use simcom_mqtt::command::network::Rssi;
use simcom_mqtt::transport::nb::Serial;
use simcom_mqtt::{Error, NextStep, Timer};
use test_your_firmware::signal;

/// How much time passes in one call of the idle hook.
const STEP: Duration = Duration::from_millis(50);

/// A command line that the driver has to send, and what the module answers.
struct Exchange<'b> {
    line: &'b str,
    answer: &'b [Arrives<'b>],
}

enum Arrives<'b> {
    Bytes(&'b [u8]),
    /// An error in the place of a byte.
    Error(ErrorKind),
}

const fn exchange<'b>(line: &'b str, answer: &'b [Arrives<'b>]) -> Exchange<'b> {
    Exchange { line, answer }
}

impl Exchange<'_> {
    fn transactions(&self) -> Vec<Transaction<u8>> {
        let transactions = self.answer.iter().flat_map(|arrives| match *arrives {
            Arrives::Bytes(bytes) => bytes.iter().map(|&byte| Transaction::read(byte)).collect(),
            Arrives::Error(kind) => vec![Transaction::read_error(nb::Error::Other(kind))],
        });
        transactions.collect()
    }
}

/// A UART between driver and mock: an answer arrives when its command was sent. A bare mock would also require to
/// script how often the driver looks for bytes in vain.
struct Uart {
    mock: RefCell<Mock<u8>>,
    /// How many bytes and errors the answer to each command has that was not sent yet.
    answers: RefCell<VecDeque<usize>>,
    /// How many of them have arrived and are not read yet.
    arrived: Cell<usize>,
}

impl ErrorType for &Uart {
    type Error = ErrorKind;
}

impl Read for &Uart {
    fn read(&mut self) -> nb::Result<u8, ErrorKind> {
        let left = self.arrived.get().checked_sub(1).ok_or(nb::Error::WouldBlock)?;
        self.arrived.set(left);
        self.mock.borrow_mut().read()
    }
}

impl Write for &Uart {
    fn write(&mut self, byte: u8) -> nb::Result<(), ErrorKind> {
        self.mock.borrow_mut().write(byte)?;
        if byte == b'\r' {
            let answer = self.answers.borrow_mut().pop_front().expect("the mock expects no more bytes either");
            self.arrived.set(self.arrived.get() + answer);
        }
        Ok(())
    }

    fn flush(&mut self) -> nb::Result<(), ErrorKind> {
        Ok(())
    }
}

/// A clock that the idle hook advances.
struct Steps<'c>(&'c Cell<Duration>);

impl Timer for Steps<'_> {
    fn now(&self) -> Duration {
        self.0.get()
    }
}

/// Runs the self-test on a mock, which checks that the driver sends exactly these lines and reads all answers. Returns
/// the signal in dBm, and how long it took.
fn signal_on(script: &[Exchange<'_>]) -> (Result<Option<i16>, Error>, Duration) {
    let expected = script.iter().flat_map(|exchange| {
        let sent = Transaction::write_many(exchange.line.as_bytes());
        [sent].into_iter().chain(exchange.transactions())
    });
    let uart = Uart {
        mock: RefCell::new(Mock::new(&expected.collect::<Vec<_>>())),
        answers: RefCell::new(script.iter().map(|exchange| exchange.transactions().len()).collect()),
        arrived: Cell::new(0),
    };
    let now = Cell::new(Duration::ZERO);
    let idle = || now.set(now.get() + STEP);
    let result = signal(Serial::new(&uart), Serial::new(&uart), Steps(&now), idle);
    uart.mock.borrow_mut().done();
    (result.map(|rssi| rssi.map(Rssi::dbm)), now.get())
}

const OK: &[Arrives<'static>] = &[Arrives::Bytes(b"AT\r\r\nOK\r\n")];
const SIGNAL: &[Arrives<'static>] = &[Arrives::Bytes(b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n")];
const NO_SIGNAL: &[Arrives<'static>] = &[Arrives::Bytes(b"AT+CSQ\r\r\n+CSQ: 99,99\r\n\r\nOK\r\n")];
/// A new driver finds out whether the module is there and answers in step, before it sends the command of the call.
const FOUND: [Exchange<'static>; 2] = [exchange("AT\r", OK), exchange("AT+CSQ\r", SIGNAL)];

#[test]
fn the_signal_is_read_after_the_module_was_found() {
    let [at, sync_query] = FOUND;
    assert_eq!(signal_on(&[at, sync_query, exchange("AT+CSQ\r", SIGNAL)]).0, Ok(Some(-73)));
    let [at, sync_query] = FOUND;
    assert_eq!(signal_on(&[at, sync_query, exchange("AT+CSQ\r", NO_SIGNAL)]).0, Ok(None));
}

#[test]
fn an_answer_with_lost_bytes_ends_the_test_in_seconds() {
    let [at, sync_query] = FOUND;
    let overrun =
        [Arrives::Bytes(b"AT+CSQ\r\r\n+CS"), Arrives::Error(ErrorKind::Overrun), Arrives::Bytes(b"9\r\n\r\nOK\r\n")];
    let (result, time) = signal_on(&[at, sync_query, exchange("AT+CSQ\r", &overrun)]);
    assert!(matches!(result, Err(Error::NoAnswer { .. })), "{result:?}");
    assert!(time < Duration::from_secs(3), "{time:?}");
}

#[test]
fn nothing_but_framing_errors_needs_another_baud_rate() {
    let framing_errors = [const { Arrives::Error(ErrorKind::FrameFormat) }; 16];
    let (result, _) = signal_on(&[exchange("AT\r", &framing_errors)]);
    let error = result.unwrap_err();
    assert_eq!(error, Error::Receive(embedded_io::ErrorKind::InvalidData));
    assert_eq!(error.next_step(), NextStep::RestartUart);
}
