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
use simcom_modem_simulator::pipe::Direction;
use simcom_modem_simulator::referee::Severity;
use simcom_modem_simulator::transcript::{Observation, Recorder};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use arguments::{Arguments, Place};

/// Exit code of `--strict` when the host made mistakes.
const COMPLAINED: u8 = 3;
/// Exit code of `--strict` when a planned fault never struck.
const FAULT_NOT_REACHED: u8 = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let strict = arguments.strict;
    match run(arguments).await {
        Ok(report) => {
            report.print();
            if strict { report.exit_code() } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            eprintln!("simcom-modem-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The summary at the end.
struct Report {
    errors: usize,
    warnings: usize,
    /// A sentence for each planned fault that never struck.
    not_reached: Vec<String>,
}

impl Report {
    fn of(simulator: &mut Simulator) -> Self {
        let complaints = simulator.complaints();
        let errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error).count();
        let warnings = complaints.len() - errors;
        let mut not_reached = Vec::new();
        for direction in [Direction::ToModem, Direction::ToHost] {
            let (name, passed) = (arguments::name(direction), simulator.passed(direction));
            for (position, fault) in simulator.faults_not_reached(direction) {
                not_reached.push(format!(
                    "the fault {name} at byte {position} ({fault}) is beyond the end of the dialogue: {passed} bytes went there"
                ));
            }
        }
        Self { errors, warnings, not_reached }
    }

    fn print(&self) {
        for fault in &self.not_reached {
            eprintln!("simcom-modem-simulator: {fault}");
        }
        if self.errors + self.warnings > 0 {
            eprintln!("referee: errors: {}, warnings: {}", self.errors, self.warnings);
        }
    }

    fn exit_code(&self) -> ExitCode {
        if self.errors > 0 {
            ExitCode::from(COMPLAINED)
        } else if !self.not_reached.is_empty() {
            ExitCode::from(FAULT_NOT_REACHED)
        } else {
            ExitCode::SUCCESS
        }
    }
}

/// Serves hosts until a signal ends it.
async fn run(arguments: Arguments) -> Result<Report, Box<dyn Error>> {
    let mut simulator = simulator(&arguments)?;
    let remote = simulator.remote();
    // Before "ready": a script may send a signal once it has seen that line.
    let signals = Signals::listen()?;
    tokio::select! {
        failed = serve(&arguments.place, &mut simulator) => match failed? {},
        () = signals.obey(&remote) => {}
        never = restart_after(arguments.restart_after, &remote) => match never {},
    }
    Ok(Report::of(&mut simulator))
}

fn simulator(arguments: &Arguments) -> Result<Simulator, Box<dyn Error>> {
    let mut simulator = Simulator::new(arguments.family, arguments.behaviour()?);
    if let Some(broker) = arguments.broker.clone() {
        simulator = simulator.broker_override(broker);
    }
    if let Some(baud) = arguments.baud {
        simulator = simulator.baud(baud);
    }
    for planned in &arguments.faults {
        simulator.plan_fault(planned.direction, planned.position, planned.fault);
    }
    for direction in [Direction::ToModem, Direction::ToHost] {
        if let Some(rates) = arguments::rates(&arguments.fault_rates, direction)? {
            simulator.set_fault_rates(direction, arguments.fault_seed, rates);
        }
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

    /// Applies signals to the module until one of them asks for the end.
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
