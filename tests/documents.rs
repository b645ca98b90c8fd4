//! Checks that the files named in ARCHITECTURE.md and CONTRIBUTING.md exist, that those in the table "Where is …"
//! contain the given names, and that README lists every feature.

use std::fs;
use std::path::Path;

const DOCUMENTS: [&str; 2] = ["ARCHITECTURE.md", ".github/CONTRIBUTING.md"];
/// A text in backticks with one of these prefixes is a path.
const FOLDERS: [&str; 5] = ["src/", "tests/", "benches/", "examples/", ".ci/"];
const TABLE_HEADING: &str = "## Where is";
const FEWEST_ROWS: usize = 15;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// Each path in backticks with its line; `None` where a backtick is not closed.
fn paths(text: &str) -> Option<Vec<(usize, &str)>> {
    let mut paths = Vec::new();
    let mut line = 1;
    let pieces: Vec<&str> = text.split('`').collect();
    for (index, piece) in pieces.iter().enumerate() {
        let is_code = index % 2 == 1;
        for (offset, content) in piece.split('\n').enumerate().filter(|_| is_code) {
            let words = content.split_whitespace();
            paths.extend(words.filter(|word| is_path(word)).map(|word| (line + offset, word)));
        }
        line += piece.matches('\n').count();
    }
    (pieces.len() % 2 == 1).then_some(paths)
}

fn is_path(word: &str) -> bool {
    FOLDERS.iter().any(|folder| word.starts_with(folder))
}

/// The errors in the paths of a document, each with file and line.
fn wrong_paths(document: &str, text: &str) -> Vec<String> {
    match paths(text) {
        Some(paths) => {
            let missing = paths.into_iter().filter(|(_, path)| !root().join(path).exists());
            missing.map(|(line, path)| format!("{document}:{line}: there is no {path}")).collect()
        }
        None => vec![format!("{document}: a backtick is not closed")],
    }
}

/// The rows of the table, each with its line.
fn rows(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let section = lines.skip_while(|(_, line)| !line.starts_with(TABLE_HEADING)).skip(1);
    let section = section.take_while(|(_, line)| !line.starts_with('#'));
    // The first two rows are the header and the rule below it.
    section.filter(|(_, line)| line.starts_with('|')).skip(2).collect()
}

fn in_backticks(cell: &str) -> Option<&str> {
    cell.trim().strip_prefix('`')?.strip_suffix('`')
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|character: char| !character.is_alphanumeric() && character != '_').any(|other| other == word)
}

/// The error in a row `| behaviour | file | name |`, if any.
fn wrong_row(row: &str) -> Option<String> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
    let [_, file, name] = cells[..] else { return Some(String::from("a row has three columns")) };
    let (Some(file), Some(name)) = (in_backticks(file), in_backticks(name)) else {
        return Some(String::from("file and name stand in backticks"));
    };
    match fs::read_to_string(root().join(file)) {
        Ok(text) if has_word(&text, name) => None,
        Ok(_) => Some(format!("{file} has no {name}")),
        Err(error) => Some(format!("{file}: {error}")),
    }
}

/// The errors in the table of a document, each with file and line.
fn wrong_rows(document: &str, text: &str) -> Vec<String> {
    let rows = rows(text);
    let mut wrong: Vec<String> =
        rows.iter().filter_map(|(line, row)| Some(format!("{document}:{line}: {}", wrong_row(row)?))).collect();
    if rows.len() < FEWEST_ROWS {
        let count = rows.len();
        wrong.push(format!("{document}: \"{TABLE_HEADING} …\" has {count} rows, fewer than {FEWEST_ROWS}"));
    }
    wrong
}

#[test]
fn every_path_in_the_documents_exists() {
    let wrong: Vec<String> =
        DOCUMENTS.into_iter().flat_map(|document| wrong_paths(document, &read(document))).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_table_names_what_is_in_its_file() {
    let [architecture, _] = DOCUMENTS;
    let wrong = wrong_rows(architecture, &read(architecture));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The features of a manifest, without those that are no part of the API.
fn features(manifest: &str) -> Vec<&str> {
    let section = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let section = section.take_while(|line| !line.starts_with('['));
    let names = section.filter_map(|line| Some(line.split_once(" = ")?.0));
    names.filter(|name| *name != "default" && !name.starts_with(['_', '#'])).collect()
}

/// The names in the first column of the table of features.
fn listed_features(text: &str) -> Vec<&str> {
    let section = text.lines().skip_while(|line| *line != "## Features").skip(1);
    let rows = section.take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
    rows.flat_map(|row| row.split(" | ").next().unwrap_or_default().split(", "))
        .map(|name| name.trim_matches('`'))
        .collect()
}

#[test]
fn the_readme_lists_every_feature() {
    let (manifest, readme) = (read("Cargo.toml"), read("README.md"));
    let (mut features, mut listed) = (features(&manifest), listed_features(&readme));
    features.sort_unstable();
    listed.sort_unstable();
    assert!(features.contains(&"async"), "{features:?}");
    assert_eq!(listed, features);
}

#[test]
fn a_path_that_does_not_exist_is_named_with_its_line() {
    let text = "`src/lib.rs`\n\n```sh\n.ci/run --all\nbenches/none\n```\nsrc/none.rs `cargo test`, `tests/\nno.rs` `src/none.rs`\n";
    assert_eq!(wrong_paths("A.md", text), ["A.md:5: there is no benches/none", "A.md:8: there is no src/none.rs"]);
    assert_eq!(wrong_paths("A.md", "`src/lib.rs` and `src"), ["A.md: a backtick is not closed"]);
}

#[test]
fn a_row_that_names_nothing_in_its_file_is_found() {
    let text = "## Where is …\n\n| behaviour | file | name |\n|---|---|---|\n\
        | a | `src/lib.rs` | `no_std` |\n| b | `src/lib.rs` | `no_st` |\n| c | src/lib.rs | `no_std` |\n\
        | d | `src/none.rs` | `no_std` |\n| e | `src/lib.rs` |\n\n## Next\n\n| f |\n|---|\n| g |\n";
    let wrong = wrong_rows("A.md", text);
    assert_eq!(wrong.len(), 5, "{wrong:?}");
    assert_eq!(wrong[0], "A.md:6: src/lib.rs has no no_st");
    assert_eq!(wrong[1], "A.md:7: file and name stand in backticks");
    assert!(wrong[2].starts_with("A.md:8: src/none.rs: "), "{}", wrong[2]);
    assert_eq!(wrong[3], "A.md:9: a row has three columns");
    assert_eq!(wrong[4], "A.md: \"## Where is …\" has 5 rows, fewer than 15");
}
