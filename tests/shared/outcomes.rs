//! An outcome does not hold the module.

use core::cell::Cell;
use core::time::Duration;

use simcom_modem_simulator::pipe::Bench;

use crate::bed::{Bed, FIRST, SECOND, acknowledged, on_every_family, options, returned};
use crate::driver::command::network::Csq;
use crate::driver::command::{AccqRead, DiscRead, Start, Stop};
use crate::driver::urc::LossCause;
use crate::driver::{ClientIndex, Error, Event, QoS, ResultCode};
use crate::driver::{Connection, error::Refusal};
use crate::turns::MOST_POLLS;

const BOTH: &[ClientIndex] = &[FIRST, SECOND];
/// Longest time for a command that does not wait for another call.
const AT_ONCE: Duration = Duration::from_secs(1);

fn silence(bench: &Bench, is_silent: bool) {
    bench.loopback(|broker, _| broker.silent = is_silent);
}

/// Asks for the signal in a task of its own, and checks that it is answered at once.
#[track_caller]
fn signal_at_once(bed: &mut Bed<'_>) {
    let module = bed.module;
    let before = bed.bench.now();
    let signal = bed.now("signal", async move { module.execute(&Csq).await });
    assert!(signal.is_ok(), "{signal:?}\n{}", bed.bench.transcript_text());
    assert!(bed.bench.now() - before < AT_ONCE, "{}", bed.bench.transcript_text());
}

#[track_caller]
fn code(result: &Result<(), Error>) -> u8 {
    match result {
        Err(Error::Refused { refusal: Refusal::Code(code), .. }) => code.number(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_of_another_task_is_answered_while_a_publish_waits_for_the_broker() {
    on_every_family(&[], &[FIRST], |bed| {
        silence(&bed.bench, true);
        let module = bed.module;
        let (_, published) = bed.call("publish", async move { module.publish(FIRST, &acknowledged(b"on")).await });
        bed.run_for_seconds(1);
        signal_at_once(bed);
        assert!(published.borrow().is_none());
        bed.run_for_seconds(70);
        assert_eq!(code(&returned(&published, &bed.bench)), ResultCode::new(17).number());
        signal_at_once(bed);
    });
}

#[test]
fn a_subscribe_and_a_disconnect_do_not_hold_it_either() {
    on_every_family(&[], &[FIRST], |bed| {
        let module = bed.module;
        silence(&bed.bench, true);
        let (_, subscribed) =
            bed.call("subscribe", async move { module.subscribe(FIRST, "pump/set", QoS::AtLeastOnce).await });
        bed.run_for_seconds(1);
        signal_at_once(bed);
        silence(&bed.bench, false);
        bed.run_for_seconds(130);
        assert!(subscribed.take().is_some());
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.disconnect = Duration::from_secs(20));
        let (_, disconnected) = bed.call("disconnect", async move { module.disconnect(FIRST).await });
        bed.run_for_seconds(1);
        signal_at_once(bed);
        bed.run_for_seconds(30);
        assert_eq!(returned(&disconnected, &bed.bench), Ok(()));
    });
}

#[test]
fn a_connect_does_not_hold_it() {
    on_every_family(&[], &[SECOND], |bed| {
        silence(&bed.bench, true);
        let module = bed.module;
        let (_, connected) = bed.call("connect", async move { module.connect(FIRST, options(FIRST)).await });
        bed.run_for_seconds(2);
        signal_at_once(bed);
        assert!(connected.borrow().is_none());
        silence(&bed.bench, false);
        let published = bed.now("publish", async move { module.publish(SECOND, &acknowledged(b"on")).await });
        assert_eq!(published, Ok(()), "{}", bed.bench.transcript_text());
        bed.run_for_seconds(300);
        let _ = returned(&connected, &bed.bench);
        let connected = bed.now("connect", async move { module.connect(FIRST, options(FIRST)).await });
        assert!(connected.is_ok(), "{connected:?}");
    });
}

#[test]
fn the_outcomes_of_both_clients_may_cross() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        let slow = |bench: &Bench, seconds| {
            bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(seconds));
        };
        slow(&bed.bench, 20);
        let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        slow(&bed.bench, 5);
        let (_, second) = bed.call("second", async move { module.publish(SECOND, &acknowledged(b"2")).await });
        bed.run_for_seconds(8);
        assert_eq!(returned(&second, &bed.bench), Ok(()));
        assert!(first.borrow().is_none(), "{}", bed.bench.transcript_text());
        bed.run_for_seconds(15);
        assert_eq!(returned(&first, &bed.bench), Ok(()));
    });
}

