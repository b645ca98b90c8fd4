//! The firmware's own counts, its last message.

use anyhow::{Context, Result, ensure};

/// What the firmware says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// How often its session came up.
    pub(super) sessions: usize,
    /// Messages published with QoS 1, and with QoS 2.
    pub(super) readings: usize,
    pub(super) states: usize,
    /// Publishes of readings that were repeated after an unknown outcome.
    pub(super) repeated: usize,
    /// Publishes of states with an unknown outcome.
    pub(super) unknown: usize,
    /// Messages that the module has refused for good, or that were dropped.
    pub(super) refused: usize,
    pub(super) dropped: usize,
    /// Commands that its task has received, and publishes of answers that were repeated.
    pub(super) commands: usize,
    pub(super) answers_repeated: usize,
    /// Commands that its inbox had no room for.
    pub(super) commands_refused: usize,
    /// Messages without an inbox.
    pub(super) unmatched: usize,
    /// Other commands to the module that were answered, and that failed.
    pub(super) signals: usize,
    pub(super) signals_failed: usize,
    /// Longest of them.
    pub(super) longest_call_ms: usize,
}

impl Report {
    /// Reads `name=number` for each name.
    pub(super) fn read(text: &str) -> Result<Self> {
        let number = |name: &str| {
            let value = text.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            value.and_then(|value| value.parse().ok()).with_context(|| format!("no {name} in the report \"{text}\""))
        };
        Ok(Self {
            sessions: number("sessions")?,
            readings: number("readings")?,
            states: number("states")?,
            repeated: number("repeated")?,
            unknown: number("unknown")?,
            refused: number("refused")?,
            dropped: number("dropped")?,
            commands: number("commands")?,
            answers_repeated: number("answers-repeated")?,
            commands_refused: number("commands-refused")?,
            unmatched: number("unmatched")?,
            signals: number("signals")?,
            signals_failed: number("signals-failed")?,
            longest_call_ms: number("longest-call-ms")?,
        })
    }

    /// What is wrong whatever was published and received.
    pub(super) fn check(&self, faults: usize) -> Result<()> {
        let Self { sessions, signals, signals_failed, longest_call_ms, .. } = self;
        ensure!(*sessions == faults + 1, "{sessions} sessions came up with {faults} faults");
        ensure!(self.refused == 0 && self.dropped == 0, "the outbox has refused or dropped messages");
        let unknown = self.repeated + self.answers_repeated + self.unknown;
        ensure!(unknown > 0, "no fault has hit a publish");
        ensure!(*signals >= LEAST_SIGNALS, "{signals} calls of the signal task were answered, {signals_failed} failed");
        ensure!(
            *longest_call_ms <= LONGEST_CALL_MS,
            "a call of the signal task took {longest_call_ms} ms, more than {LONGEST_CALL_MS} ms"
        );
        Ok(())
    }
}

/// Without a fault, there are many more.
const LEAST_SIGNALS: usize = 50;
/// The longest time of a call of the signal task, its wait for the module included.
const LONGEST_CALL_MS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "sessions=4 readings=60 states=20 repeated=2 unknown=1 refused=0 dropped=0 commands=40 \
                        answers-repeated=1 commands-refused=7 unmatched=1 signals=200 signals-failed=3 \
                        longest-call-ms=900";

    #[test]
    fn a_report_has_a_number_for_each_name() {
        let report = Report::read(TEXT).unwrap();
        let numbers = [report.repeated, report.answers_repeated, report.refused, report.commands_refused];
        assert_eq!(numbers, [2, 1, 0, 7]);
        let wrong = Report::read(&TEXT.replace("states=20", "states=few")).unwrap_err();
        assert!(wrong.to_string().starts_with("no states in the report \"sessions=4 "), "{wrong}");
    }

    #[test]
    fn a_run_in_which_no_publish_was_hit_does_not_count() {
        let text = TEXT
            .replace("repeated=2 unknown=1", "repeated=0 unknown=0")
            .replace("answers-repeated=1", "answers-repeated=0");
        let wrong = Report::read(&text).unwrap().check(3).unwrap_err();
        assert_eq!(wrong.to_string(), "no fault has hit a publish");
    }

    #[test]
    fn a_signal_task_that_was_starved_is_reported() {
        let check = |change: (&str, &str)| Report::read(&TEXT.replace(change.0, change.1)).unwrap().check(3);
        assert!(check(("", "")).is_ok());
        for change in [("call-ms=900", "call-ms=10001"), ("signals=200", "signals=49"), ("sessions=4", "sessions=5")] {
            assert!(check(change).is_err(), "{change:?}");
        }
    }
}
