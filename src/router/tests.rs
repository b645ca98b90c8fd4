extern crate std;

use std::collections::VecDeque;
use std::string::{String, ToString};
use std::vec::Vec;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;

use super::matching::tests::{reference, texts};
use super::*;
use crate::error::{Parameter, Problem};
use crate::handler::SyncInbox;

type Shared<const N: usize> = SyncInbox<CriticalSectionRawMutex, N>;

const FIRST: ClientIndex = ClientIndex::First;
const SECOND: ClientIndex = ClientIndex::Second;

fn deliver(mut handler: impl MessageHandler, client: ClientIndex, topic: &str, payload: &[u8]) -> bool {
    assert!(handler.begin(client, topic.len(), payload.len()));
    topic.as_bytes().chunks(3).for_each(|part| handler.topic(part));
    payload.chunks(2).for_each(|part| handler.payload(part));
    handler.end()
}

fn take<const N: usize>(inbox: &Shared<N>) -> Option<(String, Vec<u8>)> {
    let mut buffer = [0; N];
    inbox.take(&mut buffer).map(|message| (message.topic_str().unwrap().to_string(), message.payload().to_vec()))
}

fn message(topic: &str, payload: &[u8]) -> Option<(String, Vec<u8>)> {
    Some((topic.to_string(), payload.to_vec()))
}

#[test]
fn every_inbox_that_matches_gets_the_message_and_no_other() {
    let (commands, pump, log) = (Shared::<100>::new(), Shared::<40>::new(), Shared::<50>::new());
    let routes = [Route::new("cmd/#", &commands), Route::new("+/pump", &pump), Route::unmatched(&log)];
    let mut router = Router::new(&routes).unwrap();
    assert!(deliver(&router, FIRST, "cmd/pump", b"on"));
    assert!(deliver(&router, SECOND, "cmd/lamp", b""));
    assert!(deliver(&mut router, FIRST, "state/pump", b"off"));
    assert!(deliver(router, FIRST, "clock", b"12"));
    assert_eq!(take(&commands), message("cmd/pump", b"on"));
    assert_eq!(take(&commands), message("cmd/lamp", b""));
    assert_eq!(take(&commands), None);
    assert_eq!(take(&pump), message("cmd/pump", b"on"));
    assert_eq!(take(&pump), message("state/pump", b"off"));
    assert_eq!(take(&pump), None);
    assert_eq!((take(&log), take(&log)), (message("clock", b"12"), None));
}

#[test]
fn an_inbox_of_several_routes_gets_a_message_of_any_length_once() {
    let (both, other) = (Shared::<700>::new(), Shared::<300>::new());
    let routes = [
        Route::new("a/+", &both),
        Route::new("a/c", &both),
        Route::new("#", &other),
        Route::new("+/b", &both),
        Route::unmatched(&both),
    ];
    let mut router = &Router::new(&routes).unwrap();
    let payload: Vec<u8> = (0..200).collect();
    for _ in 0..3 {
        assert!(router.begin(FIRST, 3, payload.len()));
        router.topic(b"a/");
        router.topic(b"b");
        router.payload(&payload);
        assert!(router.end());
        assert_eq!(take(&both), message("a/b", &payload));
        assert_eq!(take(&other), message("a/b", &payload));
        assert!(both.is_empty() && other.is_empty());
    }
}

#[test]
fn a_full_inbox_is_counted_and_the_others_get_the_message() {
    let (small, large) = (Shared::<12>::new(), Shared::<100>::new());
    let routes = [Route::new("a", &small), Route::new("#", &large)];
    let router = Router::new(&routes).unwrap();
    for payload in [b"1", b"2", b"3"] {
        assert!(deliver(&router, FIRST, "a", payload));
    }
    assert!(deliver(&router, FIRST, "b", b"no matter of the small one"));
    assert_eq!((routes[0].refused(), routes[1].refused(), router.unmatched()), (2, 0, 0));
    assert_eq!((take(&small), take(&small)), (message("a", b"1"), None));
    assert_eq!([(); 4].map(|()| take(&large).unwrap().1[0]), *b"123n");
    assert!(deliver(&router, FIRST, "a", b"4"), "there is room again");
    assert_eq!(take(&small), message("a", b"4"));
}

