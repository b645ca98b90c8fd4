//! Many messages each way, with a fault every few of them.

mod fate;
mod inboxes;
mod ledger;
mod locked;
mod module;
pub mod outages;
mod page;
mod referee;
mod supervised;
mod tasks;
mod trouble;

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Mutex;

use fastrand::Rng;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::pipe::{Bench, Tasks};

use crate::driver::Family;
use crate::families::{ALL_FAMILIES, module_family};
use crate::soak::ledger::{Totals, Violation, incoming};
use crate::soak::locked::Locked;
use crate::soak::module::{IN, Shared};
use crate::soak::outages::Outage;
use crate::soak::page::Form;
use crate::soak::supervised::Supervised;
use crate::soak::tasks::{Application, ONE_OF_DROPPED};
use crate::soak::trouble::{Schedule, Trouble};

const BAUD: Option<NonZeroU32> = NonZeroU32::new(115_200);
/// Far more than any run needs.
const TIME_LIMIT: Duration = Duration::from_secs(400 * 24 * 3600);
/// Time for the last messages to reach their inboxes.
const SETTLING: Duration = Duration::from_secs(60);

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub family: Family,
    /// Messages of each publisher, and messages from the broker.
    pub messages: usize,
    pub seed: u64,
    /// Speed of the line; without one, bytes take no time.
    pub baud: Option<NonZeroU32>,
    pub switches: &'static [(&'static str, &'static str)],
}

/// What a run has shown.
#[derive(Debug)]
pub struct Record {
    pub totals: Totals,
    pub violations: Vec<Violation>,
    pub struck: BTreeMap<Trouble, usize>,
    pub signals: [usize; 3],
    pub longest_wait: Duration,
    pub longest_publish: Duration,
    pub longest_outage: Duration,
    pub most_polls: usize,
    pub time: Duration,
}

/// A module of the plan's family with its switches set.
pub fn bench(family: Family, baud: Option<NonZeroU32>, switches: &[(&str, &str)]) -> Bench {
    let mut behaviour = Behaviour::of(module_family(family));
    for (name, value) in switches {
        behaviour.set(name, value).expect("a switch and its value");
    }
    let bench = Bench::with(module_family(family), behaviour);
    bench.set_baud(baud);
    bench.set_time_limit(TIME_LIMIT);
    bench
}

/// A bench for tests of the referee.
pub fn test_bench() -> Bench {
    bench(Family::A76xx, None, &[])
}

/// Runs the tasks until each publisher has published all its messages.
pub fn run<S: Shared>(plan: &Plan) -> Record {
    let bench = bench(plan.family, plan.baud, plan.switches);
    let application = Application::new(&bench, S::on(&bench, plan.family), ONE_OF_DROPPED);
    let mut schedule = Schedule::new(plan.seed);
    let mut broker = Sender { random: Rng::with_seed(plan.seed ^ 1), sent: 0, messages: plan.messages };
    let mut tasks = Tasks::new(&bench);
    tasks.shuffle(plan.seed);
    for (name, job) in application.shared.jobs() {
        tasks.spawn(name, job);
    }
    let publishers: Vec<_> = (0..3)
        .map(|qos| {
            let seed = plan.seed.wrapping_mul(31).wrapping_add(qos as u64);
            tasks.spawn(&format!("publisher {qos}"), application.publisher(qos, plan.messages, seed))
        })
        .collect();
    for inbox in 0..2 {
        tasks.spawn(&format!("inbox {inbox}"), application.receiver(inbox));
    }
    tasks.spawn("signal", application.signal(Duration::from_secs(2), plan.seed));
    while publishers.iter().any(|id| !tasks.has_ended(*id)) {
        tasks.poll_next_or_fail();
        let published = application.published.get();
        schedule.progress(&bench, published);
        broker.progress(&application, published / 3);
    }
    application.is_over.set(true);
    tasks.run_for(SETTLING);
    // The counters of the driver are read by every second of these.
    tasks.spawn("counters", async {
        for _ in 0..2 {
            let _ = application.shared.signal(|| {}).await;
        }
    });
    tasks.run_for(SETTLING);
    let most_polls = tasks.most_polls_at_one_time();
    drop(tasks);
    record(&application, schedule, most_polls)
}

fn record<S: Shared>(application: &Application<S>, schedule: Schedule, most_polls: usize) -> Record {
    let Application { bench, ledger, .. } = application;
    let (totals, violations) = ledger.judge(bench, application.counted_messages(), application.shared.outbox().1);
    let signals = &ledger.signals;
    Record {
        totals,
        violations,
        struck: schedule.struck,
        signals: [&signals.answered, &signals.failed, &signals.dropped].map(core::cell::Cell::get),
        longest_wait: signals.longest_wait.get(),
        longest_publish: ledger.longest_publish.get(),
        longest_outage: ledger.longest_outage.get(),
        most_polls,
        time: bench.now(),
    }
}

