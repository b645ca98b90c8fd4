//! Every call dropped at every poll: the next call is correct.

use core::time::Duration;

use simcom_modem_simulator::pipe::{Chunking, ReadChunks};
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::command::network::{Csq, Rssi};
use crate::driver::network::{Apn, BringUpError};
use crate::driver::{ClientState, Connection, Error, Event, Family, Publish, QoS};

/// Creates many points at which a future can be dropped: before and after every few bytes.
const MANY_POLLS: Chunking = Chunking {
    read: ReadChunks::AtMost(5),
    pending_before_read: true,
    longest_write: Some(3),
    pending_before_write: true,
};

/// An aborted line is refused on purpose.
const REFUSED_LINES: &[ComplaintKind] =
    &[ComplaintKind::UnknownCommand, ComplaintKind::Malformed, ComplaintKind::OutOfRange, ComplaintKind::Garbage];

/// On a connected client, drops a call after 1, 2, 3 … polls until it ends in time; `test` runs after each drop.
/// Returns the number of polls of the whole call.
fn drop_at_every_poll(
    family: Family,
    call: impl AsyncFn(&mut TestModem<'_>),
    afterwards: impl AsyncFn(&Bench, &mut TestModem<'_>, &TestInbox),
) -> usize {
    for polls in 1.. {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(subscribed(&bench, &mut modem));
        bench.set_chunking(MANY_POLLS);
        let ended = bench.poll_then_drop(call(&mut modem), polls).is_some();
        bench.block_on(afterwards(&bench, &mut modem, &inbox));
        assert_no_complaints(&bench, &[REFUSED_LINES, PROBING].concat());
        if ended {
            return polls;
        }
    }
    unreachable!("every call ends")
}

/// A publish arrives exactly once, and whole.
async fn arrives_once(bench: &Bench, modem: &mut TestModem<'_>, inbox: &TestInbox) {
    let message = Publish::new("meter-3/after", LOOK_ALIKES).qos(QoS::AtLeastOnce);
    modem.client(FIRST).publish(&message).await.or_transcript(bench);
    let mut received = messages(inbox);
    while !received.iter().any(|(_, topic, _)| topic == b"meter-3/after") {
        modem.next_event().await.or_transcript(bench);
        received.extend(messages(inbox));
    }
    let after: Vec<_> = received.iter().filter(|(_, topic, _)| topic == b"meter-3/after").collect();
    assert_eq!(after, [&(FIRST, b"meter-3/after".to_vec(), LOOK_ALIKES.to_vec())]);
    for (_, topic, payload) in &received {
        assert!(topic == b"meter-3/after" || (topic == b"meter-3/before" && payload == b"in one piece"), "{topic:?}");
    }
}

#[test]
fn a_publish_dropped_at_any_poll_is_never_published_in_part() {
    for (family, _) in FAMILIES {
        let polls = drop_at_every_poll(
            family,
            async |modem| {
                let message = Publish::new("meter-3/before", b"in one piece").qos(QoS::AtLeastOnce);
                modem.client(FIRST).publish(&message).await.unwrap();
            },
            async |bench, modem, inbox| {
                arrives_once(bench, modem, inbox).await;
                let publications = bench.loopback(|broker, _| broker.publications().to_vec());
                for publication in &publications {
                    let whole = (&b"meter-3/before"[..], &b"in one piece"[..]);
                    let topic = &publication.topic[..];
                    assert!(topic == b"meter-3/after" || (topic, &publication.payload[..]) == whole, "{publication:?}");
                }
                assert!(publications.len() <= 2);
            },
        );
        assert!(polls > 50, "{polls} polls are too few to mean anything");
    }
}

#[test]
fn an_empty_publish_after_a_dropped_one_never_sends_its_payload() {
    for (family, _) in FAMILIES {
        drop_at_every_poll(
            family,
            async |modem| {
                let message = Publish::new("meter-3/before", b"in one piece").qos(QoS::AtLeastOnce);
                modem.client(FIRST).publish(&message).await.unwrap();
            },
            async |bench, modem, _| {
                let empty = Publish::new("meter-3/empty", b"");
                if modem.client(FIRST).publish(&empty).await.is_err() {
                    // Only a new ACCQ clears the staged payload.
                    assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Opened));
                    modem.client(FIRST).publish(&empty).await.or_transcript(bench);
                }
                let last = bench.loopback(|broker, _| broker.publications().last().cloned()).unwrap();
                assert_eq!((&last.topic[..], &last.payload[..]), (&b"meter-3/empty"[..], &b""[..]));
            },
        );
    }
}

