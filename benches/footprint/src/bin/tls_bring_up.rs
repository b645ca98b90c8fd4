//! The async client over TLS, from a module that is not on the network yet.
#![no_std]
#![no_main]

use core::pin::pin;

use footprint::inbox::{CAPACITY, serve};
use footprint::scenario::{APN, FAMILY, TLS_OPTIONS};
use simcom_mqtt::{Inbox, Modem};

#[cortex_m_rt::entry]
fn main() -> ! {
    let (receiver, transmitter, clock) = footprint::start();
    let inbox = Inbox::<CAPACITY>::new();
    let mut modem = Modem::new(receiver, transmitter, clock, FAMILY, &inbox);
    footprint::block_on(pin!(async {
        loop {
            if modem.bring_up(&APN, |_| {}).await.is_ok() {
                let _ = serve(&mut modem, &inbox, &TLS_OPTIONS).await;
            }
        }
    }))
}
