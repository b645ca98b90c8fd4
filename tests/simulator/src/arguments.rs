//! The command line.

use std::fmt::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser};
use simcom_modem_simulator::behaviour::{Behaviour, SWITCHES, SwitchError};
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::mqtt::BrokerAddress;

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

    /// Connect to this broker whatever AT+CMQTTCONNECT says
    #[arg(long, value_name = "HOST:PORT")]
    pub broker: Option<BrokerAddress>,

    /// Behave differently from the family's habit; repeatable, --help lists them
    #[arg(long = "set", value_name = "SWITCH=VALUE", value_parser = setting)]
    pub settings: Vec<(String, String)>,

    /// Send to the host no faster than a UART at this rate
    #[arg(long, value_name = "N")]
    pub baud: Option<NonZeroU32>,

    /// Restart the module once, this long after the start
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub restart_after: Option<f64>,

    /// Print the dialogue to stderr, long data abridged
    #[arg(long)]
    pub log: bool,

    /// Write the dialogue to a file as a transcript, secrets masked
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// End with exit code 3 if the referee found errors; its warnings do not count
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
    /// The family's habit with every `--set` applied.
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
    fn unknown_switch_is_refused() {
        let arguments = Arguments::try_parse_from(["simulator", "--tcp", "127.0.0.1:0", "--set", "no-such=1"]).unwrap();
        assert!(arguments.behaviour().is_err());
    }
}
