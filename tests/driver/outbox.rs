//! A queue of messages that outlasts losses, restarts and refusals.

use core::time::Duration;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use simcom_modem_simulator::behaviour::ScriptedAnswer;

use crate::bench::*;
use crate::driver::error::{Illegal, Parameter};
use crate::driver::outbox::{DropOldest, Outbox, OutboxCounters, RefuseNew};
use crate::driver::{Broker, ClientIndex, ConnectOptions, Error, Family, Publish, QoS};

const LEVELS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

type TestOutbox<F = RefuseNew> = Outbox<CriticalSectionRawMutex, 64, F>;

/// A payload with its number at its beginning, and bytes that could pass for answers.
fn payload(number: u8) -> Vec<u8> {
    [&[number], LOOK_ALIKES, &[b'x'; 40][..usize::from(number) % 40]].concat()
}

/// Messages of all levels in turn, as many as this.
fn pushed(count: u8) -> TestOutbox {
    let outbox = TestOutbox::new();
    for number in 0..count {
        let message = payload(number);
        let message = Publish::new("meter-3/reading", &message).qos(LEVELS[usize::from(number) % 3]);
        outbox.push(FIRST, &message).unwrap();
    }
    outbox
}

/// The numbers of the messages that the broker has, each checked to be whole.
fn arrived(bench: &Bench) -> Vec<u8> {
    let publications = bench.loopback(|broker, _| broker.publications().to_vec());
    let queued = publications.iter().filter(|publication| publication.topic == b"meter-3/reading");
    queued
        .map(|publication| {
            let number = publication.payload[0];
            assert_eq!(publication.payload, payload(number));
            assert_eq!(publication.qos, number % 3);
            number
        })
        .collect()
}

/// What an outbox promises of messages that were pushed and have all gone.
#[track_caller]
fn assert_kept(bench: &Bench, outbox: &TestOutbox, count: u8) {
    let numbers = arrived(bench);
    let counters = outbox.counters();
    let text = || format!("{numbers:?} {counters:?}\n{}", bench.transcript_text());
    let times = |number: u8| numbers.iter().filter(|&&other| other == number).count();
    let mut missing = 0;
    for number in 0..count {
        match LEVELS[usize::from(number) % 3] {
            QoS::AtLeastOnce => assert!(times(number) >= 1, "{number} is lost: {}", text()),
            _ => assert!(times(number) <= 1, "{number} is doubled: {}", text()),
        }
        missing += u32::from(times(number) == 0);
    }
    assert!(numbers.is_sorted(), "{}", text());
    assert!(missing <= counters.unknown, "{missing} are missing: {}", text());
    assert_eq!(counters.delivered + counters.unknown, u32::from(count), "{}", text());
    assert_eq!((counters.refused, counters.dropped), (0, 0), "{}", text());
    assert!(numbers.len() + missing as usize - usize::from(count) <= counters.repeated as usize, "{}", text());
}

/// Connects and drains until nothing is left.
async fn drain_all(bench: &Bench, modem: &mut TestModem<'_>, outbox: &TestOutbox) {
    for _ in 0..20 {
        if outbox.is_empty() {
            return;
        }
        if modem.client(FIRST).connect(&OPTIONS).await.is_ok() {
            let _ = modem.drain(outbox).await;
        }
    }
    panic!("{outbox:?} does not become empty\n{}", bench.transcript_text());
}

