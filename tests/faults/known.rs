//! The list of known violations, which can only get shorter.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use crate::NAME;
use crate::case::Class;
use crate::report::{Examples, Summary};
use crate::verdict::Violation;

/// The part of the grid that was run; it selects the column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Short,
    Full,
}

type List = BTreeMap<(Class, Violation), [usize; 2]>;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/faults/known-{NAME}.txt"))
}

/// Fails on more violations than listed, and on fewer. `FAULTS_WRITE=1` in the environment writes the column of this
/// form.
///
/// # Panics
///
/// On a difference.
pub fn compare(form: Form, summary: &Summary, examples: &Examples) {
    let text = fs::read_to_string(path()).unwrap_or_else(|error| panic!("{}: {error}", path().display()));
    let known = parse(&text).unwrap_or_else(|error| panic!("{}:{error}", path().display()));
    let column = form as usize;
    let mut updated = known.clone();
    updated.values_mut().for_each(|counts| counts[column] = 0);
    for (class, statistics) in summary {
        for (violation, count) in &statistics.violations {
            updated.entry((*class, *violation)).or_default()[column] = *count;
        }
    }
    if env::var("FAULTS_WRITE").is_ok() {
        fs::write(path(), written(&updated)).unwrap_or_else(|error| panic!("{}: {error}", path().display()));
        return;
    }
    let mut differences = String::new();
    for (key, counts) in &updated {
        let before = known.get(key).map_or(0, |counts| counts[column]);
        let (found, (class, violation)) = (counts[column], key);
        let what = format!("{}: {}: {found}, known are {before}", class.name(), violation.name());
        if found > before {
            let example = examples.get(key).map_or("", String::as_str);
            let _ = writeln!(differences, "more than known: {what}\n{example}");
        } else if found < before {
            let _ = writeln!(differences, "fewer than known, write it down (FAULTS_WRITE=1): {what}");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// The list, or the number of a wrong line and the reason.
fn parse(text: &str) -> Result<List, String> {
    let mut list = List::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let entry = entry(line).map_err(|error| format!("{number}: {error}"))?;
        if list.insert(entry.0, entry.1).is_some() {
            return Err(format!("{number}: a second line for the same class and violation"));
        }
    }
    Ok(list)
}

fn entry(line: &str) -> Result<((Class, Violation), [usize; 2]), String> {
    let fields: Vec<_> = line.split('|').map(str::trim).collect();
    let [class, violation, short, full] = fields[..] else {
        return Err("a line is: class | violation | short | full".to_owned());
    };
    let class = Class::ALL.into_iter().find(|it| it.name() == class).ok_or_else(|| format!("no class \"{class}\""))?;
    let violation = Violation::ALL
        .into_iter()
        .find(|it| it.name() == violation)
        .ok_or_else(|| format!("no violation \"{violation}\""))?;
    let count = |field: &str| field.parse().map_err(|_| format!("\"{field}\" is no number"));
    Ok(((class, violation), [count(short)?, count(full)?]))
}

fn written(list: &List) -> String {
    let mut text = String::from("# class | violation | short form | full form\n");
    for ((class, violation), [short, full]) in list {
        if short + full > 0 {
            let _ = writeln!(text, "{} | {} | {short} | {full}", class.name(), violation.name());
        }
    }
    text
}

#[test]
fn a_bad_line_of_the_list_is_named() {
    for (line, error) in [
        ("call dropped | hang | 1", "2: a line is: class | violation | short | full"),
        ("call dropped | boredom | 1 | 2", "2: no violation \"boredom\""),
        ("bad luck | hang | 1 | 2", "2: no class \"bad luck\""),
        ("call dropped | hang | one | 2", "2: \"one\" is no number"),
    ] {
        assert_eq!(parse(&format!("# heading\n{line}\n")), Err(error.to_owned()));
    }
    let twice = "call dropped | hang | 1 | 2\n".repeat(2);
    assert_eq!(parse(&twice), Err("2: a second line for the same class and violation".to_owned()));
}

#[test]
fn a_written_list_reads_as_it_was() {
    let list =
        List::from([((Class::Dropped, Violation::Hang), [1, 20]), ((Class::ChanceToHost, Violation::Panic), [0, 3])]);
    assert_eq!(parse(&written(&list)), Ok(list));
}
