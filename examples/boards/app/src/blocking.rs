//! The application over the blocking client: the same steps, without an executor.

use core::ops::ControlFlow;
use core::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_io::{Read, ReadReady, Write};
use simcom_mqtt::blocking::Modem;
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::network::Apn;
use simcom_mqtt::{ClientState, ConnectOptions, Error, Event, Inbox, QoS, Timer};

use crate::INBOX;
use crate::command::{Answer, Command};
use crate::device::{Board, CLIENT, Device, Names, ONLINE, message, text, tolerate_refusal};
use crate::power::{Pin, Power};
use crate::recovery::{Failure, Step};
use crate::settings::Settings;

/// Runs until a command asks for a restart of the microcontroller. While it waits, it calls `idle` repeatedly: to feed
/// a watchdog, and to sleep until the next interrupt.
///
/// The session in the module survives that restart, and is adopted after it.
pub fn run<R, T, C, P, B, I>(
    receiver: R,
    transmitter: T,
    timer: C,
    idle: I,
    power: Power<P>,
    board: B,
    settings: &Settings<'_>,
) where
    R: Read + ReadReady,
    T: Write,
    C: Timer + Clone,
    P: Pin,
    B: Board,
    I: Fn() + Copy,
{
    let names = Names::of(settings);
    let tls = names.tls();
    let will = names.will();
    let options = settings.connect_options(&tls, &will);
    let inbox = Inbox::new();
    let modem = Modem::new(receiver, transmitter, timer.clone(), settings.family, &inbox).with_idle(|| {
        idle();
        ControlFlow::Continue(())
    });
    let mut application = Application {
        modem,
        wait: Wait { timer, idle },
        power,
        apn: settings.apn(),
        options: &options,
        device: Device::new(board, settings, &names, &inbox),
    };
    let mut step = Step::PowerOn;
    while let Err(failure) = application.session(step) {
        let (next, wait) = application.device.recover(failure);
        step = application.pause(next, wait);
    }
}

struct Application<'a, R, T, C, P, B, I, J> {
    modem: Modem<R, T, C, &'a Inbox<INBOX>, J>,
    wait: Wait<C, I>,
    power: Power<P>,
    apn: Apn<'a>,
    options: &'a ConnectOptions<'a>,
    device: Device<'a, B>,
}

impl<R, T, C, P, B, I, J> Application<'_, R, T, C, P, B, I, J>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    P: Pin,
    B: Board,
    I: Fn(),
    J: FnMut() -> ControlFlow<()>,
{
    /// Takes the steps to the broker from `step` on. Serves until the connection is lost or a restart is requested.
    fn session(&mut self, step: Step) -> Result<(), Failure> {
        if step >= Step::Reset {
            let Ok(()) = self.power.reset.reset(&mut self.wait);
        }
        if step >= Step::PowerOn {
            self.power.key.power_on(&mut self.wait)?;
        }
        if step >= Step::Attach {
            let attachment = self.modem.bring_up(&self.apn, |stage| info!("waiting: {}", stage))?;
            info!("attached: {}", attachment);
            tolerate_refusal(self.modem.execute(&self.device.flow_control()))?;
        }
        self.store_certificate()?;
        self.connect()?;
        self.serve()
    }

    /// The module keeps the certificate: only the first start has to store it.
    fn store_certificate(&mut self) -> Result<(), Error> {
        let certificate = &mut self.device.certificate;
        if let Some(mut search) = certificate.search() {
            self.modem.list_certificates(|part| search.take(part))?;
            certificate.searched(&search);
        }
        if let Some(mut content) = certificate.missing() {
            info!("storing {}", certificate.name());
            self.modem.store_certificate(certificate.name(), content.len(), &mut content)?;
            certificate.stored();
        }
        Ok(())
    }

    fn connect(&mut self) -> Result<(), Error> {
        let names = self.device.names;
        let mut client = self.modem.client(CLIENT);
        let connection = client.connect(self.options)?;
        info!("connected: {}", connection);
        client.subscribe(&names.command, QoS::AtLeastOnce)?;
        client.publish(&message(&names.status, ONLINE).retained(true))?;
        self.device.connected(self.wait.timer.now());
        Ok(())
    }

    /// Publishes measurements and obeys commands.
    fn serve(&mut self) -> Result<(), Failure> {
        loop {
            // The measurement comes first, and again before each command: a stream of commands must not delay it.
            self.measure_if_due()?;
            let answer = self.device.obey(self.wait.timer.now());
            if let Some(answer) = answer {
                let published = self.publish(&self.device.names.answer, &text(format_args!("{answer}")));
                if answer == Answer::Done(Command::Restart) {
                    // Whether or not the answer was published: the broker does not repeat the command.
                    return Ok(());
                }
                published?;
            }
            // Another command may follow the first: then there is no wait.
            let end = if answer.is_some() { self.wait.timer.now() } else { self.device.due() };
            // An event may report a loss that a call has already repaired: the state decides.
            let event = self.event_until(end)?;
            if let Some(event) = event
                && self.modem.client(CLIENT).state() != ClientState::Connected
            {
                return Err(Failure::Lost(event));
            }
        }
    }

    fn measure_if_due(&mut self) -> Result<(), Error> {
        let now = self.wait.timer.now();
        if now >= self.device.due() {
            let rssi = self.modem.execute(&Csq)?;
            let measurement = self.device.measure(now, rssi);
            self.publish(&self.device.names.measurement, &measurement)?;
            self.device.measured(now);
        }
        Ok(())
    }

    fn publish(&mut self, topic: &str, payload: &str) -> Result<(), Error> {
        info!("publishing {}", payload);
        self.modem.client(CLIENT).publish(&message(topic, payload.as_bytes()))
    }

    /// Waits before the next attempt. An event meanwhile may require an earlier step.
    fn pause(&mut self, mut step: Step, wait: Duration) -> Step {
        let end = self.wait.timer.now().saturating_add(wait);
        loop {
            match self.event_until(end) {
                Ok(Some(event)) => step = step.raised_by(Failure::Lost(event)),
                Ok(None) => return step,
                Err(error) => {
                    // The next attempt may fail at once, repeatedly.
                    self.wait.until(end);
                    return step.raised_by(Failure::Call(error));
                }
            }
        }
    }

    /// `None` where no event arrives in time.
    fn event_until(&mut self, end: Duration) -> Result<Option<Event>, Error> {
        loop {
            let event = self.modem.poll_event()?;
            if event.is_some() || self.wait.timer.now() >= end {
                return Ok(event);
            }
            (self.wait.idle)();
        }
    }
}

/// A clock, and the idle hook that runs during a wait.
struct Wait<C, I> {
    timer: C,
    idle: I,
}

impl<C: Timer, I: Fn()> Wait<C, I> {
    fn until(&self, end: Duration) {
        while self.timer.now() < end {
            (self.idle)();
        }
    }
}

impl<C: Timer, I: Fn()> DelayNs for Wait<C, I> {
    fn delay_ns(&mut self, length: u32) {
        self.until(self.timer.now() + Duration::from_nanos(length.into()));
    }
}