#[test]
fn messages_wait_for_the_connection_and_arrive_in_order_with_all_that_was_said_about_them() {
    on_every_family(&[], async |bench, modem, _| {
        let outbox = pushed(9);
        let offline = modem.drain(&outbox).await;
        assert!(
            matches!(offline, Err(Error::Illegal { reason: Illegal::ClientNotConnected, .. })),
            "{offline:?}\n{}",
            bench.transcript_text()
        );
        assert_eq!((outbox.len(), outbox.counters()), (9, OutboxCounters::default()));
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        let other = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-4");
        modem.client(SECOND).connect(&other).await.or_transcript(bench);
        let timeout = Duration::from_secs(77);
        let kept = Publish::new("meter-3/kept", b"").qos(QoS::ExactlyOnce).retained(true).timeout(timeout);
        outbox.push(SECOND, &kept).unwrap();
        assert_eq!(modem.drain(&outbox).await.or_transcript(bench), 10);
        assert_eq!(modem.drain(&outbox).await, Ok(0));
        assert_eq!(arrived(bench), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        let last = bench.loopback(|broker, _| broker.publications().last().cloned()).unwrap();
        assert_eq!((last.client, &last.topic[..], &last.payload[..]), (Some(1), &b"meter-3/kept"[..], &b""[..]));
        assert!(last.retained && last.qos == 2);
        assert!(bench.transcript_text().contains("AT+CMQTTPUB=1,2,77,1,0"), "{}", bench.transcript_text());
        let counters = outbox.counters();
        assert_eq!((counters.delivered, counters.repeated, counters.unknown), (10, 0, 0));
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_message_of_the_largest_size_arrives_whole() {
    on_every_connected(async |bench, modem, _| {
        let outbox = Outbox::<CriticalSectionRawMutex, 400>::new();
        let topic = "t".repeat(1024);
        let payload: Vec<u8> = (0..modem.family().payload_limit()).map(|index| (index % 251) as u8).collect();
        outbox.push(FIRST, &Publish::new(&topic, &payload)).unwrap();
        assert_eq!(modem.drain(&outbox).await.or_transcript(bench), 1);
        let last = bench.loopback(|broker, _| broker.publications().last().cloned()).unwrap();
        assert!(last.topic == topic.as_bytes() && last.payload == payload);
    });
}

/// Fills and drains an outbox, with a fault at every so many bytes of what the module sends.
fn with_a_fault_at_every_byte(fault: impl Fn(&Bench) + Copy + 'static) {
    let family = Family::A76xx;
    let mut repeated = 0;
    let mut unknown = 0;
    for at in (1..1_400).step_by(7) {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        let outbox = pushed(6);
        bench.after_output(at, fault);
        bench.block_on(drain_all(&bench, &mut modem, &outbox));
        assert_kept(&bench, &outbox, 6);
        repeated += outbox.counters().repeated;
        unknown += outbox.counters().unknown;
    }
    assert!(repeated > 0 && unknown > 0, "no fault was in the middle of a publish: {repeated}, {unknown}");
}

#[test]
fn a_restart_at_any_byte_loses_no_message_at_qos_1_and_doubles_no_other() {
    with_a_fault_at_every_byte(|bench| {
        bench.cut_output();
        bench.modem(|module, now| module.restart(now));
    });
}

#[test]
fn a_lost_connection_at_any_byte_loses_no_message_at_qos_1_and_doubles_no_other() {
    with_a_fault_at_every_byte(|bench| bench.loopback(|broker, now| broker.close(now, 0, 1)));
}

#[test]
fn lost_bytes_at_any_place_lose_no_message_at_qos_1_and_double_no_other() {
    with_a_fault_at_every_byte(|bench| bench.lose(9));
}

#[test]
fn an_unknown_outcome_is_repeated_with_the_duplicate_flag_at_qos_1_and_only_counted_at_the_others() {
    for (qos, repeated, unknown) in [(QoS::AtMostOnce, 0, 1), (QoS::AtLeastOnce, 1, 0), (QoS::ExactlyOnce, 0, 1)] {
        on_every_connected(async |bench, modem, _| {
            let outbox = TestOutbox::<RefuseNew>::new();
            outbox.push(FIRST, &Publish::new("meter-3/a", b"x").qos(qos)).unwrap();
            script(bench, "AT+CMQTTPUB", 1, ScriptedAnswer::Exactly(b"\r\nOK\r\n".to_vec()));
            let lost = modem.drain(&outbox).await;
            assert!(matches!(lost, Err(Error::OutcomeUnknown { .. })), "{lost:?}");
            assert_eq!((outbox.counters().repeated, outbox.counters().unknown), (repeated, unknown));
            assert_eq!(modem.drain(&outbox).await.or_transcript(bench), repeated as usize);
            let repetition = format!("AT+CMQTTPUB=0,{},60,0,1", qos as u8);
            assert_eq!(bench.transcript_text().contains(&repetition), repeated == 1);
        });
    }
}

#[test]
fn a_message_that_was_certainly_not_sent_stays_at_every_level() {
    for (qos, name) in LEVELS.into_iter().zip(["AT+CMQTTTOPIC", "AT+CMQTTPAYLOAD", "AT+CMQTTPUB"].into_iter().cycle()) {
        on_every_connected(async |bench, modem, _| {
            let outbox = TestOutbox::<RefuseNew>::new();
            outbox.push(FIRST, &Publish::new("meter-3/a", b"x").qos(qos)).unwrap();
            let busy = format!("\r\n{}: 0,14\r\n\r\nERROR\r\n", &name[2..]);
            script(bench, name, 1, ScriptedAnswer::Exactly(busy.into_bytes()));
            assert_eq!(refusal(modem.drain(&outbox).await, bench), (&name[2..], code(14)));
            assert_eq!((outbox.len(), outbox.counters()), (1, OutboxCounters::default()));
            if modem.drain(&outbox).await.is_err() {
                // What was staged may have to go first.
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
                modem.drain(&outbox).await.or_transcript(bench);
            }
            assert!(outbox.is_empty() && outbox.counters().delivered == 1);
        });
    }
}

#[test]
fn a_message_that_the_module_always_refuses_goes_after_five_times_and_the_next_one_arrives() {
    for answer in [ERROR, NUMBERED_ERROR] {
        always_refused(answer);
    }
}

fn always_refused(answer: &[u8]) {
    on_every_connected(async |bench, modem, _| {
        let outbox = TestOutbox::<RefuseNew>::new();
        let first = if modem.family() == Family::Sim767x {
            // Only this family refuses it, before a byte is sent.
            outbox.push(FIRST, &Publish::new("meter-3/a", &[0; 1_000]).timeout(Duration::from_secs(1))).unwrap();
            None
        } else {
            outbox.push(FIRST, &Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce)).unwrap();
            Some(ScriptedAnswer::Exactly(answer.to_vec()))
        };
        outbox.push(FIRST, &Publish::new("meter-3/b", b"y")).unwrap();
        if let Some(answer) = first {
            script(bench, "AT+CMQTTTOPIC", 0, answer);
        }
        for attempt in 1..=5 {
            let refused = modem.drain(&outbox).await;
            match refused {
                Err(Error::Invalid(invalid)) => assert_eq!(invalid.parameter, Parameter::Timeout),
                Err(Error::Refused { .. }) => {}
                other => panic!("{other:?}\n{}", bench.transcript_text()),
            }
            assert_eq!(outbox.counters().refused, u32::from(attempt == 5));
        }
        end_script(bench);
        assert_eq!(modem.drain(&outbox).await.or_transcript(bench), 1);
        let last = bench.loopback(|broker, _| broker.publications().last().cloned()).unwrap();
        assert_eq!((&last.topic[..], &last.payload[..]), (&b"meter-3/b"[..], &b"y"[..]));
    });
}

/// A bare `ERROR` to PUB leaves the outcome unknown: the message is repeated, and gone after the fifth time all the
/// same.
#[test]
fn a_message_at_qos_1_whose_pub_is_always_refused_goes_after_five_times() {
    on_every_connected(async |bench, modem, _| {
        let outbox = TestOutbox::<RefuseNew>::new();
        outbox.push(FIRST, &Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce)).unwrap();
        script(bench, "AT+CMQTTPUB", 0, ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec()));
        for attempt in 1..=5 {
            let refused = modem.drain(&outbox).await;
            assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}\n{}", bench.transcript_text());
            assert_eq!(outbox.is_empty(), attempt == 5);
        }
        assert_eq!((outbox.counters().repeated, outbox.counters().refused), (4, 1));
    });
}

