//! One test for each row of the table in the documentation of the supervisor.

use simcom_modem_simulator::behaviour::ScriptedAnswer;

use super::bench::*;
use crate::bench::*;
use crate::driver::error::Illegal;
use crate::driver::network::{BringUpError, BringUpStage};
use crate::driver::supervisor::{Backoff, Policy, Transition};
use crate::driver::{ClientState, Connection, Error, Event, Publish, QoS};

/// A bring-up and a new session, without a failure.
const BROUGHT_BACK: [Transition; 4] =
    [Transition::Lost, Transition::BroughtUp, Transition::Connected(Connection::Opened), Transition::Up];

pub fn is_connect_failure(transition: &Transition, number: u8) -> bool {
    matches!(transition, Transition::ConnectFailed(error) if error.refusal() == Some(code(number)))
}

pub fn is_bring_up_failure(transition: &Transition) -> bool {
    matches!(transition, Transition::BringUpFailed(_))
}

#[test]
fn from_nothing_it_brings_up_connects_and_subscribes() {
    on_every_fresh(&[], |supervised| {
        let up = supervised.expect_up(SECONDS(10));
        assert_eq!(
            supervised.transitions(),
            [Transition::BroughtUp, Transition::Connected(Connection::Opened), Transition::Up]
        );
        assert!(up.took > SECONDS(0) && up.took < SECONDS(5), "{up}");
        assert_no_complaints(supervised.bench, PROBING);
    });
}

#[test]
fn a_lost_connection_is_opened_again_after_a_moment() {
    on_every_up(&[], |supervised| {
        supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
        let up = supervised.expect_up(SECONDS(3));
        assert_eq!(
            supervised.transitions(),
            [Transition::Lost, Transition::Connected(Connection::Opened), Transition::Up]
        );
        let [(_, lost), (_, connected), _] = supervised.events[..] else { unreachable!() };
        assert!(lost.took < SECONDS(1) && connected.took < SECONDS(1) && up.took > connected.took, "{up}");
        assert_no_complaints(supervised.bench, PROBING);
    });
}

#[test]
fn a_lost_network_is_brought_up_first() {
    on_every_up(&[("nonet", "on")], |supervised| {
        supervised.bench.modem(|module, now| module.network_lost(now));
        supervised.expect_up(SECONDS(10));
        assert_eq!(supervised.transitions(), BROUGHT_BACK);
    });
}

#[test]
fn a_restart_is_brought_up_first() {
    on_every_up(&[], |supervised| {
        supervised.bench.modem(|module, now| module.restart(now));
        supervised.expect_up(SECONDS(40));
        assert_eq!(supervised.transitions()[0], Transition::Lost);
        assert_eq!(supervised.resets.get(), 0);
        assert_no_complaints(supervised.bench, PROBING);
    });
}

#[test]
fn a_radio_that_has_died_is_found_by_the_probe_and_its_session_is_disconnected_first() {
    for noticed in [false, true] {
        on_every_up(&[], |supervised| {
            supervised.bench.modem(|module, now| module.lose_network_silently(now, noticed));
            let expected = if noticed { Transition::Lost } else { Transition::Suspected };
            supervised.expect(SECONDS(75), |transition| *transition == expected);
            supervised.pass(SECONDS(600));
            supervised.bench.modem(|module, now| module.restore_network(now));
            // The look at the network ends the wait.
            supervised.expect_up(SECONDS(40));
            assert_eq!(supervised.resets.get(), 0, "{:#?}", supervised.transitions());
        });
    }
}

#[test]
fn two_results_in_a_row_that_say_nothing_of_the_broker_make_a_session_suspected() {
    on_every_up(&[], |supervised| {
        let bench = supervised.bench.clone();
        let publish = |supervised: &mut Supervised<'_, '_>| {
            let message = Publish::new("out/1", b"x").qos(crate::driver::QoS::AtLeastOnce);
            let result = bench.block_on(supervised.modem.client(FIRST).publish(&message));
            supervised.supervisors[0].observe(supervised.modem.now(), &result);
            result
        };
        supervised.bench.loopback(|broker, _| broker.silent = true);
        publish(supervised).unwrap_err();
        supervised.bench.loopback(|broker, _| broker.silent = false);
        // A success of anything that needs the broker clears it.
        publish(supervised).unwrap();
        supervised.bench.loopback(|broker, _| broker.silent = true);
        publish(supervised).unwrap_err();
        supervised.pass(SECONDS(1));
        assert_eq!(supervised.transitions(), []);
        publish(supervised).unwrap_err();
        supervised.bench.loopback(|broker, _| broker.silent = false);
        let sent = bench.sent().len();
        supervised.expect_up(SECONDS(10));
        assert_eq!(
            supervised.transitions(),
            [Transition::Suspected, Transition::Connected(Connection::Opened), Transition::Up]
        );
        let sent = String::from_utf8_lossy(&bench.sent()[sent..]).into_owned();
        assert!(sent.find("AT+CMQTTDISC=").unwrap() < sent.find("AT+CMQTTCONNECT=").unwrap(), "{sent}");
    });
}

