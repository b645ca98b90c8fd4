//! The async client, whose publishes go through an outbox that drops its oldest messages.
#![no_std]
#![no_main]

use core::pin::pin;

use cortex_m as _;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use footprint::block_on;
use footprint::inbox::CAPACITY;
use footprint::scenario::{COMMANDS, FAMILY, ON, OPTIONS, QOS, state};
use footprint::{Clock, Receiver, Transmitter};
use simcom_mqtt::outbox::{DropOldest, Outbox};
use simcom_mqtt::{ClientIndex, ConnectOptions, Error, Event, Inbox, Modem};

const CLIENT: ClientIndex = ClientIndex::First;

static OUTBOX: Outbox<CriticalSectionRawMutex, 64, DropOldest> = Outbox::new();

/// As `async_client` does, but for the publish.
async fn serve(
    modem: &mut Modem<Receiver, Transmitter, Clock, &Inbox<CAPACITY>>,
    inbox: &Inbox<CAPACITY>,
    buffer: &mut [u8; CAPACITY],
    options: &ConnectOptions<'_>,
) -> Result<(), Error> {
    let mut client = modem.client(CLIENT);
    client.connect(options).await?;
    client.subscribe(COMMANDS, QOS).await?;
    let mut command = ON;
    loop {
        // Where there is no room, it is counted.
        let _ = OUTBOX.push(CLIENT, &state(command));
        modem.drain(&OUTBOX).await?;
        command = loop {
            if let Some(message) = inbox.take(buffer) {
                break message.payload();
            }
            if let Event::ConnectionLost { .. } | Event::NetworkLost | Event::ModemRestarted =
                modem.next_event().await?
            {
                return Ok(());
            }
        };
    }
}

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
