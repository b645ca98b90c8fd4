//! Mosquitto, with a configuration of its own.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{LISTEN_TIMEOUT, listening};

/// A process that is killed when it is dropped.
pub(super) struct Mosquitto {
    process: Child,
    _configuration: NamedTempFile,
}

impl Mosquitto {
    /// `None` if it is not installed.
    pub(super) fn start(listen: SocketAddr) -> Result<Option<Self>> {
        let configuration = NamedTempFile::with_suffix(".conf").context("no temporary file for Mosquitto")?;
        std::fs::write(configuration.path(), settings(listen)).context("cannot configure Mosquitto")?;
        let started = Command::new("mosquitto")
            .env("PATH", search_path())
            .arg("-c")
            .arg(configuration.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        match started {
            Ok(process) => Ok(Some(Self { process, _configuration: configuration })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("cannot start Mosquitto"),
        }
    }

    /// Waits until it listens, or has ended because the port is in use.
    pub(super) async fn listens(&mut self, address: SocketAddr) -> Result<bool> {
        let listens = timeout(LISTEN_TIMEOUT, async {
            tokio::select! {
                biased;
                _ = self.process.wait() => false,
                () = listening(address) => true,
            }
        });
        let Ok(listens) = listens.await else { bail!("Mosquitto does not listen") };
        // The listener may be the process that took the port.
        Ok(listens && self.process.try_wait()?.is_none())
    }
}

/// `user` applies to root only: otherwise Mosquitto would switch to a user who cannot read this file.
fn settings(listen: SocketAddr) -> String {
    format!("user root\nlistener {} {}\nallow_anonymous true\n", listen.port(), listen.ip())
}

/// Mosquitto is often installed in an sbin folder.
fn search_path() -> OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/usr/local/sbin");
    path
}