#[test]
fn a_subscribe_dropped_at_any_poll_leaves_the_subscription_whole_or_harmless() {
    for (family, _) in FAMILIES {
        let polls = drop_at_every_poll(
            family,
            async |modem| modem.client(FIRST).subscribe("pump/+/state", QoS::AtLeastOnce).await.unwrap(),
            async |bench, modem, inbox| {
                arrives_once(bench, modem, inbox).await;
                let filters = bench.loopback(|broker, _| broker.subscriptions(0).to_vec());
                for (filter, _) in filters {
                    let whole = filter == b"meter-3/#" || filter == b"pump/+/state";
                    let cut = filter.len() == 12 && filter.ends_with(b"/") && !filter.iter().all(|&byte| byte == b'/');
                    assert!(whole || cut, "{:?}", String::from_utf8_lossy(&filter));
                }
            },
        );
        assert!(polls > 20, "{polls} polls are too few to mean anything");
    }
}

#[test]
fn an_unsubscribe_and_a_query_dropped_at_any_poll_disturb_nothing() {
    for (family, _) in FAMILIES {
        let unsubscribe =
            async |modem: &mut TestModem<'_>| modem.client(FIRST).unsubscribe("pump/state").await.unwrap();
        drop_at_every_poll(family, unsubscribe, arrives_once);
        let query = async |modem: &mut TestModem<'_>| {
            assert_eq!(modem.execute(&Csq).await.map(|rssi| rssi.map(Rssi::dbm)), Ok(Some(-67)));
        };
        drop_at_every_poll(family, query, arrives_once);
    }
}

#[test]
fn a_streamed_publish_dropped_at_any_poll_is_never_published_in_part() {
    let family = Family::A76xx;
    drop_at_every_poll(
        family,
        async |modem| {
            let mut reader = &b"in one piece"[..];
            let message = Publish::new("meter-3/before", b"");
            modem.client(FIRST).publish_from(&message, 12, &mut reader).await.unwrap();
        },
        arrives_once,
    );
}

#[test]
fn waiting_for_events_dropped_at_any_poll_loses_none() {
    for (family, _) in FAMILIES {
        for polls in 1..60 {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(subscribed(&bench, &mut modem));
            bench.set_chunking(MANY_POLLS);
            bench.loopback(|broker, now| broker.publish(now, b"meter-3/after", LOOK_ALIKES, false));
            let event = bench.poll_then_drop(modem.next_event(), polls);
            let event = event.unwrap_or_else(|| bench.block_on(modem.next_event()));
            assert_eq!(event, Ok(Event::Message(FIRST)));
            assert_eq!(messages(&inbox), [(FIRST, b"meter-3/after".to_vec(), LOOK_ALIKES.to_vec())]);
        }
    }
}

#[test]
fn a_connect_dropped_at_any_poll_is_completed_by_the_next() {
    for (family, _) in FAMILIES {
        let options = OPTIONS.will(&WILL).credentials("meter", "water");
        for polls in 1.. {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.set_chunking(MANY_POLLS);
            let ended = {
                let mut client = modem.client(FIRST);
                bench.poll_then_drop(client.connect(&options), polls).is_some()
            };
            bench.block_on(async {
                modem.client(FIRST).connect(&options).await.or_transcript(&bench);
                assert_eq!(modem.client(FIRST).state(), ClientState::Connected);
                let connection = bench.loopback(|broker, _| broker.connection(0).cloned()).unwrap();
                let will = connection.will.expect("a will");
                assert_eq!((&will.topic[..], &will.message[..]), (&b"meter-3/state"[..], &b"vanished"[..]));
                assert_eq!(connection.password.as_deref(), Some("water"));
                modem.client(FIRST).subscribe("meter-3/#", QoS::AtLeastOnce).await.or_transcript(&bench);
                arrives_once(&bench, &mut modem, &inbox).await;
            });
            if ended {
                break;
            }
        }
    }
}

#[test]
fn connect_with_other_options_dropped_at_any_poll_sets_the_client_up_for_them() {
    let family = Family::A76xx;
    let with_will = OPTIONS.will(&WILL);
    for polls in 1.. {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).disconnect().await.or_transcript(&bench);
        });
        bench.set_chunking(MANY_POLLS);
        // Resync runs before the first step of `connect`.
        let _ = bench.poll_then_drop(modem.execute(&Csq), 4);
        let ended = {
            let mut client = modem.client(FIRST);
            bench.poll_then_drop(client.connect(&with_will), polls).is_some()
        };
        bench.block_on(async {
            modem.client(FIRST).connect(&with_will).await.or_transcript(&bench);
            let connection = bench.loopback(|broker, _| broker.connection(0).cloned()).unwrap();
            assert!(connection.will.is_some(), "{polls}: {}", bench.transcript_text());
        });
        if ended {
            break;
        }
    }
}

