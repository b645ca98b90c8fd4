//! What the tasks were answered, compared with what broker and module have done.

use core::cell::{Cell, RefCell};
use core::ops::Range;
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
    /// How many messages of QoS 1 the outbox has got: from number 0 on, in their order.
    stored: Cell<usize>,
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
    /// The outbox has sent a message before an older one.
    Overtaken { number: usize },
    /// The broker has messages of the outbox more often than that has repeated any.
    Multiplied { times: usize, repeated: usize },
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
            self.accepted(qos, began, now);
        }
    }

    /// The broker has accepted what a task has published since `began`.
    pub fn accepted(&self, qos: usize, began: Duration, now: Duration) {
        max(&self.longest_outage, now - self.last_accepted.get());
        self.last_accepted.set(now);
        if began >= self.watched_from.get() && self.accepted_since[qos].get().is_none() {
            self.accepted_since[qos].set(Some(now));
        }
    }

    /// The outbox has got this message of QoS 1.
    pub fn stored(&self, number: usize) {
        assert_eq!(self.stored.replace(number + 1), number, "one after the other");
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
    pub fn judge(&self, bench: &Bench, counted: [usize; 2], repeated: usize) -> (Totals, Vec<Violation>) {
        let mut violations = Vec::new();
        let mut totals = Totals { counted, repeated, ..Totals::default() };
        self.judge_outbox(bench, &mut totals, &mut violations);
        self.judge_publishes(bench, &mut totals, &mut violations);
        self.judge_inboxes(bench, &mut totals, &mut violations);
        (totals, violations)
    }

    /// The broker has each stored message, in their order, and not more often than was tried.
    fn judge_outbox(&self, bench: &Bench, totals: &mut Totals, violations: &mut Vec<Violation>) {
        let stored = self.stored.get();
        totals.accepted[1] = stored;
        let arrived: Vec<usize> = bench.loopback(|broker, _| {
            let publications = broker.publications().iter().filter(|publication| publication.topic == OUT.as_bytes());
            let numbers =
                publications.filter_map(|it| str::from_utf8(&it.payload).ok()?.strip_prefix("q1 ")?.parse().ok());
            numbers.filter(|number| *number < stored).collect()
        });
        let disordered = arrived.windows(2).filter(|pair| pair[1] < pair[0]);
        violations.extend(disordered.map(|pair| Violation::Overtaken { number: pair[1] }));
        let mut missing = vec![true; stored];
        arrived.iter().for_each(|number| missing[*number] = false);
        let lost: Vec<usize> = (0..stored).filter(|number| missing[*number]).collect();
        if arrived.len() + lost.len() > stored + totals.repeated {
            let times = arrived.len() + lost.len() - stored;
            violations.push(Violation::Multiplied { times, repeated: totals.repeated });
        }
        violations.extend(lost.into_iter().map(|number| Violation::Lost { number }));
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
        for number in 0..self.stored.get() {
            at_broker.remove(payload(1, number).as_bytes());
        }
        violations.extend(at_broker.into_keys().map(|payload| Violation::Foreign { payload: shown(&payload) }));
    }

    /// Every message that arrived whole at the host's UART is in each inbox that matches, or counted.
    fn judge_inboxes(&self, bench: &Bench, totals: &mut Totals, violations: &mut Vec<Violation>) {
        let sent: BTreeMap<Vec<u8>, usize> =
            self.sent.borrow().iter().map(|(topic, payload)| (payload.clone(), *topic)).collect();
        let (arrived, begun) = arrived_messages(bench, &sent);
        totals.announced = arrived.iter().filter(|(_, is_whole)| *is_whole).count();
        totals.broken_off = begun.saturating_sub(totals.announced);
        for (inbox, received) in self.received.iter().enumerate() {
            let received = received.borrow();
            totals.received[inbox] = received.len();
            let mut places: BTreeMap<&[u8], Vec<(usize, bool)>> = BTreeMap::new();
            for (place, (payload, is_whole)) in arrived.iter().enumerate().rev() {
                if matches(FILTERS[inbox].as_bytes(), IN[sent[payload]].as_bytes()) {
                    places.entry(payload.as_slice()).or_default().push((place, *is_whole));
                }
            }
            let (mut last, mut repaired) = (None, 0);
            for payload in received.iter() {
                match places.get_mut(payload.as_slice()).and_then(Vec::pop) {
                    None => violations.push(Violation::Forged { inbox, payload: shown(payload) }),
                    Some((place, _)) if Some(place) < last => {
                        violations.push(Violation::Disordered { inbox, payload: shown(payload) });
                    }
                    Some((place, is_whole)) => {
                        last = Some(place);
                        repaired += usize::from(!is_whole);
                    }
                }
            }
            if inbox == 0 {
                // It gets all messages, so this is what has broken off for both.
                totals.broken_off = totals.broken_off.saturating_sub(repaired);
            }
            let missing = places.values().flatten().filter(|(_, is_whole)| *is_whole).count();
            let (broken_off, counted) = (totals.broken_off, totals.counted[inbox]);
            if missing + broken_off > counted {
                violations.push(Violation::Unaccounted { inbox, missing, broken_off, counted });
            }
        }
    }
}

