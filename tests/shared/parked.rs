//! What a call waits for without its turn lasts, whatever other calls do meanwhile.

use core::pin::{Pin, pin};
use core::time::Duration;

use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer};
use simcom_modem_simulator::pipe::{Bench, TaskId};

use crate::bed::{Bed, FIRST, Filters, Module, SECOND, acknowledged, on_every_family, options, returned, switched};
use crate::driver::command::network::Csq;
use crate::driver::{ClientIndex, Connection, Error, QoS, RefuseAll};
use crate::families::ALL_FAMILIES;
use crate::turns::poll_once;

const BOTH: &[ClientIndex] = &[FIRST, SECOND];
/// Longest time for a command that does not wait for another call.
const AT_ONCE: Duration = Duration::from_secs(1);
/// A client that is busy is asked again after 2 s.
const PAUSE: Duration = Duration::from_secs(2);

/// Asks for the signal in a task of its own, and checks that it is answered at once.
#[track_caller]
fn signal_at_once(bed: &mut Bed<'_>) {
    let module = bed.module;
    let before = bed.bench.now();
    let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
    bed.tasks.run_for(AT_ONCE / 4);
    let signal = returned(&signal, &bed.bench);
    assert!(signal.is_ok(), "{signal:?} after {before:?}\n{}", bed.bench.transcript_text());
}

/// The first CONNECT of the first client is refused with 14.
fn is_busy_once(bed: &Bed<'_>) {
    let answer = ScriptedAnswer::Exactly(b"\r\n+CMQTTCONNECT: 0,14\r\n\r\nERROR\r\n".to_vec());
    let refusal = Override { prefix: "AT+CMQTTCONNECT=0".to_owned(), nth: 1, answer };
    bed.bench.modem(|modem, _| modem.behaviour_mut().overrides.push(refusal));
}

/// Calls of other tasks are answered in the pause after the refusal, and the module is not asked again before its end.
#[track_caller]
fn expect_pause(bed: &mut Bed<'_>) {
    while !bed.bench.transcript_text().contains("+CMQTTCONNECT: 0,14") {
        bed.tasks.poll_next_or_fail();
    }
    let begin = bed.bench.now();
    let asked = |bed: &Bed<'_>| bed.bench.transcript_text().matches("AT+CMQTT").count();
    let before = asked(bed);
    while bed.bench.now() + AT_ONCE / 2 < begin + PAUSE {
        signal_at_once(bed);
    }
    assert_eq!(asked(bed), before, "{}", bed.bench.transcript_text());
    bed.tasks.run_for(AT_ONCE);
    assert!(asked(bed) > before, "{}", bed.bench.transcript_text());
}

#[test]
fn the_pause_of_a_connect_to_a_busy_module_lasts_while_other_calls_are_answered() {
    on_every_family(&[], &[SECOND], |bed| {
        let module = bed.module;
        is_busy_once(bed);
        let (_, connected) = bed.call("connect", async move { module.connect(FIRST, options(FIRST)).await });
        expect_pause(bed);
        bed.run_for_seconds(10);
        assert_eq!(returned(&connected, &bed.bench), Ok(Connection::Opened), "{}", bed.bench.transcript_text());
    });
}

#[test]
fn the_pause_of_a_supervisor_before_a_busy_module_lasts_while_other_calls_are_answered() {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, &[]);
        let (module, filters) = (Module::new(), Filters::new());
        let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters)]);
        is_busy_once(&bed);
        expect_pause(&mut bed);
        bed.run_for_seconds(10);
        assert!(module.is_up(FIRST), "{:?}\n{}", bed.events.borrow(), bench.transcript_text());
        let connects = bench.transcript_text().matches("AT+CMQTTCONNECT=0").count();
        assert_eq!(connects, 2, "{:?}\n{}", bed.events.borrow(), bench.transcript_text());
    }
}

