//! Settings that differ between installations.

use simcom_mqtt::network::Apn;
use simcom_mqtt::supervisor::{Backoff, Policy};
use simcom_mqtt::{Broker, ConnectOptions, Family, Tls, Will};

use crate::certificate::hash;

/// The topics begin with the client id, and have to fit into a [`Text`](crate::device::Text).
const LONGEST_CLIENT_ID: usize = 64;

/// Where the device connects, and with which identity.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The family of the module.
    pub family: Family,
    /// The access point; with an empty name, the network chooses.
    pub apn: &'a str,
    /// The PIN of the SIM card.
    pub pin: Option<&'a str>,
    /// The name of the broker.
    pub broker: &'a str,
    /// Its port for TLS.
    pub port: u16,
    /// The CA certificate for the broker, in PEM.
    pub ca: &'a [u8],
    /// The client id, 1-64 bytes without wildcards, quotes and control characters. The topics begin with it too.
    pub client_id: &'a str,
    /// User name and password.
    pub credentials: Option<(&'a str, &'a str)>,
}

impl Settings<'static> {
    /// The settings in the environment at build time; the README of the boards lists them.
    pub const FROM_ENVIRONMENT: Self = Self {
        family: match option_env!("SIMCOM_FAMILY") {
            Some(name) => family(name),
            None => Family::Sim7600,
        },
        apn: match option_env!("SIMCOM_APN") {
            Some(apn) => apn,
            None => "",
        },
        pin: option_env!("SIMCOM_PIN"),
        broker: match option_env!("SIMCOM_BROKER") {
            Some(broker) => broker,
            None => "broker.example",
        },
        port: match option_env!("SIMCOM_PORT") {
            Some(number) => port(number),
            None => 8883,
        },
        ca: include_bytes!(env!("APP_CA")),
        client_id: match option_env!("SIMCOM_CLIENT_ID") {
            Some(name) => client_id(name),
            None => "device-7",
        },
        credentials: match (option_env!("SIMCOM_USER"), option_env!("SIMCOM_PASSWORD")) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            _ => panic!("SIMCOM_USER and SIMCOM_PASSWORD belong together"),
        },
    };
}

impl<'a> Settings<'a> {
    pub(crate) fn apn(&self) -> Apn<'a> {
        let apn = Apn::new(self.apn);
        self.pin.map_or(apn, |pin| apn.pin(pin))
    }

    /// Every device has a client id of its own, so the waits between two attempts differ.
    pub(crate) fn policy(&self) -> Policy {
        Policy::new(Backoff::new(hash(self.client_id.as_bytes())))
    }

    pub(crate) fn connect_options(&self, tls: &'a Tls<'a>, will: &'a Will<'a>) -> ConnectOptions<'a> {
        let options = ConnectOptions::new(Broker::tls(self.broker, self.port, tls), self.client_id).will(will);
        self.credentials.map_or(options, |(user, password)| options.credentials(user, password))
    }
}

const fn family(name: &str) -> Family {
    match name.as_bytes() {
        b"a7600" => Family::A7600,
        b"a76xx" => Family::A76xx,
        b"sim7600" => Family::Sim7600,
        b"sim767x" => Family::Sim767x,
        _ => panic!("SIMCOM_FAMILY is one of a7600, a76xx, sim7600, sim767x"),
    }
}

const fn port(number: &str) -> u16 {
    match u16::from_str_radix(number, 10) {
        Ok(port) => port,
        Err(_) => panic!("SIMCOM_PORT is a number up to 65535"),
    }
}

const fn client_id(name: &str) -> &str {
    assert!(is_client_id(name), "SIMCOM_CLIENT_ID has 1-64 bytes, without +, #, quotes and control characters");
    name
}

/// Whether modules accept it as a client id, and brokers accept topics that begin with it.
pub(crate) const fn is_client_id(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [byte, others @ ..] = rest {
        if matches!(byte, b'+' | b'#' | b'"') || byte.is_ascii_control() {
            return false;
        }
        rest = others;
    }
    matches!(name.len(), 1..=LONGEST_CLIENT_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_what_a_topic_can_begin_with() {
        let longest = [b'd'; 64];
        for name in ["d", "device-7", "plant 7/pump", str::from_utf8(&longest).unwrap()] {
            assert!(is_client_id(name), "{name}");
        }
        let too_long = [b'd'; 65];
        for name in ["", "device+7", "#", "device \"7\"", "device\n7", str::from_utf8(&too_long).unwrap()] {
            assert!(!is_client_id(name), "{name}");
        }
    }
}
