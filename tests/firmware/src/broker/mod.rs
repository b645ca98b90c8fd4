//! A broker on a free loopback port.

mod embedded;
mod mosquitto;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use mosquitto::Mosquitto;

/// The kind of broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BrokerKind {
    /// Mosquitto, a process of its own
    Mosquitto,
    /// rumqttd, within this process
    Embedded,
}

/// A running broker; Mosquitto ends when it is dropped, the embedded one with the process.
pub(crate) struct Broker {
    pub(crate) address: SocketAddr,
    pub(crate) kind: BrokerKind,
    _mosquitto: Option<Mosquitto>,
}

/// Time limit for a broker to listen.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Number of attempts: another process may take a port that was free a moment ago.
const ATTEMPTS: usize = 5;

impl Broker {
    /// Starts the requested broker; by default Mosquitto if it is installed.
    pub(crate) async fn start(kind: Option<BrokerKind>) -> Result<Self> {
        if kind == Some(BrokerKind::Embedded) {
            return Self::embedded().await;
        }
        for _ in 0..ATTEMPTS {
            let address = free_address()?;
            let Some(mut mosquitto) = Mosquitto::start(address)? else {
                ensure!(kind.is_none(), "Mosquitto is not installed");
                return Self::embedded().await;
            };
            if mosquitto.listens(address).await? {
                return Ok(Self { address, kind: BrokerKind::Mosquitto, _mosquitto: Some(mosquitto) });
            }
        }
        bail!("Mosquitto ended at once, {ATTEMPTS} times")
    }

    async fn embedded() -> Result<Self> {
        let address = free_address()?;
        embedded::start(address);
        timeout(LISTEN_TIMEOUT, listening(address)).await.context("the embedded broker does not listen")?;
        Ok(Self { address, kind: BrokerKind::Embedded, _mosquitto: None })
    }
}

fn free_address() -> Result<SocketAddr> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.context("no free loopback port")
}

async fn listening(address: SocketAddr) {
    while TcpStream::connect(address).await.is_err() {
        sleep(Duration::from_millis(5)).await;
    }
}
