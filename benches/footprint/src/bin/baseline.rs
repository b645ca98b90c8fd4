//! A program without the driver: echoes the UART.
#![no_std]
#![no_main]

use core::pin::pin;

use embedded_io_async::{BufRead, Write};
use footprint::block_on;

#[cortex_m_rt::entry]
fn main() -> ! {
    let (mut receiver, mut transmitter, _clock) = footprint::start();
    block_on(pin!(async {
        loop {
            let Ok(bytes) = receiver.fill_buf().await;
            let Ok(count) = transmitter.write(bytes).await;
            receiver.consume(count);
        }
    }))
}
