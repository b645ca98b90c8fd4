//! The blocking firmware: no executor, a superloop.
#![no_std]
#![no_main]

use core::ops::ControlFlow;

use board::checksum::Checksum;
use board::clock::{SysTickTimer, milliseconds};
use board::device::{COMMANDS, Course, Failure, LIMIT, Next, ONLINE, OPTIONS, RECEIPT, REPORTS, check_uart, text};
use board::ending::end;
use board::uart::{Receiver, Transmitter};
use cortex_m::asm::wfi;
use cortex_m_rt::entry;
use cortex_m_semihosting::hprintln;
use simcom_mqtt::blocking::Modem;
use simcom_mqtt::{ClientIndex, Error, Family, Publish, QoS};

type Idle = fn() -> ControlFlow<()>;
type Device = Modem<Receiver, Transmitter, SysTickTimer, Checksum, Idle>;

#[entry]
fn main() -> ! {
    let (receiver, transmitter) = board::start();
    let modem = Modem::new(receiver, transmitter, SysTickTimer, Family::A76xx, Checksum::new());
    end(run(modem.with_idle(idle as Idle)))
}

/// Called while the driver waits. A watchdog would be fed here.
fn idle() -> ControlFlow<()> {
    if u128::from(milliseconds()) > LIMIT.as_millis() {
        return ControlFlow::Break(());
    }
    // If a byte arrived just before, the core sleeps for one tick at most.
    wfi();
    ControlFlow::Continue(())
}

fn run(mut modem: Device) -> Result<(), Failure> {
    // One image serves every family; a product knows its own.
    let family = modem.detect_family()?.ok_or(Failure::UnknownModule)?;
    hprintln!("firmware: blocking, {:?}", family);
    go_online(&mut modem)?;
    for report in &REPORTS {
        modem.client(ClientIndex::First).publish(report)?;
    }

    let mut course = Course::default();
    loop {
        // The superloop: the other work of the firmware goes here.
        let Some(event) = modem.poll_event()? else {
            if idle().is_break() {
                return Err(Failure::Late);
            }
            continue;
        };
        hprintln!("firmware: {:?} after {} ms", event, milliseconds());
        match course.follow(event)? {
            Next::Listen => {}
            Next::Connect => go_online(&mut modem)?,
            Next::Confirm => break,
        }
    }
    let receipt = text(modem.handler().take().ok_or(Failure::NoMessage)?);
    hprintln!("firmware: received {}", receipt);
    let confirmation = Publish::new(RECEIPT, receipt.as_bytes()).qos(QoS::AtLeastOnce);
    modem.client(ClientIndex::First).publish(&confirmation)?;

    let (_, _, ended) = modem.shutdown();
    ended?;
    check_uart()
}

fn go_online(modem: &mut Device) -> Result<(), Error> {
    let mut client = modem.client(ClientIndex::First);
    client.connect(&OPTIONS)?;
    client.subscribe(COMMANDS, QoS::AtLeastOnce)?;
    client.publish(&ONLINE)
}
