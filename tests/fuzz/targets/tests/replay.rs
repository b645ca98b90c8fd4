//! Replays the stored inputs of every target: the corpus, and inputs that once failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use simcom_fuzz_targets::findings::Findings;
use simcom_fuzz_targets::{answers, core, engine, expectations, module, parser};

/// Inputs that hit known defects: `TARGET/FILE: FINDING`, one per line.
const KNOWN: &str = include_str!("../../crashes/KNOWN");

#[test]
fn the_parser_takes_every_stored_input() {
    replay("parser", parser::check);
}

#[test]
fn the_core_takes_every_stored_input() {
    replay("core", core::check);
}

#[test]
fn the_engine_takes_every_stored_order_of_calls() {
    replay("engine", engine::check);
}

#[test]
fn the_parser_takes_every_stored_order_of_expectations() {
    replay("expectations", expectations::check);
}

#[test]
fn the_parsers_of_answers_take_every_stored_input() {
    replay("answers", answers::check);
}

#[test]
fn the_simulated_module_takes_every_stored_input() {
    replay("module", module::check);
}

#[test]
fn every_known_defect_has_its_input() {
    for (file, _) in known() {
        assert!(folder("crashes").join(file).is_file(), "crashes/KNOWN names {file}, which is not there");
    }
}

fn replay(target: &str, check: impl Fn(&[u8]) -> Findings) {
    let corpus = files(&folder("corpus").join(target));
    assert!(!corpus.is_empty(), "the corpus of {target} is empty: nothing would be checked");
    for path in corpus {
        assert_eq!(run(&path, &check), Findings::new(), "{}: belongs into crashes", path.display());
    }
    let known = known();
    for path in files(&folder("crashes").join(target)) {
        let name = format!("{target}/{}", path.file_name().expect("a file").display());
        let expected = known.get(name.as_str()).cloned().unwrap_or_default();
        let found = run(&path, &check);
        assert_eq!(found, expected, "{name}: crashes/KNOWN says otherwise");
    }
}

fn run(path: &Path, check: impl Fn(&[u8]) -> Findings) -> Findings {
    let input = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    catch_unwind(AssertUnwindSafe(|| check(&input))).unwrap_or_else(|_| panic!("{} fails, see above", path.display()))
}

/// The known defects of each file.
fn known() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut known = BTreeMap::<_, BTreeSet<_>>::new();
    for (number, line) in KNOWN.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((file, finding)) = line.split_once(": ") else {
            panic!("crashes/KNOWN:{}: no `TARGET/FILE: FINDING`: {line}", number + 1);
        };
        assert!(known.entry(file).or_default().insert(finding), "crashes/KNOWN:{}: twice", number + 1);
    }
    known
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The files of a folder, in order; none if the folder does not exist.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.sort();
    files
}
