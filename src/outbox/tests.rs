//! The queue against a plain one: every short sequence of operations, and long ones.

extern crate std;

use std::collections::VecDeque;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;

use super::store::{Ending, Place};
use super::*;
use crate::command::QoS;
use crate::error::{Delivery, Parameter, Problem};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// Pushes a message of this many blocks.
    Push(usize),
    /// Holds the oldest message.
    Hold,
    /// Ends the publish of the held message.
    Succeed,
    NotSent,
    Unknown,
    Discard,
}

const OPERATIONS: [Operation; 8] = [
    Operation::Push(1),
    Operation::Push(2),
    Operation::Push(3),
    Operation::Hold,
    Operation::Succeed,
    Operation::NotSent,
    Operation::Unknown,
    Operation::Discard,
];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Queued {
    client: ClientIndex,
    topic: Vec<u8>,
    payload: Vec<u8>,
    qos: QoS,
    duplicate: bool,
    blocks: usize,
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).unwrap()
}

impl Queued {
    /// The message with this number, which takes this many blocks.
    fn new(number: usize, blocks: usize) -> Self {
        let topic = vec![b'a' + byte(number % 26); 1 + number % 5];
        let length = blocks * BLOCK_BYTES - Header::BYTES - topic.len() - number % 9;
        let payload = (0..length).map(|index| byte((number * 31 + index) % 256)).collect();
        let qos = QoS::from_number(byte(number % 3)).unwrap();
        Self { client: ClientIndex::ALL[number % 2], topic, payload, qos, duplicate: false, blocks }
    }

    fn message(&self) -> Publish<'_> {
        Publish::with_topic_bytes(&self.topic, &self.payload).qos(self.qos)
    }
}

/// What an outbox is to do.
struct Model {
    capacity: usize,
    drops: bool,
    queue: VecDeque<Queued>,
    held: bool,
    counters: OutboxCounters,
}

impl Model {
    fn used(&self) -> usize {
        self.queue.iter().map(|message| message.blocks).sum()
    }

    fn push(&mut self, message: Queued) -> Result<(), PushError> {
        if message.blocks > self.capacity {
            return Err(PushError::TooLarge);
        }
        let kept = if self.held { self.queue[0].blocks } else { 0 };
        let least = if self.drops { kept } else { self.used() };
        if least + message.blocks > self.capacity {
            return Err(PushError::Full);
        }
        while self.used() + message.blocks > self.capacity {
            assert!(self.discard());
        }
        self.queue.push_back(message);
        Ok(())
    }

    fn discard(&mut self) -> bool {
        let is_dropped = self.queue.remove(self.held.into()).is_some();
        self.counters.dropped += u32::from(is_dropped);
        is_dropped
    }

    fn end(&mut self, operation: Operation) {
        self.held = false;
        match (operation, self.queue[0].qos) {
            (Operation::Succeed, _) => self.counters.delivered += 1,
            (Operation::Unknown, QoS::AtLeastOnce) => {
                self.counters.repeated += 1;
                self.queue[0].duplicate = true;
                return;
            }
            (Operation::Unknown, _) => self.counters.unknown += 1,
            _ => return,
        }
        self.queue.pop_front();
    }
}

/// The bytes of a held message, read in windows of this size.
fn read(store: &Store, header: &Header, place: Place, window: usize) -> (Vec<u8>, Vec<u8>) {
    let length = usize::from(header.topic_length() + header.payload_length());
    let (mut bytes, mut current) = (Vec::new(), place);
    while bytes.len() < length {
        let mut part = vec![0; window];
        let count = store.copy(&mut current, Header::BYTES + bytes.len(), &mut part);
        assert!(count > 0);
        bytes.extend_from_slice(&part[..count]);
    }
    bytes.truncate(length);
    let payload = bytes.split_off(header.topic_length().into());
    (bytes, payload)
}

/// Whether the held message is this one.
fn is_oldest(store: &Store, (header, place): (Header, Place), oldest: &Queued) {
    let (topic, payload) = read(store, &header, place, 1 + oldest.payload.len() % 32);
    let found = Queued {
        client: header.client(),
        topic,
        payload,
        qos: header.qos(),
        duplicate: header.is_duplicate(),
        blocks: header.blocks().into(),
    };
    assert_eq!(&found, oldest);
}

type Tested<const N: usize, F> = Outbox<CriticalSectionRawMutex, N, F>;

