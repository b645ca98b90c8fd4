//! The programs with an inbox: the state of the device is the last command.

use simcom_mqtt::{ClientIndex, ConnectOptions, Error, Event, Inbox, Modem};

use crate::scenario::{COMMANDS, ON, QOS, state};
use crate::{Clock, Receiver, Transmitter};

/// Size of the inbox, and of the buffer for a message taken from it.
pub const CAPACITY: usize = 1024;

/// Connects, subscribes, and publishes every command as the state, until the connection is lost.
pub async fn serve(
    modem: &mut Modem<Receiver, Transmitter, Clock, &Inbox<CAPACITY>>,
    inbox: &Inbox<CAPACITY>,
    buffer: &mut [u8; CAPACITY],
    options: &ConnectOptions<'_>,
) -> Result<(), Error> {
    let mut client = modem.client(ClientIndex::First);
    client.connect(options).await?;
    client.subscribe(COMMANDS, QOS).await?;
    let mut command = ON;
    loop {
        modem.client(ClientIndex::First).publish(&state(command)).await?;
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
