//! What the tasks were answered, compared with what broker and module have done.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::collections::BTreeMap;

use simcom_modem_simulator::loopback::matches;
use simcom_modem_simulator::modem::message_bytes;
use simcom_modem_simulator::pipe::{Bench, Direction};

use crate::soak::fate::Fate;
use crate::soak::module::{FILTERS, IN, OUT};

/// One book for all tasks of a run.
#[derive(Default)]
pub struct Ledger {
    /// By quality of service: the attempts for each message.
    attempts: [RefCell<Vec<Vec<Fate>>>; 3],
    /// What the broker has published: the topic's index and the payload.
    sent: RefCell<Vec<(usize, Vec<u8>)>>,
    /// By inbox: the payloads in the order in which the tasks got them.
    received: [RefCell<Vec<Vec<u8>>>; 2],
    pub signals: Signals,
    pub longest_publish: Cell<Duration>,
    last_accepted: Cell<Duration>,
    /// Since when the next member looks.
    watched_from: Cell<Duration>,
    /// By quality of service: when the first publish was accepted that began after that.
    accepted_since: [Cell<Option<Duration>>; 3],
    pub longest_outage: Cell<Duration>,
}

/// Calls of the task that asks for the signal.
#[derive(Default)]
pub struct Signals {
    pub answered: Cell<usize>,
    pub failed: Cell<usize>,
    pub dropped: Cell<usize>,
    /// Longest time until a call got the module.
    pub longest_wait: Cell<Duration>,
}

/// A break of what the users of a shared module rely on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Accepted, and the broker does not have it.
    Missing { qos: u8, number: usize },
    /// The broker has it more often than it was sent.
    Doubled { qos: u8, number: usize },
    /// Of QoS 0 or 2, and sent once more although the broker may have had it.
    Repeated { qos: u8, number: usize },
    /// Of QoS 1, and the broker does not have it in the end.
    Lost { number: usize },
    /// The broker has what no task has published.
    Foreign { payload: String },
    /// An inbox has what the broker has not published, or more often than the module has announced it.
    Forged { inbox: usize, payload: String },
    /// A message that arrived whole, in no matching inbox and not counted.
    Unaccounted { inbox: usize, missing: usize, broken_off: usize, counted: usize },
    /// An inbox has messages in another order than the module has announced them.
    Disordered { inbox: usize, payload: String },
}

/// Numbers of a run, for the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub accepted: [usize; 3],
    pub unknown: [usize; 3],
    pub repeated: usize,
    pub announced: usize,
    /// Messages that began at the host's UART and did not arrive whole.
    pub broken_off: usize,
    pub received: [usize; 2],
    pub counted: [usize; 2],
}

pub fn max(longest: &Cell<Duration>, time: Duration) {
    longest.set(longest.get().max(time));
}

/// Payload of a publish.
pub fn payload(qos: usize, number: usize) -> String {
    format!("q{qos} {number:06}")
}

impl Ledger {
    pub fn attempt(&self, qos: usize, number: usize, fate: Fate, began: Duration, now: Duration) {
        let mut messages = self.attempts[qos].borrow_mut();
        if messages.len() <= number {
            messages.resize(number + 1, Vec::new());
        }
        messages[number].push(fate);
        max(&self.longest_publish, now - began);
        if fate == Fate::Accepted {
            max(&self.longest_outage, now - self.last_accepted.get());
            self.last_accepted.set(now);
            if began >= self.watched_from.get() && self.accepted_since[qos].get().is_none() {
                self.accepted_since[qos].set(Some(now));
            }
        }
    }

    /// From now on, the first publish that is accepted counts.
    pub fn watch_from(&self, now: Duration) {
        self.watched_from.set(now);
        self.accepted_since.iter().for_each(|accepted| accepted.set(None));
    }

    /// When a publish of every quality of service had been accepted since then.
    pub fn all_accepted(&self) -> Option<Duration> {
        let accepted: Option<Vec<_>> = self.accepted_since.iter().map(Cell::get).collect();
        accepted?.into_iter().max()
    }

    pub fn sent(&self, topic: usize, payload: Vec<u8>) {
        self.sent.borrow_mut().push((topic, payload));
    }

    pub fn received(&self, inbox: usize, payload: Vec<u8>) {
        self.received[inbox].borrow_mut().push(payload);
    }

    /// Compares the book with broker and line.
    pub fn judge(&self, bench: &Bench, counted: [usize; 2]) -> (Totals, Vec<Violation>) {
        let mut violations = Vec::new();
        let mut totals = Totals { counted, ..Totals::default() };
        self.judge_publishes(bench, &mut totals, &mut violations);
        self.judge_inboxes(bench, &mut totals, &mut violations);
        (totals, violations)
    }

