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

/// How often a pseudo-terminal nobody has open is looked at: nothing wakes its owner when somebody opens it.
const OPENED_CHECK: Duration = Duration::from_millis(5);

/// A pseudo-terminal and a symbolic link to it, which is removed on drop.
pub struct PtyFrontEnd {
    terminal: Terminal,
    link: Link,
}

impl PtyFrontEnd {
    /// Opens a pseudo-terminal and links it at `path`, in place of a link that an earlier one left there.
    ///
    /// # Errors
    ///
    /// There is no pseudo-terminal to be had, or something else is at `path`.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let terminal = Terminal::open()?;
        let link = Link::create(path.into(), terminal.path())?;
        Ok(Self { terminal, link })
    }

    /// The pseudo-terminal itself, which the link leads to.
    pub fn device(&self) -> &Path {
        self.terminal.path()
    }

    /// Serves whoever opens the pseudo-terminal, as often as it is opened.
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

    /// Makes the terminal as it was before its last host.
    fn restore(&mut self) -> io::Result<()> {
        match self.terminal.restore() {
            // A host that asked for exclusive use and did not give it back has locked everybody out for good, unless it
            // is the next one already.
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