#[test]
fn refused_credentials_are_tried_again_after_the_longest_wait_and_nothing_is_reset() {
    on_every_fresh(&[], |supervised| {
        supervised.bench.loopback(|broker, _| broker.refuse_connections(Some(30)));
        supervised.pass(SECONDS(7_200));
        let attempts = supervised.count(|transition| is_connect_failure(transition, 30));
        assert!((24..=49).contains(&attempts), "{attempts}");
        // One bring-up at the beginning, and no more.
        assert_eq!(supervised.count(|transition| *transition == Transition::BroughtUp), 1);
        assert_eq!(supervised.resets.get(), 0);
        supervised.bench.loopback(|broker, _| broker.refuse_connections(None));
        supervised.expect_up(LONGEST_WAIT + SECONDS(15));
    });
}

#[test]
fn a_name_that_is_not_found_is_brought_up_before_the_next_attempt() {
    on_every_fresh(&[], |supervised| {
        supervised.bench.loopback(|broker, _| broker.refuse_connections(Some(25)));
        supervised.pass(SECONDS(20));
        let failures = supervised.count(|transition| is_connect_failure(transition, 25));
        assert!((2..=6).contains(&failures), "{failures}");
        let bring_ups = supervised.count(|transition| *transition == Transition::BroughtUp);
        assert!(bring_ups == failures || bring_ups == failures + 1, "{bring_ups} and {failures}");
        supervised.bench.loopback(|broker, _| broker.refuse_connections(None));
        supervised.expect_up(SECONDS(60));
    });
}

#[test]
fn without_a_network_it_waits_for_one_and_ends_the_wait_when_there_is_one() {
    on_every_fresh(&[], |supervised| {
        supervised.bench.modem(|module, _| module.network_mut().attached = false);
        supervised.pass(SECONDS(1_800));
        assert!(supervised.count(is_bring_up_failure) > 2, "{:#?}", supervised.transitions());
        let is_waiting = |transition: &Transition| {
            matches!(transition, Transition::BringUpFailed(BringUpError::TimedOut { stage, .. })
                if matches!(stage, BringUpStage::Registration(_)))
        };
        // In the middle of a wait.
        supervised.expect(SECONDS(600), is_waiting);
        supervised.pass(SECONDS(20));
        supervised.bench.modem(|module, now| module.restore_network(now));
        supervised.expect_up(SECONDS(25));
        assert_eq!(supervised.count(|transition| *transition == Transition::NetworkBack), 1);
        // And in the middle of a bring-up.
        supervised.events.clear();
        supervised.bench.modem(|module, now| {
            module.network_lost(now);
            module.network_mut().attached = false;
        });
        supervised.pass(SECONDS(60));
        supervised.bench.modem(|module, now| module.restore_network(now));
        supervised.expect_up(SECONDS(100));
    });
}

#[test]
fn a_mute_module_is_reset() {
    on_every_up(&[], |supervised| {
        script(supervised.bench, "AT", 0, ScriptedAnswer::Silence);
        supervised.expect(SECONDS(900), |transition| *transition == Transition::Reset);
        assert_eq!(supervised.resets.get(), 1);
        end_script(supervised.bench);
        supervised.expect_up(SECONDS(60));
    });
}

#[test]
fn a_session_that_is_thrown_out_right_after_connecting_is_reported_and_left_alone_for_long() {
    for taken_over in ["noticed", "unnoticed"] {
        on_every_fresh(&[("taken-over", taken_over)], |supervised| {
            let thrown_out = |transition: &Transition| matches!(transition, Transition::ThrownOut { .. });
            let event = supervised.expect(SECONDS(60), thrown_out);
            assert_eq!(event.transition, Transition::ThrownOut { times: 3 });
            let attempts = supervised.count(|transition| *transition == Transition::Connected(Connection::Opened));
            assert_eq!(attempts, 3, "{:#?}", supervised.transitions());
            supervised.pass(LONGEST_WAIT * 4);
            let again = supervised.count(|transition| *transition == Transition::Connected(Connection::Opened));
            assert!((4..=8).contains(&(again - attempts)), "{again}");
            assert_eq!(supervised.resets.get(), 0);
            supervised.bench.modem(|module, _| module.behaviour_mut().set("taken-over", "no")).unwrap();
            supervised.expect_up(LONGEST_WAIT + SECONDS(15));
        });
    }
}

#[test]
fn a_session_that_lasts_is_no_sign_of_another_device() {
    on_every_up(&[], |supervised| {
        for _ in 0..6 {
            supervised.pass(SECONDS(40));
            supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
            supervised.expect_up(SECONDS(3));
        }
        assert_eq!(supervised.count(|transition| matches!(transition, Transition::ThrownOut { .. })), 0);
    });
}

