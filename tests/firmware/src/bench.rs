//! Runs broker, module, emulator and peer.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use simcom_modem_simulator::family::Family;
use tokio::time::timeout;

use crate::broker::{Broker, BrokerKind};
use crate::emulator::{Emulator, Machine};
use crate::memory::Region;
use crate::module::{Module, check_complaints, check_stopped};
use crate::peer::Peer;
use crate::scenario::Scenario;
use crate::tls;

/// Time limit for the firmware to end after its last message.
const LEAVE: Duration = Duration::from_secs(20);
/// Time limit for the last messages after the end of the firmware.
const DELAY: Duration = Duration::from_secs(2);

/// The configuration of a run. Nothing that it starts outlives [`run`](Self::run), except the embedded broker, which
/// ends with the process.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The microcontroller.
    pub machine: Machine,
    /// The family of the module.
    pub family: Family,
    /// The firmware, an ELF file.
    pub image: PathBuf,
    /// The scenario.
    pub scenario: Scenario,
    /// The broker; by default Mosquitto if it is installed.
    pub broker: Option<BrokerKind>,
    /// The module reaches the broker over TLS only, as [`BROKER_NAME`](crate::BROKER_NAME), with the certificate stored
    /// as [`CA_FILE`](crate::CA_FILE).
    pub tls: bool,
    /// Time limit of the run.
    pub timeout: Duration,
    /// Prints the AT dialogue to stderr.
    pub shows_dialogue: bool,
    /// Memory that is painted before the start and read at the end of the scenario; then the firmware is ended.
    pub painted: Option<Region>,
    /// Further arguments for QEMU.
    pub emulator_arguments: Vec<OsString>,
}

/// The result of a successful run.
#[derive(Debug)]
pub struct Report {
    /// The broker that was used.
    pub broker: BrokerKind,
    /// The painted memory at the end of the scenario.
    pub memory: Option<Vec<u8>>,
}

impl Bench {
    /// The full scenario with a limit of one minute.
    pub fn new(machine: Machine, family: Family, image: impl Into<PathBuf>) -> Self {
        Self {
            machine,
            family,
            image: image.into(),
            scenario: Scenario::Full,
            broker: None,
            tls: false,
            timeout: Duration::from_secs(60),
            shows_dialogue: false,
            painted: None,
            emulator_arguments: Vec::new(),
        }
    }

    /// Runs the firmware through the scenario.
    ///
    /// # Errors
    ///
    /// The failure, in one sentence.
    pub async fn run(&self) -> Result<Report> {
        match timeout(self.timeout, self.run_to_the_end()).await {
            Ok(outcome) => outcome,
            Err(_) => bail!("the scenario was not over after {} s", self.timeout.as_secs_f32()),
        }
    }

    async fn run_to_the_end(&self) -> Result<Report> {
        let broker = Broker::start(self.broker).await?;
        let mut peer = Peer::connect(&broker, self.scenario.filters()).await?;
        let terminator = if self.tls { Some(tls::Terminator::start(broker.address).await?) } else { None };
        let broker_of_module = terminator.as_ref().map_or(broker.address, |terminator| terminator.address);
        let module =
            Module::start(self.family, self.scenario.behaviour(self.family), broker_of_module, self.shows_dialogue)
                .await?;
        if let Some(terminator) = &terminator {
            module.store(tls::CA_FILE, terminator.authority.clone());
        }
        let mut emulator =
            Emulator::start(self.machine, &self.image, module.address, self.painted, &self.emulator_arguments).await?;
        let scene = self.scenario.play(self.family, &mut peer, &module);
        play(scene, &mut emulator).await?;

        let mut memory = None;
        let ends_by_itself = self.scenario.has_an_end() && self.painted.is_none();
        if ends_by_itself {
            let Ok(status) = timeout(LEAVE, emulator.ended()).await else {
                bail!("the firmware has not ended within {} s after its last message", LEAVE.as_secs());
            };
            check_exit(status?)?;
        } else {
            if let Some(region) = self.painted {
                memory = Some(emulator.dump(region).await?);
            }
            emulator.kill().await?;
        }
        let simulator = module.left().await?;
        check_complaints(&simulator, self.scenario.least_complaint())?;
        if ends_by_itself {
            check_stopped(&simulator)?;
            // This cuts off a session that the firmware did not end, and its will arrives.
            drop(simulator);
            peer.expect_nothing_more().await?;
        }
        Ok(Report { broker: broker.kind, memory })
    }
}

/// Runs the scenario while the firmware runs.
async fn play(scene: impl Future<Output = Result<()>>, emulator: &mut Emulator) -> Result<()> {
    let mut scene = std::pin::pin!(scene);
    let status = tokio::select! {
        outcome = &mut scene => return outcome,
        status = emulator.ended() => status?,
    };
    check_exit(status)?;
    match timeout(DELAY, scene).await {
        Ok(outcome) => outcome,
        Err(_) => bail!("the firmware ended with success before the end of the scenario"),
    }
}

fn check_exit(status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "the emulation ended with {status}");
    Ok(())
}
