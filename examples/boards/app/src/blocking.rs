//! The application over the blocking client: the same jobs in one loop, without an executor.

use core::ops::ControlFlow;
use core::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_io::{Read, ReadReady, Write};
use simcom_mqtt::blocking::Modem;
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::network::Apn;
use simcom_mqtt::supervisor::{BlockingReset, Recovery, SubscriptionList, SupervisedEvent, Supervisor};
use simcom_mqtt::{Error, Inbox, QoS, Timer};

use crate::INBOX;
use crate::certificate::Certificate;
use crate::command::{Answer, Command};
use crate::device::{Board, CLIENT, Device, Names, ONLINE, message, text};
use crate::power::{Pin, Power, Starter};
use crate::settings::Settings;
use crate::setup::{Duty, Setup};

/// Runs until a command asks for a restart of the microcontroller, or the UART fails, after which it needs one. While
/// it waits, it calls `idle` repeatedly: to feed a watchdog, and to sleep until the next interrupt.
///
/// The session in the module survives that restart, and is adopted after it.
///
/// # Panics
///
/// If the client id does not satisfy [`Settings`].
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
    let apn = settings.apn();
    let inbox = Inbox::new();
    let filters = SubscriptionList::from([(names.command(), QoS::AtLeastOnce)]);
    let modem = Modem::new(receiver, transmitter, timer.clone(), settings.family, &inbox).with_idle(|| {
        idle();
        ControlFlow::Continue(())
    });
    let mut starter = Starter::new(power, Wait { timer: timer.clone(), idle });
    starter.power_on();
    let mut application = Application {
        modem,
        supervisors: [Supervisor::new(CLIENT, &options, &filters, settings.policy())],
        recovery: Recovery::new(&apn).with_reset(starter),
        setup: Setup::new(Certificate::new(&names.certificate, settings.ca), B::FLOW_CONTROL),
        inbox: &inbox,
        names: &names,
        timer,
        device: Device::new(board),
    };
    if let Err(error) = application.serve() {
        warning!("the UART has failed: {}", error);
    }
}

struct Application<'a, R, T, C, B, S, J> {
    modem: Modem<R, T, C, &'a Inbox<INBOX>, J>,
    supervisors: [Supervisor<'a, &'a SubscriptionList<&'a str, 1>>; 1],
    recovery: Recovery<&'a Apn<'a>, S>,
    setup: Setup<'a>,
    inbox: &'a Inbox<INBOX>,
    names: &'a Names,
    timer: C,
    device: Device<B>,
}

impl<R, T, C, B, S, J> Application<'_, R, T, C, B, S, J>
where
    R: Read + ReadReady,
    T: Write,
    C: Timer,
    B: Board,
    S: BlockingReset,
    J: FnMut() -> ControlFlow<()>,
{
    /// Publishes measurements and obeys commands until one of them asks for a restart.
    fn serve(&mut self) -> Result<(), Error> {
        loop {
            let mut end = Duration::MAX;
            if self.is_up() {
                // The measurement comes first, and again before each command: a stream of commands must not delay it.
                self.publish_status();
                self.measure_if_due();
                end = self.device.due();
            }
            if let Some(answer) = self.obey() {
                let published = self.publish(&self.names.answer, &text(format_args!("{answer}")));
                if answer == Answer::Done(Command::Restart) {
                    // Whether or not the answer was published: the broker does not repeat the command.
                    return Ok(());
                }
                if let Err(error) = published {
                    warning!("the answer is not published: {}", error);
                }
                // Another command may follow the first: then there is no wait.
                end = self.timer.now();
            }
            // All that has come, before the next command: as long as there are events, the supervisor takes no step.
            while let Some(event) = self.modem.supervise_until(end, &mut self.supervisors, &mut self.recovery)? {
                self.follow(&event);
                end = self.timer.now();
            }
        }
    }

    /// Does what an event asks for; the status is published by [`serve`](Self::serve).
    fn follow(&mut self, event: &SupervisedEvent) {
        if self.setup.heard(event) == Some(Duty::SetUp)
            && let Err(error) = self.set_up()
        {
            warning!("the module is not set up: {}", error);
        }
    }

    fn is_up(&self) -> bool {
        let [supervisor] = &self.supervisors;
        supervisor.is_up()
    }

    /// Sets flow control, and stores the certificate unless the module has it.
    fn set_up(&mut self) -> Result<(), Error> {
        if let Some(flow_control) = self.setup.flow_control() {
            let answer = self.modem.execute(&flow_control);
            self.setup.flow_control_answered(answer)?;
        }
        let certificate = &mut self.setup.certificate;
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

    fn publish_status(&mut self) {
        if self.setup.status_is_due {
            let published = self.modem.client(CLIENT).publish(&message(&self.names.status, ONLINE).retained(true));
            self.observe(&published);
            // With the next measurement or event, if it is not published now.
            self.setup.status_is_due = published.is_err();
        }
    }

    fn measure_if_due(&mut self) {
        let now = self.timer.now();
        if now >= self.device.due() {
            match self.measure(now) {
                Ok(()) => self.device.measured(now),
                Err(error) => {
                    warning!("the measurement is not published: {}", error);
                    self.device.not_measured(self.timer.now());
                }
            }
        }
    }

    fn measure(&mut self, now: Duration) -> Result<(), Error> {
        let rssi = self.modem.execute(&Csq);
        self.observe_failure(&rssi);
        let measurement = self.device.measure(now, rssi?);
        self.publish(&self.names.measurement, &measurement)
    }

    /// Obeys the next command, and returns the answer.
    fn obey(&mut self) -> Option<Answer> {
        let mut buffer = [0; INBOX];
        let command = self.inbox.take(&mut buffer)?;
        Some(self.device.obey(command.payload(), self.timer.now()))
    }

    fn publish(&mut self, topic: &str, payload: &str) -> Result<(), Error> {
        info!("publishing {}", payload);
        let published = self.modem.client(CLIENT).publish(&message(topic, payload.as_bytes()));
        self.observe(&published);
        published
    }

    /// The supervisor judges the session by the results of calls.
    fn observe<O>(&mut self, result: &Result<O, Error>) {
        let now = self.timer.now();
        self.supervisors.iter_mut().for_each(|supervisor| supervisor.observe(now, result));
    }

    /// A success of a call that needs no broker says nothing.
    fn observe_failure<O>(&mut self, result: &Result<O, Error>) {
        if result.is_err() {
            self.observe(result);
        }
    }
}

/// A clock, and the idle hook that runs during a wait.
struct Wait<C, I> {
    timer: C,
    idle: I,
}

impl<C: Timer, I: Fn()> DelayNs for Wait<C, I> {
    fn delay_ns(&mut self, length: u32) {
        let end = self.timer.now() + Duration::from_nanos(length.into());
        while self.timer.now() < end {
            (self.idle)();
        }
    }
}
