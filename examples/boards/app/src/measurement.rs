//! A measurement as text.

use core::fmt;
use core::time::Duration;

use simcom_mqtt::command::network::Rssi;

/// The message that is published every minute. Its text is JSON: `{"uptime":3600,"temperature":21.5,"rssi":-67}`.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// Time since the start.
    pub uptime: Duration,
    /// In tenths of a degree Celsius.
    pub temperature: i16,
    /// The strength of the signal, if there is one.
    pub rssi: Option<Rssi>,
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.temperature < 0 { "-" } else { "" };
        let (degrees, tenths) = (self.temperature.unsigned_abs() / 10, self.temperature.unsigned_abs() % 10);
        write!(f, r#"{{"uptime":{},"temperature":{sign}{degrees}.{tenths},"rssi":"#, self.uptime.as_secs())?;
        match self.rssi {
            Some(rssi) => write!(f, "{}}}", rssi.dbm()),
            None => f.write_str("null}"),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn tenths_keep_their_sign_and_a_missing_signal_is_null() {
        for (temperature, text) in [(0, "0.0"), (215, "21.5"), (-5, "-0.5"), (-401, "-40.1"), (i16::MIN, "-3276.8")] {
            let measurement = Measurement { uptime: Duration::from_millis(61_999), temperature, rssi: None };
            let expected = std::format!(r#"{{"uptime":61,"temperature":{text},"rssi":null}}"#);
            assert_eq!(measurement.to_string(), expected);
        }
    }
}
