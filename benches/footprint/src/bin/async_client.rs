//! The async client, with whole messages in an inbox.
#![no_std]
#![no_main]

use core::pin::pin;

use footprint::block_on;
use footprint::inbox::{CAPACITY, serve};
use footprint::scenario::{FAMILY, OPTIONS};
use simcom_mqtt::{Inbox, Modem};

#[cortex_m_rt::entry]
fn main() -> ! {
    let (receiver, transmitter, clock) = footprint::start();
    let inbox = Inbox::<CAPACITY>::new();
    let mut modem = Modem::new(receiver, transmitter, clock, FAMILY, &inbox);
    let mut buffer = [0; CAPACITY];
    loop {
        // After any error, `connect` finds out the state of the module.
        let _ = block_on(pin!(serve(&mut modem, &inbox, &mut buffer, &OPTIONS)));
    }
}
