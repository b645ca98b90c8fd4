//! The blocking client, with whole messages in an inbox.
#![no_std]
#![no_main]

use footprint::inbox::CAPACITY;
use footprint::scenario::{COMMANDS, FAMILY, ON, OPTIONS, QOS, state};
use footprint::{Clock, Receiver, Transmitter};
use simcom_mqtt::blocking::Modem;
use simcom_mqtt::{ClientIndex, Error, Event, Inbox};

#[cortex_m_rt::entry]
fn main() -> ! {
    let (receiver, transmitter, clock) = footprint::start();
    let inbox = Inbox::new();
    let mut modem = Modem::new(receiver, transmitter, clock, FAMILY, &inbox);
    loop {
        // After any error, `connect` finds out the state of the module.
        let _ = serve(&mut modem, &inbox);
    }
}

/// Connects, subscribes, and publishes every command as the state, until the connection is lost.
fn serve(
    modem: &mut Modem<Receiver, Transmitter, Clock, &Inbox<CAPACITY>>,
    inbox: &Inbox<CAPACITY>,
) -> Result<(), Error> {
    let mut client = modem.client(ClientIndex::First);
    client.connect(&OPTIONS)?;
    client.subscribe(COMMANDS, QOS)?;
    let mut buffer = [0; CAPACITY];
    let mut command = ON;
    loop {
        modem.client(ClientIndex::First).publish(&state(command))?;
        command = loop {
            if let Some(message) = inbox.take(&mut buffer) {
                break message.payload();
            }
            if let Event::ConnectionLost { .. } | Event::NetworkLost | Event::ModemRestarted = modem.next_event()? {
                return Ok(());
            }
        };
    }
}
