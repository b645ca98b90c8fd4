//! The application on a NUCLEO-F411RE: embassy-stm32, a buffered UART with RTS and CTS.
#![no_std]
#![no_main]

mod transmitter;

use app::{Board, Power, Settings};
use cortex_m::peripheral::SCB;
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_stm32::adc::{Adc, SampleTime, Temperature};
use embassy_stm32::gpio::{Level, Output, Pull, Speed};
use embassy_stm32::pac::DBGMCU;
use embassy_stm32::usart::{BufferedInterruptHandler, BufferedUart, Config};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_stm32::{bind_interrupts, peripherals};
use embassy_time::Timer;
use panic_probe as _;
use simcom_mqtt::EmbassyTimer;
use simcom_mqtt::command::network::FlowControl;
use static_cell::ConstStaticCell;
use transmitter::Transmitter;

bind_interrupts!(struct Interrupts {
    USART1 => BufferedInterruptHandler<peripherals::USART1>;
});

/// 89 ms at 115,200 baud: other tasks may keep the executor that long. RTS does not extend it (see the README).
static RECEIVED: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);
static TO_SEND: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);

/// Between 5 and 15 s, because the oscillator of the watchdog is not exact.
const WATCHDOG_MICROSECONDS: u32 = 8_000_000;

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let pins = embassy_stm32::init(Default::default());

    DBGMCU.apb1fzr().modify(|freeze| freeze.set_iwdg(true));
    let mut watchdog = IndependentWatchdog::new(pins.IWDG, WATCHDOG_MICROSECONDS);
    watchdog.unleash();
    spawner.spawn(defmt::unwrap!(feed(watchdog)));

    let mut config = Config::default();
    // A module that is off drives nothing. A high RX is silence; with a low CTS commands are sent, and time out.
    config.rx_pull = Pull::Up;
    config.cts_pull = Pull::Down;
    let uart = BufferedUart::new_with_rtscts(
        pins.USART1,
        pins.PA10,
        pins.PA9,
        pins.PA12,
        pins.PA11,
        Interrupts,
        TO_SEND.take(),
        RECEIVED.take(),
        config,
    );
    let (transmitter, receiver) = defmt::unwrap!(uart).split();

    let power_key = Output::new(pins.PB5, Level::Low, Speed::Low);
    let reset = Output::new(pins.PB10, Level::Low, Speed::Low);
    let adc = Adc::new(pins.ADC1);
    let board = Nucleo { led: Output::new(pins.PA5, Level::Low, Speed::Low), sensor: adc.enable_temperature(), adc };

    let power = Power::new(power_key, reset, SETTINGS.family);
    app::asynchronous::run(receiver, Transmitter(transmitter), EmbassyTimer, power, board, &SETTINGS).await;
    SCB::sys_reset();
}

/// Does not run while something keeps the executor, or after a panic: then the watchdog resets the board.
#[embassy_executor::task]
async fn feed(mut watchdog: IndependentWatchdog<'static, peripherals::IWDG>) {
    loop {
        watchdog.pet();
        Timer::after_secs(1).await;
    }
}

struct Nucleo {
    led: Output<'static>,
    adc: Adc<'static, peripherals::ADC1>,
    sensor: Temperature,
}

impl Board for Nucleo {
    const FLOW_CONTROL: FlowControl = FlowControl::RtsCts;

    /// The datasheet's typical values: 760 mV at 25 degrees, 2.5 mV a degree.
    fn temperature(&mut self) -> i16 {
        let sample = self.adc.blocking_read(&mut self.sensor, SampleTime::CYCLES480);
        let millivolts = i32::from(sample) * 3_300 / 4_095;
        (250 + (millivolts - 760) * 4) as i16
    }

    fn set_led(&mut self, on: bool) {
        self.led.set_level(on.into());
    }
}