#[test]
fn what_is_pushed_during_a_drain_drops_the_oldest_but_not_the_message_that_is_being_sent() {
    static OUTBOX: Outbox<CriticalSectionRawMutex, 6, DropOldest> = Outbox::new();
    let push = |number: u8| OUTBOX.push(ClientIndex::First, &Publish::new("meter-3/n", &[number; 43]));
    let family = Family::A76xx;
    let bench = bench(family);
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, family, &inbox);
    bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        (0..3).for_each(|number| push(number).unwrap());
        // In the middle of the data of the first payload.
        let before = bench.passed(simcom_modem_simulator::pipe::Direction::ToModem);
        bench.after_input(before + 60, move |_| (3..7).for_each(|number| push(number).unwrap()));
        while !OUTBOX.is_empty() {
            modem.drain(&OUTBOX).await.or_transcript(&bench);
        }
        let publications = bench.loopback(|broker, _| broker.publications().to_vec());
        let payloads: Vec<_> = publications.iter().map(|publication| publication.payload.clone()).collect();
        assert_eq!(payloads, [vec![0; 43], vec![5; 43], vec![6; 43]], "{}", bench.transcript_text());
        assert_eq!((OUTBOX.counters().delivered, OUTBOX.counters().dropped), (3, 4));
    });
}
