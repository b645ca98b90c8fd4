//! Blocking traits for a UART that has only the non-blocking ones of `embedded-hal-nb`.

use core::fmt;

use embedded_hal_nb::nb;
use embedded_hal_nb::serial;
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};

/// Provides [`Read`], [`ReadReady`] and [`Write`] for any UART of `embedded-hal-nb`, or for one half of it.
///
/// - `read` waits for the first byte and takes those after it that have arrived.
/// - `read_ready` may have to take a byte or an error off the UART to find out; the next `read` returns it.
/// - `write` waits until the UART takes the first byte, and passes it as many more as it takes without waiting. So
///   received bytes do not wait for a long write.
/// - An error after bytes that were read or written is reported by the next call.
///
/// While it waits, it polls the UART. Such UARTs hold a few bytes at most: put a buffer that an interrupt fills between
/// them and the driver, unless the firmware has no other work.
pub struct Serial<U: serial::ErrorType> {
    inner: U,
    received: Option<Result<u8, U::Error>>,
    write_failed: Option<U::Error>,
}

/// An error of the UART.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SerialError<E>(pub E);

impl<E: serial::Error> embedded_io::Error for SerialError<E> {
    /// The driver continues after any of these kinds: bytes were lost, but the UART works.
    fn kind(&self) -> ErrorKind {
        match self.0.kind() {
            serial::ErrorKind::Overrun => ErrorKind::OutOfMemory,
            serial::ErrorKind::FrameFormat | serial::ErrorKind::Parity | serial::ErrorKind::Noise => {
                ErrorKind::InvalidData
            }
            _ => ErrorKind::Other,
        }
    }
}

impl<E: serial::Error> fmt::Display for SerialError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind().fmt(f)
    }
}

impl<E: serial::Error> core::error::Error for SerialError<E> {}

impl<U: serial::ErrorType> Serial<U> {
    /// Provides the traits for a UART.
    pub const fn new(inner: U) -> Self {
        Self { inner, received: None, write_failed: None }
    }

    /// Returns the UART. A byte that [`read_ready`](ReadReady::read_ready) took, or an error that was not reported yet,
    /// is lost.
    pub fn into_inner(self) -> U {
        self.inner
    }
}

impl<U: serial::Read> Serial<U> {
    /// Takes the next byte or error if there is one.
    fn take(&mut self) -> Option<Result<u8, U::Error>> {
        self.received.take().or_else(|| match self.inner.read() {
            Ok(byte) => Some(Ok(byte)),
            Err(nb::Error::WouldBlock) => None,
            Err(nb::Error::Other(error)) => Some(Err(error)),
        })
    }
}

impl<U: serial::ErrorType> fmt::Debug for Serial<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serial").finish_non_exhaustive()
    }
}

impl<U: serial::ErrorType> ErrorType for Serial<U> {
    type Error = SerialError<U::Error>;
}

impl<U: serial::Read> Read for Serial<U> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let mut count = 0;
        for place in buffer {
            let next = loop {
                match self.take() {
                    None if count == 0 => core::hint::spin_loop(),
                    next => break next,
                }
            };
            match next {
                Some(Ok(byte)) => *place = byte,
                Some(Err(error)) if count == 0 => return Err(SerialError(error)),
                // An error waits until the bytes before it were returned.
                next => {
                    self.received = next;
                    break;
                }
            }
            count += 1;
        }
        Ok(count)
    }
}

impl<U: serial::Read> ReadReady for Serial<U> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        self.received = self.take();
        Ok(self.received.is_some())
    }
}

