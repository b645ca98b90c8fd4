//! The application on a Raspberry Pi Pico without an executor: rp2040-hal, a UART with RTS and CTS.
#![no_std]
#![no_main]

use core::time::Duration;

use app::{Board, Power, Settings};
use cortex_m::peripheral::SCB;
use defmt_rtt as _;
use embedded_hal::digital::{OutputPin, PinState};
use panic_probe as _;
use rp2040_hal::adc::TempSense;
use rp2040_hal::clocks::init_clocks_and_plls;
use rp2040_hal::fugit::{ExtU32, RateExtU32};
use rp2040_hal::gpio::{DynPinId, FunctionSioOutput, Pin, Pins, PullDown};
use rp2040_hal::pac::Peripherals;
use rp2040_hal::uart::{DataBits, StopBits, UartConfig, UartPeripheral};
use rp2040_hal::{Adc, Clock, Sio, Timer, Watchdog, entry};
use simcom_mqtt::command::network::FlowControl;

#[unsafe(link_section = ".boot2")]
#[used]
static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// The crystal of the Pico.
const CRYSTAL_HZ: u32 = 12_000_000;

/// The hardware allows at most 8.3 s. The longest time without a call of the idle hook is the transmission of a
/// certificate: 10 KB, 0.9 s.
const WATCHDOG_SECONDS: u32 = 8;

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

#[entry]
fn main() -> ! {
    let mut device = defmt::unwrap!(Peripherals::take());

    let mut watchdog = Watchdog::new(device.WATCHDOG);
    let clocks = init_clocks_and_plls(
        CRYSTAL_HZ,
        device.XOSC,
        device.CLOCKS,
        device.PLL_SYS,
        device.PLL_USB,
        &mut device.RESETS,
        &mut watchdog,
    );
    let clocks = defmt::unwrap!(clocks.ok());
    watchdog.pause_on_debug(true);
    watchdog.start(WATCHDOG_SECONDS.secs());
    let idle = || watchdog.feed();

    let timer = Timer::new(device.TIMER, &mut device.RESETS, &clocks);
    let sio = Sio::new(device.SIO);
    let pins = Pins::new(device.IO_BANK0, device.PADS_BANK0, sio.gpio_bank0, &mut device.RESETS);

    // The FIFO of 32 bytes is full after 2.8 ms. Without RTS, an interrupt would have to store what arrives.
    let uart_pins = (
        pins.gpio0.into_function(),
        pins.gpio1.into_pull_up_input().into_function(),
        pins.gpio2.into_function(),
        pins.gpio3.into_function(),
    );
    let config = UartConfig::new(115_200.Hz(), DataBits::Eight, None, StopBits::One);
    let uart = UartPeripheral::new(device.UART0, uart_pins, &mut device.RESETS);
    let uart = defmt::unwrap!(uart.enable(config, clocks.peripheral_clock.freq()).ok());
    let (receiver, transmitter) = uart.split();

    let mut adc = Adc::new(device.ADC, &mut device.RESETS);
    let sensor = defmt::unwrap!(adc.take_temp_sensor());
    let board = Pico { led: pins.gpio25.into_push_pull_output().into_dyn_pin(), adc, sensor };

    let power_key = pins.gpio4.into_push_pull_output().into_dyn_pin();
    let reset = pins.gpio5.into_push_pull_output().into_dyn_pin();
    let power = Power::new(power_key, reset, SETTINGS.family);
    app::blocking::run(receiver, transmitter, Microseconds(timer), idle, power, board, &SETTINGS);
    SCB::sys_reset();
}

/// The counter of microseconds since the start, of 64 bits.
#[derive(Clone, Copy)]
struct Microseconds(Timer);

impl simcom_mqtt::Timer for Microseconds {
    fn now(&self) -> Duration {
        Duration::from_micros(self.0.get_counter().ticks())
    }
}

struct Pico {
    led: Pin<DynPinId, FunctionSioOutput, PullDown>,
    adc: Adc,
    sensor: TempSense,
}

impl Board for Pico {
    const FLOW_CONTROL: FlowControl = FlowControl::RtsCts;

    /// The datasheet's typical values: 706 mV at 27 degrees, 1.721 mV less for every degree.
    fn temperature(&mut self) -> i16 {
        let sample: u16 = self.adc.read(&mut self.sensor).unwrap_or_default();
        let microvolts = i32::from(sample) * 3_300_000 / 4_096;
        (270 - (microvolts - 706_000) / 172) as i16
    }

    fn set_led(&mut self, on: bool) {
        let Ok(()) = self.led.set_state(PinState::from(on));
    }
}
