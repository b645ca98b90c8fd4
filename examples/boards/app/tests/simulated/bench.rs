//! A device on a simulated module: its pins, its clock, and both clients.

use core::cell::Cell;
use core::convert::Infallible;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::rc::Rc;

use app::asynchronous::{Application, Inbox, Module};
use app::{Board, Names, Power, Settings};
use embassy_futures::select::select4;
use embedded_hal::digital::{ErrorType, OutputPin};
use embedded_io_async::{BufRead, ErrorKind, Read as _, Write as _};
use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_modem_simulator::modem::Modem as SimulatedModule;
use simcom_modem_simulator::pipe::{Bench, Clock, Receiver, Transmitter};
use simcom_modem_simulator::referee::ComplaintKind;
use simcom_mqtt::command::network::FlowControl;
use simcom_mqtt::supervisor::SubscriptionList;
use simcom_mqtt::{Family, Modem, QoS, Route, Router, Timer};

pub const SETTINGS: Settings<'static> = Settings {
    family: Family::Sim7600,
    apn: "internet",
    pin: None,
    broker: "broker.example",
    port: 8883,
    ca: b"-----BEGIN CERTIFICATE-----\nof the authority\n-----END CERTIFICATE-----\n",
    client_id: "device-7",
    credentials: Some(("user-7", "secret")),
};

/// How long the blocking application sleeps when it has nothing to do.
const REST: Duration = Duration::from_millis(20);

/// Time limit for the application to end after its command.
const ENDING_TIMEOUT: Duration = Duration::from_secs(600);

/// The client that carries the application.
#[derive(Clone, Copy, Debug)]
pub enum Shell {
    Async,
    /// Async, with a task for each job, as on a board whose module has GNSS.
    Tasks,
    Blocking,
}

impl Shell {
    pub const BOTH: [Self; 2] = [Self::Async, Self::Blocking];
}

/// A module, a broker, and the board.
#[derive(Clone)]
pub struct Station {
    pub bench: Bench,
    pub led: Rc<Cell<bool>>,
    pub family: ModuleFamily,
}

impl Station {
    pub fn new(family: ModuleFamily) -> Self {
        let bench = Bench::new(family);
        Self { bench, led: Rc::default(), family }
    }

    /// Starts the microcontroller, and ends it by a command after `length`.
    pub fn run_for(&self, length: Duration, shell: Shell) {
        let end = self.bench.now() + length;
        self.command_at(end, "restart");
        self.bench.set_time_limit(end + ENDING_TIMEOUT);
        let family = match self.family {
            ModuleFamily::A7600 => Family::A7600,
            ModuleFamily::A76xx => Family::A76xx,
            ModuleFamily::Sim7600 => Family::Sim7600,
            ModuleFamily::Sim767x => Family::Sim767x,
        };
        let settings = Settings { family, ..SETTINGS };
        let pin = |press| Key { bench: self.bench.clone(), press };
        let power = Power::new(pin(SimulatedModule::power_key), pin(SimulatedModule::reset_key), family);
        let clock = VirtualTimer(self.bench.clock());
        let board = SimulatedBoard(self.led.clone());
        let (receiver, transmitter) = self.bench.host();
        match shell {
            Shell::Async => {
                let run = app::asynchronous::run(receiver, transmitter, clock, power, board, &settings);
                self.bench.block_on(run);
            }
            Shell::Tasks => {
                let timer = clock.clone();
                self.bench.block_on(run_tasks(receiver, transmitter, timer, power, board, &settings));
            }
            Shell::Blocking => {
                let receiver = BlockingReceiver { inner: receiver, error: None };
                let transmitter = BlockingTransmitter { inner: transmitter, bench: self.bench.clone() };
                let idle = || {
                    assert!(self.bench.now() < end + ENDING_TIMEOUT, "no restart\n{}", self.bench.transcript_text());
                    self.bench.pass(REST);
                };
                app::blocking::run(receiver, transmitter, clock, idle, power, board, &settings);
            }
        }
    }

    pub fn at(&self, time: Duration, action: impl FnOnce(&Self) + 'static) {
        let station = self.clone();
        self.bench.at(time, move |_| action(&station));
    }

    /// Sends a command to the device.
    pub fn command_at(&self, time: Duration, command: &'static str) {
        self.message_at(time, "device-7/command", command);
    }

