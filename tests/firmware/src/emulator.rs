//! QEMU; its first UART is connected to the module.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use crate::memory::Region;
use crate::monitor::Monitor;

/// An emulated microcontroller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Machine {
    /// Stellaris LM3S6965: Cortex-M3, 256 KiB flash, 64 KiB RAM, PL011 UART at 0x4000_C000
    Lm3s6965evb,
    /// Arm MPS2 with the AN386 image: Cortex-M4F, CMSDK UART at 0x4000_4000
    Mps2An386,
}

impl Machine {
    fn name(self) -> &'static str {
        match self {
            Self::Lm3s6965evb => "lm3s6965evb",
            Self::Mps2An386 => "mps2-an386",
        }
    }
}

/// A running emulator, which is killed when it is dropped.
pub(crate) struct Emulator {
    process: Child,
    monitor: Monitor,
    _paint: Option<NamedTempFile>,
}

impl Emulator {
    /// Starts the image; its semihosting output goes to the output of this process.
    pub(crate) async fn start(
        machine: Machine,
        image: &Path,
        module: SocketAddr,
        painted: Option<Region>,
        further: &[OsString],
    ) -> Result<Self> {
        if !image.is_file() {
            bail!("there is no image {}", image.display());
        }
        let monitor = Monitor::bind().await?;
        let mut command = Command::new("qemu-system-arm");
        command.args(["-M", machine.name(), "-display", "none", "-monitor", "none"]);
        command.args(["-semihosting-config", "enable=on,target=native"]);
        command.arg("-chardev").arg(socket("module", module)).args(["-serial", "chardev:module"]);
        command
            .arg("-chardev")
            .arg(socket("monitor", monitor.address()?))
            .args(["-mon", "chardev=monitor,mode=control"]);
        let paint = painted.map(paint).transpose()?;
        if let (Some(file), Some(Region { address, .. })) = (&paint, painted) {
            let file = file.path().display();
            command.arg("-device").arg(format!("loader,file={file},addr={address:#x},force-raw=on"));
        }
        command.args(further).arg("-kernel").arg(image).stdin(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().context("cannot start qemu-system-arm; is it installed?")?;
        Ok(Self { process, monitor, _paint: paint })
    }

    /// Waits until the firmware has ended the emulation.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(self.process.wait().await?)
    }

    pub(crate) async fn dump(&self, region: Region) -> Result<Vec<u8>> {
        self.monitor.dump(region).await
    }

    pub(crate) async fn kill(mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }
}

fn socket(name: &str, address: SocketAddr) -> String {
    format!("socket,id={name},host={},port={},nodelay=on", address.ip(), address.port())
}

fn paint(region: Region) -> Result<NamedTempFile> {
    let file = NamedTempFile::new().context("no temporary file for the paint")?;
    std::fs::write(file.path(), region.paint())?;
    Ok(file)
}
