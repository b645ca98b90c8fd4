//! The list of the transcripts that the driver fails today.

use std::fs;
use std::path::Path;

/// Names and reasons, one per line: `topic/name.txt: reason`.
#[derive(Debug)]
pub struct Failing(Vec<(String, String)>);

impl Failing {
    /// Reads the list; a malformed line is an error with file and line.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|(line, problem)| format!("{}:{line}: {problem}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut entries: Vec<(String, String)> = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let entry = line.split_once(": ").map(|(name, reason)| (name.to_owned(), reason.trim().to_owned()));
            let (name, reason) = entry.ok_or((number, "not \"topic/name.txt: reason\"".to_owned()))?;
            if reason.is_empty() {
                return Err((number, format!("{name} has no reason")));
            }
            if entries.iter().any(|(known, _)| *known == name) {
                return Err((number, format!("{name} stands there twice")));
            }
            entries.push((name, reason));
        }
        Ok(Self(entries))
    }

    /// The reason for which a file fails, if it is listed.
    pub fn reason(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, reason)| reason.as_str())
    }

    /// The names of the list.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(name, _)| name)
    }
}

#[test]
fn an_entry_without_a_reason_or_given_twice_is_refused() {
    let failing = Failing::parse("# why\n\nloss/a.txt: it waits too long\n").unwrap();
    assert_eq!((failing.reason("loss/a.txt"), failing.reason("loss/b.txt")), (Some("it waits too long"), None));
    for (text, line) in [("loss/a.txt\n", 1), ("# x\nloss/a.txt:  \n", 2), ("a.txt: b\na.txt: c\n", 2)] {
        assert_eq!(Failing::parse(text).unwrap_err().0, line, "{text}");
    }
}
