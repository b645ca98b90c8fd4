//! The referee of the soak finds what it is there for.

use core::cell::Cell;
use core::time::Duration;

use simcom_modem_simulator::fault::Fault;
use simcom_modem_simulator::modem::message_bytes;
use simcom_modem_simulator::pipe::{Bench, Direction};

use crate::driver::{ClientIndex, Error, Family, Publish};
use crate::soak::fate::Fate;
use crate::soak::ledger::{Ledger, Violation, incoming, payload};
use crate::soak::locked::Locked;
use crate::soak::module::{IN, Job, OUT, Shared};
use crate::soak::{Plan, run, test_bench};

/// A driver with a defect.
struct Broken<const DEFECT: u8> {
    driver: Locked,
    calls: Cell<usize>,
}

const PUBLISHES_TWICE: u8 = 0;
const FORGES_SUCCESS: u8 = 1;
const LOSES_A_MESSAGE: u8 = 2;

impl<const DEFECT: u8> Broken<DEFECT> {
    /// Every tenth call meets the defect.
    fn is_met(&self, defect: u8) -> bool {
        self.calls.set(self.calls.get() + 1);
        defect == DEFECT && self.calls.get().is_multiple_of(10)
    }
}

impl<const DEFECT: u8> Shared for Broken<DEFECT> {
    const LONGEST_BACKOFF: Duration = Locked::LONGEST_BACKOFF;

    fn on(bench: &Bench, family: Family) -> Self {
        Self { driver: Locked::on(bench, family), calls: Cell::default() }
    }

    fn jobs(&self) -> Vec<(&'static str, Job<'_>)> {
        self.driver.jobs()
    }

    async fn publish(&self, client: ClientIndex, message: &Publish<'_>) -> Result<(), Error> {
        let result = self.driver.publish(client, message).await;
        if self.is_met(PUBLISHES_TWICE) {
            return self.driver.publish(client, message).await;
        }
        if result.is_err() && self.is_met(FORGES_SUCCESS) { Ok(()) } else { result }
    }

    async fn signal(&self, turn: impl FnOnce()) -> Result<(), Error> {
        self.driver.signal(turn).await
    }

    async fn receive(&self, inbox: usize) -> Vec<u8> {
        let payload = self.driver.receive(inbox).await;
        if self.is_met(LOSES_A_MESSAGE) { self.driver.receive(inbox).await } else { payload }
    }

    fn counted_messages(&self, inbox: usize) -> usize {
        self.driver.counted_messages(inbox)
    }
}

fn violations_of<const DEFECT: u8>() -> Vec<Violation> {
    let plan = Plan { family: Family::A76xx, messages: 200, seed: 1, baud: None, switches: &[] };
    run::<Broken<DEFECT>>(&plan).violations
}

#[test]
fn a_driver_that_publishes_twice_is_found() {
    let violations = violations_of::<PUBLISHES_TWICE>();
    assert!(violations.iter().any(|it| matches!(it, Violation::Doubled { qos: 0, .. })), "{violations:?}");
    assert!(violations.iter().any(|it| matches!(it, Violation::Doubled { qos: 2, .. })), "{violations:?}");
}

#[test]
fn a_driver_that_reports_success_for_a_failure_is_found() {
    let violations = violations_of::<FORGES_SUCCESS>();
    assert!(violations.iter().any(|it| matches!(it, Violation::Missing { .. })), "{violations:?}");
}

#[test]
fn a_driver_that_loses_messages_is_found() {
    let violations = violations_of::<LOSES_A_MESSAGE>();
    assert!(violations.iter().all(|it| matches!(it, Violation::Unaccounted { .. })), "{violations:?}");
    assert_eq!(violations.len(), 2, "in both inboxes: {violations:?}");
}

/// What the referee says to this book, this broker and these messages on the line.
fn judge(write: impl FnOnce(&Ledger, &Bench)) -> Vec<Violation> {
    let bench = test_bench();
    let ledger = Ledger::default();
    write(&ledger, &bench);
    ledger.judge(&bench, [0, 0], 0).1
}

/// The broker has got this.
fn arrive(bench: &Bench, payload: &str) {
    bench.loopback(|broker, now| broker.publish(now, OUT.as_bytes(), payload.as_bytes(), false));
}

/// The module announces a message that the broker has sent.
fn announce(ledger: &Ledger, bench: &Bench, number: usize) {
    let message = incoming(number, 10);
    let behaviour = bench.modem(|modem, _| modem.behaviour().clone());
    let block = message_bytes(&behaviour, 0, IN[0].as_bytes(), &message);
    bench.modem(|modem, now| modem.emit(now, &block));
    bench.carry();
    ledger.sent(0, message);
}

