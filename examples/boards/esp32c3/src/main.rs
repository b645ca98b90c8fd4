//! The application on an ESP32-C3-DevKitM-1: esp-hal and esp-rtos, a UART with RTS and CTS.
#![no_std]
#![no_main]

use app::{Board, Power, Settings};
use embassy_executor::Spawner;
use esp_backtrace as _;
use esp_hal::gpio::{Level, Output, OutputConfig};
use esp_hal::system::software_reset;
use esp_hal::timer::timg::TimerGroup;
use esp_hal::tsens::TemperatureSensor;
use esp_hal::uart::{Config, CtsConfig, HwFlowControl, RtsConfig, RxConfig, Uart};
use esp_println as _;
use simcom_mqtt::EmbassyTimer;
use simcom_mqtt::network::FlowControl;
use simcom_mqtt::transport::Buffered;

esp_bootloader_esp_idf::esp_app_desc!();

/// So many of the FIFO's 128 bytes wake the program, and so many stop the module.
const WAKE_THRESHOLD: u16 = 64;
const RTS_THRESHOLD: u8 = 96;

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

#[esp_rtos::main]
async fn main(_spawner: Spawner) {
    let pins = esp_hal::init(esp_hal::Config::default());
    esp_rtos::start(TimerGroup::new(pins.TIMG0).timer0, pins.FROM_CPU_INTR0);

    let flow_control = HwFlowControl { cts: CtsConfig::Enabled, rts: RtsConfig::Enabled(RTS_THRESHOLD) };
    let reception = RxConfig::default().with_fifo_full_threshold(WAKE_THRESHOLD);
    let config = Config::default().with_hw_flow_ctrl(flow_control).with_rx(reception);
    let uart = defmt::unwrap!(Uart::new(pins.UART1, config))
        .with_tx(pins.GPIO4)
        .with_rx(pins.GPIO5)
        .with_rts(pins.GPIO6)
        .with_cts(pins.GPIO7)
        .into_async();
    let (receiver, transmitter) = uart.split();
    let receiver = Buffered::<_, 256>::new(receiver);

    let power_key = Output::new(pins.GPIO1, Level::Low, OutputConfig::default());
    let reset = Output::new(pins.GPIO10, Level::Low, OutputConfig::default());
    let led = Output::new(pins.GPIO3, Level::Low, OutputConfig::default());
    let sensor = defmt::unwrap!(TemperatureSensor::new(pins.TSENS, Default::default()).ok());

    let power = Power::new(power_key, reset, SETTINGS.family);
    let board = DevKit { led, sensor };
    app::asynchronous::run(receiver, transmitter, EmbassyTimer, power, board, &SETTINGS).await;
    software_reset();
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
