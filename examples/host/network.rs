//! Attaches to the mobile network if a flag names its access point.

use embedded_io_async::{BufRead, Write};
use simcom_mqtt::{MessageHandler, Modem, Timer};

use super::arguments::Port;
use super::ending::Failure;
use super::recording::Recording;
use super::words;

/// Brings the module to an address. Without an access point, the module is expected to have one.
pub async fn attach<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
    modem: &mut Modem<R, T, C, H>,
    port: &Port,
    recording: &Recording,
) -> Result<(), Failure> {
    let Some(apn) = port.apn() else { return Ok(()) };
    let call = recording.begin("bring_up", &[("apn", port.apn_name())]);
    let attached = call.end(modem.bring_up(&apn, |stage| port.show_stage(stage)).await, words::attachment);
    attached.map(|_| ()).map_err(|error| error.to_string().into())
}
