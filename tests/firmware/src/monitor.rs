//! QEMU's machine protocol: reads the emulated memory.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::memory::Region;

/// QEMU answers at once unless it is stuck.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to QEMU's monitor.
pub(crate) struct Monitor {
    listener: TcpListener,
}

impl Monitor {
    pub(crate) async fn bind() -> Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0").await.context("no free loopback port")? })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Halts the machine and reads a part of its memory.
    pub(crate) async fn dump(&self, region: Region) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir().context("no temporary folder for the memory")?;
        let file = folder.path().join("memory");
        timeout(RESPONSE_TIMEOUT, self.save(region, &file)).await.context("QEMU's monitor does not answer")??;
        std::fs::read(&file).context("QEMU has not written the memory")
    }

    async fn save(&self, region: Region, file: &Path) -> Result<()> {
        let (stream, _) = self.listener.accept().await?;
        let mut stream = BufReader::new(stream);
        let Region { address, length } = region;
        execute(&mut stream, json!({ "execute": "qmp_capabilities" })).await?;
        execute(&mut stream, json!({ "execute": "stop" })).await?;
        let arguments = json!({ "val": address, "size": length, "filename": file });
        execute(&mut stream, json!({ "execute": "pmemsave", "arguments": arguments })).await
    }
}

/// Sends a command and waits for its result; skips greeting and events.
async fn execute(stream: &mut BufReader<TcpStream>, command: Value) -> Result<()> {
    stream.write_all(format!("{command}\n").as_bytes()).await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            bail!("QEMU has left its monitor");
        }
        let answer: Value = serde_json::from_str(&line).context("QEMU's monitor says no JSON")?;
        if let Some(error) = answer.get("error") {
            bail!("QEMU refuses {command}: {error}");
        }
        if answer.get("return").is_some() {
            return Ok(());
        }
    }
}
