//! Writes the seeds of every target into folders of a corpus: `cargo run -p simcom-fuzz-targets --bin seeds -- tests/fuzz/corpus`.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use simcom_fuzz_targets::seeds::{self, Seeds};

fn main() -> ExitCode {
    let Some(corpus) = env::args_os().nth(1) else {
        eprintln!("usage: seeds CORPUS-FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&corpus)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", Path::new(&corpus).display());
            ExitCode::FAILURE
        }
    }
}

fn write(corpus: &Path) -> io::Result<()> {
    write_target(&corpus.join("answers"), &seeds::answers())?;
    write_target(&corpus.join("core"), &seeds::core())?;
    write_target(&corpus.join("module"), &seeds::module())?;
    write_target(&corpus.join("parser"), &seeds::parser())
}

fn write_target(folder: &Path, seeds: &Seeds) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}
