//! Several tasks over one module, through a lost connection, a restart of the module and a lost network.

mod ledger;
mod report;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family;
use tokio::time::{Instant, interval, sleep_until, timeout};

use crate::module::Module;
use crate::peer::{Peer, STEP_TIMEOUT};
use ledger::{Ledger, OTHER};

pub(super) const FILTERS: [&str; 1] = ["firmware/out/#"];

const CLIENT_ID: &str = "device-7";

/// Between two commands.
const COMMAND_INTERVAL: Duration = Duration::from_millis(400);
/// More commands than the firmware's inbox has room for.
const BURST: usize = 12;
/// Bytes to the host after which the module restarts: in the middle of a burst, and of one of its messages.
const BROKEN_OFF: usize = 500;
/// How long there is no network. What is published before the module notices never arrives.
const OUTAGE: Duration = Duration::from_secs(2);
/// The tasks of the firmware have to do this much after the start, and after each fault.
const READINGS: usize = 4;
const ANSWERS: usize = 3;
/// Sent last; not a number.
const LAST_COMMAND: &[u8] = b"end";
/// The firmware has answered all commands when no answer comes for this time.
const QUIET: Duration = Duration::from_millis(800);

pub(super) fn behaviour(family: Family) -> Behaviour {
    let mut behaviour = Behaviour::of(family);
    // Most of the time of a publish, the broker is waited for, and a fault hits that.
    behaviour.timing.prompt = Duration::from_millis(5);
    behaviour.timing.result = Duration::from_millis(5);
    behaviour.timing.publish = Duration::from_millis(70);
    behaviour.timing.boot = Duration::from_secs(1);
    behaviour
}

/// What happens to the module.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Another client with the same client id: the broker closes the connection.
    ConnectionLost,
    ModuleRestarted,
    NetworkLost,
}

const FAULTS: [Fault; 3] = [Fault::ConnectionLost, Fault::ModuleRestarted, Fault::NetworkLost];

pub(super) async fn play(behaviour: &Behaviour, peer: &mut Peer, module: &Module) -> Result<()> {
    let mut course = Course { peer, module, ledger: Ledger::default() };
    course.everything_works().await.context("after the start")?;
    for fault in FAULTS {
        course.strike(fault).await?;
        course.everything_works().await.with_context(|| format!("after {fault:?}"))?;
    }
    course.burst().await?;
    course.other().await?;
    course.answers_end().await?;
    course.command(LAST_COMMAND.to_vec()).await?;
    course.until("the report", |ledger| ledger.report().is_some(), Commands::Withheld).await?;
    course.ledger.judge(behaviour, &module.received_by_host(), FAULTS.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Commands {
    Sent,
    Withheld,
}

struct Course<'a> {
    peer: &'a mut Peer,
    module: &'a Module,
    ledger: Ledger,
}

impl Course<'_> {
    /// Waits until readings arrive and commands that are sent from now on are answered.
    async fn everything_works(&mut self) -> Result<()> {
        let (readings, sent) = (self.ledger.readings() + READINGS, self.ledger.commands_sent());
        let works = |ledger: &Ledger| ledger.readings() >= readings && ledger.answered_since(sent) >= ANSWERS;
        self.until("readings and answers", works, Commands::Sent).await
    }

    /// Injects the fault while the tasks are busy with a burst of commands.
    async fn strike(&mut self, fault: Fault) -> Result<()> {
        let answers = self.ledger.answers();
        self.burst().await?;
        self.until("an answer", |ledger| ledger.answers() > answers, Commands::Withheld).await?;
        match fault {
            Fault::ConnectionLost => self.peer.take_over(CLIENT_ID).await,
            Fault::ModuleRestarted => {
                self.module.restart_after(BROKEN_OFF);
                self.burst().await
            }
            Fault::NetworkLost => {
                self.module.lose_network(OUTAGE).await;
                Ok(())
            }
        }
    }

    async fn burst(&mut self) -> Result<()> {
        for _ in 0..BURST {
            self.next_command().await?;
        }
        Ok(())
    }

    /// A numbered command; parts of it look like lines of a module.
    async fn next_command(&mut self) -> Result<()> {
        let number = self.ledger.commands_sent();
        self.command(format!("{number}\r\nOK\r\n> on").into_bytes()).await
    }

    async fn command(&mut self, payload: Vec<u8>) -> Result<()> {
        self.peer.send(ledger::COMMAND, &payload).await?;
        self.ledger.command_sent(payload);
        Ok(())
    }

    /// A message that the firmware subscribes to and has no inbox for.
    async fn other(&mut self) -> Result<()> {
        self.peer.send(OTHER, b"").await
    }

    /// Waits until no more answers come.
    async fn answers_end(&mut self) -> Result<()> {
        let end = Instant::now() + STEP_TIMEOUT;
        let mut quiet_at = Instant::now() + QUIET;
        while let Ok(message) = timeout(quiet_at.saturating_duration_since(Instant::now()), self.peer.message()).await {
            if self.ledger.take(&message?)? {
                quiet_at = Instant::now() + QUIET;
            }
            if Instant::now() > end {
                bail!("the answers do not end");
            }
        }
        Ok(())
    }

    /// Takes what the firmware publishes until that is done.
    async fn until(&mut self, awaited: &str, is_done: impl Fn(&Ledger) -> bool, commands: Commands) -> Result<()> {
        let end = Instant::now() + STEP_TIMEOUT;
        let mut ticks = interval(COMMAND_INTERVAL);
        while !is_done(&self.ledger) {
            tokio::select! {
                message = self.peer.message() => { self.ledger.take(&message?)?; }
                _ = ticks.tick(), if commands == Commands::Sent => self.next_command().await?,
                () = sleep_until(end) => bail!("waited {} s in vain for {awaited}", STEP_TIMEOUT.as_secs()),
            }
        }
        Ok(())
    }
}
