//! Every case, run on every core.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::env;
use std::sync::Mutex;

use simcom_modem_simulator::fault::Fault;
use simcom_modem_simulator::pipe::Direction;

use crate::case::{Case, Class, Incident, LATENESS, LATENESS_IN_MESSAGE, SILENCE, Setting, Trouble};
use crate::execution::run;
use crate::known::{self, Form};
use crate::reference::{Reference, reference};
use crate::report;
use crate::session::{LONG, WHOLE};
use crate::verdict::Verdict;
use crate::{DROPS_FUTURES, FAMILIES, NAME};

/// Speed of the line to the module.
const BAUD: u32 = 115_200;
/// Distance of the fault positions in the long session.
const LONG_STEP: usize = 61;
/// Number of fault positions before and after the edge of a part.
const EDGE: usize = 2;
const SEEDS: u64 = 1000;

/// Distance of the cases that are run: a prime, so that no kind of case is always left out.
const SHORT_STEP: usize = if DROPS_FUTURES { 61 } else { 997 };
const FULL_STEP: usize = if DROPS_FUTURES { 1 } else { 61 };

/// Separators of parts as some firmware sends them, and as the manuals print them.
const UNSEPARATED: &[(&str, &str)] =
    &[("topic-separator", "none"), ("payload-separator", "none"), ("block-separator", "none")];
const AS_PRINTED: &[(&str, &str)] =
    &[("topic-separator", "crlf"), ("payload-separator", "none"), ("block-separator", "crlf")];

/// Runs the grid and compares the violations with the known ones.
pub fn judge() {
    let form = match env::var("FAULTS").as_deref() {
        Err(_) => Form::Short,
        Ok("full") => Form::Full,
        Ok(other) => panic!("FAULTS={other}: only FAULTS=full is known"),
    };
    let step = if form == Form::Full { FULL_STEP } else { SHORT_STEP };
    let mut settings = Vec::new();
    let mut cases = Vec::new();
    for (family, _) in FAMILIES {
        for (setting, add) in plans(family) {
            let case = Case { class: Class::Dropped, setting, trouble: Trouble::None };
            let reference = reference(&case);
            let first = cases.len();
            add(setting, &reference, &mut |class, trouble| {
                cases.push((settings.len(), Case { class, setting, trouble }));
            });
            assert!(cases.len() > first, "a plan without cases");
            settings.push(reference);
        }
    }
    let chosen: Vec<_> = cases.into_iter().step_by(step).collect();
    let verdicts = run_all(&chosen, &settings);
    let summary = report::summary(&verdicts);
    println!("{} runs through the {NAME} client\n{}", verdicts.len(), report::table(&summary));
    if let Ok(seconds) = env::var("FAULTS_SLOW") {
        let limit = Duration::from_secs(seconds.parse().expect("FAULTS_SLOW: a number of seconds"));
        report::slow(&chosen, &verdicts, limit).values().for_each(|run| println!("{run}\n"));
    }
    if form == Form::Full && DROPS_FUTURES {
        report::write(&summary);
    }
    known::compare(form, &summary, &report::examples(&chosen, &verdicts));
}

/// A module that accepts lines which others refuse, and loses bytes which others keep.
const LENIENT: &[(&str, &str)] = &[("ignores-before-at", "on"), ("bytes-while-executing", "lost")];