/// Carries out the operations on an outbox and on the model, and compares them after each.
fn compare<const N: usize, F: WhenFull>(operations: impl IntoIterator<Item = Operation>) {
    let outbox = Tested::<N, F>::new();
    let mut model = Model {
        capacity: N,
        drops: F::DROPS_OLDEST,
        queue: VecDeque::new(),
        held: false,
        counters: OutboxCounters::default(),
    };
    for (number, operation) in operations.into_iter().enumerate() {
        let ending = match operation {
            Operation::Push(blocks) => {
                let queued = Queued::new(number, blocks);
                assert_eq!(outbox.push(queued.client, &queued.message()), model.push(queued));
                None
            }
            Operation::Hold => {
                let is_free = !model.held && !model.queue.is_empty();
                outbox.lock(|store| {
                    let held = store.hold();
                    assert_eq!(held.is_some(), is_free);
                    if let Some(held) = held {
                        is_oldest(store, held, &model.queue[0]);
                    }
                });
                model.held |= is_free;
                None
            }
            Operation::Discard => {
                assert_eq!(outbox.discard_oldest(), model.discard());
                None
            }
            Operation::Succeed => Some(Ending::Delivered),
            Operation::NotSent => Some(Ending::Failed { delivery: Delivery::NotSent, is_refused: false }),
            Operation::Unknown => Some(Ending::Failed { delivery: Delivery::Unknown, is_refused: false }),
        };
        if let Some(ending) = ending.filter(|_| model.held) {
            outbox.lock(|store| store.end(ending));
            model.end(operation);
        }
        let found = (outbox.len(), outbox.used_blocks(), outbox.counters());
        assert_eq!(found, (model.queue.len(), model.used(), model.counters));
    }
    // What is left comes out as it went in.
    if model.held {
        outbox.lock(|store| store.end(Ending::Delivered));
        model.queue.pop_front();
    }
    for oldest in &model.queue {
        outbox.lock(|store| {
            is_oldest(store, store.hold().unwrap(), oldest);
            store.end(Ending::Delivered);
        });
    }
    assert!(outbox.is_empty() && outbox.used_blocks() == 0);
}

/// Every sequence of this many operations.
fn compare_all<const N: usize>(length: u32) {
    let choices = OPERATIONS.len();
    for number in 0..choices.pow(length) {
        let operation = |index| OPERATIONS[number / choices.pow(index) % choices];
        compare::<N, RefuseNew>((0..length).map(operation));
        compare::<N, DropOldest>((0..length).map(operation));
    }
}

#[test]
fn every_short_sequence_of_operations_does_what_a_plain_queue_does() {
    compare_all::<0>(2);
    compare_all::<1>(5);
    compare_all::<2>(5);
    compare_all::<3>(5);
    compare_all::<4>(5);
    compare_all::<5>(5);
}

#[test]
fn long_sequences_do_what_a_plain_queue_does() {
    let mut state = 7_u32;
    let mut any = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        OPERATIONS[(state >> 24) as usize % OPERATIONS.len()]
    };
    for _ in 0..20 {
        let operations: Vec<_> = (0..2_000).map(|_| any()).collect();
        compare::<6, RefuseNew>(operations.clone());
        compare::<7, DropOldest>(operations.clone());
        compare::<40, DropOldest>(operations);
    }
}

#[test]
fn a_message_that_is_pushed_in_the_middle_of_another_push_is_whole_and_before_it() {
    // An interrupt pushes while a task has reserved its blocks and copied one of two.
    let outbox = Tested::<5, RefuseNew>::new();
    let (slow, fast) = (Queued::new(4, 2), Queued::new(5, 3));
    let header = Header::new(slow.client, &slow.message());
    let bytes: Vec<u8> = [header.bytes(), &slow.topic, &slow.payload].concat();
    let mut chain = Chain::EMPTY;
    assert_eq!(outbox.lock(|store| store.make_room(2, false)), Room::Reserved);
    let rest = outbox.lock(|store| store.append(&mut chain, &bytes));
    assert_eq!(outbox.len(), 0, "a part of a message is none");
    assert_eq!(outbox.push(fast.client, &fast.message()), Ok(()));
    assert_eq!(outbox.push(fast.client, &Queued::new(7, 1).message()), Err(PushError::Full), "reserved is used");
    assert!(outbox.lock(|store| store.append(&mut chain, rest)).is_empty());
    outbox.lock(|store| store.commit(&chain, header.blocks()));
    for expected in [&fast, &slow] {
        outbox.lock(|store| {
            is_oldest(store, store.hold().unwrap(), expected);
            store.end(Ending::Delivered);
        });
    }
}