/// The payloads of the messages of which the beginning of the payload has reached the host's UART, in order, and
/// whether every byte has; and how many have begun.
fn arrived_messages(bench: &Bench, sent: &BTreeMap<Vec<u8>, usize>) -> (Vec<(Vec<u8>, bool)>, usize) {
    const START: &[u8] = b"+CMQTTRXSTART: ";
    let behaviour = bench.modem(|modem, _| modem.behaviour().clone());
    let bytes: Vec<u8> = bench
        .transcript()
        .into_iter()
        .filter(|(direction, _, _)| *direction == Direction::ToHost)
        .flat_map(|(_, _, bytes)| bytes)
        .collect();
    let blocks: BTreeMap<&[u8], (&Vec<u8>, Vec<u8>)> = sent
        .iter()
        .map(|(payload, topic)| {
            let block = message_bytes(&behaviour, 0, IN[*topic].as_bytes(), payload);
            (&payload[..NUMBER], (payload, block))
        })
        .collect();
    let data = announced_data(&bytes);
    let arrived = places_of(&bytes, MARK).filter_map(|at| {
        let number = bytes.get(at..at + NUMBER)?;
        let (payload, block) = blocks.get(number)?;
        let before = places_of(block, number).next()?;
        let begin = at.checked_sub(before)?;
        let is_whole = bytes[begin..].starts_with(block) && !is_swallowed(begin + 2, &data);
        Some(((*payload).clone(), is_whole))
    });
    let begun =
        places_of(&bytes, START).filter(|at| is_announcement(&bytes[at + START.len()..]) && !is_swallowed(*at, &data));
    (arrived.collect(), begun.count())
}

/// Where the data of each part are, by its header.
fn announced_data(bytes: &[u8]) -> Vec<Range<usize>> {
    const HEADERS: [&[u8]; 2] = [b"+CMQTTRXTOPIC: 0,", b"+CMQTTRXPAYLOAD: 0,"];
    let headers = HEADERS.into_iter().flat_map(|header| places_of(bytes, header).map(move |at| at + header.len()));
    let data = headers.filter_map(|at| {
        let end = at + bytes[at..].iter().position(|byte| *byte == b'\r')?;
        let length: usize = core::str::from_utf8(&bytes[at..end]).ok()?.parse().ok()?;
        Some(end + 2..end + 2 + length)
    });
    data.collect()
}

/// Whether a message begins among the data of another one: that is short of some bytes, and swallows the beginning. The
/// driver cannot know of it.
fn is_swallowed(begin: usize, data: &[Range<usize>]) -> bool {
    data.iter().any(|part| part.contains(&begin))
}

/// Whether the line of a beginning is whole behind its name. Of a damaged one the driver cannot know that a message was
/// to follow.
fn is_announcement(behind: &[u8]) -> bool {
    let line = behind.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut numbers = line.split(|byte| *byte == b',');
    let is_number = |number: &[u8]| !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    numbers.clone().count() == 3 && numbers.all(is_number)
}

fn places_of<'b>(bytes: &'b [u8], sought: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    bytes.windows(sought.len()).enumerate().filter(move |(_, window)| *window == sought).map(|(at, _)| at)
}

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
