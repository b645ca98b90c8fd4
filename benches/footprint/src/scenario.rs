//! Options and topics of the programs: each connects, subscribes to its commands, publishes that it is on, and answers
//! every command.

use simcom_mqtt::network::Apn;
use simcom_mqtt::{Broker, ConnectOptions, Family, Publish, QoS, Tls};

/// The family of the simulated module.
pub const FAMILY: Family = Family::A76xx;

/// The quality of service of all messages.
pub const QOS: QoS = QoS::AtLeastOnce;

/// The topic filter of commands.
pub const COMMANDS: &str = "device-7/cmd/#";

/// The first state.
pub const ON: &[u8] = b"on";

/// Over TCP.
pub static OPTIONS: ConnectOptions<'_> = options(Broker::tcp("broker.example", 1883));

/// Over TLS.
pub static TLS_OPTIONS: ConnectOptions<'_> = options(Broker::tls("broker.example", 8883, &TLS));

/// The access point.
pub const APN: Apn<'_> = Apn::new("internet");

static TLS: Tls<'_> = Tls::server("ca.pem");

const fn options(broker: Broker<'_>) -> ConnectOptions<'_> {
    ConnectOptions::new(broker, "device-7").credentials("device-7", "secret")
}

/// The message with the state of the device.
pub const fn state(state: &[u8]) -> Publish<'_> {
    Publish::new("device-7/state", state).qos(QOS)
}
