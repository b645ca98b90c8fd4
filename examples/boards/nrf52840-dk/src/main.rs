//! The application on an nRF52840-DK: embassy-nrf, a UART that is buffered by DMA, with RTS and CTS.
#![no_std]
#![no_main]

use app::{Board, Power, Settings};
use cortex_m::peripheral::SCB;
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_futures::block_on;
use embassy_nrf::buffered_uarte::{self, BufferedUarte};
use embassy_nrf::config::HfclkSource;
use embassy_nrf::gpio::{Level, Output, OutputDrive};
use embassy_nrf::temp::{self, Temp};
use embassy_nrf::uarte::Config;
use embassy_nrf::wdt::{self, HaltConfig, Watchdog, WatchdogHandle};
use embassy_nrf::{bind_interrupts, peripherals};
use embassy_time::Timer;
use panic_probe as _;
use simcom_mqtt::EmbassyTimer;
use simcom_mqtt::command::network::FlowControl;
use static_cell::ConstStaticCell;

bind_interrupts!(struct Interrupts {
    UARTE0 => buffered_uarte::InterruptHandler<peripherals::UARTE0>;
    TEMP => temp::InterruptHandler;
});

/// Without RTS, other tasks may keep the executor for 44 ms at 115,200 baud: `BufferedUarte` starts a half of the ring
/// only when that half is free, so one half and a byte are guaranteed.
static RECEIVED: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);
static TO_SEND: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);

/// 8 s.
const WATCHDOG_TICKS: u32 = 8 * 32_768;

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut config = embassy_nrf::config::Config::default();
    // The internal oscillator is not exact enough for a UART.
    config.hfclk_source = HfclkSource::ExternalXtal;
    let pins = embassy_nrf::init(config);

    // A watchdog that already runs, started before a software reset or by a bootloader, cannot be changed.
    let config = wdt::Config::try_new(&pins.WDT).unwrap_or_else(watchdog_config);
    let (_, [handle]) = defmt::unwrap!(Watchdog::try_new(pins.WDT, config).ok());
    spawner.spawn(defmt::unwrap!(feed(handle)));

    let uart = BufferedUarte::new_with_rtscts(
        pins.UARTE0,
        pins.TIMER1,
        pins.PPI_CH0,
        pins.PPI_CH1,
        pins.PPI_GROUP0,
        pins.P1_01,
        pins.P1_02,
        pins.P1_03,
        pins.P1_04,
        Interrupts,
        Config::default(),
        RECEIVED.take(),
        TO_SEND.take(),
    );
    let (receiver, transmitter) = uart.split();

    let power_key = Output::new(pins.P1_05, Level::Low, OutputDrive::Standard);
    let reset = Output::new(pins.P1_06, Level::Low, OutputDrive::Standard);
    let led = Output::new(pins.P0_13, Level::High, OutputDrive::Standard);
    let board = Dk { led, sensor: Temp::new(pins.TEMP, Interrupts) };

    let power = Power::new(power_key, reset, SETTINGS.family);
    app::asynchronous::run(receiver, transmitter, EmbassyTimer, power, board, &SETTINGS).await;
    SCB::sys_reset();
}

fn watchdog_config() -> wdt::Config {
    let mut config = wdt::Config::default();
    config.timeout_ticks = WATCHDOG_TICKS;
    config.action_during_debug_halt = HaltConfig::Pause;
    config
}

/// Does not run while something keeps the executor, or after a panic: then the watchdog resets the board.
#[embassy_executor::task]
async fn feed(mut watchdog: WatchdogHandle) {
    loop {
        watchdog.pet();
        Timer::after_secs(1).await;
    }
}

struct Dk {
    /// LED1 is on when the pin is low.
    led: Output<'static>,
    sensor: Temp<'static>,
}

impl Board for Dk {
    const FLOW_CONTROL: FlowControl = FlowControl::RtsCts;

    /// The sensor takes 36 us, and counts in quarters of a degree.
    fn temperature(&mut self) -> i16 {
        (block_on(self.sensor.read()).to_bits() * 10 / 4) as i16
    }

    fn set_led(&mut self, on: bool) {
        self.led.set_level((!on).into());
    }
}