    fn judge_publishes(&self, bench: &Bench, totals: &mut Totals, violations: &mut Vec<Violation>) {
        let mut at_broker = bench.loopback(|broker, _| {
            let mut counts = BTreeMap::<Vec<u8>, usize>::new();
            for publication in broker.publications().iter().filter(|publication| publication.topic == OUT.as_bytes()) {
                *counts.entry(publication.payload.clone()).or_default() += 1;
            }
            counts
        });
        for (qos, messages) in self.attempts.iter().enumerate() {
            for (number, fates) in messages.borrow().iter().enumerate() {
                let arrived = at_broker.remove(payload(qos, number).as_bytes()).unwrap_or_default();
                let accepted = fates.iter().filter(|fate| **fate == Fate::Accepted).count();
                let possible = fates.iter().filter(|fate| fate.may_have_arrived()).count();
                totals.accepted[qos] += accepted;
                totals.unknown[qos] += possible - accepted;
                let named = qos as u8;
                if arrived < accepted {
                    violations.push(Violation::Missing { qos: named, number });
                }
                if arrived > possible {
                    violations.push(Violation::Doubled { qos: named, number });
                }
                if qos == 1 {
                    totals.repeated += possible.saturating_sub(1);
                    if arrived == 0 {
                        violations.push(Violation::Lost { number });
                    }
                } else if possible > 1 {
                    violations.push(Violation::Repeated { qos: named, number });
                }
            }
        }
        violations.extend(at_broker.into_keys().map(|payload| Violation::Foreign { payload: shown(&payload) }));
    }

    /// Every message that arrived whole at the host's UART is in each inbox that matches, or counted.
    fn judge_inboxes(&self, bench: &Bench, totals: &mut Totals, violations: &mut Vec<Violation>) {
        let sent: BTreeMap<Vec<u8>, usize> =
            self.sent.borrow().iter().map(|(topic, payload)| (payload.clone(), *topic)).collect();
        let (announced, broken_off) = arrived_messages(bench, &sent);
        totals.announced = announced.len();
        totals.broken_off = broken_off;
        for (inbox, received) in self.received.iter().enumerate() {
            let received = received.borrow();
            totals.received[inbox] = received.len();
            let expected: Vec<_> = announced
                .iter()
                .filter(|payload| matches(FILTERS[inbox].as_bytes(), IN[sent[*payload]].as_bytes()))
                .collect();
            let mut places: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
            for (place, payload) in expected.iter().enumerate().rev() {
                places.entry(payload.as_slice()).or_default().push(place);
            }
            let mut last = None;
            for payload in received.iter() {
                match places.get_mut(payload.as_slice()).and_then(Vec::pop) {
                    None => violations.push(Violation::Forged { inbox, payload: shown(payload) }),
                    Some(place) if Some(place) < last => {
                        violations.push(Violation::Disordered { inbox, payload: shown(payload) });
                    }
                    Some(place) => last = Some(place),
                }
            }
            let missing: usize = places.values().map(Vec::len).sum();
            let counted = totals.counted[inbox];
            if missing + totals.broken_off > counted {
                let broken_off = totals.broken_off;
                violations.push(Violation::Unaccounted { inbox, missing, broken_off, counted });
            }
        }
    }
}

/// The payloads of the messages of which every byte but the last line end has reached the host's UART, in order, and how many others have begun
/// there.
fn arrived_messages(bench: &Bench, sent: &BTreeMap<Vec<u8>, usize>) -> (Vec<Vec<u8>>, usize) {
    const START: &[u8] = b"\r\n+CMQTTRXSTART: ";
    let behaviour = bench.modem(|modem, _| modem.behaviour().clone());
    let arrived: Vec<u8> = bench
        .transcript()
        .into_iter()
        .filter(|(direction, _, _)| *direction == Direction::ToHost)
        .flat_map(|(_, _, bytes)| bytes)
        .collect();
    let blocks: BTreeMap<&[u8], (&Vec<u8>, Vec<u8>)> = sent
        .iter()
        .map(|(payload, topic)| {
            let mut block = message_bytes(&behaviour, 0, IN[*topic].as_bytes(), payload);
            // One byte of the last line end may be lost: either ends the line.
            block.truncate(block.len() - LINE_END.len());
            (&payload[..NUMBER], (payload, block))
        })
        .collect();
    let begins = arrived.windows(START.len()).enumerate().filter(|(_, window)| *window == START).map(|(at, _)| at);
    let (mut whole, mut broken_off) = (Vec::new(), 0);
    for begin in begins {
        let rest = &arrived[begin..];
        let number = rest[..rest.len().min(HEADERS)].windows(MARK.len()).position(|window| window == MARK);
        let block = number.and_then(|at| blocks.get(rest.get(at..at + NUMBER)?));
        if let Some((payload, block)) = block
            && rest.starts_with(block)
        {
            whole.push((*payload).clone());
        } else {
            broken_off += 1;
        }
    }
    (whole, broken_off)
}

/// The payload of a message begins within this many bytes from its start.
const HEADERS: usize = 200;
const LINE_END: &str = "\r\n";
const MARK: &[u8] = b"message ";
const NUMBER: usize = MARK.len() + 6;

/// Payload of a message to the tasks: no other begins with the same number.
pub fn incoming(number: usize, length: usize) -> Vec<u8> {
    let filler = b"\r\nOK\r\n>\r\nERROR\r\n+CMQTTPUB: 0,0\r\n+CMQTTRXEND: 0\r\n";
    let mut payload = format!("message {number:06}").into_bytes();
    payload.extend(filler.iter().cycle().take(length));
    payload
}

fn shown(payload: &[u8]) -> String {
    String::from_utf8_lossy(&payload[..payload.len().min(40)]).into_owned()
}
