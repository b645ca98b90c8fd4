//! The bench as a program: `firmware-bench --machine lm3s6965evb --family a7600 --image firmware.elf`.

mod arguments;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use simcom_firmware_bench::Bench;
use tokio::signal::unix::{SignalKind, signal};

use arguments::Arguments;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("firmware-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let bench = Bench::from(&arguments);
    let mut terminate = signal(SignalKind::terminate())?;
    let report = tokio::select! {
        report = bench.run() => report?,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminate.recv() => bail!("terminated"),
    };
    if let (Some(file), Some(memory)) = (&arguments.dump_ram, &report.memory) {
        std::fs::write(file, memory).with_context(|| format!("cannot write {}", file.display()))?;
    }
    println!("everything was right: {} through {:?}", bench.family, report.broker);
    Ok(())
}
