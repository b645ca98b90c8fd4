//! The simulated module as a program: `simcom-modem-simulator --pty /tmp/modem`.

mod arguments;

use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::future::pending;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use simcom_modem_simulator::front_end::pty::PtyFrontEnd;
use simcom_modem_simulator::front_end::tcp::TcpFrontEnd;
use simcom_modem_simulator::front_end::{Dialogue, Remote, Simulator};
use simcom_modem_simulator::referee::Severity;
use simcom_modem_simulator::transcript::{Observation, Recorder};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use arguments::{Arguments, Place};

/// Exit code of `--strict` when the host made mistakes.
const COMPLAINED: u8 = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let strict = arguments.strict;
    match run(arguments).await {
        Ok(Complaints { errors: 0, warnings: 0 }) => ExitCode::SUCCESS,
        Ok(Complaints { errors, warnings }) => {
            eprintln!("referee: {errors} errors, {warnings} warnings");
            if strict && errors > 0 { ExitCode::from(COMPLAINED) } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            eprintln!("simcom-modem-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How often the referee complained.
struct Complaints {
    errors: usize,
    warnings: usize,
}

/// Serves hosts until a signal ends it, and counts the complaints.
async fn run(arguments: Arguments) -> Result<Complaints, Box<dyn Error>> {
    let mut simulator = simulator(&arguments)?;
    let remote = simulator.remote();
    // Before "ready", so that whoever waits for that line can rely on them.
    let signals = Signals::listen()?;
    tokio::select! {
        failed = serve(&arguments.place, &mut simulator) => match failed? {},
        () = signals.obey(&remote) => {}
        never = restart_after(arguments.restart_after, &remote) => match never {},
    }
    let errors = simulator.complaints().iter().filter(|complaint| complaint.severity == Severity::Error).count();
    Ok(Complaints { errors, warnings: simulator.complaints().len() - errors })
}

fn simulator(arguments: &Arguments) -> Result<Simulator, Box<dyn Error>> {
    let mut simulator = Simulator::new(arguments.family, arguments.behaviour()?);
    if let Some(broker) = arguments.broker.clone() {
        simulator = simulator.broker_override(broker);
    }
    if let Some(baud) = arguments.baud {
        simulator = simulator.baud(baud);
    }
    let dialogue = if arguments.log { Dialogue::new(io::stderr()) } else { Dialogue::complaints_only(io::stderr()) };
    Ok(simulator.observer((dialogue, recorder(arguments)?)))
}

fn recorder(arguments: &Arguments) -> Result<Option<Recorder<File>>, Box<dyn Error>> {
    let Some(path) = &arguments.record else { return Ok(None) };
    let known = Observation {
        module: env!("CARGO_PKG_NAME"),
        firmware: env!("CARGO_PKG_VERSION"),
        family: arguments.family,
        origin: "recorded by the simulated module",
    };
    let recorder = File::create(path).and_then(|file| Recorder::new(file, &known));
    Ok(Some(recorder.map_err(|error| format!("cannot record to {}: {error}", path.display()))?))
}

async fn serve(place: &Place, simulator: &mut Simulator) -> Result<Infallible, Box<dyn Error>> {
    if let Some(address) = &place.tcp {
        let mut front_end =
            TcpFrontEnd::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
        println!("ready on {}", front_end.local_addr()?);
        return Ok(front_end.run(simulator).await?);
    }
    let Some(path) = &place.pty else {
        return Err("no place to serve hosts".into());
    };
    let mut front_end = PtyFrontEnd::open(path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    println!("ready on {}", path.display());
    Ok(front_end.run(simulator).await?)
}

async fn restart_after(seconds: Option<f64>, remote: &Remote) -> Infallible {
    if let Some(seconds) = seconds {
        sleep(Duration::from_secs_f64(seconds)).await;
        remote.restart();
    }
    pending().await
}

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    restart: tokio::signal::unix::Signal,
    lose_network: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            restart: signal(SignalKind::user_defined1())?,
            lose_network: signal(SignalKind::user_defined2())?,
        })
    }

    /// Passes on what signals ask for until one asks to end.
    async fn obey(mut self, remote: &Remote) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.restart.recv() => remote.restart(),
                _ = self.lose_network.recv() => remote.lose_network(),
            }
        }
    }
}
