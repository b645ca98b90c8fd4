//! The lines that end a command.

use super::{Parameters, behind};

/// The line that ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinalResult {
    /// `OK`.
    Ok,
    /// `ERROR`.
    Error,
    /// `+CME ERROR: <n>` or `+CMS ERROR: <n>`; no number where the module is set to verbose errors.
    Equipment(Option<u16>),
}

impl FinalResult {
    /// The final result that `line` is, or `None`.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
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
        assert_eq!(FinalResult::of(b"OK"), Some(FinalResult::Ok));
        assert_eq!(FinalResult::of(b"ERROR"), Some(FinalResult::Error));
        assert_eq!(FinalResult::of(b"OKAY"), None);
        assert_eq!(FinalResult::of(b"ERROR: 3"), None);
        assert_eq!(FinalResult::of(b""), None);
    }

    #[test]
    fn equipment_errors_come_as_number_or_words() {
        assert_eq!(FinalResult::of(b"+CME ERROR: 13"), Some(FinalResult::Equipment(Some(13))));
        assert_eq!(FinalResult::of(b"+CME ERROR: SIM failure"), Some(FinalResult::Equipment(None)));
        assert_eq!(FinalResult::of(b"+CMS ERROR: 500"), Some(FinalResult::Equipment(Some(500))));
    }
}