#[test]
fn every_call_of_the_same_client_waits() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(10));
        let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        let (_, again) = bed.call("again", async move { module.publish(FIRST, &acknowledged(b"2")).await });
        let (_, connect) = bed.call("connect", async move { module.connect(FIRST, options(FIRST)).await });
        bed.run_for_seconds(5);
        assert!(first.borrow().is_none() && again.borrow().is_none() && connect.borrow().is_none());
        signal_at_once(bed);
        bed.run_for_seconds(30);
        assert_eq!(returned(&first, &bed.bench), Ok(()));
        assert_eq!(returned(&again, &bed.bench), Ok(()));
        assert_eq!(returned(&connect, &bed.bench), Ok(Connection::Adopted));
        let refusals = bed.bench.transcript_text().matches(",14").count();
        assert_eq!(refusals, 0, "{}", bed.bench.transcript_text());
    });
}

/// `+CMQTTDISC: 0,0` means "connected" as an answer to the query, and "disconnected" as an outcome.
#[test]
fn a_query_whose_answer_looks_like_the_outcome_waits_for_it() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.disconnect = Duration::from_secs(10));
        let (_, disconnected) = bed.call("disconnect", async move { module.disconnect(FIRST).await });
        bed.run_for_seconds(1);
        let (_, states) = bed.call("query", async move { module.execute(&DiscRead).await });
        bed.run_for_seconds(5);
        assert!(disconnected.borrow().is_none() && states.borrow().is_none());
        bed.run_for_seconds(10);
        assert_eq!(returned(&disconnected, &bed.bench), Ok(()));
        let states = returned(&states, &bed.bench).unwrap();
        assert_eq!((states.get(FIRST).copied(), states.get(SECOND).copied()), (Some(false), Some(true)));
    });
}

#[test]
fn a_stop_waits_for_every_outcome_and_is_then_refused_as_before() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(10));
        let (_, published) = bed.call("publish", async move { module.publish(SECOND, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        let (_, stopped) = bed.call("stop", async move { module.execute(&Stop).await });
        bed.run_for_seconds(5);
        assert!(stopped.borrow().is_none() && published.borrow().is_none());
        bed.run_for_seconds(30);
        let stopped = returned(&stopped, &bed.bench);
        assert!(matches!(stopped, Err(Error::Illegal { .. })), "{stopped:?}");
        assert_eq!(returned(&published, &bed.bench), Ok(()));
    });
}

#[test]
fn two_connects_of_different_clients_are_made_one_after_the_other() {
    on_every_family(&[], &[], |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.connect = Duration::from_secs(10));
        let (_, first) = bed.call("first", async move { module.connect(FIRST, options(FIRST)).await });
        let (_, second) = bed.call("second", async move { module.connect(SECOND, options(SECOND)).await });
        bed.run_for_seconds(60);
        let text = bed.bench.transcript_text();
        let place = |words| text.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
        assert!(place("+CMQTTCONNECT: 0,0") < place("AT+CMQTTCONNECT=1"), "{text}");
        assert_eq!(returned(&first, &bed.bench), Ok(Connection::Opened));
        assert_eq!(returned(&second, &bed.bench), Ok(Connection::Opened));
        assert!(module.is_up(FIRST) && module.is_up(SECOND));
    });
}

#[test]
fn a_loss_ends_the_wait_of_its_client_within_seconds() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        silence(&bed.bench, true);
        let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        let (_, second) = bed.call("second", async move { module.publish(SECOND, &acknowledged(b"2")).await });
        bed.run_for_seconds(1);
        bed.bench.loopback(|broker, now| broker.close(now, 0, 1));
        bed.run_for_seconds(3);
        assert!(returned(&first, &bed.bench).is_err());
        assert!(second.borrow().is_none(), "{}", bed.bench.transcript_text());
        assert!(bed.has_heard(Event::ConnectionLost { client: FIRST, cause: LossCause::Closed }));
        assert!(!module.is_up(FIRST) && module.is_up(SECOND));
    });
}