#[test]
fn a_message_that_no_inbox_takes_is_refused_and_counted() {
    let inbox = Shared::<12>::new();
    let routes = [Route::new("a", &inbox).client(FIRST), Route::new("+/b", &inbox)];
    let router = Router::new(&routes).unwrap();
    assert!(!deliver(&router, FIRST, "b", b""), "no filter matches");
    assert!(!deliver(&router, SECOND, "a", b""), "of the other client");
    assert_eq!((routes[0].refused(), routes[1].refused(), router.unmatched()), (0, 0, 2));
    assert!(!deliver(&router, FIRST, "a", b"too large"));
    assert!(!deliver(&router, SECOND, "a/b", b"too large"));
    assert_eq!((routes[0].refused(), routes[1].refused(), router.unmatched()), (1, 1, 2));
    assert_eq!(router.refused(), 2);
    assert!(inbox.is_empty());
}

#[test]
fn counters_stop_at_their_highest_number() {
    let inbox = Shared::<6>::new();
    let routes = [Route::new("long", &inbox)];
    let router = Router::new(&routes).unwrap();
    for _ in 0..65_540 {
        deliver(&router, FIRST, "long", b"");
        deliver(&router, FIRST, "other", b"");
    }
    assert_eq!((routes[0].refused(), router.unmatched()), (u16::MAX, u16::MAX));
}

#[test]
fn invalid_routes_are_refused_with_the_place_and_the_reason() {
    let (inbox, none, header) = (Shared::<6>::new(), Shared::<0>::new(), Shared::<5>::new());
    assert_eq!(Router::new(&[]).unwrap_err(), InvalidRoutes::Empty);
    for (filter, problem) in [
        ("", Problem::Empty),
        (&*"a".repeat(1025), Problem::TooLong(1024)),
        ("a\0", Problem::Character),
        ("a#", Problem::MisplacedWildcard),
        ("#/a", Problem::MisplacedWildcard),
        ("a/b+", Problem::MisplacedWildcard),
    ] {
        let invalid = InvalidInput::new(Parameter::Filter, problem);
        let routes = [Route::new("a/+/#", &inbox), Route::new(filter, &inbox)];
        assert_eq!(Router::new(&routes).unwrap_err(), InvalidRoutes::Filter { index: 1, invalid }, "{filter}");
    }
    assert_eq!(Router::new(&[Route::new("a", &none)]).unwrap_err(), InvalidRoutes::Inbox { index: 0 });
    assert_eq!(Router::new(&[Route::unmatched(&header)]).unwrap_err(), InvalidRoutes::Inbox { index: 0 });
    let text = Router::new(&[Route::new("a#", &inbox)]).unwrap_err().to_string();
    assert!(text.starts_with("route 0: ") && text.contains("filter"), "{text}");
}

#[test]
fn a_static_router_is_checked_by_the_compiler() {
    static INBOX: Shared<64> = Shared::new();
    static ROUTES: [Route; 2] = [Route::new("cmd/#", &INBOX), Route::unmatched(&INBOX).client(SECOND)];
    static ROUTER: Router = match Router::new(&ROUTES) {
        Ok(router) => router,
        Err(_) => panic!("a route is invalid"),
    };
    assert!(std::thread::spawn(|| deliver(&ROUTER, FIRST, "cmd/a", b"")).join().unwrap());
    assert_eq!(take(&INBOX), message("cmd/a", b""));
    assert_eq!(ROUTER.routes().len(), 2);
    assert!(size_of::<Route<'_>>() <= 6 * size_of::<usize>());
}

/// Numbers that look random (xorshift).
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % limit
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Hands a text over in parts of 1 to 4 bytes.
    fn parts(&mut self, mut bytes: &[u8], mut take: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at((1 + self.below(4)).min(bytes.len()));
            take(part);
            bytes = rest;
        }
    }
}

const CAPACITIES: [usize; 4] = [6, 20, 40, 100];

/// What an inbox has to hold: client, topic and payload of each message.
type Queue = VecDeque<(ClientIndex, String, Vec<u8>)>;

fn free(queue: &Queue, capacity: usize) -> usize {
    capacity - queue.iter().map(|(_, topic, payload)| 5 + topic.len() + payload.len()).sum::<usize>()
}

