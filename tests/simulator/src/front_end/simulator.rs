use std::convert::Infallible;
use std::io;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, duplex, join, sink, split};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::dialogue::Observer;
use super::line::{Arrived, Line, arrived};
use crate::behaviour::Behaviour;
use crate::family::Family;
use crate::fault::{Fault, Faults, Rates};
use crate::modem::Modem;
use crate::mqtt::{BrokerAddress, MqttSide};
use crate::pipe::Direction;
use crate::referee::Complaint;
use crate::wire::Wire;

/// A module in real time, connected to a real broker.
///
/// It outlives the host: when a stream ends, services, sessions and half-received commands stay as they are for the
/// next stream, as after a reset of the microcontroller. What the module sends while no host is attached is lost, as on
/// a wire.
///
/// Needs a tokio runtime.
///
/// ```
/// use simcom_modem_simulator::{behaviour::Behaviour, family::Family, front_end::Simulator};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut simulator = Simulator::new(Family::A7600, Behaviour::of(Family::A7600))
///     .broker_override("127.0.0.1:1883".parse().unwrap());
/// let (module_side, mut host_side) = tokio::io::duplex(1024);
/// tokio::spawn(async move { simulator.serve(module_side).await });
///
/// host_side.write_all(b"AT\r").await?;
/// let mut answer = [0; 9];
/// host_side.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"AT\r\r\nOK\r\n");
/// # Ok(())
/// # }
/// ```
pub struct Simulator {
    modem: Modem,
    mqtt: MqttSide,
    started: Instant,
    to_modem: Wire,
    to_host: Line,
    observer: Option<Box<dyn Observer + Send>>,
    complaints_reported: usize,
    remote: Remote,
    acts: mpsc::UnboundedReceiver<Act>,
}

/// A remote control of a module while its [`Simulator`] serves a host.
#[derive(Clone)]
pub struct Remote {
    acts: mpsc::UnboundedSender<Act>,
}

type Act = Box<dyn FnOnce(&mut Modem, Duration) + Send>;

impl Remote {
    /// Restarts the module, as after a brown-out.
    pub fn restart(&self) {
        self.act(Modem::restart);
    }

    /// Takes the mobile network away.
    pub fn lose_network(&self) {
        self.act(Modem::network_lost);
    }

    /// Applies `action` to the module at the present time.
    pub fn act(&self, act: impl FnOnce(&mut Modem, Duration) + Send + 'static) {
        // Fails only when the module is gone; then there is nothing to act on.
        let _ = self.acts.send(Box::new(act));
    }
}

