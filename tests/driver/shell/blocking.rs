//! The blocking client under test, with the interface of the async one: the tests await it, and it blocks.

use core::cell::Cell;
use core::ops::ControlFlow;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::rc::Rc;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read, ReadReady, Write};
use simcom_modem_simulator::pipe::{Bench, Clock, Receiver, Transmitter};

use crate::driver::blocking::{Client, Modem};
use crate::driver::command::{Command, Part};
use crate::driver::network::{Apn, Attachment, BringUpError, BringUpStage, ClockError, DateTime, Identity};
use crate::driver::outbox::{Outbox, WhenFull};
use crate::driver::power::{Dtr, SleepError};
use crate::driver::supervisor::{Attach, BlockingReset, Recovery, Subscriptions, SupervisedEvent, Supervisor};
use crate::driver::{ClientIndex, ClientState, ConnectOptions, Connection, Counters, Error, Event, Family};
use crate::driver::{MessageHandler, Publish, QoS, ServiceState, SkippedSettings, Timeouts, Timer, Tls};

/// Polling interval of a full transmitter.
const LOOKS_EVERY: Duration = Duration::from_micros(100);

/// Polls a future of an async receiver or transmitter once.
fn at_once<O>(future: impl Future<Output = O>) -> Option<O> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

pub struct BlockingReceiver {
    inner: Receiver,
    error: Option<ErrorKind>,
}

impl ErrorType for BlockingReceiver {
    type Error = ErrorKind;
}

impl ReadReady for BlockingReceiver {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        match at_once(self.inner.fill_buf()) {
            Some(Err(error)) => self.error = Some(error),
            Some(Ok(_)) => {}
            None => return Ok(false),
        }
        Ok(true)
    }
}

impl embedded_io::Read for BlockingReceiver {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        match self.error.take() {
            Some(error) => Err(error),
            None => at_once(self.inner.read(buffer)).expect("it is ready"),
        }
    }
}

pub struct BlockingTransmitter {
    inner: Transmitter,
    bench: Bench,
}

impl ErrorType for BlockingTransmitter {
    type Error = ErrorKind;
}

impl embedded_io::Write for BlockingTransmitter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        loop {
            if let Some(written) = at_once(self.inner.write(bytes)) {
                self.bench.carry();
                return written;
            }
            self.bench.pass(LOOKS_EVERY);
        }
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        loop {
            if let Some(flushed) = at_once(self.inner.flush()) {
                return flushed;
            }
            self.bench.pass(LOOKS_EVERY);
        }
    }
}

pub struct VirtualTimer(Clock);

impl Timer for VirtualTimer {
    fn now(&self) -> Duration {
        self.0.now()
    }
}

type Idle = Box<dyn FnMut() -> ControlFlow<()>>;
type Inner<H> = Modem<BlockingReceiver, BlockingTransmitter, VirtualTimer, H, Idle>;

pub struct ShellModem<H>(Inner<H>);

/// The client without an idle hook.
pub fn bare_modem<H: MessageHandler>(
    bench: &Bench,
    family: Family,
    handler: H,
) -> Modem<BlockingReceiver, BlockingTransmitter, VirtualTimer, H> {
    let (receiver, transmitter) = bench.host();
    let receiver = BlockingReceiver { inner: receiver, error: None };
    let transmitter = BlockingTransmitter { inner: transmitter, bench: bench.clone() };
    Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), family, handler)
}

pub fn shell_modem<H: MessageHandler>(bench: &Bench, family: Family, handler: H) -> ShellModem<H> {
    let modem = bare_modem(bench, family, handler);
    let bench = bench.clone();
    ShellModem(modem.with_idle(Box::new(move || {
        if bench.now() >= bench.time_limit() {
            return ControlFlow::Break(());
        }
        bench.pass(Duration::from_millis(5));
        ControlFlow::Continue(())
    })))
}

