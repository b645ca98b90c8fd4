//! The driver in a program without async: interrupt handlers move the bytes, and a main loop drives the engine.
//!
//! ```sh
//! cargo run --example sans_io
//! ```
//!
//! Everything from [`Interrupts`] to [`Firmware`] can be on a microcontroller. The rest is the hardware: a UART of
//! 115,200 baud with a simulated module at its other end, in virtual time. Connects, subscribes, publishes, receives
//! what was published, shuts down, and ends with an error if anything differs from that.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use embedded_io::ErrorKind;
use heapless::spsc::{Consumer, Producer, Queue};
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family as SimulatedFamily;
use simcom_modem_simulator::loopback::Loopback;
use simcom_modem_simulator::modem::Modem as SimulatedModem;
use simcom_modem_simulator::referee::ComplaintKind;
use simcom_mqtt::command::Sub;
use simcom_mqtt::sans_io::{
    Connect, Engine, Execute, Listen, Outgoing, Procedure, Progress, PublishMessage, Shutdown, WINDOW_BYTES,
};
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Error, Event, Family, Inbox, Publish, QoS};

const CLIENT: ClientIndex = ClientIndex::First;
static OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
static SUBSCRIPTION: Sub<'static> = Sub { client: CLIENT, filter: b"device-7/cmd", qos: QoS::AtLeastOnce };
/// Looks like a part of the dialogue.
const PAYLOAD: &[u8] = b"\r\nOK\r\n> on";
static MESSAGE: Publish<'static> = Publish::new("device-7/cmd", PAYLOAD);

/// Room for what arrives while the main loop is busy, in bytes: 20 ms at 115,200 baud.
const RECEIVED_BYTES: usize = 256;
/// What the transmitter works off by itself, in bytes.
const TO_SEND_BYTES: usize = 64;

/// What the interrupt handlers of the UART have in their hands.
struct Interrupts<'q> {
    received: Producer<'q, u8>,
    to_send: Consumer<'q, u8>,
    overrun: &'q AtomicBool,
}

impl Interrupts<'_> {
    /// The receiver has a byte.
    fn received(&mut self, byte: u8) {
        if self.received.enqueue(byte).is_err() {
            self.overrun.store(true, Ordering::Relaxed);
        }
    }

    /// The transmitter is empty. Returns what it sends next.
    fn transmitter_empty(&mut self) -> Option<u8> {
        self.to_send.dequeue()
    }
}

/// The call under way.
enum Call {
    Connect(Connect<'static>),
    Subscribe(Execute<'static, Sub<'static>>),
    Publish(PublishMessage<'static>),
    Listen(Listen),
    Shutdown(Shutdown),
}

impl Call {
    fn procedure(&mut self) -> &mut dyn Procedure {
        match self {
            Self::Connect(procedure) => procedure,
            Self::Subscribe(procedure) => procedure,
            Self::Publish(procedure) => procedure,
            Self::Listen(procedure) => procedure,
            Self::Shutdown(procedure) => procedure,
        }
    }
}

/// What the main loop has in its hands.
struct Firmware<'q> {
    engine: Engine,
    call: Call,
    inbox: Inbox<256>,
    received: Consumer<'q, u8>,
    to_send: Producer<'q, u8>,
    overrun: &'q AtomicBool,
    /// The payload that came back.
    came_back: Option<Vec<u8>>,
}

impl<'q> Firmware<'q> {
    fn new(received: Consumer<'q, u8>, to_send: Producer<'q, u8>, overrun: &'q AtomicBool) -> Result<Self, Error> {
        let mut engine = Engine::new(Family::A76xx);
        let mut call = Call::Connect(Connect::new(CLIENT, &OPTIONS));
        engine.begin_call(call.procedure())?;
        Ok(Self { engine, call, inbox: Inbox::new(), received, to_send, overrun, came_back: None })
    }

    /// One turn of the main loop. Returns whether the program has ended.
    fn turn(&mut self, now: Duration) -> Result<bool, Error> {
        self.engine.pass_time(now);
        if self.engine.poll(self.call.procedure())? == Progress::Done {
            let Some(mut next) = self.next() else { return Ok(true) };
            self.engine.begin_call(next.procedure())?;
            self.call = next;
            return Ok(false);
        }
        self.receive()?;
        self.transmit();
        Ok(false)
    }