/// The module reports the end of the network, and no outcome before it.
#[test]
fn the_end_of_the_network_ends_every_wait_within_seconds() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        silence(&bed.bench, true);
        let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        let (_, second) =
            bed.call("second", async move { module.subscribe(SECOND, "pump/set", QoS::AtLeastOnce).await });
        bed.run_for_seconds(1);
        bed.bench.modem(|modem, now| modem.emit(now, b"\r\n+CMQTTNONET\r\n"));
        bed.run_for_seconds(3);
        for result in [returned(&first, &bed.bench), returned(&second, &bed.bench)] {
            assert!(matches!(result, Err(Error::NetworkLost { .. })), "{result:?}\n{}", bed.bench.transcript_text());
        }
        assert!(bed.has_heard(Event::NetworkLost), "{}", bed.bench.transcript_text());
        assert!(!module.is_up(FIRST) && !module.is_up(SECOND));
        signal_at_once(bed);
    });
}

/// STOP is under way: the module refuses every command of MQTT until its outcome, and no other one.
#[test]
fn a_query_of_mqtt_waits_while_the_service_stops_and_no_other_one_does() {
    on_every_family(&[("stop-order", "ok-first"), ("stop-delay", "8000")], &[], |bed| {
        let module = bed.module;
        bed.now("start", async move { module.execute(&Start).await }).unwrap();
        let (_, stopped) = bed.call("stop", async move { module.execute(&Stop).await });
        bed.run_for_seconds(2);
        let (_, acquired) = bed.call("query", async move { module.execute(&AccqRead).await });
        let (_, started) = bed.call("start", async move { module.execute(&Start).await });
        bed.run_for_seconds(1);
        signal_at_once(bed);
        let is_waiting = stopped.borrow().is_none() && acquired.borrow().is_none() && started.borrow().is_none();
        assert!(is_waiting, "{}", bed.bench.transcript_text());
        bed.run_for_seconds(30);
        assert_eq!(returned(&stopped, &bed.bench), Ok(()));
        assert!(acquired.borrow().is_some(), "{}", bed.bench.transcript_text());
        assert_eq!(returned(&started, &bed.bench), Ok(()), "{}", bed.bench.transcript_text());
    });
}

/// The answer to `SUB?` names no client.
#[test]
fn a_read_form_of_an_operation_waits_for_it_and_one_of_another_name_does_not() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.disconnect = Duration::from_secs(10));
        let (_, disconnected) = bed.call("disconnect", async move { module.disconnect(FIRST).await });
        bed.run_for_seconds(1);
        let before = bed.bench.now();
        bed.now("other", async move { module.execute(&AccqRead).await }).unwrap();
        assert!(bed.bench.now() - before < AT_ONCE, "{}", bed.bench.transcript_text());
        assert!(disconnected.borrow().is_none());
    });
}

/// While the first client connects, the other one keeps its session.
#[test]
fn a_call_of_the_other_client_does_not_wait_while_one_connects() {
    on_every_family(&[], &[SECOND], |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.connect = Duration::from_secs(20));
        let (_, connected) = bed.call("connect", async move { module.connect(FIRST, options(FIRST)).await });
        bed.run_for_seconds(4);
        let before = bed.bench.now();
        bed.now("other", async move { module.publish(SECOND, &acknowledged(b"on")).await }).unwrap();
        assert!(bed.bench.now() - before < AT_ONCE, "{}", bed.bench.transcript_text());
        assert!(connected.borrow().is_none());
        bed.run_for_seconds(30);
        assert_eq!(returned(&connected, &bed.bench), Ok(Connection::Opened));
    });
}

#[test]
fn a_restart_ends_every_wait_at_once() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        silence(&bed.bench, true);
        let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        let (_, second) = bed.call("second", async move { module.publish(SECOND, &acknowledged(b"2")).await });
        bed.run_for_seconds(1);
        bed.bench.modem(|modem, now| modem.restart(now));
        bed.run_for_seconds(15);
        assert!(matches!(returned(&first, &bed.bench), Err(Error::ModemRestarted { .. })));
        assert!(matches!(returned(&second, &bed.bench), Err(Error::ModemRestarted { .. })));
        assert!(bed.has_heard(Event::ModemRestarted));
        silence(&bed.bench, false);
        BOTH.iter().for_each(|client| bed.connect(*client));
    });
}

