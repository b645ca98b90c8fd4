//! `tests/SHARED.md`: the numbers of the soak and of the outages.

use core::time::Duration;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use crate::driver::Family;
use crate::soak::Record;
use crate::soak::outages::{Outage, OutageRecord};

/// What is run: a part of it in `cargo test`, all with `SHARED=full` in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Short,
    Full,
}

impl Form {
    /// # Panics
    ///
    /// If `SHARED` is set to anything else.
    pub fn chosen() -> Self {
        match env::var("SHARED").as_deref() {
            Err(_) => Self::Short,
            Ok("full") => Self::Full,
            Ok(other) => panic!("SHARED={other}: only SHARED=full is known"),
        }
    }

    /// Messages of each publisher, and messages from the broker.
    pub fn messages(self) -> usize {
        match self {
            Self::Short => 200,
            Self::Full => 10_000,
        }
    }
}

const INTRODUCTION: &str = "# Many tasks on one module\n\n\
    What the tasks of one application are answered, on the simulated module, in virtual time: three that publish (QoS 0 and 1 \
    through the first client, QoS 1 by an outbox, QoS 2 through the second client), two that receive, and one that asks for the signal. `SHARED=full cargo test --test shared soak` wrote this page; \
    `tests/shared/README.md` says what is run and what is checked.\n\n\
    Each publishes 10,000 messages, and 10,000 come from the broker. Every 50 publishes something fails, and one call of 20 is \
    dropped. It is a violation if a publish of QoS 0 or 2 arrives twice or is repeated, if an accepted one is missing at the \
    broker, if one of QoS 1 is lost, or if one that was announced is neither in each inbox that matches nor counted.\n";

pub const OUTAGES: &str = "Outages of 30 minutes";
pub const FAULTS: &str = "A fault every 50 publishes";

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A row a family.
pub fn fault_table(records: &[(Family, Record)]) -> String {
    let mut text = String::from(
        "| family | violations | time | faults | accepted, QoS 0, 1, 2 | unknown, QoS 0, 2 | QoS 1 repeated | messages that arrived whole | \
         taken from the inboxes | counted | signals: answered, failed, dropped | longest publish | longest wait for the module | \
         longest time without an accepted publish |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (family, record) in records {
        let totals = &record.totals;
        let [accepted, received, counted, signals] =
            [list(&totals.accepted), list(&totals.received), list(&totals.counted), list(&record.signals)];
        let faults: usize = record.struck.values().sum();
        let unknown = list(&[totals.unknown[0], totals.unknown[2]]);
        let _ = writeln!(
            text,
            "| {family:?} | {} | {} | {faults} | {accepted} | {unknown} | {} | {} | {received} | {counted} | {signals} | {} | {} | {} |",
            record.violations.len(),
            seconds(record.time),
            totals.repeated,
            totals.announced,
            seconds(record.longest_publish),
            seconds(record.longest_wait),
            seconds(record.longest_outage),
        );
    }
    text
}

/// Times are compared by these steps, in seconds: a small change of the driver changes no row.
const STEPS_S: [u64; 10] = [1, 5, 10, 20, 30, 45, 60, 75, 130, 600];

/// The step that a time does not exceed.
fn at_most(time: Option<Duration>) -> String {
    let step = time.and_then(|time| STEPS_S.into_iter().find(|step| time <= Duration::from_secs(*step)));
    step.map_or("never".to_owned(), |step| format!("{step} s"))
}

/// A row an outage, with the longest times of all families.
pub fn outage_table(records: &[(Outage, Family, OutageRecord)], up_again_limit: Duration) -> String {
    let mut text = String::from(
        "| outage | a task of another subsystem has the module after at most | limit | a publish ends after at most | \
         all is up again after at most | limit |\n|---|---:|---:|---:|---:|---:|\n",
    );
    for outage in Outage::ALL {
        let of_all = || records.iter().filter(|(it, _, _)| *it == outage).map(|(_, _, record)| record);
        let longest_wait = of_all().map(|record| record.longest_wait).max();
        let longest_publish = of_all().map(|record| record.longest_publish).max();
        let up_again =
            of_all().map(|record| record.up_again).try_fold(Duration::ZERO, |longest, time| Some(longest.max(time?)));
        let _ = writeln!(
            text,
            "| {} | {} | {} s | {} | {} | {} s |",
            outage.name(),
            at_most(longest_wait),
            outage.longest_wait().as_secs(),
            at_most(longest_publish),
            at_most(up_again),
            up_again_limit.as_secs(),
        );
    }
    text
}

fn list(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/SHARED.md")
}

/// The text of a section, without its heading.
fn section<'p>(page: &'p str, title: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("\n## {title}\n\n"))?;
    Some(rest.split_once("\n## ").map_or(rest, |(section, _)| section).trim_end())
}

/// The full form writes the page. The short one compares its outages with it, and writes them where `SHARED_WRITE` is
/// set in the environment.
///
/// # Panics
///
/// On a difference.
pub fn compare(form: Form, faults: &str, outages: &str) {
    let page = fs::read_to_string(path()).unwrap_or_default();
    let faults = if form == Form::Full { faults } else { section(&page, FAULTS).unwrap_or_default() };
    if form == Form::Full || env::var("SHARED_WRITE").is_ok() {
        return fs::write(path(), written(faults, outages))
            .unwrap_or_else(|error| panic!("{}: {error}", path().display()));
    }
    let known = section(&page, OUTAGES).unwrap_or_default();
    assert_eq!(
        known.lines().collect::<Vec<_>>(),
        outages.trim_end().lines().collect::<Vec<_>>(),
        "{}: SHARED_WRITE=1 writes what has changed",
        path().display()
    );
}

fn written(faults: &str, outages: &str) -> String {
    let (faults, outages) = (faults.trim_end(), outages.trim_end());
    format!("{INTRODUCTION}\n## {FAULTS}\n\n{faults}\n\n## {OUTAGES}\n\n{outages}\n")
}

#[test]
fn what_is_written_is_found_again() {
    let page = written("many\n", "few\n");
    assert_eq!((section(&page, FAULTS), section(&page, OUTAGES)), (Some("many"), Some("few")));
}

#[test]
fn a_time_is_shown_as_the_step_that_it_does_not_exceed() {
    let shown = |milliseconds| at_most(Some(Duration::from_millis(milliseconds)));
    assert_eq!((shown(200), shown(1_000), shown(1_001)), ("1 s".to_owned(), "1 s".to_owned(), "5 s".to_owned()));
    assert_eq!((at_most(None), shown(700_000)), ("never".to_owned(), "never".to_owned()));
}