/// It may be among what the module has not sent, so it has 8 s more, as after lost bytes.
#[test]
fn an_outcome_that_a_silent_module_owes_is_unknown_after_8_s() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(50));
        let (_, published) = bed.call("publish", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        // It is known from now on that this module carries out commands meanwhile.
        signal_at_once(bed);
        bed.bench.modem(|modem, now| modem.set_mute(now, true));
        let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
        bed.run_for_seconds(30);
        let signal = returned(&signal, &bed.bench);
        assert!(matches!(signal, Err(Error::NoAnswer { .. })), "{signal:?}\n{}", bed.bench.transcript_text());
        let published = returned(&published, &bed.bench);
        let is_unknown = matches!(published, Err(Error::OutcomeUnknown { command }) if command.as_str() == "+CMQTTPUB");
        assert!(is_unknown, "{published:?}\n{}", bed.bench.transcript_text());
    });
}

/// Two tasks have not come for their results yet, and two more wait for theirs.
#[track_caller]
fn fill_every_slot(bed: &mut Bed<'_>) -> Vec<TaskId> {
    let module = bed.module;
    let late = BOTH.iter().map(|client| {
        let bench = bed.bench.clone();
        bed.tasks.spawn("late", async move {
            let message = acknowledged(b"late");
            let mut publish: Pin<&mut _> = pin!(module.publish(*client, &message));
            let begin = bench.now();
            while bench.now() < begin + Duration::from_secs(1) {
                assert!(poll_once(publish.as_mut()).await.is_pending());
                bench.clock().wait_until(bench.now() + Duration::from_millis(10)).await;
            }
            bench.clock().wait_until(begin + Duration::from_secs(3600)).await;
        })
    });
    let mut tasks: Vec<_> = late.collect();
    bed.run_for_seconds(6);
    bed.bench.loopback(|broker, _| broker.silent = true);
    for client in BOTH {
        let waiting = async move { assert!(module.publish(*client, &acknowledged(b"waits")).await.is_err()) };
        tasks.push(bed.tasks.spawn("waiting", waiting));
    }
    bed.run_for_seconds(1);
    signal_at_once(bed);
    bed.bench.loopback(|broker, _| broker.silent = false);
    tasks
}

#[test]
fn what_dropped_calls_have_left_keeps_no_other_call_from_giving_up_its_turn() {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, &[("publish-delay", "3000")]);
        let (module, filters) = (Module::new(), Filters::new());
        let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters)]);
        bed.run_for_seconds(30);
        bed.connect(SECOND);
        for _ in 0..3 {
            for task in fill_every_slot(&mut bed) {
                bed.tasks.drop_task(task);
            }
            bed.run_for_seconds(200);
            // The supervisor comes next, and its CONNECT does not hold the module.
            bench.modem(|modem, _| modem.behaviour_mut().timing.connect = Duration::from_secs(20));
            let connects = |bench: &Bench| bench.transcript_text().matches("AT+CMQTTCONNECT=0").count();
            let before = connects(&bench);
            bench.loopback(|broker, now| broker.close(now, 0, 1));
            while connects(&bench) == before {
                bed.tasks.poll_next_or_fail();
            }
            bed.run_for_seconds(1);
            signal_at_once(&mut bed);
            bed.run_for_seconds(30);
            assert!(module.is_up(FIRST), "{:?}\n{}", bed.events.borrow(), bench.transcript_text());
        }
    }
}

#[test]
fn a_filter_that_is_added_while_no_call_is_under_way_is_subscribed_to_at_once() {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, &[]);
        let (module, filters) = (Module::new(), Filters::new());
        let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters)]);
        bed.run_for_seconds(35);
        assert!(module.is_up(FIRST));
        filters.add("pump/set", QoS::AtLeastOnce).unwrap();
        bed.run_for_seconds(2);
        assert!(filters.is_subscribed("pump/set"), "{}", bench.transcript_text());
        filters.remove("pump/set");
        bed.run_for_seconds(2);
        bench.loopback(|broker, _| assert_eq!(broker.subscriptions(0).len(), 0));
    }
}
