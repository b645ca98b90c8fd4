//! The application on an ESP32-C3-DevKitM-1 or an ESP32-C6-DevKitC-1: esp-hal and esp-rtos, a UART with RTS and CTS.
#![no_std]
#![no_main]

mod transmitter;

use app::{Board, Power, Settings};
use embassy_executor::Spawner;
use embassy_time::Timer;
use esp_backtrace as _;
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::rtc_cntl::{Rtc, Rwdt, RwdtStage};
use esp_hal::system::software_reset;
use esp_hal::time::Duration;
use esp_hal::timer::timg::TimerGroup;
use esp_hal::tsens::TemperatureSensor;
use esp_hal::uart::{Config, CtsConfig, HwFlowControl, RtsConfig, RxConfig, Uart};
use esp_println as _;
use simcom_mqtt::EmbassyTimer;
use simcom_mqtt::command::network::FlowControl;
use simcom_mqtt::transport::Buffered;
use transmitter::Transmitter;

esp_bootloader_esp_idf::esp_app_desc!();

/// Fill levels of the FIFO of 128 bytes: the first wakes the program, the second stops the module by RTS.
const WAKE_THRESHOLD: u16 = 64;
const RTS_THRESHOLD: u8 = 96;

const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(8);

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let pins = esp_hal::init(esp_hal::Config::default());
    esp_rtos::start(TimerGroup::new(pins.TIMG0).timer0, pins.FROM_CPU_INTR0);

    let mut watchdog = Rtc::new(pins.RTC_TIMER).rwdt;
    watchdog.set_timeout(RwdtStage::Stage0, WATCHDOG_TIMEOUT);
    watchdog.enable();
    spawner.spawn(defmt::unwrap!(feed(watchdog)));

    let flow_control = HwFlowControl { cts: CtsConfig::Enabled, rts: RtsConfig::Enabled(RTS_THRESHOLD) };
    let reception = RxConfig::default().with_fifo_full_threshold(WAKE_THRESHOLD);
    let config = Config::default().with_hw_flow_ctrl(flow_control).with_rx(reception);
    let uart = defmt::unwrap!(Uart::new(pins.UART1, config))
        .with_tx(pins.GPIO4)
        .with_rx(pins.GPIO5)
        .with_rts(pins.GPIO6)
        // A module that is off drives nothing. With a low CTS commands are sent, and time out. The HAL pulls RX up.
        .with_cts(Input::new(pins.GPIO7, InputConfig::default().with_pull(Pull::Down)))
        .into_async();
    let (receiver, transmitter) = uart.split();
    let receiver = Buffered::<_, 256>::new(receiver);

    let power_key = Output::new(pins.GPIO1, Level::Low, OutputConfig::default());
    let reset = Output::new(pins.GPIO10, Level::Low, OutputConfig::default());
    let led = Output::new(pins.GPIO3, Level::Low, OutputConfig::default());
    let sensor = defmt::unwrap!(TemperatureSensor::new(pins.TSENS, Default::default()).ok());

    let power = Power::new(power_key, reset, SETTINGS.family);
    let board = DevKit { led, sensor };
    app::asynchronous::run(receiver, Transmitter(transmitter), EmbassyTimer, power, board, &SETTINGS).await;
    software_reset();
}

/// Does not run while something keeps the executor, or after a panic: then the watchdog resets the board.
#[embassy_executor::task]
async fn feed(mut watchdog: Rwdt) {
    loop {
        watchdog.feed();
        Timer::after_secs(1).await;
    }
}

struct DevKit {
    led: Output<'static>,
    sensor: TemperatureSensor<'static>,
}

impl Board for DevKit {
    const FLOW_CONTROL: FlowControl = FlowControl::RtsCts;

    fn temperature(&mut self) -> i16 {
        (self.sensor.get_temperature().to_celsius() * 10.0) as i16
    }

    fn set_led(&mut self, on: bool) {
        self.led.set_level(on.into());
    }
}