    /// Publishes a message, which the device gets if it has subscribed to it.
    pub fn message_at(&self, time: Duration, topic: &'static str, payload: &'static str) {
        self.at(time, |station| {
            station.bench.loopback(|broker, now| {
                broker.publish(now, topic.as_bytes(), payload.as_bytes(), false);
            });
        });
    }

    /// What was published to a topic.
    pub fn payloads(&self, topic: &str) -> Vec<String> {
        self.bench.loopback(|broker, _| {
            let published = broker.publications().iter().filter(|it| it.topic == topic.as_bytes());
            published.map(|it| String::from_utf8(it.payload.clone()).expect("text")).collect()
        })
    }

    pub fn is_connected(&self) -> bool {
        self.bench.loopback(|broker, _| broker.connection(0).is_some())
    }

    /// How often the module received a command.
    pub fn commands_sent(&self, command: &str) -> usize {
        String::from_utf8_lossy(&self.bench.sent()).matches(command).count()
    }

    /// A new driver does not know the module's state: it sends a query that a stopped service refuses.
    pub fn assert_no_complaints(&self) {
        let mut complaints = self.bench.modem(|module, _| module.take_complaints());
        complaints.retain(|complaint| complaint.kind != ComplaintKind::NotStarted);
        assert!(complaints.is_empty(), "{complaints:#?}\n{}", self.bench.transcript_text());
    }
}

async fn run_tasks(
    receiver: Receiver,
    transmitter: Transmitter,
    timer: VirtualTimer,
    power: Power<Key>,
    board: SimulatedBoard,
    settings: &Settings<'_>,
) {
    let names = Names::of(settings);
    let (commands, requests) = (Inbox::new(), Inbox::new());
    let routes = [Route::new(names.command(), &commands), Route::new(names.locate(), &requests)];
    let router = Router::new(&routes).unwrap();
    let filters = SubscriptionList::from([names.command(), names.locate()].map(|filter| (filter, QoS::AtLeastOnce)));
    let mut modem = Modem::new(receiver, transmitter, timer.clone(), settings.family, &router);
    let module = Module::new();
    let _ = module.give(&mut modem);
    let application = Application::new(&module, &names, timer, board);
    let session = application.session(power, settings, &filters);
    let position = application.locate(&requests, settings.family);
    select4(session, application.measure(), application.obey(&commands), position).await;
}

struct SimulatedBoard(Rc<Cell<bool>>);

impl Board for SimulatedBoard {
    const FLOW_CONTROL: FlowControl = FlowControl::RtsCts;

    fn temperature(&mut self) -> i16 {
        -5
    }

    fn set_led(&mut self, on: bool) {
        self.0.set(on);
    }
}

/// An output that presses an input of the module through a transistor: high is pressed.
struct Key {
    bench: Bench,
    press: fn(&mut SimulatedModule, Duration, bool),
}

impl ErrorType for Key {
    type Error = Infallible;
}

impl OutputPin for Key {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.bench.modem(|module, now| (self.press)(module, now, false));
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.bench.modem(|module, now| (self.press)(module, now, true));
        Ok(())
    }
}

#[derive(Clone)]
struct VirtualTimer(Clock);

impl Timer for VirtualTimer {
    fn now(&self) -> Duration {
        self.0.now()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        self.0.wait_until(deadline).await;
    }
}

/// The output of a future that is ready at once.
fn at_once<O>(future: impl Future<Output = O>) -> Option<O> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

struct BlockingReceiver {
    inner: Receiver,
    error: Option<ErrorKind>,
}

impl embedded_io::ErrorType for BlockingReceiver {
    type Error = ErrorKind;
}

impl embedded_io::ReadReady for BlockingReceiver {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        let shown = at_once(self.inner.fill_buf());
        self.error = shown.and_then(Result::err);
        Ok(shown.is_some())
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

struct BlockingTransmitter {
    inner: Transmitter,
    bench: Bench,
}

impl embedded_io::ErrorType for BlockingTransmitter {
    type Error = ErrorKind;
}

impl embedded_io::Write for BlockingTransmitter {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let written = at_once(self.inner.write(bytes)).expect("it is always ready");
        self.bench.carry();
        written
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        at_once(self.inner.flush()).expect("it is always ready")
    }
}
