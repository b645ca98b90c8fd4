//! A pseudo-terminal as the module's UART: any program that opens a serial port attaches here.

mod link;
mod terminal;

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::Simulator;
use link::Link;
use terminal::Terminal;

/// Polling interval of a closed pseudo-terminal: its owner is not woken when it is opened.
const OPENED_CHECK: Duration = Duration::from_millis(5);

/// A pseudo-terminal and a symbolic link to it, which is removed on drop.
pub struct PtyFrontEnd {
    terminal: Terminal,
    link: Link,
}

impl PtyFrontEnd {
    /// Opens a pseudo-terminal and links it at `path`. A stale link there is replaced.
    ///
    /// # Errors
    ///
    /// No pseudo-terminal is available, or `path` exists and is not such a link.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let terminal = Terminal::open()?;
        let link = Link::create(path.into(), terminal.path())?;
        Ok(Self { terminal, link })
    }

    /// The pseudo-terminal that the link points to.
    pub fn device(&self) -> &Path {
        self.terminal.path()
    }

    /// Serves each program that opens the pseudo-terminal, one after the other.
    ///
    /// # Errors
    ///
    /// The pseudo-terminal fails.
    pub async fn run(&mut self, simulator: &mut Simulator) -> io::Result<Infallible> {
        loop {
            tokio::select! {
                opened = self.opened() => opened?,
                never = simulator.unattended() => match never {},
            }
            simulator.serve(self.terminal.host()?).await?;
            self.restore()?;
        }
    }

    async fn opened(&self) -> io::Result<()> {
        while !self.terminal.is_open_elsewhere()? {
            sleep(OPENED_CHECK).await;
        }
        Ok(())
    }

    /// Resets the terminal after a host.
    fn restore(&mut self) -> io::Result<()> {
        match self.terminal.restore() {
            // A host that set exclusive use and did not clear it locks out every other program, unless the next host is
            // the one that has set it.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                if !self.terminal.is_open_elsewhere()? {
                    self.terminal = Terminal::open()?;
                    self.link.lead_to(self.terminal.path())?;
                }
                Ok(())
            }
            other => other,
        }
    }
}
