//! The files of this folder.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the transcripts.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// Every transcript, as `topic/name.txt` and its path, in order of their names.
pub fn transcripts(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for topic in entries(folder).into_iter().filter(|path| path.is_dir()) {
        for path in entries(&topic) {
            assert!(path.extension().is_some_and(|extension| extension == "txt"), "{}: not a .txt", path.display());
            let name = path.strip_prefix(folder).expect("it is in the folder").display().to_string();
            files.push((name, path));
        }
    }
    files.sort();
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path()).collect()
}
