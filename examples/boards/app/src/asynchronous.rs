//! The application over the async client: tasks that share the module.

use core::cell::RefCell;
use core::time::Duration;

use embassy_futures::select::{Either3, select, select3};
use embassy_sync::blocking_mutex::raw::{CriticalSectionRawMutex, NoopRawMutex};
use embassy_sync::signal::Signal;
use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{BufRead, Write};
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::supervisor::{Recovery, SubscriptionList, Subscriptions, SupervisedEvent, Supervisor};
use simcom_mqtt::{Error, Family, MessageHandler, Modem, QoS, Route, Router, SharedModem, SyncInbox, Timer};

use crate::INBOX;
use crate::certificate::Certificate;
use crate::command::{Answer, Command};
use crate::device::{Board, CLIENT, Device, Names, ONLINE, message, text};
use crate::gnss::{Position, PositionRead, PowerOn};
use crate::power::{Pin, Power, Starter};
use crate::settings::Settings;
use crate::setup::{Duty, Setup};

/// The module, as the tasks share it.
pub type Module<'a, R, T, C> = SharedModem<'a, CriticalSectionRawMutex, R, T, C, &'a Router<'a>>;

/// The messages of one task.
pub type Inbox = SyncInbox<CriticalSectionRawMutex, INBOX>;

/// How often the position is published without being asked for.
const POSITION_INTERVAL: Duration = Duration::from_secs(600);
/// When what could not be published is repeated, and a position that is not known yet is asked for.
const RETRY_INTERVAL: Duration = Duration::from_secs(30);

/// Runs session, sensor and commands in one task, until a command asks for a restart of the microcontroller, or the
/// UART fails, after which it needs one.
///
/// The session in the module survives that restart, and is adopted after it.
///
/// # Panics
///
/// If the client id does not satisfy [`Settings`].
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
    let commands = Inbox::new();
    let routes = [Route::new(names.command(), &commands)];
    // `expect` would bring the text of the error into the image, 2 KB.
    let Ok(router) = Router::new(&routes) else { panic!("a client id has no wildcards") };
    let filters = SubscriptionList::from([(names.command(), QoS::AtLeastOnce)]);
    let mut modem = Modem::new(receiver, transmitter, timer.clone(), settings.family, &router);
    let module = Module::new();
    // A module that was just made has none.
    let _ = module.give(&mut modem);
    let application = Application::new(&module, &names, timer, board);
    let session = application.session(power, settings, &filters);
    select3(session, application.measure(), application.obey(&commands)).await;
}

/// What the tasks work with. Each method but [`new`](Self::new) is a task; all of them run on one executor.
pub struct Application<'a, R, T, C, B> {
    module: &'a Module<'a, R, T, C>,
    names: &'a Names,
    timer: C,
    device: RefCell<Device<B>>,
    /// A measurement may be due earlier.
    is_due_earlier: Signal<NoopRawMutex, ()>,
}

