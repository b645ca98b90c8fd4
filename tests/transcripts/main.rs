//! Replays every transcript of this folder against the driver, in many chunkings. See README.md for format and rules.

mod calls;
#[cfg(unix)]
mod examples;
mod failing;
#[path = "../driver/families.rs"]
#[allow(dead_code, reason = "no transcript asks for the module's name of a family")]
mod families;
mod files;
mod module;
mod recorded;
mod replay;
mod scan;
#[path = "../driver/shell/asynchronous.rs"]
mod shell;
#[cfg_attr(unix, allow(clippy::duplicate_mod, reason = "the examples that are tested here bring it as well"))]
mod words;

use simcom_mqtt as driver;

use std::io::Write;

use failing::Failing;

#[test]
fn every_transcript_gives_the_results_of_its_header() {
    let folder = files::folder();
    let failing = Failing::read(&folder.join("FAILING.txt")).unwrap_or_else(|error| panic!("{error}"));
    let mut complaints = Vec::new();
    let (mut passed, mut listed) = (0, 0);
    let files = files::transcripts(&folder);
    for (name, path) in &files {
        match (replay::replay(path), failing.reason(name)) {
            (Ok(()), None) => passed += 1,
            (Ok(()), Some(_)) => complaints.push(format!("{name} passes: strike it off FAILING.txt")),
            (Err(error), None) => complaints.push(error),
            (Err(error), Some(reason)) => {
                listed += 1;
                report(&format!("{name} fails as listed: {reason}\n  {}", error.lines().next().unwrap_or_default()));
            }
        }
    }
    let is_unknown = |name: &&String| files.iter().all(|(known, _)| known != *name);
    complaints.extend(failing.names().filter(is_unknown).map(|name| format!("FAILING.txt: there is no {name}")));
    let unexpected = complaints.len();
    report(&format!("transcripts: {passed} passed, {listed} fail as listed, {unexpected} not as expected"));
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n\n"));
    assert!(passed > 0, "no transcript was found");
}

#[test]
fn the_example_of_the_readme_is_a_transcript_that_passes() {
    let readme = include_str!("README.md");
    let example = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it has one");
    let transcript = example.parse().unwrap_or_else(|error| panic!("{error}"));
    replay::in_every_form(&transcript).unwrap_or_else(|(line, problem)| panic!("line {line}: {problem}"));
}

/// Prints a line in every run; `println!` prints only for a failed test.
fn report(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("stdout is there");
}