#[test]
fn after_a_reset_of_the_microcontroller_a_live_session_is_adopted_and_subscribed_again() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut before = modem(&bench, family, &inbox);
        Supervised::new(&bench, &mut before, &OPTIONS, &filters, POLICY).expect_up(SECONDS(10));
        let sent = bench.sent().len();
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut after = modem(&bench, family, &inbox);
        let mut supervised = Supervised::new(&bench, &mut after, &OPTIONS, &filters, POLICY);
        supervised.expect_up(SECONDS(10));
        assert_eq!(supervised.transitions(), [Transition::Connected(Connection::Adopted), Transition::Up]);
        let sent = String::from_utf8_lossy(&bench.sent()[sent..]).into_owned();
        assert!(!sent.contains("CMQTTCONNECT=") && sent.contains("CMQTTSUB="), "{sent}");
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn events_of_the_module_are_returned_too() {
    on_every_up(&[], |supervised| {
        supervised.bench.loopback(|broker, now| broker.publish(now, b"meter-3/cmd", b"on", false));
        assert_eq!(supervised.pass(SECONDS(1)), [Event::Message(FIRST)]);
        supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
        assert!(matches!(supervised.pass(SECONDS(5))[..], [Event::ConnectionLost { .. }]));
    });
}

#[test]
fn options_that_are_wrong_are_given_up_where_that_is_allowed_and_at_once() {
    let options = OPTIONS.user("a\"b");
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut modem = modem(&bench, family, &inbox);
        let mut supervised = Supervised::new(&bench, &mut modem, &options, &filters, POLICY.give_up_after(200));
        supervised.expect(SECONDS(10), |transition| *transition == Transition::GaveUp);
        assert!(supervised.supervisors[0].has_given_up());
        let sent = bench.sent().len();
        supervised.pass(SECONDS(3_600));
        assert_eq!(bench.sent().len(), sent);
        supervised.supervisors[0].set_options(&OPTIONS);
        supervised.supervisors[0].resume();
        supervised.expect_up(SECONDS(10));
    }
}

#[test]
fn it_gives_up_after_as_many_failures_as_it_is_allowed_to() {
    with_policy(&[], POLICY.give_up_after(5), |supervised| {
        supervised.bench.loopback(|broker, _| broker.refuse_connections(Some(3)));
        supervised.expect(SECONDS(900), |transition| *transition == Transition::GaveUp);
        assert_eq!(supervised.count(|transition| is_connect_failure(transition, 3)), 5);
        // And as many again.
        supervised.supervisors[0].resume();
        supervised.expect(SECONDS(900), |transition| *transition == Transition::GaveUp);
        assert_eq!(supervised.count(|transition| is_connect_failure(transition, 3)), 10);
    });
}

#[test]
fn what_keeps_failing_is_brought_up_and_then_reset() {
    on_every_fresh(&[], |supervised| {
        supervised.bench.loopback(|broker, _| broker.refuse_connections(Some(3)));
        supervised.expect(SECONDS(3_600), |transition| *transition == Transition::Reset);
        assert_eq!(supervised.count(|transition| is_connect_failure(transition, 3)), 8);
        // At the beginning, and before each attempt from the fourth on.
        assert_eq!(supervised.count(|transition| *transition == Transition::BroughtUp), 6);
    });
}

#[test]
fn what_keeps_failing_for_days_is_reset_again_and_again() {
    let policy = Policy::new(Backoff::new(7).longest(SECONDS(1)));
    with_policy(&[], policy, |supervised| {
        supervised.bench.loopback(|broker, _| broker.refuse_connections(Some(3)));
        while supervised.count(|transition| is_connect_failure(transition, 3)) < 300 {
            supervised.pass(SECONDS(60));
        }
        supervised.events.clear();
        while supervised.count(|transition| is_connect_failure(transition, 3)) < 80 {
            supervised.pass(SECONDS(10));
        }
        let resets = supervised.count(|transition| *transition == Transition::Reset);
        assert!((9..=11).contains(&resets), "{resets}");
    });
}

#[test]
fn a_pause_disconnects_and_lasts_until_it_is_ended() {
    on_every_up(&[], |supervised| {
        supervised.supervisors[0].pause();
        supervised.pass(SECONDS(3_600));
        assert_eq!(supervised.modem.client(FIRST).state(), ClientState::Acquired);
        assert!(!supervised.supervisors[0].is_up());
        let message = Publish::new("out/1", b"x");
        let refused = supervised.bench.clone().block_on(supervised.modem.client(FIRST).publish(&message));
        assert!(matches!(refused, Err(Error::Illegal { reason: Illegal::ClientNotConnected, .. })));
        supervised.supervisors[0].resume();
        supervised.expect_up(SECONDS(3));
    });
}

/// No other call needs the broker, and the module says that it is connected.
#[test]
fn a_broker_that_acknowledges_no_change_of_the_subscriptions_makes_the_session_suspected() {
    on_every_up(&[], |supervised| {
        supervised.bench.loopback(|broker, _| broker.silent = true);
        supervised.filters.add("new/#", QoS::AtLeastOnce).unwrap();
        supervised.expect(SECONDS(400), |transition| *transition == Transition::Suspected);
        supervised.bench.loopback(|broker, _| broker.silent = false);
        supervised.expect(LONGEST_WAIT + SECONDS(15), |transition| *transition == Transition::Up);
        assert_eq!(filters_at_broker(supervised.bench).len(), 3);
    });
}