#[test]
fn a_call_dropped_during_resync_is_resynced_too() {
    let family = Family::A76xx;
    for first in (1..120).step_by(3) {
        for second in (1..60).step_by(4) {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(subscribed(&bench, &mut modem));
            bench.set_chunking(MANY_POLLS);
            let message = Publish::new("meter-3/before", b"in one piece").qos(QoS::AtLeastOnce);
            for polls in [first, second] {
                let mut client = modem.client(FIRST);
                let _ = bench.poll_then_drop(client.publish(&message), polls);
            }
            bench.block_on(arrives_once(&bench, &mut modem, &inbox));
            assert_no_complaints(&bench, &[REFUSED_LINES, PROBING].concat());
        }
    }
}

#[test]
fn a_connect_sent_before_a_reset_is_waited_for() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        bench.loopback(|broker, _| broker.silent = true);
        let inbox = TestInbox::new();
        {
            // Dropped together with its driver while CONNECT is not answered yet.
            let mut modem = modem(&bench, family, &inbox);
            let mut client = modem.client(FIRST);
            for polls in 1.. {
                assert!(bench.poll_then_drop(client.connect(&OPTIONS), polls).is_none());
                if bench.modem(|module, _| module.client(0).is_busy()) {
                    break;
                }
            }
        }
        bench.loopback(|broker, _| broker.silent = false);
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).publish(&Publish::new("meter-3/a", b"x")).await.or_transcript(&bench);
        });
    }
}

#[test]
fn several_filters_dropped_at_any_poll_leave_no_filter_of_slashes_to_be_sent() {
    for (family, _) in FAMILIES {
        drop_at_every_poll(
            family,
            async |modem| {
                let filters = [("pump/+/state", QoS::AtLeastOnce), ("valve/#", QoS::AtMostOnce)];
                modem.client(FIRST).subscribe_all(&filters).await.unwrap();
            },
            async |bench, modem, inbox| {
                let others = [("tank/level", QoS::AtMostOnce), ("tank/leak", QoS::AtMostOnce)];
                modem.client(FIRST).subscribe_all(&others).await.or_transcript(bench);
                arrives_once(bench, modem, inbox).await;
                // The remains of a cut direct subscription are harmless, see above.
                if family != Family::Sim767x {
                    let filters = bench.loopback(|broker, _| broker.subscriptions(0).to_vec());
                    assert!(filters.iter().all(|(filter, _)| !filter.ends_with(b"/")), "{filters:?}");
                }
            },
        );
    }
}

#[test]
fn half_a_line_and_then_a_module_without_power_is_reported_in_bounded_time() {
    for (family, _) in FAMILIES {
        for polls in (1..16).step_by(3) {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(async {
                subscribed(&bench, &mut modem).await;
                modem.client(FIRST).disconnect().await.or_transcript(&bench);
            });
            // CONNECT may take minutes; half of its line must not.
            bench.set_chunking(MANY_POLLS);
            {
                let mut client = modem.client(FIRST);
                assert!(bench.poll_then_drop(client.connect(&OPTIONS), polls).is_none());
            }
            bench.modem(|module, now| module.cut_power(now));
            let start = bench.now();
            let silent = bench.block_on(modem.execute(&Csq));
            assert!(matches!(silent, Err(Error::NoAnswer { .. })), "{silent:?}");
            let waited = bench.now() - start;
            assert!(waited < Duration::from_secs(25), "{waited:?}\n{}", bench.transcript_text());
        }
    }
}

#[test]
fn a_wrong_pin_is_sent_once_wherever_the_bring_up_that_sends_it_is_dropped() {
    let mut refused_early = 0;
    for polls in 1.. {
        let bench = bench_with(Family::Sim7600, |behaviour| behaviour.bring_up.pin = "1234".into());
        bench.set_chunking(MANY_POLLS);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, Family::Sim7600, &inbox);
        let apn = Apn::new("internet").pin("4321");
        let ended = bench.poll_then_drop(modem.bring_up(&apn, |_| {}), polls).is_some();
        let was_sent =
            || bench.modem(|module, _| module.complaints().iter().any(|it| it.kind == ComplaintKind::WrongPin));
        refused_early += usize::from(!ended && was_sent());
        for _ in 0..3 {
            assert_eq!(
                bench.block_on(modem.bring_up(&apn, |_| {})),
                Err(BringUpError::PinRefused),
                "after {polls} polls"
            );
        }
        let complaints = bench.modem(|module, _| module.take_complaints());
        let tries = complaints.iter().filter(|complaint| complaint.kind == ComplaintKind::WrongPin).count();
        assert!(tries <= 1, "{tries} tries after {polls} polls\n{}", bench.transcript_text());
        if ended {
            break;
        }
    }
    assert!(refused_early > 0, "no call was dropped between the PIN and its refusal");
}
