//! The application over the async client.

use core::time::Duration;

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{BufRead, Write};
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::network::Apn;
use simcom_mqtt::{ClientState, ConnectOptions, Error, Inbox, Modem, QoS, Timer};

use crate::INBOX;
use crate::command::{Answer, Command};
use crate::device::{Board, CLIENT, Device, Names, ONLINE, message, text, tolerate_refusal};
use crate::power::{Pin, Power};
use crate::recovery::{Failure, Step};
use crate::settings::Settings;

/// Runs until a command asks for a restart of the microcontroller.
///
/// The session in the module survives that restart, and is adopted after it.
pub async fn run<R, T, C, P, B>(
    receiver: R,
    transmitter: T,
    timer: C,
    power: Power<P>,
    board: B,
    settings: &Settings<'_>,
) where
    R: BufRead,
    T: Write,
    C: Timer + Clone,
    P: Pin,
    B: Board,
{
    let names = Names::of(settings);
    let tls = names.tls();
    let will = names.will();
    let options = settings.connect_options(&tls, &will);
    let inbox = Inbox::new();
    let mut application = Application {
        modem: Modem::new(receiver, transmitter, timer.clone(), settings.family, &inbox),
        timer,
        power,
        apn: settings.apn(),
        options: &options,
        device: Device::new(board, settings, &names, &inbox),
    };
    let mut step = Step::PowerOn;
    while let Err(failure) = application.session(step).await {
        let (next, wait) = application.device.recover(failure);
        step = application.pause(next, wait).await;
    }
}

struct Application<'a, R, T, C, P, B> {
    modem: Modem<R, T, C, &'a Inbox<INBOX>>,
    timer: C,
    power: Power<P>,
    apn: Apn<'a>,
    options: &'a ConnectOptions<'a>,
    device: Device<'a, B>,
}

impl<R, T, C, P, B> Application<'_, R, T, C, P, B>
where
    R: BufRead,
    T: Write,
    C: Timer + Clone,
    P: Pin,
    B: Board,
{
    /// Takes the steps to the broker from `step` on. Serves until the connection is lost or a restart is requested.
    async fn session(&mut self, step: Step) -> Result<(), Failure> {
        let mut delay = Delay(self.timer.clone());
        if step >= Step::Reset {
            let Ok(()) = self.power.reset.reset_async(&mut delay).await;
        }
        if step >= Step::PowerOn {
            self.power.key.power_on_async(&mut delay).await?;
        }
        if step >= Step::Attach {
            let attachment = self.modem.bring_up(&self.apn, |stage| info!("waiting: {}", stage)).await?;
            info!("attached: {}", attachment);
            tolerate_refusal(self.modem.execute(&self.device.flow_control()).await)?;
        }
        self.store_certificate().await?;
        self.connect().await?;
        self.serve().await
    }

    /// The module keeps the certificate: only the first start has to store it.
    async fn store_certificate(&mut self) -> Result<(), Error> {
        let certificate = &mut self.device.certificate;
        if let Some(mut search) = certificate.search() {
            self.modem.list_certificates(|part| search.take(part)).await?;
            certificate.searched(&search);
        }
        if let Some(mut content) = certificate.missing() {
            info!("storing {}", certificate.name());
            self.modem.store_certificate(certificate.name(), content.len(), &mut content).await?;
            certificate.stored();
        }
        Ok(())
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let names = self.device.names;
        let mut client = self.modem.client(CLIENT);
        let connection = client.connect(self.options).await?;
        info!("connected: {}", connection);
        client.subscribe(&names.command, QoS::AtLeastOnce).await?;
        client.publish(&message(&names.status, ONLINE).retained(true)).await?;
        self.device.connected(self.timer.now());
        Ok(())
    }

    /// Publishes measurements and obeys commands.
    async fn serve(&mut self) -> Result<(), Failure> {
        loop {
            // The measurement comes first, and again before each command: a stream of commands must not delay it.
            self.measure_if_due().await?;
            let answer = self.device.obey(self.timer.now());
            if let Some(answer) = answer {
                let published = self.publish(&self.device.names.answer, &text(format_args!("{answer}"))).await;
                if answer == Answer::Done(Command::Restart) {
                    // Whether or not the answer was published: the broker does not repeat the command.
                    return Ok(());
                }
                published?;
            }
            // Another command may follow the first: then there is no wait.
            let end = if answer.is_some() { self.timer.now() } else { self.device.due() };
            // An event may report a loss that a call has already repaired: the state decides.
            let event = self.modem.next_event_until(end).await?;
            if let Some(event) = event
                && self.modem.client(CLIENT).state() != ClientState::Connected
            {
                return Err(Failure::Lost(event));
            }
        }
    }

    async fn measure_if_due(&mut self) -> Result<(), Error> {
        let now = self.timer.now();
        if now >= self.device.due() {
            let rssi = self.modem.execute(&Csq).await?;
            let measurement = self.device.measure(now, rssi);
            self.publish(&self.device.names.measurement, &measurement).await?;
            self.device.measured(now);
        }
        Ok(())
    }

    async fn publish(&mut self, topic: &str, payload: &str) -> Result<(), Error> {
        info!("publishing {}", payload);
        self.modem.client(CLIENT).publish(&message(topic, payload.as_bytes())).await
    }

    /// Waits before the next attempt. An event meanwhile may require an earlier step.
    async fn pause(&mut self, mut step: Step, wait: Duration) -> Step {
        let end = self.timer.now().saturating_add(wait);
        loop {
            match self.modem.next_event_until(end).await {
                Ok(Some(event)) => step = step.raised_by(Failure::Lost(event)),
                Ok(None) => return step,
                Err(error) => {
                    // The next attempt may fail at once, repeatedly.
                    self.timer.wait_until(end).await;
                    return step.raised_by(Failure::Call(error));
                }
            }
        }
    }
}

/// A delay made of a clock.
struct Delay<C>(C);

impl<C: Timer> DelayNs for Delay<C> {
    async fn delay_ns(&mut self, length: u32) {
        let end = self.0.now() + Duration::from_nanos(length.into());
        self.0.wait_until(end).await;
    }
}
