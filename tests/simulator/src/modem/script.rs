//! Bytes injected into an exchange by a script or a switch.

use super::Modem;
use super::answer::framed;
use crate::behaviour::{Noise, Point, ScriptedAnswer};

/// The bytes injected into one exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Injected {
    bytes: Vec<(Point, Vec<u8>)>,
    /// What is answered to the data.
    pub(super) after_data: Option<Vec<u8>>,
}

impl Injected {
    pub(super) fn at(&self, point: Point) -> impl Iterator<Item = &[u8]> {
        self.bytes.iter().filter(move |(place, _)| *place == point).map(|(_, bytes)| bytes.as_slice())
    }
}

impl Modem {
    /// Counts a command line and collects the bytes to inject into its exchange.
    pub(super) fn begin_script(&mut self, line: &str) {
        let script = &self.behaviour;
        let injections = script.injections.iter().map(|injection| injection.prefix.as_str());
        let overrides = script.overrides.iter().map(|scripted| scripted.prefix.as_str());
        self.occurrences.count(line, injections.chain(overrides));
        let scripted = script
            .injections
            .iter()
            .filter(|injection| self.occurrences.is_nth(line, &injection.prefix, injection.nth))
            .map(|injection| (injection.point, injection.bytes.clone()));
        let noise =
            [(Point::BeforeEcho, noise_bytes(script.before_echo)), (Point::AfterEcho, noise_bytes(script.after_echo))];
        let bytes = noise.into_iter().chain(scripted).collect();
        let after_data = match self.scripted_answer(line) {
            Some(ScriptedAnswer::AfterData(answer)) => Some(answer),
            _ => None,
        };
        self.injected = Injected { bytes, after_data };
    }

    /// The answer scripted for a line that [`begin_script`](Self::begin_script) has counted.
    pub(super) fn scripted_answer(&self, line: &str) -> Option<ScriptedAnswer> {
        self.behaviour
            .overrides
            .iter()
            .find(|scripted| self.occurrences.is_nth(line, &scripted.prefix, scripted.nth))
            .map(|scripted| scripted.answer.clone())
    }

    pub(super) fn inject(&mut self, injected: &Injected, point: Point) {
        for bytes in injected.at(point) {
            self.wire.extend_from_slice(bytes);
        }
    }
}

/// The SIM's application.
pub(super) const ISIMAID: &str = "*ISIMAID: \"A0000000871004FF86FF1289\"";

/// A proactive command of the SIM: 250 hexadecimal digits.
pub(super) fn stk_line() -> String {
    format!("+MSTK: 11, \"{}\"", "D0".repeat(125))
}

/// An NMEA sentence, which begins without a line end.
const NMEA: &[u8] = b"$GNRMC,101626.00,A,5231.2000,N,01324.3000,E,0.0,,240926,,,A*67\r\n";

fn short_message(text: &str) -> Vec<u8> {
    framed(&format!("+CMT: \"+10005550123\",,\"26/09/24,10:16:26+28\"\r\n{text}"))
}

fn noise_bytes(noise: Noise) -> Vec<u8> {
    match noise {
        Noise::None => Vec::new(),
        Noise::Boot => b"\r\nSMS DONE\r\n\r\nPB DONE\r\n".to_vec(),
        Noise::Cpin => b"\r\n+CPIN: READY\r\n".to_vec(),
        Noise::Isimaid => framed(ISIMAID),
        Noise::CgevMe => b"\r\n+CGEV: ME PDN ACT 8,4\r\n".to_vec(),
        Noise::Cgev => b"\r\n+CGEV: EPS PDN ACT 1\r\n".to_vec(),
        Noise::Mstk => framed(&stk_line()),
        Noise::Nmea => NMEA.to_vec(),
        Noise::CmtOk => short_message("OK"),
        Noise::CmtError => short_message("ERROR"),
        Noise::CmtPrompt => short_message("> x"),
    }
}