#[test]
fn while_the_session_is_not_up_a_publish_is_refused_at_once() {
    on_every_family(&[], &[], |bed| {
        let module = bed.module;
        let (_, up) = bed.call("wait", async move { module.wait_up(FIRST).await });
        assert_eq!(
            bed.now("publish", async move { module.publish(FIRST, &acknowledged(b"on")).await }),
            Err(Error::Offline)
        );
        assert!(up.borrow().is_none());
        bed.connect(FIRST);
        bed.run_for_seconds(1);
        assert_eq!(returned(&up, &bed.bench), Ok(()));
    });
}

/// The module refuses every command of MQTT then.
#[test]
fn a_query_of_mqtt_waits_while_the_service_starts_and_no_other_one_does() {
    on_every_family(&[("start-order", "ok-first")], &[], |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.start = Duration::from_secs(8));
        let (_, started) = bed.call("start", async move { module.execute(&Start).await });
        bed.run_for_seconds(2);
        let (_, acquired) = bed.call("query", async move { module.execute(&AccqRead).await });
        bed.run_for_seconds(1);
        signal_at_once(bed);
        assert!(started.borrow().is_none() && acquired.borrow().is_none(), "{}", bed.bench.transcript_text());
        bed.run_for_seconds(10);
        assert_eq!(returned(&started, &bed.bench), Ok(()));
        assert!(returned(&acquired, &bed.bench).is_ok(), "{}", bed.bench.transcript_text());
    });
}

/// Also where it was dropped before the module had accepted it, and the next call has to find that out.
#[test]
fn an_operation_whose_call_is_dropped_at_any_poll_does_not_hold_it() {
    for polls in 1..MOST_POLLS {
        let has_ended = Cell::new(false);
        on_every_family(&[], BOTH, |bed| {
            let module = bed.module;
            silence(&bed.bench, true);
            let (dropped, _) = bed.call("dropped", async move { module.publish(FIRST, &acknowledged(b"1")).await });
            bed.tasks.run_until_polled(dropped, polls);
            has_ended.set(has_ended.get() || bed.tasks.has_ended(dropped));
            bed.tasks.drop_task(dropped);
            let (_, published) = bed.call("next", async move { module.publish(SECOND, &acknowledged(b"2")).await });
            bed.run_for_seconds(1);
            signal_at_once(bed);
            assert!(published.borrow().is_none(), "the broker is silent");
        });
        if has_ended.get() {
            return;
        }
    }
    panic!("the publish has not ended after {MOST_POLLS} polls");
}

/// Dropped before the module had accepted it or after that, with or without a call of another task before the outcome.
#[test]
fn what_dropped_calls_have_left_keeps_no_room_and_takes_no_outcome_of_another_one() {
    for is_accepted in [false, true] {
        on_every_family(&[("publish-delay", "3000")], BOTH, |bed| {
            let module = bed.module;
            for round in 0..10 {
                let (_, kept) = bed.call("kept", async move { module.publish(SECOND, &acknowledged(b"1")).await });
                let (dropped, _) = bed.call("dropped", async move { module.publish(FIRST, &acknowledged(b"2")).await });
                let count = |bench: &Bench| bench.transcript_text().matches("AT+CMQTTPUB=0").count();
                while count(&bed.bench) <= round {
                    bed.tasks.poll_next_or_fail();
                }
                if is_accepted {
                    bed.tasks.run_for(Duration::from_millis(500));
                }
                bed.tasks.drop_task(dropped);
                if round % 2 == 0 {
                    signal_at_once(bed);
                }
                bed.run_for_seconds(5);
                assert_eq!(returned(&kept, &bed.bench), Ok(()), "{}", bed.bench.transcript_text());
            }
            let (_, published) = bed.call("publish", async move { module.publish(FIRST, &acknowledged(b"3")).await });
            bed.run_for_seconds(1);
            signal_at_once(bed);
            assert!(published.borrow().is_none());
            bed.run_for_seconds(5);
            assert_eq!(returned(&published, &bed.bench), Ok(()));
        });
    }
}
