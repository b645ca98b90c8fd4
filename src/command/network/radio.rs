//! Radio access: signal, technology, operator, preferred mode.

use core::fmt;

use super::field::{next_field, number};
use super::only_number;
use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, no_response};

/// Strength of the received signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rssi(i8);

impl Rssi {
    /// In dBm, from -113 (or less) in steps of 2 to -51 (or more); in TD-SCDMA cells from -116 in steps of 1 to -25.
    pub const fn dbm(self) -> i16 {
        self.0 as i16
    }

    /// `<rssi>` of `AT+CSQ`: 0-31, TD-SCDMA 100-191; 99 and 199 mean that there is no signal.
    const fn from_number(number: u8) -> Option<Self> {
        let dbm = match number {
            0..=31 => -113 + 2 * number as i8,
            100..=191 => -116 + (number - 100) as i8,
            _ => return None,
        };
        Some(Self(dbm))
    }
}

/// `AT+CSQ`: the strength of the received signal; `None` where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csq;

impl Request for Csq {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CSQ", Answer::Query) });
    }
}

impl Command for Csq {
    type Response = Option<Rssi>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let number = line.parameters("+CSQ").and_then(|mut parameters| parameters.small_number());
        *response = number.and_then(Rssi::from_number);
    }
}

/// A technology of radio access, `<System Mode>` of `AT+CPSI?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Technology {
    /// `GSM`: 2G.
    Gsm,
    /// `WCDMA`: 3G.
    Wcdma,
    /// `TDS`: TD-SCDMA, 3G.
    TdScdma,
    /// `LTE`, and `LTE CAT-M1` or `LTE NB-IOT`: 4G.
    Lte,
    /// Anything else, such as `CDMA` and `EVDO`.
    Other,
}

/// A network operator by its codes, displayed as `460-00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Operator {
    country: u16,
    network: u16,
    network_digits: u8,
}

impl Operator {
    /// The mobile country code, three digits.
    pub const fn country(self) -> u16 {
        self.country
    }

    /// The mobile network code, two or three digits.
    pub const fn network(self) -> u16 {
        self.network
    }

    fn of(field: &[u8]) -> Option<Self> {
        let dash = field.iter().position(|&byte| byte == b'-')?;
        let (country, network) = (field.get(..dash)?, field.get(dash + 1..)?);
        let network_digits = match (country, network) {
            ([_, _, _], [_, _]) => 2,
            ([_, _, _], [_, _, _]) => 3,
            _ => return None,
        };
        let (country, network) = (number(country)?.try_into().ok()?, number(network)?.try_into().ok()?);
        // Without a network, all numbers are zero.
        (country != 0).then_some(Self { country, network, network_digits })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}-{:0width$}", self.country, self.network, width = usize::from(self.network_digits))
    }
}

/// `AT+CPSI?`: the cell that the module is in (S67 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpsi;

/// What the driver reads about the cell that a module is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct SystemInformation {
    /// The technology; `None` where there is no service.
    pub technology: Option<Technology>,
    /// Whether the radio is on (`Online`).
    pub is_online: bool,
    /// The operator; `None` where there is no service.
    pub operator: Option<Operator>,
}

impl Request for Cpsi {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CPSI", Answer::Query) }).byte(b'?');
    }
}

impl Command for Cpsi {
    type Response = SystemInformation;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(parameters) = line.parameters("+CPSI") else { return };
        let mut rest = parameters.rest();
        response.technology = match next_field(&mut rest) {
            b"NO SERVICE" | b"" => None,
            b"GSM" => Some(Technology::Gsm),
            b"WCDMA" => Some(Technology::Wcdma),
            b"TDS" => Some(Technology::TdScdma),
            [b'L', b'T', b'E', ..] => Some(Technology::Lte),
            _ => Some(Technology::Other),
        };
        response.is_online = next_field(&mut rest) == b"Online";
        response.operator = Operator::of(next_field(&mut rest));
    }
}

/// Which technologies a module may use, `<mode>` of `AT+CNMP`. A module supports only those of its hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NetworkMode {
    /// 2: all; the module chooses.
    Automatic,
    /// 13: GSM only.
    Gsm,
    /// 14: WCDMA only.
    Wcdma,
    /// 38: LTE only.
    Lte,
    /// 51: GSM and LTE.
    GsmAndLte,
    /// Any other number; see the manual of the module.
    Other(u8),
}