fn attempt(ledger: &Ledger, qos: usize, fates: &[Fate]) {
    for fate in fates {
        ledger.attempt(qos, 0, *fate, Duration::ZERO, Duration::ZERO);
    }
}

#[test]
fn each_fate_allows_what_it_says() {
    use Fate::{Accepted, Dropped, NotSent, Unknown};
    let missing = |qos| Violation::Missing { qos, number: 0 };
    let doubled = |qos| Violation::Doubled { qos, number: 0 };
    let repeated = |qos| Violation::Repeated { qos, number: 0 };
    let lost = Violation::Lost { number: 0 };
    for (qos, fates, arrived, found) in [
        (0, &[Accepted][..], 1, vec![]),
        (0, &[NotSent, NotSent, Accepted], 1, vec![]),
        (0, &[Unknown], 0, vec![]),
        (0, &[Unknown], 1, vec![]),
        (2, &[Dropped], 1, vec![]),
        (1, &[Unknown, Dropped, Accepted], 3, vec![]),
        (1, &[Unknown, Accepted], 1, vec![]),
        (0, &[Accepted], 0, vec![missing(0)]),
        (1, &[Accepted], 0, vec![missing(1), lost.clone()]),
        (1, &[Unknown], 0, vec![lost.clone()]),
        (0, &[Accepted], 2, vec![doubled(0)]),
        (1, &[Accepted], 2, vec![doubled(1)]),
        (2, &[NotSent], 1, vec![doubled(2)]),
        (0, &[Unknown, Accepted], 1, vec![repeated(0)]),
        (2, &[Unknown, Unknown], 1, vec![repeated(2)]),
    ] {
        let violations = judge(|ledger, bench| {
            attempt(ledger, qos, fates);
            (0..arrived).for_each(|_| arrive(bench, &payload(qos, 0)));
        });
        assert_eq!(violations, found, "QoS {qos}: {fates:?}, {arrived} times at the broker");
    }
}

#[test]
fn an_outbox_sends_each_message_in_its_order_and_repeats_only_what_it_counts() {
    let multiplied = |times| Violation::Multiplied { times, repeated: 0 };
    for (arrived, found) in [
        (&[0, 1, 2][..], vec![]),
        (&[0, 2], vec![Violation::Lost { number: 1 }]),
        (&[0, 1, 1, 2], vec![multiplied(1)]),
        (&[0, 2, 1], vec![Violation::Overtaken { number: 1 }]),
        (&[0, 2, 2], vec![multiplied(1), Violation::Lost { number: 1 }]),
        (&[0, 1, 2, 3], vec![Violation::Foreign { payload: payload(1, 3) }]),
    ] {
        let violations = judge(|ledger, bench| {
            (0..3).for_each(|number| ledger.stored(number));
            arrived.iter().for_each(|number| arrive(bench, &payload(1, *number)));
        });
        assert_eq!(violations, found, "{arrived:?}");
    }
}

#[test]
fn what_no_task_has_published_is_found() {
    let violations = judge(|_, bench| arrive(bench, "q0 0000"));
    assert_eq!(violations, [Violation::Foreign { payload: "q0 0000".to_owned() }]);
}

#[test]
fn messages_are_taken_once_and_in_order() {
    let message = |number| incoming(number, 10);
    let shown = |number: usize| String::from_utf8(incoming(number, 10)).expect("it is ASCII");
    for (received, found) in [
        (vec![0, 1], vec![]),
        (vec![0], vec![Violation::Unaccounted { inbox: 0, missing: 1, broken_off: 0, counted: 0 }]),
        (vec![0, 1, 1], vec![Violation::Forged { inbox: 0, payload: shown(1) }]),
        (vec![0, 1, 2], vec![Violation::Forged { inbox: 0, payload: shown(2) }]),
        (vec![1, 0], vec![Violation::Disordered { inbox: 0, payload: shown(0) }]),
    ] {
        let violations = judge(|ledger, bench| {
            (0..2).for_each(|number| announce(ledger, bench, number));
            received.iter().for_each(|number| ledger.received(0, message(*number)));
            (0..2).for_each(|number| ledger.received(1, message(number)));
        });
        assert_eq!(violations, found, "{received:?}");
    }
}

#[test]
fn a_message_with_a_lost_byte_is_counted() {
    let violations = judge(|ledger, bench| {
        bench.plan_fault(Direction::ToHost, 60, Fault::Lose);
        announce(ledger, bench, 0);
    });
    let unaccounted = |inbox| Violation::Unaccounted { inbox, missing: 0, broken_off: 1, counted: 0 };
    assert_eq!(violations, [0, 1].map(unaccounted));
}
