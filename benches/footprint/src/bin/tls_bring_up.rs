//! The async client over TLS, from a module that is not on the network yet.
#![no_std]
#![no_main]

use core::pin::pin;

use footprint::block_on;
use footprint::inbox::{CAPACITY, serve};
use footprint::scenario::{APN, FAMILY, TLS_OPTIONS};
use simcom_mqtt::{Inbox, Modem};

#[cortex_m_rt::entry]
fn main() -> ! {
    let (receiver, transmitter, clock) = footprint::start();
    let inbox = Inbox::<CAPACITY>::new();
    let mut modem = Modem::new(receiver, transmitter, clock, FAMILY, &inbox);
    let mut buffer = [0; CAPACITY];
    loop {
        if block_on(pin!(modem.bring_up(&APN, |_| {}))).is_ok() {
            let _ = block_on(pin!(serve(&mut modem, &inbox, &mut buffer, &TLS_OPTIONS)));
        }
    }
}
