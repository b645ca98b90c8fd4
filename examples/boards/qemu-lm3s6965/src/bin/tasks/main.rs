//! Four tasks over one module, with embassy: a sensor, commands, the signal, and the one that runs the module.
#![no_std]
#![no_main]

mod commands;
mod module;
mod report;
mod sensor;
mod signal;

use board::clock::milliseconds;
use board::device::{Failure, LIMIT, check_uart};
use board::ending::end;
use cortex_m_semihosting::hprintln;
use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::with_timeout;
use simcom_mqtt::{EmbassyTimer, Family, Modem};

use module::{MODULE, ROUTER};
use report::Report;

/// The last command has come: every task completes its work.
static LAST: Signal<CriticalSectionRawMutex, ()> = Signal::new();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let limit = embassy_time::Duration::from_secs(LIMIT.as_secs());
    end(with_timeout(limit, run(spawner)).await.unwrap_or(Err(Failure::Late)))
}

async fn run(spawner: Spawner) -> Result<(), Failure> {
    let (receiver, transmitter) = board::start();
    let mut modem = Modem::new(receiver, transmitter, EmbassyTimer, Family::A76xx, &ROUTER);
    // One image serves every family; a product knows its own.
    let family = modem.detect_family().await?.ok_or(Failure::UnknownModule)?;
    hprintln!("firmware: tasks, {:?}", family);
    let _ = MODULE.give(modem);

    spawner.spawn(sensor::publish().map_err(|_| Failure::NotSpawned)?);
    spawner.spawn(commands::obey().map_err(|_| Failure::NotSpawned)?);
    spawner.spawn(signal::ask().map_err(|_| Failure::NotSpawned)?);
    module::run(async {
        LAST.wait().await;
        hprintln!("firmware: the last command after {} ms", milliseconds());
        Report::new(sensor::DONE.wait().await, commands::DONE.wait().await, signal::DONE.wait().await).publish().await;
    })
    .await?;
    check_uart()
}
