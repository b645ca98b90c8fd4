//! Parses the faults of the line from the command line.

use std::time::Duration;

use simcom_modem_simulator::fault::{Fault, Rates};
use simcom_modem_simulator::pipe::Direction;

/// `--fault DIRECTION:BYTE:FAULT`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedFault {
    pub direction: Direction,
    pub position: usize,
    pub fault: Fault,
}

/// `--fault-rate DIRECTION:FAULT=RATE`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRate {
    pub direction: Direction,
    kind: RateKind,
    rate: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RateKind {
    Lose,
    Double,
    Flip,
}

/// The text of a direction on the command line.
pub fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::ToModem => "to-modem",
        Direction::ToHost => "to-host",
    }
}

pub fn planned_fault(text: &str) -> Result<PlannedFault, String> {
    let (direction_text, rest) = text.split_once(':').ok_or("not DIRECTION:BYTE:FAULT")?;
    let (position, fault_text) = rest.split_once(':').ok_or("not DIRECTION:BYTE:FAULT")?;
    let position = position.parse().map_err(|_| format!("\"{position}\" is not the number of a byte"))?;
    Ok(PlannedFault { direction: direction(direction_text)?, position, fault: fault(fault_text)? })
}

pub fn fault_rate(text: &str) -> Result<FaultRate, String> {
    let (direction_text, rest) = text.split_once(':').ok_or("not DIRECTION:FAULT=RATE")?;
    let (kind, rate) = rest.split_once('=').ok_or("not DIRECTION:FAULT=RATE")?;
    let kind = match kind {
        "lose" => RateKind::Lose,
        "double" => RateKind::Double,
        "flip" => RateKind::Flip,
        other => return Err(format!("\"{other}\" is none of lose, double, flip")),
    };
    match rate.parse() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(FaultRate { direction: direction(direction_text)?, kind, rate }),
        _ => Err(format!("\"{rate}\" is not a number from 0 to 1")),
    }
}

/// The rates of one direction, the last of each kind; `None` if none is given.
///
/// # Errors
///
/// The rates add up to more than 1.
pub fn rates(all: &[FaultRate], direction: Direction) -> Result<Option<Rates>, String> {
    let mut rates = None;
    for rate in all.iter().filter(|rate| rate.direction == direction) {
        let rates = rates.get_or_insert_with(Rates::default);
        match rate.kind {
            RateKind::Lose => rates.lose = rate.rate,
            RateKind::Double => rates.double = rate.rate,
            RateKind::Flip => rates.flip = rate.rate,
        }
    }
    match rates {
        Some(Rates { lose, double, flip }) if lose + double + flip > 1.0 => {
            Err(format!("the fault rates {} are more than 1 together", name(direction)))
        }
        rates => Ok(rates),
    }
}

fn direction(text: &str) -> Result<Direction, String> {
    [Direction::ToModem, Direction::ToHost]
        .into_iter()
        .find(|direction| name(*direction) == text)
        .ok_or_else(|| format!("\"{text}\" is neither to-modem nor to-host"))
}

fn fault(text: &str) -> Result<Fault, String> {
    let (kind, value) = text.split_once('=').map_or((text, None), |(kind, value)| (kind, Some(value)));
    match (kind, value) {
        ("lose", None) => Ok(Fault::Lose),
        ("double", None) => Ok(Fault::Double),
        ("flip", Some(bits)) => Ok(Fault::Flip(bits_of(bits)?)),
        ("silence", Some(time)) => Ok(Fault::Silence(milliseconds(time)?)),
        ("hold", Some(time)) => Ok(Fault::Hold(milliseconds(time)?)),
        _ => Err(format!("\"{text}\" is none of lose, double, flip=BITS, silence=MS, hold=MS")),
    }
}

/// The bits to invert, at least one.
fn bits_of(text: &str) -> Result<u8, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.ok().filter(|bits| *bits != 0).ok_or_else(|| format!("\"{text}\" is not 1-255 or 0x01-0xff"))
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    let parsed: Result<u32, _> = text.parse();
    parsed
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
        .map_err(|_| format!("\"{text}\" is not a number of milliseconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_planned() {
        for (text, direction, position, fault) in [
            ("to-host:0:lose", Direction::ToHost, 0, Fault::Lose),
            ("to-modem:12:double", Direction::ToModem, 12, Fault::Double),
            ("to-host:3:flip=0x20", Direction::ToHost, 3, Fault::Flip(0x20)),
            ("to-host:3:flip=255", Direction::ToHost, 3, Fault::Flip(255)),
            ("to-modem:9:silence=2000", Direction::ToModem, 9, Fault::Silence(Duration::from_secs(2))),
            ("to-host:9:hold=50", Direction::ToHost, 9, Fault::Hold(Duration::from_millis(50))),
        ] {
            assert_eq!(planned_fault(text), Ok(PlannedFault { direction, position, fault }), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, named) in [
            ("lose", "DIRECTION:BYTE:FAULT"),
            ("up:3:lose", "\"up\""),
            ("to-host:-1:lose", "\"-1\""),
            ("to-host:3:drop", "\"drop\""),
            ("to-host:3:lose=1", "\"lose=1\""),
            ("to-host:3:flip", "\"flip\""),
            ("to-host:3:flip=0", "\"0\""),
            ("to-host:3:flip=0x100", "\"0x100\""),
            ("to-host:3:silence=2s", "\"2s\""),
            ("to-host:3:hold=4294967296", "\"4294967296\""),
        ] {
            let error = planned_fault(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
        for text in
            ["to-host", "to-host:lose", "to-host:silence=0.1", "to-host:lose=1.5", "to-host:lose=NaN", "x:lose=0"]
        {
            assert!(fault_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_gathered_by_direction() {
        let all = ["to-host:lose=0.25", "to-host:flip=0.5", "to-modem:double=1"].map(|text| fault_rate(text).unwrap());
        let to_host = Rates { lose: 0.25, double: 0.0, flip: 0.5 };
        assert_eq!(rates(&all, Direction::ToHost), Ok(Some(to_host)));
        assert_eq!(rates(&all[..2], Direction::ToModem), Ok(None));
        let too_many = ["to-host:lose=0.75", "to-host:flip=0.5"].map(|text| fault_rate(text).unwrap());
        assert!(rates(&too_many, Direction::ToHost).unwrap_err().contains("to-host"));
    }
}