type Add<'a> = &'a mut dyn FnMut(Class, Trouble);
type Plan = fn(Setting, &Reference, Add<'_>);

/// The sessions of a family, each with its faults.
fn plans(family: crate::driver::Family) -> Vec<(Setting, Plan)> {
    let whole = Setting::new(family, WHOLE);
    let long = Setting { part_size: 1500, ..Setting::new(family, LONG) };
    let mut plans: Vec<(Setting, Plan)> = vec![
        (whole, to_host_at_every_byte),
        (whole, incidents_at_every_byte),
        (whole, by_chance),
        (Setting { baud: Some(BAUD), ..whole }, to_module_at_every_byte),
        (Setting { baud: Some(BAUD), ..whole }, lost_at_every_byte),
        (Setting { baud: Some(BAUD), switches: LENIENT, ..whole }, lost_at_every_byte),
        (Setting { switches: UNSEPARATED, ..whole }, in_the_message::<{ Class::ToHostLostUnseparated as u8 }>),
        (Setting { switches: AS_PRINTED, ..whole }, in_the_message::<{ Class::ToHostLostAsPrinted as u8 }>),
        (long, to_host_at_edges),
        (Setting { baud: Some(BAUD), ..long }, to_module_at_edges),
    ];
    if DROPS_FUTURES {
        plans.push((Setting { is_cut_small: true, ..whole }, drops));
    }
    plans
}

fn to_host(position: usize, reference: &Reference, add: Add<'_>) {
    let late = if reference.is_in_message(position) { LATENESS_IN_MESSAGE } else { LATENESS };
    let byte = |fault| Trouble::Byte(Direction::ToHost, position, fault);
    add(Class::ToHostLost, byte(Fault::Lose));
    add(Class::ToHostDoubled, byte(Fault::Double));
    add(Class::ToHostChanged, byte(bit(position)));
    add(Class::ToHostSilent, byte(Fault::Silence(SILENCE)));
    add(Class::ToHostLate, byte(Fault::Hold(late)));
    for (class, count) in [(Class::Overrun0, 0), (Class::Overrun1, 1), (Class::Overrun8, 8), (Class::Overrun40, 40)] {
        add(class, Trouble::Overrun(position, count));
    }
}

fn to_module(position: usize, add: Add<'_>) {
    let byte = |fault| Trouble::Byte(Direction::ToModem, position, fault);
    add(Class::ToModuleLost, byte(Fault::Lose));
    add(Class::ToModuleDoubled, byte(Fault::Double));
    add(Class::ToModuleChanged, byte(bit(position)));
    add(Class::ToModuleSilent, byte(Fault::Silence(SILENCE)));
}

fn incidents(direction: Direction, position: usize, add: Add<'_>) {
    for (class, incident) in [
        (Class::Restart, Incident::Restart),
        (Class::ConnectionLost, Incident::ConnectionLost),
        (Class::NetworkLost, Incident::NetworkLost),
        (Class::HostReset, Incident::HostReset),
        (Class::HostResetUnanswered, Incident::HostResetUnanswered),
    ] {
        add(class, Trouble::Incident(direction, position, incident));
    }
}

/// The bit to change, different from place to place.
fn bit(position: usize) -> Fault {
    Fault::Flip(1 << (position % 8))
}

fn to_host_at_every_byte(_: Setting, reference: &Reference, add: Add<'_>) {
    (0..reference.to_host.len()).for_each(|position| to_host(position, reference, add));
}

fn to_module_at_every_byte(_: Setting, reference: &Reference, add: Add<'_>) {
    (0..reference.to_module.len()).for_each(|position| to_module(position, add));
}

fn lost_at_every_byte(_: Setting, reference: &Reference, add: Add<'_>) {
    for position in 0..reference.to_host.len() {
        add(Class::ToHostLost, Trouble::Byte(Direction::ToHost, position, Fault::Lose));
        add(Class::Overrun1, Trouble::Overrun(position, 1));
    }
    for position in 0..reference.to_module.len() {
        add(Class::ToModuleLost, Trouble::Byte(Direction::ToModem, position, Fault::Lose));
    }
}

fn incidents_at_every_byte(_: Setting, reference: &Reference, add: Add<'_>) {
    (1..=reference.to_host.len()).for_each(|position| incidents(Direction::ToHost, position, add));
    (1..=reference.to_module.len()).for_each(|position| incidents(Direction::ToModem, position, add));
}

fn by_chance(_: Setting, _: &Reference, add: Add<'_>) {
    for seed in 0..SEEDS {
        add(Class::ChanceToHost, Trouble::Chance(Direction::ToHost, seed));
        add(Class::ChanceToModule, Trouble::Chance(Direction::ToModem, seed));
    }
}

/// Lost bytes in a message with other separators.
fn in_the_message<const CLASS: u8>(_: Setting, reference: &Reference, add: Add<'_>) {
    let class = Class::ALL[usize::from(CLASS)];
    for position in reference.messages.last().cloned().expect("a message is received") {
        add(class, Trouble::Byte(Direction::ToHost, position, Fault::Lose));
    }
}

fn to_host_at_edges(_: Setting, reference: &Reference, add: Add<'_>) {
    let ends = reference.data.iter().flat_map(|range| [range.start, range.end]);
    let edges = ends.flat_map(|end| end.saturating_sub(EDGE)..=end + EDGE);
    let mut positions: Vec<_> = edges.chain((0..reference.to_host.len()).step_by(LONG_STEP)).collect();
    positions.sort_unstable();
    positions.dedup();
    for position in positions {
        to_host(position, reference, add);
        incidents(Direction::ToHost, position.max(1), add);
    }
}

fn to_module_at_edges(_: Setting, reference: &Reference, add: Add<'_>) {
    let sent = &reference.to_module;
    let begin = sent.windows(14).position(|window| window == b"AT+CMQTTTOPIC=").expect("it publishes");
    let end = sent.windows(12).rposition(|window| window == b"AT+CMQTTPUB=").expect("it publishes");
    let mut positions: Vec<_> = (begin..begin + 70).chain(end - EDGE..end + EDGE).collect();
    positions.extend((0..sent.len()).step_by(LONG_STEP));
    positions.sort_unstable();
    positions.dedup();
    positions.iter().for_each(|position| to_module(*position, add));
}

fn drops(setting: Setting, reference: &Reference, add: Add<'_>) {
    for index in 0..setting.calls.len() {
        for polls in 1..=reference.polls.get(index).copied().unwrap_or_default() {
            add(Class::Dropped, Trouble::Drop(index, polls));
        }
    }
}

fn run_all(cases: &[(usize, Case)], references: &[Reference]) -> Vec<(Verdict, String)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![None; cases.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((setting, case)) = cases.get(index) else { return };
                    let verdict = run(case, &references[*setting]);
                    results.lock().expect("no thread panics")[index] = Some(verdict);
                }
            });
        }
    });
    results.into_inner().expect("no thread panics").into_iter().flatten().collect()
}
