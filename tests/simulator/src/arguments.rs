//! The command line.

mod faults;

use std::fmt::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser};
use simcom_modem_simulator::behaviour::{Behaviour, SWITCHES, SwitchError};
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::mqtt::BrokerAddress;

pub use faults::{FaultRate, PlannedFault, name, rates};
use faults::{fault_rate, planned_fault};

/// A simulated SIMCom LTE module: the AT+CMQTT command set, carried to a real MQTT broker.
///
/// Prints "ready on …" when a host can attach. SIGUSR1 restarts the module, SIGUSR2 takes its network away.
#[derive(Debug, Parser)]
#[command(version, after_long_help = switches())]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,

    /// Module family: a7600, a76xx, sim7600 or sim767x
    #[arg(long, value_name = "NAME", default_value_t = Family::A76xx)]
    pub family: Family,

    /// Connect to this broker, regardless of AT+CMQTTCONNECT
    #[arg(long, value_name = "HOST:PORT")]
    pub broker: Option<BrokerAddress>,

    /// Override one behaviour of the family; repeatable, --help lists them
    #[arg(long = "set", value_name = "SWITCH=VALUE", value_parser = setting)]
    pub settings: Vec<(String, String)>,

    /// Carry bytes no faster than a UART at this rate, in both directions
    #[arg(long, value_name = "N")]
    pub baud: Option<NonZeroU32>,

    /// Inject a fault at one byte of a direction, counted from 0; repeatable. DIRECTION is to-modem or to-host, FAULT
    /// is lose, double, flip=BITS, silence=MS (this byte and all within that time are lost) or hold=MS (late)
    #[arg(long = "fault", value_name = "DIRECTION:BYTE:FAULT", value_parser = planned_fault)]
    pub faults: Vec<PlannedFault>,

    /// Probability of a fault at each byte of a direction; repeatable. FAULT is lose, double or flip, RATE is from 0 to
    /// 1
    #[arg(long = "fault-rate", value_name = "DIRECTION:FAULT=RATE", value_parser = fault_rate)]
    pub fault_rates: Vec<FaultRate>,

    /// The same seed gives the same faults for the same bytes
    #[arg(long, value_name = "N", default_value_t = 0, requires = "fault_rates")]
    pub fault_seed: u64,

    /// Restart the module once, this long after the start
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub restart_after: Option<f64>,

    /// Print the dialogue to stderr, long data abridged
    #[arg(long)]
    pub log: bool,

    /// Write the dialogue to a file as a transcript, secrets masked
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// End with exit code 3 if the referee found errors, else with 4 if a --fault was beyond the end of the dialogue
    #[arg(long)]
    pub strict: bool,
}

/// Where hosts attach.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Place {
    /// Serve a pseudo-terminal, linked at PATH
    #[arg(long, value_name = "PATH")]
    pub pty: Option<PathBuf>,

    /// Serve a TCP listener, one host at a time; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT")]
    pub tcp: Option<String>,
}

impl Arguments {
    /// The family's behaviour with every `--set` applied.
    pub fn behaviour(&self) -> Result<Behaviour, SwitchError> {
        let mut behaviour = Behaviour::of(self.family);
        for (name, value) in &self.settings {
            behaviour.set(name, value)?;
        }
        Ok(behaviour)
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not SWITCH=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=1e9).contains(&seconds) => Ok(seconds),
        _ => Err("not a number of seconds".to_owned()),
    }
}

fn switches() -> String {
    let mut text = "Switches (--set SWITCH=VALUE):\n".to_owned();
    for switch in SWITCHES {
        let _ = write!(text, "  {}={}\n          {}\n", switch.name, switch.values.join("|"), switch.meaning);
    }
    text
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
    fn exactly_one_place_is_wanted() {
        assert!(Arguments::try_parse_from(["simulator"]).is_err());
        assert!(Arguments::try_parse_from(["simulator", "--pty", "p", "--tcp", "127.0.0.1:0"]).is_err());
        assert!(Arguments::try_parse_from(["simulator", "--tcp", "127.0.0.1:0"]).is_ok());
    }

    #[test]
    fn help_lists_every_switch() {
        let help = Arguments::command().render_long_help().to_string();
        for switch in SWITCHES {
            assert!(help.contains(switch.name), "{}", switch.name);
        }
    }

    #[test]
    fn a_seed_wants_a_rate() {
        let arguments = ["simulator", "--tcp", "127.0.0.1:0", "--fault-seed", "7"];
        assert!(Arguments::try_parse_from(arguments).is_err());
        let with_rate = arguments.into_iter().chain(["--fault-rate", "to-host:lose=0.1"]);
        assert_eq!(Arguments::try_parse_from(with_rate).unwrap().fault_seed, 7);
    }

    #[test]
    fn unknown_switch_is_refused() {
        let arguments = Arguments::try_parse_from(["simulator", "--tcp", "127.0.0.1:0", "--set", "no-such=1"]).unwrap();
        assert!(arguments.behaviour().is_err());
    }
}
