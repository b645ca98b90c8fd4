//! The application on a NUCLEO-F411RE without an executor: stm32f4xx-hal, through the adapter for `embedded-hal-nb`.
#![no_std]
#![no_main]

mod clock;
mod reception;

use core::cell::RefCell;

use app::{Board, Power, Settings};
use clock::SysTick;
use cortex_m::peripheral::SCB;
use cortex_m_rt::entry;
use defmt_rtt as _;
use panic_probe as _;
use reception::Receiver;
use simcom_mqtt::command::network::FlowControl;
use simcom_mqtt::transport::nb::Serial;
use stm32f4xx_hal::adc::config::{AdcConfig, Clock, SampleTime};
use stm32f4xx_hal::adc::{Adc, Temperature};
use stm32f4xx_hal::gpio::ErasedPin;
use stm32f4xx_hal::pac::{ADC1, Peripherals};
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc::Config;
use stm32f4xx_hal::signature::{VtempCal30, VtempCal110};
use stm32f4xx_hal::watchdog::IndependentWatchdog;

/// Between 5 and 15 s, because the oscillator of the watchdog is not exact. The longest time without a call of the idle
/// hook is the transmission of a certificate: 10 KB, 0.9 s. Pulses of PWRKEY and waits between two attempts call the
/// hook like every other wait.
const WATCHDOG_MILLISECONDS: u32 = 8_000;

const SETTINGS: Settings<'static> = Settings::FROM_ENVIRONMENT;

#[entry]
fn main() -> ! {
    let core = defmt::unwrap!(cortex_m::Peripherals::take());
    let device = defmt::unwrap!(Peripherals::take());

    let mut watchdog = IndependentWatchdog::new(device.IWDG);
    watchdog.stop_on_debug(&device.DBGMCU, true);
    watchdog.start(WATCHDOG_MILLISECONDS.millis());
    let watchdog = RefCell::new(watchdog);
    let idle = || {
        watchdog.borrow_mut().feed();
        cortex_m::asm::wfi();
    };

    let mut rcc = device.RCC.freeze(Config::hsi().sysclk(84.MHz()));
    let timer = SysTick::start(core.SYST, rcc.clocks.sysclk().raw());
    let port_a = device.GPIOA.split(&mut rcc);
    let port_b = device.GPIOB.split(&mut rcc);

    // A module that is off drives nothing: the pull-up keeps RX high, which is silence.
    let receive = port_a.pa10.internal_pull_up(true);
    let uart = device.USART1.serial::<u8>((port_a.pa9, receive), 115_200.bps(), &mut rcc);
    let (transmitter, receiver) = defmt::unwrap!(uart.ok()).split();
    let receiver = Receiver::start(receiver);

    // 21 MHz; the next choice, 42 MHz, is above the converter's limit.
    let config = AdcConfig::default().clock(Clock::Pclk2_div_4);
    let mut adc = Adc::new(device.ADC1, true, config, &mut rcc);
    adc.enable_temperature_and_vref();
    let board = Nucleo { led: port_a.pa5.into_push_pull_output().erase(), adc };

    let power_key = port_b.pb5.into_push_pull_output().erase();
    let reset = port_b.pb10.into_push_pull_output().erase();
    let power = Power::new(power_key, reset, SETTINGS.family);
    app::blocking::run(Serial::new(receiver), Serial::new(transmitter), timer, idle, power, board, &SETTINGS);
    SCB::sys_reset();
}

struct Nucleo {
    led: ErasedPin<stm32f4xx_hal::gpio::Output>,
    adc: Adc<ADC1>,
}

impl Board for Nucleo {
    const FLOW_CONTROL: FlowControl = FlowControl::None;

    /// Interpolates between the two points of the chip's calibration.
    fn temperature(&mut self) -> i16 {
        let sample = self.adc.convert(&Temperature, SampleTime::Cycles_480);
        let (at_30, at_110) = (VtempCal30::get().read(), VtempCal110::get().read());
        let above_30 = i32::from(sample) - i32::from(at_30);
        (300 + above_30 * 800 / (i32::from(at_110) - i32::from(at_30)).max(1)) as i16
    }

    fn set_led(&mut self, on: bool) {
        self.led.set_state(on.into());
    }
}
