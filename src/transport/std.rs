//! Blocking traits for a port of a computer that has those of `std::io`.

extern crate std;

use core::time::Duration;
use std::io::{self, ErrorKind};
use std::thread::sleep;
use std::time::Instant;

use embedded_io::{ErrorType, Read, ReadReady, Write};

/// How many bytes are taken from the port at a time.
const TAKEN_BYTES: usize = 256;
/// Pause between two attempts at a port that is not ready.
const POLLING_INTERVAL: Duration = Duration::from_millis(1);
/// How long a port may take no byte: no baud rate is so slow, so the other side holds CTS.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// Provides [`Read`], [`ReadReady`] and [`Write`] for a port that has [`std::io::Read`] and [`std::io::Write`], or for
/// one half of it, such as a serial port of the crate `serialport`, a device file or a TCP stream.
///
/// - The port must not wait long for bytes: it is non-blocking, or has a read timeout of a few milliseconds at most,
///   such as the zero that `serialport` begins with. `WouldBlock` and `TimedOut` mean that nothing has arrived.
/// - `read_ready` takes what has arrived off the port to find out; the next `read` returns it.
/// - `write` waits until the port takes a byte. If it takes none for 10 s, the call fails with the port's own error.
/// - `flush` does nothing: the operating system sends what a port has taken. On a serial port, to flush means to block
///   the thread until the last bit is out, which flow control can put off for ever. So do not put a buffer such as
///   [`std::io::BufWriter`] between.
///
/// ```no_run
/// use std::time::{Duration, Instant};
/// use simcom_mqtt::blocking::Modem;
/// use simcom_mqtt::transport::std::Serial;
/// use simcom_mqtt::{Family, Inbox, Timer};
///
/// struct Clock(Instant);
///
/// impl Timer for Clock {
///     fn now(&self) -> Duration {
///         self.0.elapsed()
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transmitter = serialport::new("/dev/ttyUSB2", 115_200).open()?;
/// let receiver = transmitter.try_clone()?;
/// let inbox = Inbox::<16_384>::new();
/// let clock = Clock(Instant::now());
/// let modem = Modem::new(Serial::new(receiver), Serial::new(transmitter), clock, Family::A76xx, &inbox);
/// # let _ = modem;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Serial<P> {
    inner: P,
    received: [u8; TAKEN_BYTES],
    start: usize,
    end: usize,
    /// The port has returned no byte, which means that it has ended.
    has_ended: bool,
}

impl<P> Serial<P> {
    /// Provides the traits for a port.
    pub const fn new(inner: P) -> Self {
        Self { inner, received: [0; TAKEN_BYTES], start: 0, end: 0, has_ended: false }
    }

    /// Returns the port. What [`read_ready`](ReadReady::read_ready) took is lost.
    pub fn into_inner(self) -> P {
        self.inner
    }
}

/// Whether the port may do later what it has not done now.
fn is_not_ready(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

impl<P> ErrorType for Serial<P> {
    type Error = io::Error;
}

impl<P: io::Read> ReadReady for Serial<P> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        if self.start == self.end && !self.has_ended {
            match self.inner.read(&mut self.received) {
                Ok(count) => (self.start, self.end, self.has_ended) = (0, count, count == 0),
                Err(error) if is_not_ready(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

impl<P: io::Read> Read for Serial<P> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.read_ready()? {
            sleep(POLLING_INTERVAL);
        }
        self.has_ended = false;
        let available = self.received.get(self.start..self.end).unwrap_or(&[]);
        let count = buffer.iter_mut().zip(available).map(|(place, &byte)| *place = byte).count();
        self.start = self.start.saturating_add(count);
        Ok(count)
    }
}

impl<P: io::Write> Write for Serial<P> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let begin = Instant::now();
        loop {
            match self.inner.write(bytes) {
                Err(error) if is_not_ready(&error) && begin.elapsed() < STUCK_AFTER => sleep(POLLING_INTERVAL),
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::vec::Vec;

    use super::*;

    /// A port that answers each call with the next of these, and cannot be flushed.
    struct Script<T>(VecDeque<io::Result<T>>);

    impl<T> Script<T> {
        fn next(&mut self) -> io::Result<T> {
            self.0.pop_front().expect("the script has ended")
        }
    }

    fn serial<T>(script: impl IntoIterator<Item = Result<T, ErrorKind>>) -> Serial<Script<T>> {
        Serial::new(Script(script.into_iter().map(|answer| answer.map_err(io::Error::from)).collect()))
    }

    impl io::Read for Script<&'static [u8]> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            io::Read::read(&mut self.next()?, buffer)
        }
    }

    impl io::Write for Script<usize> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(self.next()?.min(bytes.len()))
        }

        fn flush(&mut self) -> io::Result<()> {
            panic!("a serial port would block the thread")
        }
    }

    #[test]
    fn what_read_ready_takes_off_the_port_is_read_next() {
        let mut serial = serial([Err(ErrorKind::TimedOut), Err(ErrorKind::WouldBlock), Ok(&b"OK\r\n"[..])]);
        assert!(!serial.read_ready().unwrap());
        assert!(!serial.read_ready().unwrap());
        assert!(serial.read_ready().unwrap());
        assert!(serial.read_ready().unwrap(), "the port is not asked again");
        let mut buffer = [0; 3];
        assert_eq!((serial.read(&mut buffer).unwrap(), &buffer), (3, b"OK\r"));
        assert_eq!((serial.read(&mut buffer).unwrap(), buffer[0]), (1, b'\n'));
        assert_eq!(serial.into_inner().0.len(), 0);
    }

    #[test]
    fn read_waits_for_the_first_byte() {
        let mut serial = serial([Err(ErrorKind::Interrupted), Err(ErrorKind::TimedOut), Ok(&b">"[..])]);
        let mut buffer = [0; 8];
        assert_eq!(serial.read(&mut []).unwrap(), 0, "without asking the port");
        assert_eq!(serial.read(&mut buffer).unwrap(), 1);
    }

    #[test]
    fn the_end_of_the_port_and_its_errors_are_reported() {
        let mut serial = serial([Ok(&b""[..]), Err(ErrorKind::BrokenPipe), Err(ErrorKind::NotConnected)]);
        assert!(serial.read_ready().unwrap(), "the end is there to be read");
        assert_eq!(serial.read(&mut [0]).unwrap(), 0);
        assert_eq!(serial.read_ready().unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(serial.read(&mut [0]).unwrap_err().kind(), ErrorKind::NotConnected);
    }

    #[test]
    fn write_waits_until_the_port_takes_a_byte_and_reports_its_errors() {
        let busy = [ErrorKind::TimedOut, ErrorKind::WouldBlock, ErrorKind::Interrupted].map(Err);
        let script: Vec<_> = busy.into_iter().chain([Ok(2), Err(ErrorKind::BrokenPipe)]).collect();
        let mut serial = serial(script);
        assert_eq!(serial.write(b"AT\r").unwrap(), 2);
        assert_eq!(serial.write(b"\r").unwrap_err().kind(), ErrorKind::BrokenPipe);
        serial.flush().unwrap();
    }
}
