//! A drain that is dropped at any poll, and a task that waits for a message.

use core::pin::pin;
use core::task::{Context, Waker};

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use simcom_modem_simulator::pipe::{Chunking, ReadChunks};

use crate::bench::*;
use crate::driver::outbox::Outbox;
use crate::driver::{Publish, QoS};

/// Creates many points at which a future can be dropped.
const MANY_POLLS: Chunking = Chunking {
    read: ReadChunks::AtMost(7),
    pending_before_read: true,
    longest_write: Some(9),
    pending_before_write: true,
};

const LEVELS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

#[test]
fn a_drain_dropped_at_any_poll_loses_nothing_at_qos_1_and_doubles_nothing_at_the_others() {
    for (family, _) in FAMILIES {
        let (mut repeated, mut unknown) = (0, 0);
        for polls in 1.. {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(subscribed(&bench, &mut modem));
            let outbox = Outbox::<CriticalSectionRawMutex, 16>::new();
            for (number, qos) in LEVELS.into_iter().enumerate() {
                outbox.push(FIRST, &Publish::new("meter-3/n", &[number as u8; 50]).qos(qos)).unwrap();
            }
            bench.set_chunking(MANY_POLLS);
            let has_ended = bench.poll_then_drop(modem.drain(&outbox), polls).is_some();
            bench.block_on(async {
                for _ in 0..4 {
                    if modem.drain(&outbox).await.is_err() {
                        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                    }
                }
            });
            let counters = outbox.counters();
            let publications = bench.loopback(|broker, _| broker.publications().to_vec());
            let text = || format!("{polls} polls: {outbox:?} {publications:?}\n{}", bench.transcript_text());
            assert!(outbox.is_empty(), "{}", text());
            assert!(publications.iter().all(|publication| publication.payload == [publication.qos; 50]), "{}", text());
            let [at_most_once, at_least_once, exactly_once] =
                [0, 1, 2].map(|qos| publications.iter().filter(|publication| publication.qos == qos).count());
            assert!(at_least_once >= 1 && at_most_once <= 1 && exactly_once <= 1, "{}", text());
            assert!(2 - at_most_once - exactly_once <= counters.unknown as usize, "{}", text());
            assert!(publications.iter().map(|publication| publication.qos).is_sorted(), "{}", text());
            assert_eq!(counters.delivered + counters.unknown, 3, "{}", text());
            repeated += counters.repeated;
            unknown += counters.unknown;
            if has_ended {
                assert!(polls > 100, "{polls} polls are too few to mean anything");
                break;
            }
        }
        assert!(repeated > 0 && unknown > 1, "{repeated}, {unknown}");
    }
}

#[test]
fn a_task_that_waits_for_a_message_is_woken_by_the_push() {
    let outbox = Outbox::<CriticalSectionRawMutex, 4>::new();
    let bench = bench(FAMILIES[0].0);
    let mut waits = pin!(outbox.not_empty());
    assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    bench.block_on(async {
        let mut clock = bench.clock();
        let pushes = async {
            clock.wait_until(bench.now() + core::time::Duration::from_secs(5)).await;
            outbox.push(FIRST, &Publish::new("meter-3/n", b"x")).unwrap();
        };
        let mut pushes = pin!(pushes);
        let mut has_pushed = false;
        core::future::poll_fn(|context| {
            has_pushed = has_pushed || pushes.as_mut().poll(context).is_ready();
            waits.as_mut().poll(context)
        })
        .await;
        assert!(has_pushed && outbox.len() == 1);
        outbox.not_empty().await;
    });
}
