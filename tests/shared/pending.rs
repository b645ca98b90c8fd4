//! Modules differ in what they do with a command while the outcome of another one is pending. None of it shows.

use core::time::Duration;

use embedded_io::ErrorKind;
use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer};
use simcom_modem_simulator::pipe::Direction;

use crate::bed::{FIRST, SECOND, acknowledged, on_every_family, options, returned};
use crate::driver::command::network::{Creg, Csq};
use crate::driver::{ClientIndex, Connection, Error, Event, QoS};

const BOTH: &[ClientIndex] = &[FIRST, SECOND];
/// What becomes of commands of the other client and of other subsystems.
const WHILE_PENDING: [&str; 4] = ["carried-out", "other-client-busy", "refused", "held"];

#[test]
fn whatever_a_module_does_with_commands_beside_an_operation_every_call_succeeds() {
    for value in WHILE_PENDING {
        on_every_family(&[("while-pending", value)], BOTH, |bed| {
            let module = bed.module;
            bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(12));
            for round in 0..3 {
                let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
                bed.run_for_seconds(1);
                let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
                let (_, second) = bed.call("second", async move { module.publish(SECOND, &acknowledged(b"2")).await });
                let (_, filter) =
                    bed.call("filter", async move { module.subscribe(SECOND, "pump/set", QoS::AtMostOnce).await });
                let (_, network) = bed.call("network", async move { module.execute(&Creg).await });
                bed.run_for_seconds(100);
                let transcript = || format!("{value}, round {round}\n{}", bed.bench.transcript_text());
                assert_eq!(returned(&first, &bed.bench), Ok(()), "{}", transcript());
                assert_eq!(returned(&second, &bed.bench), Ok(()), "{}", transcript());
                assert_eq!(returned(&filter, &bed.bench), Ok(()), "{}", transcript());
                assert!(returned(&signal, &bed.bench).is_ok(), "{}", transcript());
                assert!(returned(&network, &bed.bench).is_ok(), "{}", transcript());
            }
            let delivered = bed.bench.loopback(|broker, _| broker.publications().len());
            assert_eq!(delivered, 6, "{value}");
        });
    }
}

/// Once it is known, the next command waits for the outcome at once, and is not refused first.
#[test]
fn a_module_that_refuses_commands_beside_an_operation_is_asked_once() {
    on_every_family(&[("while-pending", "other-client-busy")], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(3));
        for _ in 0..4 {
            let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
            bed.run_for_seconds(1);
            let (_, second) = bed.call("second", async move { module.publish(SECOND, &acknowledged(b"2")).await });
            bed.run_for_seconds(20);
            assert_eq!((returned(&first, &bed.bench), returned(&second, &bed.bench)), (Ok(()), Ok(())));
        }
        let refusals = bed.bench.transcript_text().matches(": 1,14").count();
        assert_eq!(refusals, 1, "{}", bed.bench.transcript_text());
    });
}

/// As a bare `ERROR`, which is what a module has for it until it is set to number its errors.
#[test]
fn a_command_that_is_refused_by_a_number_beside_an_operation_is_sent_again() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(3));
        let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        bed.bench.modem(|modem, _| {
            let answer = ScriptedAnswer::Exactly(b"\r\n+CME ERROR: 100\r\n".to_vec());
            modem.behaviour_mut().overrides.push(Override { prefix: "AT+CSQ".to_owned(), nth: 1, answer });
        });
        let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
        bed.run_for_seconds(20);
        assert_eq!(returned(&first, &bed.bench), Ok(()));
        let signal = returned(&signal, &bed.bench);
        assert!(signal.is_ok(), "{signal:?}\n{}", bed.bench.transcript_text());
    });
}

