//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use simcom_firmware_bench::{Bench, BrokerKind, Machine, Region, Scenario};
use simcom_modem_simulator::family::Family;

/// Runs firmware on an emulated Cortex-M whose UART is connected to a simulated SIMCom module, and checks its
/// behaviour.
///
/// Ends with exit code 0 if everything was right, else with one line that describes the failure.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// Microcontroller
    #[arg(long, value_enum)]
    machine: Machine,

    /// Module family: a7600, a76xx, sim7600 or sim767x
    #[arg(long, value_name = "NAME")]
    family: Family,

    /// Firmware, an ELF file
    #[arg(long, value_name = "PATH")]
    image: PathBuf,

    /// Scenario to check
    #[arg(long, value_enum, default_value_t = ScenarioName::Full)]
    scenario: ScenarioName,

    /// Length of the message of the scenario `receive`
    #[arg(long, value_name = "BYTES", default_value_t = 10_240)]
    payload: usize,

    /// Broker; default: Mosquitto if it is installed, else the embedded one
    #[arg(long, value_enum)]
    broker: Option<BrokerKind>,

    /// Reach the broker over TLS only, as broker.example; ca.pem is in the module
    #[arg(long)]
    tls: bool,

    /// Time limit of the run, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,

    /// Print the AT dialogue to stderr
    #[arg(long)]
    at: bool,

    /// Paint this part of the memory before the start, and end the firmware at the end of the scenario
    #[arg(long, value_name = "ADDRESS:LENGTH", requires = "dump_ram")]
    paint_ram: Option<Region>,

    /// Write the painted memory to this file at the end of the scenario
    #[arg(long, value_name = "FILE", requires = "paint_ram")]
    pub dump_ram: Option<PathBuf>,

    /// Further arguments for QEMU
    #[arg(last = true, value_name = "QEMU ARGUMENT")]
    emulator_arguments: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScenarioName {
    /// Publish, subscribe and receive through a restart of the module, then shut down and exit with success
    Full,
    /// Receive one message and publish its length and CRC-32
    Receive,
    /// Publish, obey commands and ask for the signal in tasks of their own, through three faults, and account for
    /// everything
    Tasks,
}

impl From<&Arguments> for Bench {
    fn from(arguments: &Arguments) -> Self {
        Self {
            scenario: match arguments.scenario {
                ScenarioName::Full => Scenario::Full,
                ScenarioName::Receive => Scenario::Receive { payload: arguments.payload },
                ScenarioName::Tasks => Scenario::Tasks,
            },
            broker: arguments.broker,
            tls: arguments.tls,
            timeout: Duration::from_secs(arguments.timeout),
            shows_dialogue: arguments.at,
            painted: arguments.paint_ram,
            emulator_arguments: arguments.emulator_arguments.clone(),
            ..Self::new(arguments.machine, arguments.family, &arguments.image)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn painting_and_dumping_require_each_other() {
        let needed = ["bench", "--machine", "mps2-an386", "--family", "sim767x", "--image", "i"];
        let with = |more: &[&str]| Arguments::try_parse_from(needed.iter().chain(more));
        assert!(with(&[]).is_ok());
        assert!(with(&["--paint-ram", "0x20000000:64"]).is_err());
        assert!(with(&["--dump-ram", "file"]).is_err());
        assert!(with(&["--paint-ram", "0x20000000:64", "--dump-ram", "file"]).is_ok());
    }
}
