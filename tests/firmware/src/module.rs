//! The simulated module, which waits for the emulator on a loopback port.

use std::io::stderr;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::front_end::{Dialogue, Remote, Simulator};
use simcom_modem_simulator::modem::{Modem, Service};
use simcom_modem_simulator::mqtt::BrokerAddress;
use simcom_modem_simulator::referee::{Complaint, ComplaintKind, Severity};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::wire::{Limit, Received, Wire};

/// A module that serves one host.
pub(crate) struct Module {
    pub(crate) address: SocketAddr,
    remote: Remote,
    limit: Limit,
    received: Received,
    task: JoinSet<Result<Simulator>>,
}

impl Module {
    /// A module that connects to `broker`, regardless of the firmware's address.
    pub(crate) async fn start(
        family: Family,
        behaviour: Behaviour,
        broker: SocketAddr,
        shows_dialogue: bool,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free loopback port")?;
        let address = listener.local_addr()?;
        let mut simulator = Simulator::new(family, behaviour)
            .broker_override(BrokerAddress { host: broker.ip().to_string(), port: broker.port() });
        if shows_dialogue {
            simulator = simulator.observer(Dialogue::new(stderr()));
        }
        let (remote, limit, received) = (simulator.remote(), Limit::default(), Received::default());
        let mut task = JoinSet::new();
        task.spawn(serve(listener, simulator, limit.clone(), received.clone()));
        Ok(Self { address, remote, limit, received, task })
    }

    /// Stores a file in the module.
    pub(crate) fn store(&self, name: &'static str, content: String) {
        self.remote.act(move |modem, _| modem.preset_certificate(name, content.as_bytes()));
    }

    /// Restarts after `bytes` more bytes to the host; the following bytes are lost.
    pub(crate) fn restart_after(&self, bytes: usize) {
        self.limit.set(bytes);
    }

    /// Takes the mobile network away for a time. The module notices and reports it when half of that has passed.
    pub(crate) async fn lose_network(&self, time: Duration) {
        self.remote.act(|modem, now| modem.lose_network_silently(now, false));
        sleep(time / 2).await;
        self.remote.act(|modem, now| {
            modem.network_mut().attached = false;
            modem.network_lost(now);
        });
        sleep(time / 2).await;
        self.remote.act(Modem::restore_network);
    }

    /// All bytes that the host has received so far.
    pub(crate) fn received_by_host(&self) -> Vec<u8> {
        self.received.bytes()
    }

    /// Waits until the host has left, and returns the module.
    pub(crate) async fn left(mut self) -> Result<Simulator> {
        self.task.join_next().await.context("the simulated module is gone")?.context("the simulated module failed")?
    }
}

async fn serve(listener: TcpListener, mut simulator: Simulator, limit: Limit, received: Received) -> Result<Simulator> {
    let (stream, _) = listener.accept().await.context("the emulator does not come")?;
    // A UART delivers each byte at once.
    stream.set_nodelay(true)?;
    let mut wire = Wire { stream, limit: limit.clone(), received };
    let remote = simulator.remote();
    loop {
        tokio::select! {
            // A host that fails counts as one that has left.
            _ = simulator.serve(&mut wire) => return Ok(simulator),
            // Bytes in transit are lost with the future.
            () = limit.reached() => {}
        }
        limit.lift();
        remote.restart();
    }
}

/// Fails if the referee has complained at least with this severity.
pub(crate) fn check_complaints(simulator: &Simulator, least: Severity) -> Result<()> {
    let complaints = simulator.complaints().iter().filter(|complaint| complaint.severity >= least);
    let complaints: Vec<String> =
        complaints.filter(|complaint| !is_tolerated(complaint)).map(ToString::to_string).collect();
    ensure!(complaints.is_empty(), "the module complains: {}", complaints.join("; "));
    Ok(())
}

/// Fails if the firmware has not shut down.
pub(crate) fn check_stopped(simulator: &Simulator) -> Result<()> {
    ensure!(simulator.modem().service() == Service::Stopped, "the firmware has left the MQTT service started");
    Ok(())
}

/// A driver that does not know the module's state queries it before it starts the service, and a supervisor asks
/// whether the session has outlived a reset of the microcontroller.
fn is_tolerated(complaint: &Complaint) -> bool {
    let is_query = ["AT+CMQTTACCQ?", "AT+CMQTTDISC?"].iter().any(|query| complaint.what.starts_with(query));
    complaint.kind == ComplaintKind::NotStarted && is_query
}