/// The same of a module that answers nothing meanwhile: the next command is not sent before the outcome.
#[test]
fn a_module_that_holds_commands_beside_an_operation_is_found_out_once() {
    on_every_family(&[("while-pending", "held")], &[FIRST], |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(12));
        for round in 0..3 {
            let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
            bed.run_for_seconds(1);
            let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
            let sent = bed.bench.sent().len();
            bed.run_for_seconds(3);
            let is_sent = bed.bench.sent().len() > sent;
            assert_eq!(is_sent, round == 0, "{round}\n{}", bed.bench.transcript_text());
            bed.run_for_seconds(30);
            assert_eq!(returned(&first, &bed.bench), Ok(()));
            assert!(returned(&signal, &bed.bench).is_ok(), "{}", bed.bench.transcript_text());
        }
    });
}

/// Some modules send one more `OK` behind the failure of a SUB. It is not the answer to what runs meanwhile.
#[test]
fn one_more_ok_behind_a_failure_ends_no_command_of_another_task() {
    for offset_ms in (0..60).step_by(5) {
        on_every_family(&[], BOTH, |bed| {
            let module = bed.module;
            bed.bench.modem(|modem, _| {
                let behaviour = modem.behaviour_mut();
                behaviour.subscribe_failure = simcom_modem_simulator::behaviour::FailureOrder::OkTwice;
                behaviour.timing.subscribe = Duration::from_secs(2);
            });
            bed.bench.loopback(|broker, _| broker.fail_next_subscribe(12));
            let begin = bed.bench.now();
            let (_, filter) =
                bed.call("filter", async move { module.subscribe(FIRST, "pump/set", QoS::AtMostOnce).await });
            bed.tasks.run_for(Duration::from_millis(1_990 + offset_ms));
            let (_, published) =
                bed.call("publish", async move { module.publish(SECOND, &acknowledged(b"whole")).await });
            let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
            let (_, network) = bed.call("network", async move { module.execute(&Creg).await });
            bed.run_for_seconds(30);
            let transcript = || format!("{offset_ms} ms after {begin:?}\n{}", bed.bench.transcript_text());
            assert!(matches!(returned(&filter, &bed.bench), Err(Error::Refused { .. })), "{}", transcript());
            assert_eq!(returned(&published, &bed.bench), Ok(()), "{}", transcript());
            assert!(returned(&signal, &bed.bench).is_ok(), "{}", transcript());
            assert!(returned(&network, &bed.bench).is_ok(), "{}", transcript());
        });
    }
}

/// A command that is not answered is followed by a resync; the outcome that comes meanwhile is still the publish's.
#[test]
fn a_resync_beside_a_pending_outcome_does_not_take_it() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        // It is known that this module carries out commands meanwhile.
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(20));
        let (_, published) = bed.call("publish", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        bed.now("signal", async move { module.execute(&Csq).await }).unwrap();
        bed.bench.lose(24);
        let (_, lost) = bed.call("lost", async move { module.execute(&Csq).await });
        bed.tasks.run_for(Duration::from_millis(20));
        let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
        bed.run_for_seconds(60);
        let _ = returned(&lost, &bed.bench);
        assert!(returned(&signal, &bed.bench).is_ok(), "{}", bed.bench.transcript_text());
        assert_eq!(returned(&published, &bed.bench), Ok(()), "{}", bed.bench.transcript_text());
    });
}

/// The call that fetches its outcome next has no use for the module, and asks nothing before the prompt is filled.
#[test]
fn the_query_what_was_missed_does_not_go_into_a_prompt_that_another_call_has_left_open() {
    // Whether that call or the listener has the next turn depends on which of them is polled first.
    for seed in 0..8 {
        on_every_family(&[], BOTH, |bed| {
            let module = bed.module;
            bed.tasks.shuffle(seed);
            bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(2));
            // It is known that this module carries out commands meanwhile.
            bed.call("known", async move { module.publish(FIRST, &acknowledged(b"0")).await });
            bed.run_for_seconds(1);
            bed.now("known", async move { module.publish(SECOND, &acknowledged(b"0")).await }).unwrap();
            let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
            bed.run_for_seconds(1);
            let prompt = bed.bench.passed(Direction::ToHost);
            bed.bench.plan_overrun(prompt, 3, ErrorKind::Other);
            let (_, second) = bed.call("second", async move { module.publish(SECOND, &acknowledged(b"2")).await });
            bed.run_for_seconds(60);
            let transcript = || format!("{seed}\n{}", bed.bench.transcript_text());
            assert_eq!(returned(&first, &bed.bench), Ok(()), "{}", transcript());
            assert!(matches!(returned(&second, &bed.bench), Err(Error::NoAnswer { .. })), "{}", transcript());
            assert!(!bed.has_heard(Event::NetworkLost), "{}", transcript());
            assert!(module.is_up(FIRST) && module.is_up(SECOND), "{}", transcript());
        });
    }
}