#[test]
fn any_routes_and_messages_end_where_plain_rules_put_them() {
    let mut numbers = Numbers(0x5EED);
    let valid = |filter: &String| crate::command::check::filter(filter.as_bytes()).is_ok() && !filter.is_empty();
    let filters: Vec<String> = texts(&['a', '/', '+', '#', '$'], 4).into_iter().filter(valid).collect();
    let topics: Vec<String> = texts(&['a', '/', '$'], 4).into_iter().skip(1).collect();
    let (mut taken_messages, mut refused_messages, mut unmatched_messages) = (0, 0, 0);
    for _ in 0..2_000 {
        let (first, second) = (Shared::<{ CAPACITIES[0] }>::new(), Shared::<{ CAPACITIES[1] }>::new());
        let (third, fourth) = (Shared::<{ CAPACITIES[2] }>::new(), Shared::<{ CAPACITIES[3] }>::new());
        let mut queues = [const { Queue::new() }; 4];
        // Filter, client and inbox of each route.
        let plan: Vec<(Option<&str>, Option<ClientIndex>, usize)> = (0..=numbers.below(5))
            .map(|_| {
                let filter = (!numbers.one_in(5)).then(|| &*filters[numbers.below(filters.len())]);
                let client = [None, None, Some(FIRST), Some(SECOND)][numbers.below(4)];
                (filter, client, numbers.below(4))
            })
            .collect();
        let routes: Vec<Route<'_>> = plan
            .iter()
            .map(|&(filter, client, inbox)| {
                let route = match (filter, inbox) {
                    (Some(filter), 0) => Route::new(filter, &first),
                    (Some(filter), 1) => Route::new(filter, &second),
                    (Some(filter), 2) => Route::new(filter, &third),
                    (Some(filter), _) => Route::new(filter, &fourth),
                    (None, 0) => Route::unmatched(&first),
                    (None, 1) => Route::unmatched(&second),
                    (None, 2) => Route::unmatched(&third),
                    (None, _) => Route::unmatched(&fourth),
                };
                match client {
                    Some(client) => route.client(client),
                    None => route,
                }
            })
            .collect();
        let router = Router::new(&routes).unwrap();
        let (mut refused, mut unmatched) = (std::vec![0; plan.len()], 0);
        for _ in 0..30 {
            let client = [FIRST, SECOND][numbers.below(2)];
            let topic = &topics[numbers.below(topics.len())];
            let payload: Vec<u8> = (0..numbers.below(20)).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect();
            let mut handler = &router;
            assert!(handler.begin(client, topic.len(), payload.len()));
            if numbers.one_in(6) {
                let (topic_part, payload_part) = match numbers.below(2) {
                    0 => (numbers.below(topic.len() + 1), 0),
                    _ => (topic.len(), numbers.below(payload.len() + 1)),
                };
                numbers.parts(&topic.as_bytes()[..topic_part], |part| handler.topic(part));
                numbers.parts(&payload[..payload_part], |part| handler.payload(part));
                handler.aborted();
                continue;
            }
            numbers.parts(topic.as_bytes(), |part| handler.topic(part));
            numbers.parts(&payload, |part| handler.payload(part));
            let is_taken = handler.end();

            let is_of =
                |(_, only, _): &(Option<&str>, Option<ClientIndex>, usize)| only.is_none_or(|only| only == client);
            let by_filter: Vec<bool> = plan
                .iter()
                .map(|route| is_of(route) && route.0.is_some_and(|filter| reference(filter, topic.as_bytes())))
                .collect();
            let is_matched = by_filter.contains(&true);
            let matching: Vec<bool> = plan
                .iter()
                .zip(&by_filter)
                .map(|(route, by_filter)| *by_filter || (!is_matched && route.0.is_none() && is_of(route)))
                .collect();
            unmatched += u16::from(!matching.contains(&true));
            let has_room =
                [0, 1, 2, 3].map(|inbox| 5 + topic.len() + payload.len() <= free(&queues[inbox], CAPACITIES[inbox]));
            let mut takes = [false; 4];
            for (index, (_, _, inbox)) in plan.iter().enumerate().filter(|(index, _)| matching[*index]) {
                takes[*inbox] |= has_room[*inbox];
                refused[index] += u16::from(!has_room[*inbox]);
            }
            for (queue, _) in queues.iter_mut().zip(takes).filter(|(_, takes)| *takes) {
                queue.push_back((client, topic.clone(), payload.clone()));
            }
            assert_eq!(is_taken, takes.contains(&true), "{plan:?} {topic}");
            taken_messages += u32::from(is_taken);
            refused_messages += u32::from(!is_taken && matching.contains(&true));

            let mut buffer = [0; 100];
            let inbox = numbers.below(4);
            let taken = match inbox {
                0 => first.take(&mut buffer),
                1 => second.take(&mut buffer),
                2 => third.take(&mut buffer),
                _ => fourth.take(&mut buffer),
            };
            let taken = taken.map(|message| {
                (message.client(), message.topic_str().unwrap().to_string(), message.payload().to_vec())
            });
            assert_eq!(taken, queues[inbox].pop_front(), "{plan:?}");
        }
        assert_eq!(routes.iter().map(Route::refused).collect::<Vec<_>>(), refused, "{plan:?}");
        assert_eq!(router.unmatched(), unmatched, "{plan:?}");
        unmatched_messages += u32::from(unmatched);
    }
    assert!(taken_messages > 5_000 && refused_messages > 1_000 && unmatched_messages > 1_000);
}
