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
    through the first client, QoS 2 through the second), two that receive, and one that asks for the signal. Every 50 publishes \
    something fails, and one call of 20 is dropped. `SHARED=full cargo test --test shared soak` wrote this page; \
    `tests/shared/README.md` says what is run and what is checked.\n\n\
    In all runs: no publish of QoS 0 or 2 arrived twice or was repeated, no accepted one is missing at the broker, none of QoS 1 \
    was lost, and every message that arrived whole is in each inbox that matches, or counted.\n";

pub const OUTAGES: &str = "Outages of 30 minutes";

pub fn faults(form: Form) -> String {
    format!("A fault every 50 publishes: {} messages of each publisher and to the tasks", form.messages())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A row a family.
pub fn fault_table(records: &[(Family, Record)]) -> String {
    let mut text = String::from(
        "| family | time | faults | accepted, QoS 0, 1, 2 | unknown, QoS 0, 2 | QoS 1 repeated | messages that arrived whole | \
         taken from the inboxes | counted | signals: answered, failed, dropped | longest publish | longest wait for the module | \
         longest time without an accepted publish |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (family, record) in records {
        let totals = &record.totals;
        let [accepted, received, counted, signals] =
            [list(&totals.accepted), list(&totals.received), list(&totals.counted), list(&record.signals)];
        let faults: usize = record.struck.values().sum();
        let unknown = list(&[totals.unknown[0], totals.unknown[2]]);
        let _ = writeln!(
            text,
            "| {family:?} | {} | {faults} | {accepted} | {unknown} | {} | {} | {received} | {counted} | {signals} | {} | {} | {} |",
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

/// A row an outage and family.
pub fn outage_table(records: &[(Outage, Family, OutageRecord)], up_again_limit: Duration) -> String {
    let mut text = format!(
        "| outage | family | signals answered | longest wait for the module | limit | longest publish | up again after (limit {}) |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
        seconds(up_again_limit)
    );
    for (outage, family, record) in records {
        let up_again = record.up_again.map_or("never".to_owned(), seconds);
        let _ = writeln!(
            text,
            "| {} | {family:?} | {} | {} | {} | {} | {up_again} |",
            outage.name(),
            record.signals_answered,
            seconds(record.longest_wait),
            seconds(outage.longest_wait()),
            seconds(record.longest_publish),
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

/// Writes these sections into the page, or compares them with it: the full form writes, the short one if `SHARED_WRITE` is
/// set in the environment.
///
/// # Panics
///
/// On a difference.
pub fn compare(form: Form, sections: &[(String, String)]) {
    let page = fs::read_to_string(path()).unwrap_or_default();
    if form == Form::Full || env::var("SHARED_WRITE").is_ok() {
        fs::write(path(), written(&page, sections)).unwrap_or_else(|error| panic!("{}: {error}", path().display()));
        return;
    }
    for (title, text) in sections {
        let known = section(&page, title).unwrap_or_default();
        assert_eq!(
            known.lines().collect::<Vec<_>>(),
            text.trim_end().lines().collect::<Vec<_>>(),
            "{}, \"{title}\": write it anew if the change is meant (SHARED_WRITE=1, and SHARED=full for the full form)",
            path().display()
        );
    }
}

/// The page with these sections; the others stay.
fn written(page: &str, sections: &[(String, String)]) -> String {
    let mut text = INTRODUCTION.to_owned();
    for title in [faults(Form::Full), faults(Form::Short), OUTAGES.to_owned()] {
        let new = sections.iter().find(|(it, _)| *it == title).map(|(_, text)| text.trim_end());
        if let Some(body) = new.or_else(|| section(page, &title)) {
            let _ = write!(text, "\n## {title}\n\n{body}\n");
        }
    }
    text
}

#[test]
fn a_section_is_replaced_and_the_others_stay() {
    let [full, short] = [faults(Form::Full), faults(Form::Short)];
    let both = written("", &[(full.clone(), "many\n".to_owned()), (short.clone(), "few\n".to_owned())]);
    assert_eq!((section(&both, &full), section(&both, &short)), (Some("many"), Some("few")));
    let replaced = written(&both, &[(short.clone(), "fewer\n".to_owned())]);
    assert_eq!((section(&replaced, &full), section(&replaced, &short)), (Some("many"), Some("fewer")));
    assert_eq!(section(&replaced, OUTAGES), None);
    assert!(replaced.starts_with(INTRODUCTION));
}