#[test]
fn what_no_module_takes_is_refused_at_the_push_and_what_one_takes_is_not() {
    let outbox = Tested::<600, RefuseNew>::new();
    let payload = vec![0; 10_241];
    let long = "t".repeat(1_025);
    let seconds = core::time::Duration::from_secs;
    let bad = [
        (Publish::new("", b"x"), Parameter::Topic, Problem::Empty),
        (Publish::new(&long, b"x"), Parameter::Topic, Problem::TooLong(1_024)),
        (Publish::new("a/#", b"x"), Parameter::Topic, Problem::Wildcard),
        (Publish::new("a", &payload), Parameter::Payload, Problem::TooLong(10_240)),
        (Publish::new("a", b"x").timeout(seconds(181)), Parameter::Timeout, Problem::OutOfRange(1, 180)),
    ];
    for (message, parameter, problem) in bad {
        let refused = outbox.push(ClientIndex::First, &message);
        assert_eq!(refused, Err(PushError::Invalid(InvalidInput { parameter, problem })));
    }
    for family in Family::ALL {
        for (topic, bytes, timeout_s) in [("a", 0, 60), (&long[1..], family.payload_limit(), 180)] {
            let message = Publish::new(topic, &payload[..bytes]).timeout(seconds(timeout_s));
            assert_eq!(message.check(family), Ok(()));
            assert_eq!(outbox.push(ClientIndex::First, &message), Ok(()));
            outbox.discard_oldest();
        }
    }
}

#[test]
fn everything_about_a_message_is_kept() {
    let outbox = Tested::<2, RefuseNew>::new();
    for (client, qos, retained, duplicate, timeout_s) in [
        (ClientIndex::First, QoS::ExactlyOnce, false, true, 1),
        (ClientIndex::Second, QoS::AtLeastOnce, true, false, 180),
    ] {
        let timeout = core::time::Duration::from_secs(timeout_s);
        let message = Publish::new("a", b"").qos(qos).retained(retained).duplicate(duplicate).timeout(timeout);
        outbox.push(client, &message).unwrap();
        outbox.lock(|store| {
            let (header, _) = store.hold().unwrap();
            assert_eq!((header.client(), header.qos(), u64::from(header.timeout_s())), (client, qos, timeout_s));
            assert_eq!((header.is_retained(), header.is_duplicate()), (retained, duplicate));
            store.end(Ending::Delivered);
        });
    }
}

#[test]
fn a_message_that_is_refused_again_and_again_goes_and_the_next_one_has_its_own_attempts() {
    let outbox = Tested::<2, RefuseNew>::new();
    for _ in 0..2 {
        outbox.push(ClientIndex::First, &Publish::new("a", b"x").qos(QoS::AtLeastOnce)).unwrap();
    }
    let refuse = || {
        outbox.lock(|store| {
            store.hold().unwrap();
            store.end(Ending::Failed { delivery: Delivery::NotSent, is_refused: true });
        });
        (outbox.len(), outbox.counters().refused)
    };
    let expected = [(2, 0), (2, 0), (2, 0), (2, 0), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (0, 2)];
    assert_eq!(expected.map(|_| refuse()), expected);
}

#[test]
fn the_documented_size_is_that_of_a_message_and_of_an_outbox() {
    type Raw = CriticalSectionRawMutex;
    assert_eq!(Outbox::<Raw, 1>::blocks(22, 0), 1);
    assert_eq!(Outbox::<Raw, 1>::blocks(22, 1), 2);
    assert_eq!(Queued::new(3, 2).blocks, Outbox::<Raw, 1>::blocks(4, 47));
    let besides = size_of::<Outbox<Raw, 100>>() - 100 * 32;
    assert!(besides <= 64, "{besides} bytes, with a waker of {} bytes", size_of::<Option<core::task::Waker>>());
}

#[test]
fn a_refused_push_says_why() {
    let texts: Vec<String> = [PushError::TooLarge, PushError::Full].iter().map(PushError::to_string).collect();
    assert_eq!(texts, ["the message is larger than the outbox", "the outbox is full"]);
    let invalid = Tested::<1, RefuseNew>::new().push(ClientIndex::First, &Publish::new("", b"")).unwrap_err();
    assert_eq!(invalid.to_string(), "topic is empty; it was not queued");
}