impl Simulator {
    /// A module of `family` with this `behaviour` that has just booted; its network sends the true time.
    pub fn new(family: Family, behaviour: Behaviour) -> Self {
        let mut modem = Modem::new(family, behaviour);
        modem.network_mut().time =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|time| time.as_secs());
        Self::from(modem)
    }

    /// Connects to `broker`, regardless of `AT+CMQTTCONNECT`.
    #[must_use]
    pub fn broker_override(mut self, broker: BrokerAddress) -> Self {
        self.mqtt.override_broker(broker);
        self
    }

    /// Limits both directions to the speed of a UART at `baud`.
    #[must_use]
    pub fn baud(mut self, baud: NonZeroU32) -> Self {
        self.to_host.wire.set_baud(Some(baud));
        self.to_modem.set_baud(Some(baud));
        self
    }

    /// Plans a fault for a byte of this direction. Positions count the bytes that the sender puts on the line, from 0,
    /// across hosts.
    pub fn plan_fault(&mut self, direction: Direction, position: usize, fault: Fault) {
        self.faults(direction).plan(position, fault);
    }

    /// From now on faults strike by chance in this direction.
    pub fn set_fault_rates(&mut self, direction: Direction, seed: u64, rates: Rates) {
        self.faults(direction).set_rates(seed, rates);
    }

    /// Planned faults of this direction whose byte was not sent.
    pub fn faults_not_reached(&mut self, direction: Direction) -> Vec<(usize, Fault)> {
        self.faults(direction).not_reached().collect()
    }

    /// How many bytes the sender of this direction has put on the line.
    pub fn passed(&mut self, direction: Direction) -> usize {
        self.faults(direction).position()
    }

    /// Shows `observer` every byte, every fault and every complaint.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// A remote control of this module.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// The module itself.
    pub fn modem(&self) -> &Modem {
        &self.modem
    }

    /// Complaints so far: what the host did that a real module would refuse or be confused by.
    pub fn complaints(&self) -> &[Complaint] {
        self.modem.complaints()
    }

    /// Serves the host at the other end of `stream` until it closes its end. `stream` must not buffer what is
    /// written to it. Dropping the future loses what was on its way to the host, and nothing else.
    ///
    /// # Errors
    ///
    /// What `stream` reports. The module stays usable.
    pub async fn serve(&mut self, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let (mut from_host, mut to_host) = split(stream);
        let mut received = [0; 4096];
        let now = self.now();
        self.to_host.clear();
        self.modem.host_replaced(now);
        let mut is_open = true;
        loop {
            self.advance();
            if !is_open && self.to_modem.len() == 0 {
                return Ok(());
            }
            let deadline = self.next_deadline().and_then(|deadline| self.started.checked_add(deadline));
            let room = self.to_modem.room().min(received.len());
            tokio::select! {
                count = from_host.read(&mut received[..room]), if is_open && room > 0 => match count? {
                    // Bytes sent before are still on the wire.
                    0 => is_open = false,
                    count => {
                        let now = self.now();
                        self.to_modem.push(now, &received[..count]);
                    }
                },
                written = self.to_host.write_to(&mut to_host), if is_open && self.to_host.has_ready() => written?,
                event = self.mqtt.event(), if self.to_host.has_room() => {
                    let now = self.now();
                    self.modem.event(now, event);
                }
                Some(act) = self.acts.recv() => {
                    let now = self.now();
                    act(&mut self.modem, now);
                }
                () = wait_until(deadline) => {}
            }
        }
    }

    /// Runs the module while no host is attached. Never returns; drop it when a host attaches. Without it a connected
    /// session sends no keep-alive between two hosts.
    pub async fn unattended(&mut self) -> Infallible {
        loop {
            let (silence, _kept_open) = duplex(1);
            // The sink accepts everything and the source never ends, so this neither fails nor returns.
            let _ = self.serve(join(silence, sink())).await;
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn faults(&mut self, direction: Direction) -> &mut Faults {
        match direction {
            Direction::ToModem => &mut self.to_modem.faults,
            Direction::ToHost => &mut self.to_host.wire.faults,
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let wires = [self.to_modem.next_deadline(), self.to_host.wire.next_deadline()];
        wires.into_iter().chain([self.modem.next_deadline()]).flatten().min()
    }

    /// Passes arrived bytes to the module, carries out its requests, and puts its output on the wire.
    fn advance(&mut self) {
        let now = self.now();
        for arrived in arrived(&mut self.to_modem, now) {
            self.observe(Direction::ToModem, &arrived);
            if let Arrived::Bytes(bytes) = arrived {
                self.modem.receive(now, &bytes);
            }
        }
        for request in self.modem.take_requests(now) {
            self.mqtt.carry_out(request);
        }
        let output = self.modem.output(now);
        self.to_host.wire.push(now, &output);
        self.report_complaints();
        for arrived in self.to_host.arrive(now) {
            self.observe(Direction::ToHost, &arrived);
        }
    }

    fn observe(&mut self, direction: Direction, arrived: &Arrived) {
        let Some(observer) = &mut self.observer else { return };
        match (direction, arrived) {
            (Direction::ToModem, Arrived::Bytes(bytes)) => observer.host_sent(bytes),
            (Direction::ToHost, Arrived::Bytes(bytes)) => observer.module_sent(bytes),
            (_, Arrived::Struck(strike)) => observer.fault_struck(direction, strike),
        }
    }

    fn report_complaints(&mut self) {
        if let Some(observer) = &mut self.observer {
            let complaints = self.modem.complaints().iter().skip(self.complaints_reported);
            complaints.for_each(|complaint| observer.complained(complaint));
        }
        self.complaints_reported = self.modem.complaints().len();
    }
}

impl From<Modem> for Simulator {
    fn from(modem: Modem) -> Self {
        let (acts_sent, acts) = mpsc::unbounded_channel();
        Self {
            modem,
            mqtt: MqttSide::new(),
            started: Instant::now(),
            to_modem: Wire::default(),
            to_host: Line::default(),
            observer: None,
            complaints_reported: 0,
            remote: Remote { acts: acts_sent },
            acts,
        }
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
