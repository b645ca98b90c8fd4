//! The application on a Raspberry Pi Pico: embassy-rp, a buffered UART with RTS and CTS.
#![no_std]
#![no_main]

use app::{Board, Power, Settings};
use cortex_m::peripheral::SCB;
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_rp::adc::{Adc, Blocking, Channel};
use embassy_rp::gpio::{Level, Output};
use embassy_rp::uart::{BufferedInterruptHandler, BufferedUart, Config};
use embassy_rp::watchdog::Watchdog;
use embassy_rp::{bind_interrupts, peripherals};
use embassy_time::{Duration, Timer};
use panic_probe as _;
use simcom_mqtt::EmbassyTimer;
use simcom_mqtt::command::network::FlowControl;
use static_cell::ConstStaticCell;

bind_interrupts!(struct Interrupts {
    UART0_IRQ => BufferedInterruptHandler<peripherals::UART0>;
});

/// 89 ms at 115,200 baud: other tasks may keep the executor that long.
static RECEIVED: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);
static TO_SEND: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);

/// The hardware allows at most 8.3 s.
const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(8);

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

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

    let power = Power::new(power_key, reset, SETTINGS.family);
    app::asynchronous::run(receiver, transmitter, EmbassyTimer, power, board, &SETTINGS).await;
    SCB::sys_reset();
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
