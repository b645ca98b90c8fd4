//! The application on a Raspberry Pi Pico: embassy-rp, a buffered UART with RTS and CTS, and a task for each job. All
//! of them use the module.
#![no_std]
#![no_main]

use app::asynchronous::{self, Inbox};
use app::{Board, Names, Power, Settings};
use cortex_m::peripheral::SCB;
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_rp::adc::{Adc, Blocking, Channel};
use embassy_rp::gpio::{Level, Output};
use embassy_rp::uart::{BufferedInterruptHandler, BufferedUart, BufferedUartRx, BufferedUartTx, Config};
use embassy_rp::watchdog::Watchdog;
use embassy_rp::{bind_interrupts, peripherals};
use embassy_time::{Duration, Timer};
use panic_probe as _;
use simcom_mqtt::command::network::FlowControl;
use simcom_mqtt::supervisor::SubscriptionList;
use simcom_mqtt::{EmbassyTimer, QoS, Route, Router};
use static_cell::{ConstStaticCell, StaticCell};

bind_interrupts!(struct Interrupts {
    UART0_IRQ => BufferedInterruptHandler<peripherals::UART0>;
});

/// 89 ms at 115,200 baud: other tasks may keep the executor that long.
static RECEIVED: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);
static TO_SEND: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);

/// The hardware allows at most 8.3 s.
const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(8);

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

type Module = asynchronous::Module<'static, BufferedUartRx, BufferedUartTx, EmbassyTimer>;
type Modem = simcom_mqtt::Modem<BufferedUartRx, BufferedUartTx, EmbassyTimer, &'static Router<'static>>;
type Application = asynchronous::Application<'static, BufferedUartRx, BufferedUartTx, EmbassyTimer, Pico>;

static MODULE: Module = Module::new();

/// The inbox of each task that receives messages.
static COMMANDS: Inbox = Inbox::new();
static REQUESTS: Inbox = Inbox::new();

// These depend on the client id, or on the pins.
static NAMES: StaticCell<Names> = StaticCell::new();
static ROUTES: StaticCell<[Route<'static>; 2]> = StaticCell::new();
static ROUTER: StaticCell<Router<'static>> = StaticCell::new();
static MODEM: StaticCell<Modem> = StaticCell::new();
static APPLICATION: StaticCell<Application> = StaticCell::new();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let pins = embassy_rp::init(Default::default());

    let mut watchdog = Watchdog::new(pins.WATCHDOG);
    watchdog.pause_on_debug(true);
    watchdog.start(WATCHDOG_TIMEOUT);
    spawner.spawn(defmt::unwrap!(feed(watchdog)));

    let uart = BufferedUart::new_with_rtscts(
        pins.UART0,
        pins.PIN_0,
        pins.PIN_1,
        pins.PIN_3,
        pins.PIN_2,
        Interrupts,
        TO_SEND.take(),
        RECEIVED.take(),
        Config::default(),
    );
    let (transmitter, receiver) = uart.split();

    let power_key = Output::new(pins.PIN_4, Level::Low);
    let reset = Output::new(pins.PIN_5, Level::Low);
    let board = Pico {
        led: Output::new(pins.PIN_25, Level::Low),
        adc: Adc::new_blocking(pins.ADC, Default::default()),
        sensor: Channel::new_temp_sensor(pins.ADC_TEMP_SENSOR),
    };

    let names = &*NAMES.init(Names::of(&SETTINGS));
    let routes = ROUTES.init([Route::new(names.command(), &COMMANDS), Route::new(names.locate(), &REQUESTS)]);
    let router = &*ROUTER.init(defmt::unwrap!(Router::new(routes)));
    // It was given none before.
    let _ = MODULE.give(MODEM.init(Modem::new(receiver, transmitter, EmbassyTimer, SETTINGS.family, router)));
    let power = Power::new(power_key, reset, SETTINGS.family);

    let application = &*APPLICATION.init(Application::new(&MODULE, names, EmbassyTimer, board));
    spawner.spawn(defmt::unwrap!(session(application, power, names)));
    spawner.spawn(defmt::unwrap!(sensor(application)));
    spawner.spawn(defmt::unwrap!(position(application)));
    application.obey(&COMMANDS).await;
    SCB::sys_reset();
}

/// Keeps the session up, and receives the messages of all tasks.
#[embassy_executor::task]
async fn session(application: &'static Application, power: Power<Output<'static>>, names: &'static Names) {
    let filters = SubscriptionList::from([names.command(), names.locate()].map(|filter| (filter, QoS::AtLeastOnce)));
    let ended = application.session(power, &SETTINGS, &filters).await;
    defmt::error!("the UART has failed: {}", ended);
    SCB::sys_reset();
}

#[embassy_executor::task]
async fn sensor(application: &'static Application) {
    application.measure().await;
}

#[embassy_executor::task]
async fn position(application: &'static Application) {
    application.locate(&REQUESTS, SETTINGS.family).await;
}

/// Does not run while something keeps the executor, or after a panic: then the watchdog resets the board.
#[embassy_executor::task]
async fn feed(mut watchdog: Watchdog) {
    loop {
        watchdog.feed(WATCHDOG_TIMEOUT);
        Timer::after_secs(1).await;
    }
}

struct Pico {
    led: Output<'static>,
    adc: Adc<'static, Blocking>,
    sensor: Channel<'static>,
}

impl Board for Pico {
    const FLOW_CONTROL: FlowControl = FlowControl::RtsCts;

    /// The datasheet's typical values: 706 mV at 27 degrees, 1.721 mV less for every degree.
    fn temperature(&mut self) -> i16 {
        let sample = self.adc.blocking_read(&mut self.sensor).unwrap_or_default();
        let microvolts = i32::from(sample) * 3_300_000 / 4_096;
        (270 - (microvolts - 706_000) / 172) as i16
    }

    fn set_led(&mut self, on: bool) {
        self.led.set_level(on.into());
    }
}