impl NetworkMode {
    const fn number(self) -> u8 {
        match self {
            Self::Automatic => 2,
            Self::Gsm => 13,
            Self::Wcdma => 14,
            Self::Lte => 38,
            Self::GsmAndLte => 51,
            Self::Other(number) => number,
        }
    }

    const fn from_number(number: u8) -> Self {
        match number {
            2 => Self::Automatic,
            13 => Self::Gsm,
            14 => Self::Wcdma,
            38 => Self::Lte,
            51 => Self::GsmAndLte,
            other => Self::Other(other),
        }
    }
}

/// `AT+CNMP=<mode>`: selects the technologies. The module keeps the setting when it is switched off, and starts a new
/// search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cnmp {
    /// The technologies.
    pub mode: NetworkMode,
}

impl Request for Cnmp {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CNMP", Answer::Plain) })
            .byte(b'=')
            .number(self.mode.number().into());
    }
}

no_response!(Cnmp);

/// `AT+CNMP?`: the selected technologies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CnmpRead;

impl Request for CnmpRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CNMP", Answer::Query) }).byte(b'?');
    }
}

impl Command for CnmpRead {
    type Response = Option<NetworkMode>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let number = only_number(line, "+CNMP").and_then(|number| number.try_into().ok());
        *response = number.map(NetworkMode::from_number);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::command::network::tests::response;
    use crate::command::tests::encoded;
    use std::string::ToString;

    #[test]
    fn signal_strength_is_in_dbm() {
        assert_eq!(encoded(&Csq), "AT+CSQ");
        let dbm = |answer: &str| response(&Csq, answer.as_bytes()).map(Rssi::dbm);
        for (number, strength) in [(0, -113), (23, -67), (31, -51), (100, -116), (191, -25)] {
            assert_eq!(dbm(&std::format!("+CSQ: {number},0\r\n")), Some(strength));
        }
        for number in [32, 99, 192, 199, 256] {
            assert_eq!(dbm(&std::format!("+CSQ: {number},99\r\n")), None);
        }
    }

    #[test]
    fn the_cell_of_the_manual_is_read() {
        assert_eq!(encoded(&Cpsi), "AT+CPSI?");
        let answer = b"+CPSI: LTE,Online,460-00,0x333C,39589680,308,EUTRAN-BAND3,1350,5,0,0,54,0,22\r\n";
        let cell = response(&Cpsi, answer);
        let operator = Operator { country: 460, network: 0, network_digits: 2 };
        assert_eq!(
            cell,
            SystemInformation { technology: Some(Technology::Lte), is_online: true, operator: Some(operator) }
        );
        assert_eq!(operator.to_string(), "460-00");
        assert_eq!((operator.country(), operator.network()), (460, 0));
    }

    #[test]
    fn every_technology_has_its_name_and_no_service_has_none() {
        let cell = |text: &str| response(&Cpsi, std::format!("+CPSI: {text}\r\n").as_bytes());
        for (name, technology) in [
            ("GSM", Technology::Gsm),
            ("WCDMA", Technology::Wcdma),
            ("TDS", Technology::TdScdma),
            ("LTE NB-IOT", Technology::Lte),
            ("EVDO", Technology::Other),
        ] {
            let found = cell(&std::format!("{name},Online,310-410,0x1"));
            assert_eq!(found.technology, Some(technology), "{name}");
            assert_eq!(found.operator.unwrap().to_string(), "310-410");
        }
        for text in ["NO SERVICE,Online", "NO SERVICE,Low Power Mode", "NO SERVICE,Online,000-00"] {
            let found = cell(text);
            assert_eq!((found.technology, found.operator), (None, None), "{text}");
            assert_eq!(found.is_online, text.contains("Online"), "{text}");
        }
    }

    #[test]
    fn modes_are_numbers_both_ways() {
        for number in 0..=u8::MAX {
            let mode = NetworkMode::from_number(number);
            assert_eq!(encoded(&Cnmp { mode }), std::format!("AT+CNMP={number}"));
            assert_eq!(response(&CnmpRead, std::format!("+CNMP: {number}\r\n").as_bytes()), Some(mode));
        }
        assert_eq!(encoded(&Cnmp { mode: NetworkMode::Lte }), "AT+CNMP=38");
        assert_eq!(response(&CnmpRead, b"+CNMP: 300\r\n"), None);
    }
}