impl<'a, R, T, C, B> Application<'a, R, T, C, B>
where
    R: BufRead,
    T: Write,
    C: Timer + Clone,
    B: Board,
{
    /// For a module that has its modem, or gets it later.
    pub const fn new(module: &'a Module<'a, R, T, C>, names: &'a Names, timer: C, board: B) -> Self {
        Self { module, names, timer, device: RefCell::new(Device::new(board)), is_due_earlier: Signal::new() }
    }

    /// The task that keeps the session up. Ends only with an error of the UART.
    pub async fn session<P: Pin>(
        &self,
        power: Power<P>,
        settings: &Settings<'_>,
        filters: impl Subscriptions,
    ) -> Result<(), Error> {
        let (tls, will) = (self.names.tls(), self.names.will());
        let options = settings.connect_options(&tls, &will);
        let apn = settings.apn();
        let mut starter = Starter::new(power, Delay(self.timer.clone()));
        starter.power_on_async().await;
        let mut recovery = Recovery::new(&apn).with_reset(starter);
        let mut supervisors = [Supervisor::new(CLIENT, &options, filters, settings.policy())];
        let certificate = Certificate::new(&self.names.certificate, settings.ca);
        let setup = RefCell::new(Setup::new(certificate, B::FLOW_CONTROL));
        let (must_set_up, is_up) = (Signal::<NoopRawMutex, ()>::new(), Signal::new());
        loop {
            let on_event = |event: SupervisedEvent| match setup.borrow_mut().heard(&event) {
                Some(Duty::SetUp) => must_set_up.signal(()),
                Some(Duty::PublishStatus) => is_up.signal(()),
                None => {}
            };
            let running = self.module.run(&mut supervisors, &mut recovery, on_event);
            match select3(must_set_up.wait(), running, self.publish_status(&setup, &is_up)).await {
                // A connection needs the certificate. So the connection that the runner has begun stops for it, and is
                // begun again.
                Either3::First(()) => self.set_up(&setup).await,
                Either3::Second(ended) => return ended,
                Either3::Third(never) => never,
            }
        }
    }

    /// Sets flow control, and stores the certificate unless the module has it.
    async fn set_up(&self, setup: &RefCell<Setup<'_>>) {
        if let Err(error) =
            self.module.lock(async |modem| try_to_set_up(modem, setup).await).await.and_then(|result| result)
        {
            warning!("the module is not set up: {}", error);
        }
    }

    /// Tells the broker after each connection that the device is online.
    async fn publish_status(&self, setup: &RefCell<Setup<'_>>, is_up: &Signal<NoopRawMutex, ()>) -> ! {
        loop {
            while setup.borrow().status_is_due {
                match self.module.publish(CLIENT, &message(&self.names.status, ONLINE).retained(true)).await {
                    Ok(()) => setup.borrow_mut().status_is_due = false,
                    Err(Error::Offline) => break,
                    Err(error) => {
                        warning!("the status is not published: {}", error);
                        self.wait(RETRY_INTERVAL).await;
                    }
                }
            }
            is_up.wait().await;
        }
    }

    /// The task of the sensor: publishes a measurement when it is due.
    pub async fn measure(&self) -> ! {
        loop {
            self.until_due().await;
            let measured = self.publish_measurement().await;
            let mut device = self.device.borrow_mut();
            match measured {
                Ok(begun) => device.measured(begun),
                Err(error) => {
                    warning!("the measurement is not published: {}", error);
                    device.not_measured(self.timer.now());
                }
            }
        }
    }

    async fn until_due(&self) {
        loop {
            let due = self.device.borrow().due();
            if self.timer.now() >= due {
                return;
            }
            select(self.timer.clone().wait_until(due), self.is_due_earlier.wait()).await;
        }
    }

    /// Returns when it was begun.
    async fn publish_measurement(&self) -> Result<Duration, Error> {
        self.module.wait_up(CLIENT).await?;
        let begun = self.timer.now();
        let rssi = self.module.execute(&Csq).await?;
        let measurement = self.device.borrow_mut().measure(begun, rssi);
        self.publish(&self.names.measurement, &measurement).await?;
        Ok(begun)
    }

    /// The task of the commands: obeys them, and answers. Ends when one of them asks for a restart of the
    /// microcontroller.
    pub async fn obey(&self, commands: &Inbox) {
        let mut buffer = [0; INBOX];
        loop {
            let command = commands.receive(&mut buffer).await;
            let answer = self.device.borrow_mut().obey(command.payload(), self.timer.now());
            self.is_due_earlier.signal(());
            let published = self.publish(&self.names.answer, &text(format_args!("{answer}"))).await;
            if answer == Answer::Done(Command::Restart) {
                // Whether or not the answer was published: the broker does not repeat the command.
                return;
            }
            if let Err(error) = published {
                warning!("the answer is not published: {}", error);
            }
        }
    }

    /// The task of the position, for a module with GNSS: publishes it every ten minutes, and when a message asks for
    /// it.
    pub async fn locate(&self, requests: &Inbox, family: Family) -> ! {
        let mut buffer = [0; INBOX];
        loop {
            let interval = match self.publish_position(family).await {
                Ok(true) => POSITION_INTERVAL,
                Ok(false) => RETRY_INTERVAL,
                Err(error) => {
                    warning!("the position is not published: {}", error);
                    RETRY_INTERVAL
                }
            };
            select(self.wait(interval), requests.receive(&mut buffer)).await;
        }
    }

    /// Returns whether there is a position.
    async fn publish_position(&self, family: Family) -> Result<bool, Error> {
        self.module.wait_up(CLIENT).await?;
        let position = self.position(family).await?;
        if let Some(position) = position {
            self.publish(&self.names.position, &text(format_args!("{position}"))).await?;
        }
        Ok(position.is_some())
    }

    async fn position(&self, family: Family) -> Result<Option<Position>, Error> {
        match self.module.execute(&PowerOn { family }).await {
            // It is on already.
            Ok(()) | Err(Error::Refused { .. }) => self.module.execute(&PositionRead).await,
            Err(error) => Err(error),
        }
    }

    async fn publish(&self, topic: &str, payload: &str) -> Result<(), Error> {
        info!("publishing {}", payload);
        self.module.publish(CLIENT, &message(topic, payload.as_bytes())).await
    }

    async fn wait(&self, length: Duration) {
        let end = self.timer.now() + length;
        self.timer.clone().wait_until(end).await;
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

async fn try_to_set_up<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
    modem: &mut Modem<R, T, C, H>,
    setup: &RefCell<Setup<'_>>,
) -> Result<(), Error> {
    let flow_control = setup.borrow().flow_control();
    if let Some(flow_control) = flow_control {
        let answer = modem.execute(&flow_control).await;
        setup.borrow_mut().flow_control_answered(answer)?;
    }
    let search = setup.borrow().certificate.search();
    if let Some(mut search) = search {
        modem.list_certificates(|part| search.take(part)).await?;
        setup.borrow_mut().certificate.searched(&search);
    }
    let (name, missing) = (setup.borrow().certificate.name(), setup.borrow().certificate.missing());
    if let Some(mut content) = missing {
        info!("storing {}", name);
        modem.store_certificate(name, content.len(), &mut content).await?;
        setup.borrow_mut().certificate.stored();
    }
    Ok(())
}
