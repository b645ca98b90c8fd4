//! Half an hour without broker, radio or module: others go on meanwhile, and all is up again soon after.

use core::time::Duration;

use simcom_modem_simulator::pipe::{Bench, Tasks};

use crate::driver::Family;
use crate::soak::bench;
use crate::soak::ledger::Violation;
use crate::soak::module::Shared;
use crate::soak::tasks::Application;

/// What is out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outage {
    BrokerSilent,
    BrokerRefuses,
    RadioDead,
    ModuleMute,
}

const BEFORE: Duration = Duration::from_secs(60);
pub const LENGTH: Duration = Duration::from_secs(30 * 60);
/// The run goes on for so long after it.
const AFTER: Duration = Duration::from_secs(10 * 60);
const BETWEEN_SIGNALS: Duration = Duration::from_secs(3);
/// Server unavailable.
const REFUSAL: u8 = 29;

impl Outage {
    pub const ALL: [Self; 4] = [Self::BrokerSilent, Self::BrokerRefuses, Self::RadioDead, Self::ModuleMute];

    pub fn name(self) -> &'static str {
        match self {
            Self::BrokerSilent => "broker silent",
            Self::BrokerRefuses => "broker refuses",
            Self::RadioDead => "radio dead, no URC",
            Self::ModuleMute => "module mute",
        }
    }

    /// The longest time until a command of another subsystem gets the module.
    pub fn longest_wait(self) -> Duration {
        Duration::from_secs(match self {
            Self::BrokerSilent | Self::BrokerRefuses | Self::RadioDead => 10,
            // 9 s for the command that is not answered, and 20 s after it.
            Self::ModuleMute => 30,
        })
    }

    pub fn begin(self, bench: &Bench) {
        match self {
            Self::BrokerSilent => bench.loopback(|broker, _| broker.silent = true),
            Self::BrokerRefuses => bench.loopback(|broker, now| {
                broker.refuse_connections(Some(REFUSAL));
                (0..2).for_each(|client| broker.close(now, client, 1));
            }),
            Self::RadioDead => bench.modem(|modem, now| modem.lose_network_silently(now, false)),
            Self::ModuleMute => bench.modem(|modem, now| modem.set_mute(now, true)),
        }
    }

    pub fn end(self, bench: &Bench) {
        match self {
            Self::BrokerSilent => bench.loopback(|broker, _| broker.silent = false),
            Self::BrokerRefuses => bench.loopback(|broker, _| broker.refuse_connections(None)),
            Self::RadioDead => bench.modem(|modem, now| modem.restore_network(now)),
            Self::ModuleMute => bench.modem(|modem, now| modem.set_mute(now, false)),
        }
    }
}

/// What an outage has shown.
#[derive(Debug)]
pub struct OutageRecord {
    /// Longest time until a command of another subsystem got the module.
    pub longest_wait: Duration,
    pub longest_publish: Duration,
    /// From the end of the outage until a publish of every publisher was accepted that began after it.
    pub up_again: Option<Duration>,
    pub violations: Vec<Violation>,
}

/// Runs the tasks through one outage.
pub fn run<S: Shared>(family: Family, outage: Outage) -> OutageRecord {
    let bench = bench(family, None, &[]);
    let application = Application::new(&bench, S::on(&bench, family), 0);
    let mut tasks = Tasks::new(&bench);
    for (name, job) in application.shared.jobs() {
        tasks.spawn(name, job);
    }
    for qos in 0..3 {
        tasks.spawn(&format!("publisher {qos}"), application.publisher(qos, usize::MAX, 7 + qos as u64));
    }
    tasks.spawn("signal", application.signal(BETWEEN_SIGNALS, 7));
    tasks.run_for(BEFORE);
    assert!(application.ledger.all_accepted().is_some(), "all was up before the outage");
    outage.begin(&bench);
    tasks.run_for(LENGTH);
    outage.end(&bench);
    let end = bench.now();
    application.ledger.watch_from(end);
    tasks.run_for(AFTER);
    application.is_over.set(true);
    tasks.run_for(AFTER);
    drop(tasks);
    let ledger = &application.ledger;
    OutageRecord {
        longest_wait: ledger.signals.longest_wait.get(),
        longest_publish: ledger.longest_publish.get(),
        up_again: ledger.all_accepted().map(|at| at - end),
        violations: ledger.judge(&bench, application.counted_messages(), application.shared.outbox().1).1,
    }
}