impl<U: serial::Write> Write for Serial<U> {
    fn write(&mut self, buffer: &[u8]) -> Result<usize, Self::Error> {
        let mut count = 0;
        for &byte in buffer {
            if let Some(error) = self.write_failed.take() {
                return Err(SerialError(error));
            }
            let written = loop {
                match self.inner.write(byte) {
                    Err(nb::Error::WouldBlock) if count == 0 => core::hint::spin_loop(),
                    written => break written,
                }
            };
            match written {
                Ok(()) => count += 1,
                Err(nb::Error::WouldBlock) => break,
                Err(nb::Error::Other(error)) if count == 0 => return Err(SerialError(error)),
                Err(nb::Error::Other(error)) => {
                    self.write_failed = Some(error);
                    break;
                }
            }
        }
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        if let Some(error) = self.write_failed.take() {
            return Err(SerialError(error));
        }
        nb::block!(self.inner.flush()).map_err(SerialError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal_mock::eh1::serial::{Mock, Transaction};
    use embedded_io::Error as _;
    use serial::ErrorKind as Kind;

    const NOTHING: nb::Error<Kind> = nb::Error::WouldBlock;

    fn serial(transactions: &[Transaction<u8>]) -> (Serial<Mock<u8>>, Mock<u8>) {
        let mock = Mock::new(transactions);
        (Serial::new(mock.clone()), mock)
    }

    #[test]
    fn read_waits_for_the_first_byte_and_takes_what_is_there() {
        let (mut serial, mut mock) = serial(&[
            Transaction::read_error(NOTHING),
            Transaction::read_error(NOTHING),
            Transaction::read_many(b"OK"),
            Transaction::read_error(NOTHING),
            Transaction::read_many(b"\r\n\0"),
        ]);
        let mut buffer = [0; 3];
        assert_eq!(serial.read(&mut buffer), Ok(2));
        assert_eq!(&buffer[..2], b"OK");
        assert_eq!(serial.read(&mut buffer), Ok(3));
        assert_eq!(&buffer, b"\r\n\0");
        mock.done();
    }

    #[test]
    fn empty_buffers_do_not_touch_the_uart() {
        let (mut serial, mut mock) = serial(&[]);
        assert_eq!(serial.read(&mut []), Ok(0));
        assert_eq!(serial.write(&[]), Ok(0));
        mock.done();
    }

    #[test]
    fn a_byte_taken_to_know_whether_there_is_one_is_read_first_and_once() {
        let (mut serial, mut mock) = serial(&[
            Transaction::read_error(NOTHING),
            Transaction::read(b'a'),
            Transaction::read(b'b'),
            Transaction::read_error(NOTHING),
            Transaction::read_error(NOTHING),
        ]);
        assert_eq!(serial.read_ready(), Ok(false));
        assert_eq!(serial.read_ready(), Ok(true));
        assert_eq!(serial.read_ready(), Ok(true));
        let mut buffer = [0; 8];
        assert_eq!(serial.read(&mut buffer), Ok(2));
        assert_eq!(&buffer[..2], b"ab");
        assert_eq!(serial.read_ready(), Ok(false));
        mock.done();
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it_and_before_those_behind_it() {
        let (mut serial, mut mock) = serial(&[
            Transaction::read(b'a'),
            Transaction::read_error(nb::Error::Other(Kind::Overrun)),
            Transaction::read(b'b'),
            Transaction::read_error(NOTHING),
        ]);
        let mut buffer = [0; 8];
        assert_eq!(serial.read(&mut buffer), Ok(1));
        assert_eq!(serial.read_ready(), Ok(true), "an error is there to be read");
        assert_eq!(serial.read(&mut buffer), Err(SerialError(Kind::Overrun)));
        assert_eq!(serial.read(&mut buffer), Ok(1));
        assert_eq!(buffer[0], b'b');
        mock.done();
    }

    #[test]
    fn errors_keep_their_meaning() {
        for (kind, expected) in [
            (Kind::Overrun, ErrorKind::OutOfMemory),
            (Kind::FrameFormat, ErrorKind::InvalidData),
            (Kind::Parity, ErrorKind::InvalidData),
            (Kind::Noise, ErrorKind::InvalidData),
            (Kind::Other, ErrorKind::Other),
        ] {
            let (mut serial, mut mock) = serial(&[Transaction::read_error(nb::Error::Other(kind))]);
            assert_eq!(serial.read(&mut [0]).unwrap_err().kind(), expected);
            mock.done();
        }
    }

    #[test]
    fn write_waits_for_the_first_byte_and_gives_what_is_taken() {
        let (mut serial, mut mock) = serial(&[
            Transaction::write_error(b'A', NOTHING),
            Transaction::write_error(b'A', NOTHING),
            Transaction::write_many(b"AT"),
            Transaction::write_error(b'\r', NOTHING),
            Transaction::write_many(b"\r"),
            Transaction::flush_error(NOTHING),
            Transaction::flush(),
        ]);
        assert_eq!(serial.write(b"AT\r"), Ok(2));
        assert_eq!(serial.write(b"\r"), Ok(1));
        assert_eq!(serial.flush(), Ok(()));
        mock.done();
    }

    #[test]
    fn an_error_behind_written_bytes_is_reported_by_the_next_call() {
        let (mut serial, mut mock) = serial(&[
            Transaction::write(b'A'),
            Transaction::write_error(b'T', nb::Error::Other(Kind::Other)),
            Transaction::write(b'T'),
            Transaction::write_error(b'T', nb::Error::Other(Kind::Noise)),
            Transaction::flush_error(nb::Error::Other(Kind::Parity)),
        ]);
        assert_eq!(serial.write(b"AT"), Ok(1));
        assert_eq!(serial.write(b"T"), Err(SerialError(Kind::Other)));
        assert_eq!(serial.write(b"TT"), Ok(1));
        assert_eq!(serial.flush(), Err(SerialError(Kind::Noise)));
        assert_eq!(serial.flush(), Err(SerialError(Kind::Parity)));
        mock.done();
    }
}