    /// The call after the one that has succeeded.
    fn next(&mut self) -> Option<Call> {
        match &self.call {
            Call::Connect(connect) => {
                println!("connected: {:?}", connect.connection());
                Some(Call::Subscribe(Execute::new(&SUBSCRIPTION)))
            }
            Call::Subscribe(_) => Some(Call::Publish(PublishMessage::new(CLIENT, &MESSAGE))),
            Call::Publish(_) => Some(Call::Listen(Listen)),
            Call::Listen(_) => {
                let mut buffer = [0; 256];
                if let Some(Event::Message(_)) = self.engine.take_event()
                    && let Some(message) = self.inbox.take(&mut buffer)
                {
                    self.came_back = Some(message.payload().to_vec());
                    return Some(Call::Shutdown(Shutdown::new()));
                }
                Some(Call::Listen(Listen))
            }
            Call::Shutdown(_) => None,
        }
    }

    /// Takes what the interrupt handler has received.
    fn receive(&mut self) -> Result<(), Error> {
        let mut handler = &self.inbox;
        let mut bytes = [0; 64];
        let mut count = 0;
        for (place, byte) in bytes.iter_mut().zip(core::iter::from_fn(|| self.received.dequeue())) {
            *place = byte;
            count += 1;
        }
        if self.overrun.swap(false, Ordering::Relaxed) {
            self.engine.receive_failed(ErrorKind::Other, &mut handler)?;
        }
        if count > 0 {
            self.engine.receive(&bytes[..count], self.call.procedure(), &mut handler);
        } else if !self.engine.input_is_drained() && self.engine.time_left() == Some(0) {
            self.engine.expire(&mut handler);
        }
        Ok(())
    }

    /// Gives the interrupt handler something to send.
    fn transmit(&mut self) {
        let mut window = [0; WINDOW_BYTES];
        match self.engine.transmit(self.call.procedure(), &mut window) {
            Outgoing::Bytes(bytes) => {
                let sent = bytes.iter().take_while(|byte| self.to_send.enqueue(**byte).is_ok()).count();
                self.engine.transmitted(sent);
            }
            Outgoing::Flush if self.to_send.is_empty() => self.engine.flushed(),
            // None of these calls has a source.
            Outgoing::Nothing | Outgoing::Flush | Outgoing::Source(_) => {}
        }
    }
}

/// A byte of ten bits at 115,200 baud.
const BYTE_TIME: Duration = Duration::from_nanos(86_806);
/// All of it takes less, in virtual time.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The wires, the module and its broker.
struct Hardware {
    module: SimulatedModem,
    broker: Loopback,
    to_host: VecDeque<u8>,
}

impl Hardware {
    fn switched_on() -> Self {
        let family = SimulatedFamily::A76xx;
        let module = SimulatedModem::new(family, Behaviour::of(family));
        Self { module, broker: Loopback::default(), to_host: VecDeque::new() }
    }

    /// The time of one byte, in both directions.
    fn byte_time(&mut self, now: Duration, interrupts: &mut Interrupts<'_>) {
        if let Some(byte) = interrupts.transmitter_empty() {
            self.module.receive(now, &[byte]);
        }
        for request in self.module.take_requests(now) {
            self.broker.request(now, request);
        }
        for event in self.broker.events(now) {
            self.module.event(now, event);
        }
        self.to_host.extend(self.module.output(now));
        if let Some(byte) = self.to_host.pop_front() {
            interrupts.received(byte);
        }
    }

    /// What the module found wrong. A new driver does not know its state, so that one query that a stopped service
    /// refuses is right.
    fn complaints(&self) -> impl Iterator<Item = String> {
        let complaints = self.module.complaints().iter();
        complaints.filter(|complaint| complaint.kind != ComplaintKind::NotStarted).map(ToString::to_string)
    }
}

fn run() -> Result<(), String> {
    let (mut received, mut to_send) = (Queue::<u8, RECEIVED_BYTES>::new(), Queue::<u8, TO_SEND_BYTES>::new());
    let overrun = AtomicBool::new(false);
    let (received, taken) = received.split();
    let (sent, to_send) = to_send.split();
    let mut interrupts = Interrupts { received, to_send, overrun: &overrun };
    let mut hardware = Hardware::switched_on();
    let mut firmware = Firmware::new(taken, sent, &overrun).map_err(|error| error.to_string())?;
    let mut now = Duration::ZERO;
    while !firmware.turn(now).map_err(|error| error.to_string())? {
        hardware.byte_time(now, &mut interrupts);
        now += BYTE_TIME;
        if now > TIME_LIMIT {
            return Err(format!("not done after {} s", now.as_secs()));
        }
    }
    let complaints: Vec<_> = hardware.complaints().collect();
    if !complaints.is_empty() {
        return Err(format!("the module complains: {}", complaints.join("; ")));
    }
    match firmware.came_back {
        Some(payload) if payload == PAYLOAD => {
            println!("the message came back as it was sent, after {} ms of virtual time", now.as_millis());
            Ok(())
        }
        other => Err(format!("what came back is not what was sent: {other:?}")),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sans_io: {error}");
            ExitCode::FAILURE
        }
    }
}
