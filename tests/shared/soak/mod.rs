//! Many messages each way, with a fault every few of them.

mod fate;
mod inboxes;
mod kept;
mod ledger;
mod locked;
mod module;
mod outages;
mod referee;
mod tasks;
mod trouble;

use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::BTreeMap;

use fastrand::Rng;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::pipe::{Bench, Tasks};

use crate::driver::Family;
use crate::families::module_family;
use crate::soak::ledger::{Totals, Violation, incoming};
use crate::soak::module::{IN, Shared};
use crate::soak::tasks::Application;
use crate::soak::trouble::{Schedule, Trouble};

const BAUD: Option<NonZeroU32> = NonZeroU32::new(115_200);
/// Far more than any run needs.
const TIME_LIMIT: Duration = Duration::from_secs(400 * 24 * 3600);
/// Time for the last messages to reach their inboxes.
const SETTLING: Duration = Duration::from_secs(60);
const ONE_OF_DROPPED: usize = 20;

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
#[cfg(test)]
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
    let most_polls = tasks.most_polls_at_one_time();
    drop(tasks);
    record(&application, schedule, most_polls)
}

fn record<S: Shared>(application: &Application<S>, schedule: Schedule, most_polls: usize) -> Record {
    let Application { bench, shared, ledger, .. } = application;
    let (totals, violations) = ledger.judge(bench, shared.counted_messages());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::ALL_FAMILIES;
    use crate::soak::kept::Kept;
    use crate::soak::locked::Locked;

    #[test]
    fn a_lock_around_the_driver_loses_and_doubles_nothing() {
        for (family, _) in ALL_FAMILIES {
            let record = run::<Locked>(&Plan { family, messages: 200, seed: 1, baud: BAUD, switches: &[] });
            println!("{family:?} {record:?}");
            assert_eq!(record.violations, []);
        }
    }

    #[test]
    fn the_shared_modem_loses_and_doubles_nothing() {
        for (family, _) in ALL_FAMILIES {
            let record = run::<Kept>(&Plan { family, messages: 200, seed: 1, baud: BAUD, switches: &[] });
            println!("{family:?} {record:?}");
            assert_eq!(record.violations, []);
        }
    }

    #[test]
    fn others_go_on_during_an_outage() {
        for outage in outages::Outage::ALL {
            for (family, _) in ALL_FAMILIES {
                let record = outages::run::<Kept>(family, outage);
                println!("{family:?} {outage:?} {record:?}");
            }
        }
    }
}