impl<H: MessageHandler> ShellModem<H> {
    pub fn client(&mut self, index: ClientIndex) -> ShellClient<'_, H> {
        ShellClient(self.0.client(index))
    }

    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Self(self.0.with_timeouts(timeouts))
    }

    pub fn family(&self) -> Family {
        self.0.family()
    }

    pub fn service_state(&self) -> ServiceState {
        self.0.service_state()
    }

    pub fn counters(&self) -> Counters {
        self.0.counters()
    }

    pub async fn next_event(&mut self) -> Result<Event, Error> {
        self.0.next_event()
    }

    pub async fn execute<Q: Command>(&mut self, command: &Q) -> Result<Q::Response, Error> {
        self.0.execute(command)
    }

    pub async fn next_event_until(&mut self, deadline: Duration) -> Result<Option<Event>, Error> {
        self.0.next_event_until(deadline)
    }

    pub fn now(&self) -> Duration {
        self.0.now()
    }

    /// The blocking client has one `execute` for both.
    pub async fn execute_local<Q: Command>(&mut self, command: &Q) -> Result<Q::Response, Error> {
        self.0.execute(command)
    }

    pub async fn detect_family(&mut self) -> Result<Option<Family>, Error> {
        self.0.detect_family()
    }

    pub async fn bring_up(
        &mut self,
        apn: &Apn<'_>,
        on_stage: impl FnMut(BringUpStage),
    ) -> Result<Attachment, BringUpError> {
        self.0.bring_up(apn, on_stage)
    }

    pub async fn clock(&mut self) -> Result<DateTime, ClockError> {
        self.0.clock()
    }

    pub async fn set_clock_by_ntp(&mut self, server: &str, quarters_from_utc: i8) -> Result<DateTime, ClockError> {
        self.0.set_clock_by_ntp(server, quarters_from_utc)
    }

    pub async fn identify(&mut self) -> Result<Identity, Error> {
        self.0.identify()
    }

    pub async fn store_certificate(&mut self, name: &str, length: usize, reader: &mut &[u8]) -> Result<(), Error> {
        self.0.store_certificate(name, length, reader)
    }

    pub async fn replace_certificate(&mut self, name: &str, length: usize, reader: &mut &[u8]) -> Result<(), Error> {
        self.0.replace_certificate(name, length, reader)
    }

    pub async fn check_certificates(&mut self, tls: &Tls<'_>) -> Result<(), Error> {
        self.0.check_certificates(tls)
    }

    pub async fn list_certificates(&mut self, name: impl FnMut(Part<'_>)) -> Result<u16, Error> {
        self.0.list_certificates(name)
    }

    pub async fn delete_certificate(&mut self, name: &str) -> Result<(), Error> {
        self.0.delete_certificate(name)
    }

    pub async fn pause<P: OutputPin>(&mut self, dtr: &mut Dtr<P>) -> Result<(), SleepError<P::Error>> {
        self.0.pause(dtr)
    }

    pub async fn resume<P: OutputPin>(
        &mut self,
        dtr: &mut Dtr<P>,
        delay: &mut impl DelayNs,
    ) -> Result<(), SleepError<P::Error>> {
        self.0.resume(dtr, delay)
    }

    pub async fn drain<const N: usize, F: WhenFull>(
        &mut self,
        outbox: &Outbox<CriticalSectionRawMutex, N, F>,
    ) -> Result<usize, Error> {
        self.0.drain(outbox)
    }

    pub async fn supervise_until<L: Subscriptions, A: Attach, S: BlockingReset>(
        &mut self,
        deadline: Duration,
        supervisors: &mut [Supervisor<'_, L>],
        recovery: &mut Recovery<A, S>,
    ) -> Result<Option<SupervisedEvent>, Error> {
        self.0.supervise_until(deadline, supervisors, recovery)
    }

    /// No test needs the UART back.
    pub async fn shutdown(self) -> ((), (), Result<(), Error>) {
        let (_, _, ended) = self.0.shutdown();
        ((), (), ended)
    }
}

pub struct ShellClient<'m, H>(Client<'m, BlockingReceiver, BlockingTransmitter, VirtualTimer, H, Idle>);

impl<H: MessageHandler> ShellClient<'_, H> {
    pub fn state(&self) -> ClientState {
        self.0.state()
    }

    pub fn skipped_settings(&self) -> SkippedSettings {
        self.0.skipped_settings()
    }

    pub async fn connect(&mut self, options: &ConnectOptions<'_>) -> Result<Connection, Error> {
        self.0.connect(options)
    }

    pub async fn subscribe(&mut self, filter: impl AsRef<[u8]>, qos: QoS) -> Result<(), Error> {
        self.0.subscribe(filter, qos)
    }

    pub async fn subscribe_all(&mut self, filters: &[(impl AsRef<[u8]>, QoS)]) -> Result<(), Error> {
        self.0.subscribe_all(filters)
    }

    pub async fn unsubscribe(&mut self, filter: impl AsRef<[u8]>) -> Result<(), Error> {
        self.0.unsubscribe(filter)
    }

    pub async fn unsubscribe_all(&mut self, filters: &[&str]) -> Result<(), Error> {
        self.0.unsubscribe_all(filters)
    }

    pub async fn publish(&mut self, message: &Publish<'_>) -> Result<(), Error> {
        self.0.publish(message)
    }

    pub async fn publish_from(
        &mut self,
        message: &Publish<'_>,
        length: usize,
        reader: &mut &[u8],
    ) -> Result<(), Error> {
        self.0.publish_from(message, length, reader)
    }

    pub async fn disconnect(&mut self) -> Result<(), Error> {
        self.0.disconnect()
    }

    pub async fn disconnect_within(&mut self, timeout: Duration) -> Result<(), Error> {
        self.0.disconnect_within(timeout)
    }
}

/// Presses the module's RESET, and counts.
#[allow(dead_code, reason = "the tests of the supervisor need it, and not all that need this client")]
pub struct ResetHook {
    pub bench: Bench,
    pub resets: Rc<Cell<u32>>,
}

impl BlockingReset for ResetHook {
    fn reset(&mut self, attempt: u32) {
        assert!(attempt > 0);
        self.resets.set(self.resets.get() + 1);
        self.bench.modem(|module, now| module.reset_key(now, true));
        self.bench.pass(Duration::from_secs(3));
        self.bench.modem(|module, now| module.reset_key(now, false));
    }
}