/// The other side: messages for the tasks.
struct Sender {
    random: Rng,
    sent: usize,
    messages: usize,
}

impl Sender {
    /// As many messages have come as each publisher has published.
    fn progress<S: Shared>(&mut self, application: &Application<S>, due: usize) {
        while self.sent < due.min(self.messages) {
            let topic = self.random.usize(0..IN.len());
            let length = if self.random.u8(0..20) == 0 { 3000 } else { self.random.usize(0..300) };
            let payload = incoming(self.sent, length);
            application.bench.loopback(|broker, now| broker.publish(now, IN[topic].as_bytes(), &payload, false));
            application.ledger.sent(topic, payload);
            self.sent += 1;
        }
    }
}

/// Runs every job, as many at a time as there are processors.
pub fn in_parallel<I: Sync, O: Send>(jobs: &[I], run: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let result = run(job);
                    results.lock().expect("no thread panics").push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no thread panics");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The longest wait of another subsystem: 9 s for a command that is not answered, and 20 s after it.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a task is polled at most without time passing: bytes arrive together, and tasks take their turns.
const MOST_POLLS: usize = 32;
/// How much later than by its longest backoff a session is up again.
const UP_AGAIN: Duration = Duration::from_secs(15);

fn families() -> Vec<Family> {
    ALL_FAMILIES.into_iter().map(|(family, _)| family).collect()
}

#[test]
fn every_message_is_accounted_for_and_nobody_waits_too_long() {
    let form = Form::chosen();
    let plan = |family| Plan { family, messages: form.messages(), seed: 1, baud: None, switches: &[] };
    let records = in_parallel(&families(), |family| (*family, run::<Supervised>(&plan(*family))));
    let cases: Vec<_> =
        Outage::ALL.into_iter().flat_map(|outage| families().into_iter().map(move |it| (outage, it))).collect();
    let outages =
        in_parallel(&cases, |(outage, family)| (*outage, *family, outages::run::<Supervised>(*family, *outage)));
    let up_again = Supervised::LONGEST_BACKOFF + UP_AGAIN;
    let (fault_table, outage_table) = (page::fault_table(&records), page::outage_table(&outages, up_again));
    println!("{fault_table}\n{outage_table}");
    records.iter().for_each(|(family, record)| println!("{family:?}: {:?}", record.violations));
    page::compare(form, &fault_table, &outage_table);
    for (family, record) in &records {
        assert_eq!(record.violations, [], "{family:?}: {record:?}");
        assert_eq!(record.struck.len(), Trouble::ALL.len(), "{family:?}: every kind of fault has struck");
        assert!(record.most_polls <= MOST_POLLS, "{family:?}: {record:?}");
        assert!(record.longest_wait <= LONGEST_WAIT, "{family:?}: {record:?}");
    }
    for (outage, family, record) in &outages {
        assert_eq!(record.violations, [], "{outage:?} {family:?}");
        assert!(record.longest_wait <= outage.longest_wait(), "{outage:?} {family:?}: {record:?}");
        assert!(record.up_again.is_some_and(|time| time <= up_again), "{outage:?} {family:?}: {record:?}");
    }
}

/// The same with bytes that take their time, and with modules that do not carry out commands while an outcome is
/// pending.
#[test]
fn every_message_is_accounted_for_on_other_modules() {
    const SWITCHES: [&[(&str, &str)]; 5] = [
        &[],
        &[("while-pending", "other-client-busy")],
        &[("while-pending", "refused")],
        &[("while-pending", "held")],
        &[("timeout-outcome", "nothing")],
    ];
    let plans: Vec<_> = families()
        .into_iter()
        .zip(1..)
        .flat_map(|(family, seed)| SWITCHES.map(|switches| Plan { family, messages: 100, seed, baud: BAUD, switches }))
        .collect();
    for (plan, record) in plans.iter().zip(in_parallel(&plans, run::<Supervised>)) {
        assert_eq!(record.violations, [], "{plan:?}");
    }
}

/// What every application can write by itself has no other defect than its waits.
#[test]
fn a_lock_around_the_driver_loses_and_doubles_nothing() {
    let plan = Plan { family: Family::A76xx, messages: 200, seed: 1, baud: BAUD, switches: &[] };
    let record = run::<Locked>(&plan);
    assert_eq!(record.violations, []);
    assert!(record.longest_wait > LONGEST_WAIT, "the wait is measured");
}
