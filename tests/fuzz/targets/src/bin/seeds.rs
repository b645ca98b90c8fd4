//! Writes the seeds of every target into the folders of a corpus:
//! `cargo run -p simcom-fuzz-targets --bin seeds -- CORPUS tests/transcripts`.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use simcom_fuzz_targets::seeds::{Seeds, transcripts};

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(corpus), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: seeds CORPUS-FOLDER TRANSCRIPTS-FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&corpus), Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(corpus: &Path, folder: &Path) -> io::Result<()> {
    let Seeds { answers, core, engine, expectations, module, parser } = Seeds::new(&transcripts(folder)?);
    let targets = [
        ("answers", answers),
        ("core", core),
        ("engine", engine),
        ("expectations", expectations),
        ("module", module),
        ("parser", parser),
    ];
    for (target, seeds) in targets {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (name, seed) in seeds {
            fs::write(folder.join(name), seed)?;
        }
    }
    Ok(())
}
