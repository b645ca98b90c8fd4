//! An outage begins in the midst of an attempt: its turns, its outbox and its way back are those of every other one.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use simcom_modem_simulator::pipe::{Bench, Tasks};

use crate::bed::{FIRST, Filters, LONGEST_WAIT, Module, OPTIONS, SECOND, acknowledged, give, switched};
use crate::driver::command::network::Csq;
use crate::driver::network::Apn;
use crate::driver::outbox::{DropOldest, Outbox};
use crate::driver::supervisor::{Backoff, Policy, Recovery, Supervisor};
use crate::driver::{ClientIndex, Error, Family, QoS, RefuseAll};
use crate::shell::{ResetHook, shell_modem};
use crate::soak::in_parallel;
use crate::soak::outages::Outage;

const UP_AGAIN: Duration = Duration::from_secs(15);
/// Time of an operation from its `OK` to its outcome, so that an outage finds it waiting.
const OPERATION: &str = "2000";
const SLOW: &[(&str, &str)] = &[
    ("start-delay", OPERATION),
    ("connect-delay", OPERATION),
    ("subscribe-delay", OPERATION),
    ("publish-delay", OPERATION),
    ("registration-queries", "3"),
    ("start-order", "ok-first"),
];

static APN: Apn<'static> = Apn::new("internet");

/// The command that is under way when the outage begins.
const COMMANDS: [&str; 5] = ["AT+CREG?\r", "AT+CMQTTSTART\r", "AT+CMQTTCONNECT=0", "AT+CMQTTSUB", "AT+CMQTTPUB=0,1"];

#[derive(Clone, Copy, Debug)]
struct Case {
    outage: Outage,
    family: Family,
    command: &'static str,
    /// Whether the command has its `OK`.
    is_accepted: bool,
    clients: &'static [ClientIndex],
}

/// Longest time until another task has had its turn, and whether all were up in time.
#[derive(Debug)]
struct Record {
    longest: Duration,
    up_again: Option<Duration>,
    left_in_outbox: usize,
    resets: u32,
}

fn run(case: &Case, length: Duration) -> Record {
    let bench = switched(case.family, SLOW);
    let module: Module = Module::new();
    give(&module, shell_modem(&bench, case.family, RefuseAll));
    let filters = [Filters::new(), Filters::new()];
    filters.iter().for_each(|filters| filters.add("pump/set", QoS::AtLeastOnce).unwrap());
    let outboxes = [Outbox::<CriticalSectionRawMutex, 8, DropOldest>::new(), Outbox::new()];
    let longest = Cell::new(Duration::ZERO);
    let resets = Rc::new(Cell::new(0));
    let mut tasks = Tasks::new(&bench);
    tasks.spawn("runner", async {
        let policy = Policy::new(Backoff::new(7).longest(LONGEST_WAIT));
        let supervisor = |client: &ClientIndex| {
            let index = usize::from(client.number());
            Supervisor::new(*client, &OPTIONS[index], &filters[index], policy)
        };
        let mut supervisors: Vec<_> = case.clients.iter().map(supervisor).collect();
        let hook = ResetHook { bench: bench.clone(), resets: resets.clone() };
        let mut recovery = Recovery::new(&APN).with_reset(hook);
        let ended = module.run(&mut supervisors, &mut recovery, |_| {}).await;
        panic!("the runner ended: {ended:?}");
    });
    tasks.spawn("signal", async {
        let mut clock = bench.clock();
        loop {
            clock.wait_until(clock.now() + Duration::from_secs(2)).await;
            let asked = clock.now();
            let turn = module.lock(async |_| ()).await;
            assert!(matches!(turn, Ok(()) | Err(Error::NoAnswer { .. })), "{turn:?}");
            longest.set(longest.get().max(clock.now() - asked));
            let _ = module.execute(&Csq).await;
        }
    });
    for (client, outbox) in case.clients.iter().zip(&outboxes) {
        tasks.spawn("sensor", async {
            let mut clock = bench.clock();
            loop {
                outbox.push(*client, &acknowledged(b"on")).unwrap();
                clock.wait_until(clock.now() + Duration::from_secs(10)).await;
            }
        });
        tasks.spawn("sender", async {
            let mut clock = bench.clock();
            loop {
                outbox.not_empty().await;
                module.wait_up(*client).await.unwrap();
                if module.drain(outbox).await.is_err() {
                    clock.wait_until(clock.now() + Duration::from_secs(1)).await;
                }
            }
        });
    }
    let contains = |bench: &Bench| bench.sent().windows(case.command.len()).any(|sent| sent == case.command.as_bytes());
    while !contains(&bench) {
        tasks.poll_next_or_fail();
    }
    tasks.run_for(Duration::from_millis(if case.is_accepted { 500 } else { 1 }));
    case.outage.begin(&bench);
    tasks.run_for(length);
    case.outage.end(&bench);
    let end = bench.now();
    let is_up = || case.clients.iter().all(|client| module.is_up(*client));
    let mut up_again = None;
    while up_again.is_none() && bench.now() < end + LONGEST_WAIT * 4 {
        tasks.run_for(Duration::from_secs(1));
        up_again = is_up().then(|| bench.now() - end);
    }
    tasks.run_for(Duration::from_secs(40));
    if !is_up() {
        up_again = None;
    }
    drop(tasks);
    let left_in_outbox = outboxes.iter().map(Outbox::len).sum();
    Record { longest: longest.get(), up_again, left_in_outbox, resets: resets.get() }
}

