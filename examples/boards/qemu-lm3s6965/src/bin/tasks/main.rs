//! Four tasks over one module, with embassy: a sensor, commands, the signal, and the one that runs the module.
#![no_std]
#![no_main]

mod commands;
mod module;
mod report;
mod sensor;
mod signal;

use core::sync::atomic::{AtomicBool, Ordering};

use board::device::{Failure, LIMIT, check_uart};
use board::ending::end;
use cortex_m_semihosting::hprintln;
use embassy_executor::Spawner;
use embassy_time::with_timeout;
use simcom_mqtt::{EmbassyTimer, Family, Modem};
use static_cell::StaticCell;

use module::{MODULE, ROUTER};
use report::Report;

/// Whether the last command has come: then every task completes its work.
static LAST: AtomicBool = AtomicBool::new(false);

static MODEM: StaticCell<module::Modem> = StaticCell::new();

fn is_last() -> bool {
    LAST.load(Ordering::Relaxed)
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let limit = embassy_time::Duration::from_secs(LIMIT.as_secs());
    end(with_timeout(limit, run(spawner)).await.unwrap_or(Err(Failure::Late)))
}

async fn run(spawner: Spawner) -> Result<(), Failure> {
    let (receiver, transmitter) = board::start();
    let modem = MODEM.init(Modem::new(receiver, transmitter, EmbassyTimer, Family::A76xx, &ROUTER));
    // One image serves every family; a product knows its own.
    let family = modem.detect_family().await?.ok_or(Failure::UnknownModule)?;
    hprintln!("firmware: tasks, {:?}", family);
    let _ = MODULE.give(modem);

    spawner.spawn(sensor::publish().map_err(|_| Failure::NotSpawned)?);
    spawner.spawn(commands::obey().map_err(|_| Failure::NotSpawned)?);
    spawner.spawn(signal::ask().map_err(|_| Failure::NotSpawned)?);
    module::run(async {
        Report::new(sensor::DONE.wait().await, commands::DONE.wait().await, signal::DONE.wait().await).publish().await;
    })
    .await?;
    check_uart()
}
