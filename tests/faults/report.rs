//! The table of the results.

use core::time::Duration;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use crate::case::{Case, Class};
use crate::verdict::{Verdict, Violation};

/// Results of the runs of one class.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    pub runs: usize,
    pub failed_calls: usize,
    pub violations: BTreeMap<Violation, usize>,
    /// Sorted.
    recoveries: Vec<Duration>,
}

pub type Summary = BTreeMap<Class, Statistics>;

/// A run for each kind of violation of each class.
pub type Examples = BTreeMap<(Class, Violation), String>;

/// Number of lines of a dialogue that are shown.
const SHOWN_LINES: usize = 40;

pub fn summary(verdicts: &[(Verdict, String)]) -> Summary {
    let mut summary = Summary::new();
    for (verdict, _) in verdicts {
        let statistics = summary.entry(verdict.class).or_default();
        statistics.runs += 1;
        statistics.failed_calls += verdict.failed_calls;
        for (violation, _) in &verdict.violations {
            *statistics.violations.entry(*violation).or_default() += 1;
        }
        statistics.recoveries.extend(verdict.recovery);
    }
    summary.values_mut().for_each(|statistics| statistics.recoveries.sort_unstable());
    summary
}

pub fn examples(cases: &[(usize, Case)], verdicts: &[(Verdict, String)]) -> Examples {
    let mut examples = Examples::new();
    for ((_, case), (verdict, transcript)) in cases.iter().zip(verdicts) {
        for (violation, what) in &verdict.violations {
            examples.entry((verdict.class, *violation)).or_insert_with(|| shown(case, what, transcript));
        }
    }
    examples
}

/// The slowest recovery of each class and family, where it took longer than `limit`, and how many did.
pub fn slow(
    cases: &[(usize, Case)],
    verdicts: &[(Verdict, String)],
    limit: Duration,
) -> BTreeMap<(Class, String), String> {
    let mut slowest = BTreeMap::new();
    for ((_, case), (verdict, transcript)) in cases.iter().zip(verdicts) {
        let Some(recovery) = verdict.recovery.filter(|recovery| *recovery > limit) else { continue };
        let (count, longest, run) = slowest.entry((verdict.class, format!("{:?}", case.setting.family))).or_insert((
            0,
            Duration::ZERO,
            (case, transcript),
        ));
        *count += 1;
        if recovery > *longest {
            (*longest, *run) = (recovery, (case, transcript));
        }
    }
    let text = |class: Class, count: usize, longest: Duration, (case, transcript): (&Case, &String)| {
        shown(case, &format!("{}: {longest:?}, {count} runs took longer than {limit:?}", class.name()), transcript)
    };
    slowest.into_iter().map(|(key, (count, longest, run))| (key.clone(), text(key.0, count, longest, run))).collect()
}

/// A case, what is to be said about it, and the dialogue around its fault and at its end.
fn shown(case: &Case, what: &str, transcript: &str) -> String {
    let lines: Vec<_> = transcript.lines().collect();
    let fault = lines.iter().position(|line| line.contains(" fault: ")).unwrap_or_default();
    let begin = fault.saturating_sub(SHOWN_LINES / 4);
    let (first, rest) = lines[begin..].split_at(SHOWN_LINES.min(lines.len() - begin));
    let last = &rest[rest.len().saturating_sub(SHOWN_LINES / 2)..];
    let shown = [first, &["       …"], last].concat().join("\n");
    format!("  {:?} on {:?}: {what}\n{shown}", case.trouble, case.setting.family)
}

/// A Markdown table with a column for each kind of violation.
pub fn table(summary: &Summary) -> String {
    let mut text = String::from("| class | runs |");
    let kinds = Violation::ALL;
    kinds.iter().for_each(|kind| _ = write!(text, " {} |", kind.name()));
    text.push_str(" failed calls | median recovery | worst recovery |\n|---|---:|");
    kinds.iter().for_each(|_| text.push_str("---:|"));
    text.push_str("---:|---:|---:|\n");
    for (class, statistics) in summary {
        let exempt = if class.is_exempt() { " *" } else { "" };
        let _ = write!(text, "| {}{exempt} | {} |", class.name(), statistics.runs);
        for kind in kinds {
            let _ = write!(text, " {} |", statistics.violations.get(&kind).copied().unwrap_or_default());
        }
        let recoveries = &statistics.recoveries;
        let seconds =
            |time: Option<&Duration>| time.map_or("–".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()));
        let (median, worst) = (seconds(recoveries.get(recoveries.len() / 2)), seconds(recoveries.last()));
        let _ = writeln!(text, " {} | {median} | {worst} |", statistics.failed_calls);
    }
    text
}

/// Writes `tests/FAULTS.md`.
///
/// # Panics
///
/// If it cannot be written.
pub fn write(summary: &Summary) {
    let runs: usize = summary.values().map(|statistics| statistics.runs).sum();
    let text = format!(
        "# What faults bring about\n\n\
         {runs} sessions on the simulated module, each with one fault. `FAULTS=full cargo test --test faults` wrote this page; \
         `tests/faults/README.md` says what is run and what each column means.\n\n\
         {}\n\
         \\* No host can see these faults. Only panics, hangs, payload that is carried out and the recovery count.\n",
        table(summary)
    );
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/FAULTS.md");
    std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
