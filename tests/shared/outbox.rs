//! An outbox beside supervisors and other tasks: what one task pushes, another one sends.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;

use crate::bed::{Bed, FIRST, Filters, Module, switched};
use crate::driver::command::network::Csq;
use crate::driver::outbox::Outbox;
use crate::driver::{Error, Family, Publish, QoS, RefuseAll};
use crate::families::ALL_FAMILIES;
use crate::turns::MOST_POLLS;

const LEVELS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
const MESSAGES: u16 = 600;

type TestOutbox = Outbox<CriticalSectionRawMutex, 800>;

/// Sends what is pushed, as a firmware's task does.
async fn send(module: &Module, outbox: &TestOutbox, mut clock: simcom_modem_simulator::pipe::Clock) -> Error {
    loop {
        outbox.not_empty().await;
        if let Err(error) = module.wait_up(FIRST).await {
            return error;
        }
        if module.drain(outbox).await.is_err() {
            let deadline = clock.now() + Duration::from_secs(1);
            clock.wait_until(deadline).await;
        }
    }
}

#[test]
fn through_restarts_losses_and_silence_every_message_at_qos_1_arrives_and_no_other_one_twice() {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, &[]);
        bench.set_time_limit(Duration::from_secs(10_000));
        let (module, filters, outbox) = (Module::new(), Filters::new(), TestOutbox::new());
        let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters)]);
        bed.tasks.spawn("sender", async { panic!("{}", send(&module, &outbox, bench.clock()).await) });
        let pushed = Rc::new(Cell::new(0));
        let (count, mut clock, queue) = (pushed.clone(), bench.clock(), &outbox);
        bed.tasks.spawn("sensor", async move {
            for number in 0..MESSAGES {
                let deadline = clock.now() + Duration::from_secs(1);
                clock.wait_until(deadline).await;
                let payload = [&number.to_be_bytes()[..], &[b'x'; 60][..usize::from(number) % 60]].concat();
                let message = Publish::new("pump/level", &payload).qos(LEVELS[usize::from(number) % 3]);
                queue.push(FIRST, &message).unwrap();
                count.set(number + 1);
            }
        });
        bench.at(Duration::from_secs(100), |bench| bench.modem(|module, now| module.restart(now)));
        bench.at(Duration::from_secs(200), |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)));
        bench.at(Duration::from_secs(300), |bench| bench.modem(|module, now| module.network_lost(now)));
        bench.at(Duration::from_secs(330), |bench| bench.modem(|module, now| module.restore_network(now)));
        bench.at(Duration::from_secs(400), |bench| bench.loopback(|broker, _| broker.silent = true));
        bench.at(Duration::from_secs(500), |bench| bench.loopback(|broker, _| broker.silent = false));
        bed.run_for_seconds(1_500);
        assert_eq!((pushed.get(), outbox.len()), (MESSAGES, 0), "{family:?}: {outbox:?}");
        let signal = bed.now("signal", async { module.execute(&Csq).await });
        assert!(signal.is_ok(), "{signal:?}");
        let publications = bench.loopback(|broker, _| broker.publications().to_vec());
        let numbers: Vec<_> = publications
            .iter()
            .map(|publication| u16::from_be_bytes([publication.payload[0], publication.payload[1]]))
            .collect();
        let counters = outbox.counters();
        assert!(numbers.is_sorted(), "{family:?}: {numbers:?}");
        let mut missing = 0;
        for number in 0..MESSAGES {
            let times = numbers.iter().filter(|&&other| other == number).count();
            if LEVELS[usize::from(number) % 3] == QoS::AtLeastOnce {
                assert!(times >= 1, "{family:?}: {number} is lost");
            } else {
                assert!(times <= 1, "{family:?}: {number} is doubled");
                missing += u32::from(times == 0);
            }
        }
        assert!(missing <= counters.unknown, "{family:?}: {missing} are missing, {counters:?}");
        assert_eq!(counters.delivered + counters.unknown, u32::from(MESSAGES), "{family:?}: {counters:?}");
        assert!(counters.unknown + counters.repeated > 0, "{family:?}: no fault was in the middle of a publish");
        assert_eq!((counters.refused, counters.dropped), (0, 0), "{family:?}");
    }
}

#[test]
fn while_the_session_is_down_a_drain_says_offline_and_the_messages_stay() {
    let bench = switched(Family::A76xx, &[]);
    let module = Module::new();
    let outbox = TestOutbox::new();
    let mut bed = Bed::new(&bench, &module, Family::A76xx, RefuseAll);
    outbox.push(FIRST, &Publish::new("pump/level", b"1").qos(QoS::ExactlyOnce)).unwrap();
    assert_eq!(bed.now("offline", async { module.drain(&outbox).await }), Err(Error::Offline));
    assert_eq!(outbox.len(), 1);
    bed.connect(FIRST);
    assert_eq!(bed.now("drain", async { module.drain(&outbox).await }), Ok(1));
    assert!(outbox.is_empty());
}

#[test]
fn a_drain_dropped_at_any_poll_repeats_a_message_at_qos_1_and_counts_one_at_qos_2() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let (mut unknown, mut repeated) = (0, 0);
        for polls in 1.. {
            assert!(polls < MOST_POLLS, "the drain has not ended");
            let bench = switched(Family::Sim7600, &[]);
            let module = Module::new();
            let outbox = TestOutbox::new();
            let mut bed = Bed::new(&bench, &module, Family::Sim7600, RefuseAll);
            bed.connect(FIRST);
            outbox.push(FIRST, &Publish::new("pump/level", b"1").qos(qos)).unwrap();
            let dropped = bed.tasks.spawn("dropped", async {
                let _ = module.drain(&outbox).await;
            });
            bed.tasks.run_until_polled(dropped, polls);
            let has_ended = bed.tasks.has_ended(dropped);
            bed.tasks.drop_task(dropped);
            let again = bed.now("again", async { module.drain(&outbox).await });
            assert!(again.is_ok() && outbox.is_empty(), "{polls} polls: {again:?}\n{}", bench.transcript_text());
            let arrived = bench.loopback(|broker, _| broker.publications().len());
            let counters = outbox.counters();
            let is_allowed = if qos == QoS::AtLeastOnce {
                (1..=2).contains(&arrived) && counters.delivered == 1
            } else {
                arrived <= 1 && counters.delivered + counters.unknown == 1
            };
            assert!(is_allowed, "{polls} polls: {arrived} {counters:?}\n{}", bench.transcript_text());
            (unknown, repeated) = (unknown + counters.unknown, repeated + counters.repeated);
            if has_ended {
                break;
            }
        }
        assert_eq!((unknown > 0, repeated > 0), (qos == QoS::ExactlyOnce, qos == QoS::AtLeastOnce));
    }
}
