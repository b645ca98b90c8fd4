use std::fmt;
use std::str::FromStr;

/// Where a broker listens, written `HOST:PORT`; an IPv6 address stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerAddress {
    /// Name or address of the host.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// The text is not `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBrokerAddress(String);

impl fmt::Display for InvalidBrokerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\" is not HOST:PORT", self.0)
    }
}

impl std::error::Error for InvalidBrokerAddress {}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

impl FromStr for BrokerAddress {
    type Err = InvalidBrokerAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.rsplit_once(':').and_then(|(host, port)| {
            let host_is_whole = !host.is_empty() && (!host.contains(':') || host.ends_with(']'));
            Some(Self { host: host_is_whole.then(|| host.to_owned())?, port: port.parse().ok()? })
        });
        parsed.ok_or_else(|| InvalidBrokerAddress(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_taken_apart_and_written_back() {
        for text in ["broker.example:1883", "127.0.0.1:1884", "[::1]:1883"] {
            assert_eq!(text.parse::<BrokerAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_but_host_and_port_is_refused() {
        for text in ["", "broker.example", ":1883", "broker.example:", "broker.example:70000", "::1"] {
            assert!(text.parse::<BrokerAddress>().is_err(), "{text}");
        }
    }
}