/// 20 s after an unanswered command, which lasts longer than others where the module may still be at work on it.
fn longest_wait(case: &Case) -> Duration {
    let starts_for = if matches!(case.family, Family::A7600 | Family::Sim7600) { 125 } else { 17 };
    match (case.outage, case.is_accepted, case.command) {
        (Outage::ModuleMute, false, "AT+CMQTTSTART\r") => Duration::from_secs(starts_for + 20),
        // The operation of the other client is awaited too, where it is not known yet whether the module shares.
        (Outage::ModuleMute, false, "AT+CMQTTPUB=0,1") if case.clients.len() > 1 => Duration::from_secs(125 + 9 + 20),
        _ => case.outage.longest_wait(),
    }
}

fn cases(all: bool) -> Vec<Case> {
    let families = [Family::A7600, Family::A76xx, Family::Sim7600, Family::Sim767x];
    let mut cases = Vec::new();
    for (family_number, family) in families.into_iter().enumerate() {
        for (outage_number, outage) in Outage::ALL.into_iter().enumerate() {
            for (command_number, command) in COMMANDS.into_iter().enumerate() {
                for (is_accepted, clients) in
                    [(false, &[FIRST][..]), (true, &[FIRST]), (false, &[FIRST, SECOND]), (true, &[FIRST, SECOND])]
                {
                    let number = 2 * usize::from(is_accepted) + clients.len() - 1;
                    // Each family has another one of the four.
                    if all || (family_number + outage_number + command_number) % 4 == number {
                        cases.push(Case { outage, family, command, is_accepted, clients });
                    }
                }
            }
        }
    }
    cases
}

#[test]
fn an_outage_that_begins_in_the_midst_of_any_step_ends_like_every_other_one() {
    let all = std::env::var("SHARED").is_ok_and(|form| form == "full");
    let cases = cases(all);
    let length = Duration::from_secs(if all { 1_800 } else { 600 });
    let records = in_parallel(&cases, |case| run(case, length));
    for (case, record) in cases.iter().zip(&records) {
        println!("{case:?} {record:?}");
    }
    for (case, record) in cases.iter().zip(records) {
        assert!(record.up_again.is_some_and(|time| time <= LONGEST_WAIT + UP_AGAIN), "{case:?}: {record:?}");
        assert!(record.longest <= longest_wait(case), "{case:?}: {record:?}");
        assert!(record.left_in_outbox <= case.clients.len(), "{case:?}: {record:?}");
        if let Outage::ModuleMute = case.outage {
            assert!(record.resets > 0, "{case:?}: {record:?}");
        }
    }
}
