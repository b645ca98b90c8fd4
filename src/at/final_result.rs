//! The lines that end a command.

use super::{Parameters, behind};

/// The line that ends a command (ITU-T V.250 §5.7.1, 3GPP TS 27.007 §9.2, 3GPP TS 27.005 §3.2.5).
///
/// ```
/// use simcom_mqtt::at::FinalResult;
///
/// assert_eq!(FinalResult::parse(b"OK"), Some(FinalResult::Ok));
/// assert_eq!(FinalResult::parse(b"+CME ERROR: 13"), Some(FinalResult::Equipment(Some(13))));
/// assert_eq!(FinalResult::parse(b"+CMQTTPUB: 0,0"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FinalResult {
    /// `OK`.
    Ok,
    /// `ERROR`.
    Error,
    /// `+CME ERROR: <n>` or `+CMS ERROR: <n>`; no number where the module is set to verbose errors.
    Equipment(Option<u16>),
}

impl FinalResult {
    /// The final result that a line, without its line end, is; `None` where it is none.
    #[inline]
    pub fn parse(line: &[u8]) -> Option<Self> {
        match line {
            b"OK" => Some(Self::Ok),
            b"ERROR" => Some(Self::Error),
            _ => {
                let [b'E' | b'S', rest @ ..] = behind(line, "+CM")? else { return None };
                Some(Self::Equipment(Parameters::after(rest, " ERROR")?.length()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_results_are_whole_lines() {
        assert_eq!(FinalResult::parse(b"OK"), Some(FinalResult::Ok));
        assert_eq!(FinalResult::parse(b"ERROR"), Some(FinalResult::Error));
        assert_eq!(FinalResult::parse(b"OKAY"), None);
        assert_eq!(FinalResult::parse(b"ERROR: 3"), None);
        assert_eq!(FinalResult::parse(b""), None);
    }

    #[test]
    fn equipment_errors_come_as_number_or_words() {
        assert_eq!(FinalResult::parse(b"+CME ERROR: 13"), Some(FinalResult::Equipment(Some(13))));
        assert_eq!(FinalResult::parse(b"+CME ERROR: SIM failure"), Some(FinalResult::Equipment(None)));
        assert_eq!(FinalResult::parse(b"+CMS ERROR: 500"), Some(FinalResult::Equipment(Some(500))));
    }
}
