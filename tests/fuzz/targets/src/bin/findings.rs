//! Prints the known defects that an input hits, one per line: `cargo run -p simcom-fuzz-targets --bin findings --
//! TARGET FILE…`. Panics if a target does.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use simcom_fuzz_targets::target;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(check) = arguments.next().and_then(|name| target(&name)) else {
        eprintln!("usage: findings answers|core|module|parser FILE…");
        return ExitCode::from(2);
    };
    for path in arguments.map(PathBuf::from) {
        match fs::read(&path) {
            Ok(input) => check(&input).iter().for_each(|finding| println!("{}: {finding}", path.display())),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