/// A module that perhaps answers nothing during an operation is waited for. But the line of a restart ends a query
/// after 1 s.
#[test]
fn a_query_beside_an_operation_ends_soon_after_a_restart() {
    on_every_family(&[("reset-urcs", "off")], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(50));
        let (_, published) = bed.call("publish", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
        bed.tasks.run_for(Duration::from_millis(5));
        bed.bench.modem(|modem, now| modem.restart(now));
        bed.run_for_seconds(12);
        let transcript = || bed.bench.transcript_text();
        assert!(matches!(returned(&signal, &bed.bench), Err(Error::ModemRestarted { .. })), "{}", transcript());
        assert!(matches!(returned(&published, &bed.bench), Err(Error::ModemRestarted { .. })), "{}", transcript());
        assert!(bed.has_heard(Event::ModemRestarted), "{}", transcript());
    });
}

#[test]
fn a_shutdown_waits_for_the_outcomes_of_both_clients() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(8));
        let (_, first) = bed.call("first", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        let (_, second) = bed.call("second", async move { module.publish(SECOND, &acknowledged(b"2")).await });
        bed.run_for_seconds(1);
        let (_, ended) = bed.call("shutdown", async move { module.shutdown().await });
        bed.run_for_seconds(100);
        assert_eq!((returned(&first, &bed.bench), returned(&second, &bed.bench)), (Ok(()), Ok(())));
        assert_eq!(returned(&ended, &bed.bench), Ok(()), "{}", bed.bench.transcript_text());
        assert!(!module.is_up(FIRST) && !module.is_up(SECOND));
        assert!(!bed.has_heard(Event::NetworkLost), "the end of a STOP is no loss");
    });
}

/// Another task has ended a part of it meanwhile.
#[test]
fn a_shutdown_beside_a_disconnect_of_either_client_succeeds() {
    for client in BOTH {
        on_every_family(&[("disconnect-delay", "8000")], BOTH, |bed| {
            let module = bed.module;
            let (_, disconnected) = bed.call("disconnect", async move { module.disconnect(*client).await });
            bed.run_for_seconds(1);
            bed.bench.modem(|modem, _| modem.behaviour_mut().timing.disconnect = Duration::from_secs(1));
            let (_, ended) = bed.call("shutdown", async move { module.shutdown().await });
            bed.run_for_seconds(100);
            assert_eq!(returned(&disconnected, &bed.bench), Ok(()));
            assert_eq!(returned(&ended, &bed.bench), Ok(()), "{client:?}\n{}", bed.bench.transcript_text());
        });
    }
}

/// The task of the shutdown was dropped, and its STOP is still under way.
#[test]
fn a_connect_beside_a_stop_starts_the_service_again() {
    on_every_family(&[("stop-order", "ok-first"), ("stop-delay", "8000")], BOTH, |bed| {
        let module = bed.module;
        let (dropped, _) = bed.call("shutdown", async move { module.shutdown().await });
        bed.run_for_seconds(3);
        bed.tasks.drop_task(dropped);
        let sent = bed.bench.sent().len();
        let (_, connected) = bed.call("connect", async move { module.connect(FIRST, options(FIRST)).await });
        bed.run_for_seconds(4);
        let begun = String::from_utf8_lossy(&bed.bench.sent()[sent..]).into_owned();
        assert!(!begun.contains("CMQTT"), "it refuses every command of MQTT meanwhile: {begun}");
        bed.run_for_seconds(30);
        let connected = returned(&connected, &bed.bench);
        assert_eq!(connected, Ok(Connection::Opened), "{}", bed.bench.transcript_text());
    });
}
