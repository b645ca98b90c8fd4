//! The async client with its own handler, which computes the checksum of a message as it arrives, without a buffer.
#![no_std]
#![no_main]

use core::mem;
use core::pin::pin;

use footprint::scenario::{COMMANDS, FAMILY, ON, OPTIONS, QOS, state};
use footprint::{Checksum, Clock, Receiver, Transmitter, block_on};
use simcom_mqtt::{ClientIndex, Error, Event, MessageHandler, Modem};

#[derive(Default)]
struct Checksums {
    incoming: Checksum,
    complete: Option<Checksum>,
}

impl MessageHandler for Checksums {
    fn begin(&mut self, _: ClientIndex, _topic_length: usize, _payload_length: usize) -> bool {
        self.incoming = Checksum::default();
        // One answer at a time.
        self.complete.is_none()
    }

    fn payload(&mut self, part: &[u8]) {
        self.incoming.update(part);
    }

    fn end(&mut self) -> bool {
        self.complete = Some(mem::take(&mut self.incoming));
        true
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let (receiver, transmitter, clock) = footprint::start();
    let mut modem = Modem::new(receiver, transmitter, clock, FAMILY, Checksums::default());
    loop {
        // After any error, `connect` finds out the state of the module.
        let _ = block_on(pin!(serve(&mut modem)));
    }
}

/// Connects, subscribes, and publishes the checksum of every message as the state, until the connection is lost.
async fn serve(modem: &mut Modem<Receiver, Transmitter, Clock, Checksums>) -> Result<(), Error> {
    let mut client = modem.client(ClientIndex::First);
    client.connect(&OPTIONS).await?;
    client.subscribe(COMMANDS, QOS).await?;
    let mut text = [0; Checksum::TEXT];
    let mut checksum = ON;
    loop {
        modem.client(ClientIndex::First).publish(&state(checksum)).await?;
        checksum = loop {
            if let Some(complete) = modem.handler().complete.take() {
                break complete.text(&mut text);
            }
            if let Event::ConnectionLost { .. } | Event::NetworkLost | Event::ModemRestarted =
                modem.next_event().await?
            {
                return Ok(());
            }
        };
    }
}
