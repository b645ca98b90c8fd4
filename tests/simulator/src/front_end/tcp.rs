//! A TCP listener as the module's UART: an emulated board attaches here.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};

use super::Simulator;

/// Listens for hosts and serves one at a time; the next one waits until the present one leaves.
pub struct TcpFrontEnd {
    listener: TcpListener,
}

impl TcpFrontEnd {
    /// Listens at `address`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address is not available.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// The address it listens at.
    ///
    /// # Errors
    ///
    /// What the operating system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves host after host.
    ///
    /// # Errors
    ///
    /// The listener fails. A host that fails counts as one that has left.
    pub async fn run(&mut self, simulator: &mut Simulator) -> io::Result<Infallible> {
        loop {
            let host = self.next_host(simulator).await?;
            let _ = simulator.serve(host).await;
        }
    }

    async fn next_host(&mut self, simulator: &mut Simulator) -> io::Result<TcpStream> {
        let (host, _) = tokio::select! {
            accepted = self.listener.accept() => accepted?,
            never = simulator.unattended() => match never {},
        };
        // A UART delivers each byte at once.
        host.set_nodelay(true)?;
        Ok(host)
    }
}
