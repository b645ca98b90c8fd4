//! What follows what, and after how long.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use embedded_io::ErrorKind;
use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::pipe::Bench;

use super::bench::*;
use super::causes::{is_bring_up_failure, is_connect_failure};
use crate::bench::*;
use crate::driver::error::CommandName;
use crate::driver::network::BringUpError;
use crate::driver::supervisor::{NoBringUp, Recovery, SupervisedEvent, Supervisor, Transition};
use crate::driver::{Broker, ConnectOptions, Error, Publish, QoS};
use crate::shell::ResetHook;

static OTHER: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("other.example", 1883), "meter-3-b");

fn sent_since(bench: &Bench, begin: usize) -> String {
    String::from_utf8_lossy(&bench.sent()[begin..]).into_owned()
}

fn is_lost(transition: &Transition) -> bool {
    matches!(transition, Transition::Lost | Transition::Suspected | Transition::ThrownOut { .. })
}

#[test]
fn the_times_of_events_begin_with_the_supervisor_and_nothing_is_subscribed_before_the_connection() {
    on_every_fresh(&[], |supervised| {
        supervised.bench.pass(SECONDS(1_000));
        let up = supervised.expect_up(SECONDS(10));
        assert!(up.took < SECONDS(5), "{up}");
        let (_, brought_up) = supervised.events[0];
        assert!(brought_up.transition == Transition::BroughtUp && brought_up.took > SECONDS(0), "{brought_up}");
        let sent = sent_since(supervised.bench, 0);
        assert!(sent.find("AT+CMQTTCONNECT=").unwrap() < sent.find("AT+CMQTTSUB").unwrap(), "{sent}");
    });
}

#[test]
fn a_session_that_comes_back_says_how_long_it_was_down() {
    on_every_up(&[], |supervised| {
        supervised.pass(SECONDS(40));
        supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
        let up = supervised.expect_up(SECONDS(5));
        assert!(up.took < SECONDS(5), "{up}");
        supervised.pass(SECONDS(40));
        supervised.bench.loopback(|broker, now| {
            broker.refuse_connections(Some(3));
            broker.close(now, 0, 1);
        });
        supervised.pass(SECONDS(100));
        supervised.bench.loopback(|broker, _| broker.refuse_connections(None));
        let up = supervised.expect_up(LONGEST_WAIT + SECONDS(15));
        assert!(up.took >= SECONDS(100), "{up}");
    });
}

#[test]
fn a_module_that_is_silent_is_brought_up_before_it_is_reset() {
    on_every_up(&[], |supervised| {
        script(supervised.bench, "AT", 0, ScriptedAnswer::Silence);
        let reset = supervised.expect(SECONDS(900), |transition| *transition == Transition::Reset);
        assert!((SECONDS(3)..SECONDS(4)).contains(&reset.took), "{reset}");
        let is_expected = match supervised.transitions()[..] {
            [lost, Transition::ConnectFailed(_), Transition::BringUpFailed(_), Transition::Reset] => is_lost(&lost),
            _ => false,
        };
        assert!(is_expected, "{:#?}", supervised.transitions());
    });
}

#[test]
fn a_module_that_is_silent_from_the_beginning_is_reset_after_one_bring_up() {
    on_every_fresh(&[], |supervised| {
        script(supervised.bench, "AT", 0, ScriptedAnswer::Silence);
        supervised.expect(SECONDS(900), |transition| *transition == Transition::Reset);
        assert_eq!(supervised.count(is_bring_up_failure), 1, "{:#?}", supervised.transitions());
    });
}

#[test]
fn while_an_attempt_waits_the_signal_is_asked_for_every_10_s() {
    on_every_fresh(&[], |supervised| {
        supervised.bench.loopback(|broker, _| broker.refuse_connections(Some(30)));
        supervised.expect(SECONDS(60), |transition| is_connect_failure(transition, 30));
        let begin = supervised.bench.sent().len();
        supervised.pass(SECONDS(9));
        assert_eq!(sent_since(supervised.bench, begin), "");
        supervised.pass(SECONDS(93));
        assert_eq!(sent_since(supervised.bench, begin).matches("AT+CSQ").count(), 10);
    });
}

#[test]
fn a_session_in_silence_is_probed_once_a_minute() {
    on_every_up(&[], |supervised| {
        let begin = supervised.bench.sent().len();
        supervised.pass(SECONDS(605));
        let sent = sent_since(supervised.bench, begin);
        assert_eq!((sent.matches("AT+CSQ").count(), sent.matches("AT+CMQTTDISC?").count()), (10, 10));
    });
}

#[test]
fn a_network_that_comes_back_right_after_a_bring_up_has_failed_ends_the_wait() {
    on_every_fresh(&[], |supervised| {
        supervised.bench.modem(|module, _| module.network_mut().attached = false);
        supervised.pass(SECONDS(1_800));
        let failed = supervised.expect(SECONDS(600), is_bring_up_failure);
        assert!((SECONDS(10)..SECONDS(300)).contains(&failed.took), "{failed}");
        supervised.pass(SECONDS(1));
        supervised.bench.modem(|module, now| module.restore_network(now));
        let back = supervised.expect(SECONDS(12), |transition| *transition == Transition::NetworkBack);
        assert!(back.took < SECONDS(12), "{back}");
    });
}

#[test]
fn restarts_and_dead_radios_are_no_sign_of_another_device() {
    on_every_up(&[("reset-urcs", "off")], |supervised| {
        for _ in 0..4 {
            supervised.bench.modem(|module, now| module.restart(now));
            supervised.expect_up(SECONDS(40));
        }
        for _ in 0..4 {
            let unanswered: Result<(), _> = Err(Error::NoAnswer { command: CommandName::new(&"+CSQ") });
            let now = supervised.modem.now();
            (0..2).for_each(|_| supervised.supervisors[0].observe(now, &unanswered));
            supervised.expect_up(SECONDS(10));
        }
        assert_eq!(supervised.count(|transition| matches!(transition, Transition::ThrownOut { .. })), 0);
    });
}

/// Three sessions in a row that were lost within 30 s.
#[test]
fn a_session_that_lasts_half_a_minute_is_not_thrown_out_and_one_that_lasts_less_is() {
    for (lasts, is_thrown_out) in [(SECONDS(31), false), (SECONDS(28), true)] {
        on_every_up(&[], |supervised| {
            for number in 1..=3 {
                supervised.pass(lasts);
                supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
                if number < 3 {
                    supervised.expect_up(SECONDS(10));
                }
            }
            supervised.pass(SECONDS(1));
            let thrown_out = supervised.count(|transition| *transition == Transition::ThrownOut { times: 3 });
            assert_eq!(thrown_out, usize::from(is_thrown_out), "{:?}", supervised.transitions());
        });
    }
}

/// The longest wait begins with the attempt, not with the one before the pause.
#[test]
fn after_a_pause_a_client_whose_password_is_refused_waits_as_long_as_ever() {
    on_every_up(&[], |supervised| {
        supervised.supervisors[0].pause();
        supervised.pass(SECONDS(2_000));
        supervised.bench.loopback(|broker, _| broker.refuse_connections(Some(30)));
        supervised.supervisors[0].resume();
        supervised.expect(SECONDS(20), |transition| is_connect_failure(transition, 30));
        supervised.pass(LONGEST_WAIT / 2);
        assert_eq!(supervised.count(|transition| is_connect_failure(transition, 30)), 1);
    });
}

#[test]
fn a_session_without_a_signal_is_brought_up_before_it_is_connected() {
    on_every_up(&[], |supervised| {
        supervised.bench.modem(|module, now| module.lose_network_silently(now, false));
        supervised.expect(SECONDS(75), |transition| *transition == Transition::Suspected);
        supervised.expect(SECONDS(200), |transition| *transition != Transition::Suspected);
        let last = supervised.transitions().pop().unwrap();
        assert!(matches!(last, Transition::BringUpFailed(BringUpError::TimedOut { .. })), "{last:?}");
    });
}

#[test]
fn a_network_that_is_lost_while_an_attempt_waits_is_brought_up_first() {
    on_every_up(&[("nonet", "on")], |supervised| {
        supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
        supervised.expect(SECONDS(1), |transition| *transition == Transition::Lost);
        supervised.bench.modem(|module, now| module.network_lost(now));
        supervised.expect_up(SECONDS(10));
        let transitions = supervised.transitions();
        assert_eq!(transitions[..2], [Transition::Lost, Transition::BroughtUp], "{transitions:?}");
    });
}

#[test]
fn a_service_that_has_stopped_without_a_urc_is_found_by_the_probe() {
    on_every_up(&[], |supervised| {
        script(supervised.bench, "AT+CMQTTDISC?", 1, ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec()));
        supervised.expect(SECONDS(65), |transition| *transition == Transition::Lost);
        supervised.expect_up(SECONDS(20));
        assert_eq!(supervised.transitions()[1], Transition::BroughtUp);
    });
}

/// A message shows that the broker is there; one of the other client shows nothing of this one's session.
#[test]
fn messages_of_the_client_keep_the_probe_away_and_those_of_the_other_one_do_not() {
    for (client, expected) in [(0, 0), (1, 4)] {
        on_every_up(&[], |supervised| {
            let bench = supervised.bench.clone();
            bench.block_on(async {
                let mut other = supervised.modem.client(SECOND);
                other.connect(&OTHER).await.or_transcript(&bench);
                other.subscribe("other/#", QoS::AtMostOnce).await.or_transcript(&bench);
            });
            let begin = bench.sent().len();
            for _ in 0..10 {
                let topic: &[u8] = if client == 0 { b"meter-3/cmd" } else { b"other/cmd" };
                bench.loopback(|broker, now| broker.publish(now, topic, b"on", false));
                supervised.pass(SECONDS(25));
            }
            let probes = sent_since(&bench, begin).matches("AT+CSQ").count();
            assert_eq!(probes, expected, "{client}\n{}", bench.transcript_text());
        });
    }
}

#[test]
fn a_call_that_succeeds_puts_the_probe_off_from_its_own_time_on() {
    on_every_up(&[], |supervised| {
        let bench = supervised.bench.clone();
        bench.pass(SECONDS(40));
        let message = Publish::new("out/1", b"x").qos(QoS::AtLeastOnce);
        let result = bench.block_on(supervised.modem.client(FIRST).publish(&message));
        supervised.supervisors[0].observe(supervised.modem.now(), &result);
        let begin = bench.sent().len();
        supervised.pass(SECONDS(55));
        assert_eq!(sent_since(&bench, begin), "", "{}", bench.transcript_text());
    });
}

#[test]
fn a_pause_disconnects_once_whatever_the_module_says() {
    on_every_up(&[], |supervised| {
        script(supervised.bench, "AT+CMQTTDISC=", 0, ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec()));
        let begin = supervised.bench.sent().len();
        supervised.supervisors[0].pause();
        supervised.pass(SECONDS(3_600));
        assert_eq!(sent_since(supervised.bench, begin).matches("AT+CMQTTDISC=").count(), 1);
        end_script(supervised.bench);
        supervised.supervisors[0].resume();
        let up = supervised.expect_up(SECONDS(10));
        assert!(up.took < SECONDS(10), "{up}");
    });
}

#[test]
fn a_busy_module_is_asked_to_subscribe_every_2_s() {
    on_every_fresh(&[], |supervised| {
        let busy = ScriptedAnswer::Exactly(b"\r\n+CMQTTSUB: 0,14\r\n\r\nERROR\r\n".to_vec());
        script(supervised.bench, "AT+CMQTTSUB", 0, busy);
        supervised.expect(SECONDS(10), |transition| matches!(transition, Transition::Connected(_)));
        let begin = supervised.bench.sent().len();
        supervised.pass(SECONDS(20));
        let attempts = sent_since(supervised.bench, begin).matches("AT+CMQTTSUB").count();
        assert!((8..=11).contains(&attempts), "{attempts}\n{}", supervised.bench.transcript_text());
        end_script(supervised.bench);
        supervised.expect_up(SECONDS(5));
    });
}

#[test]
fn an_error_of_the_uart_ends_it_in_the_midst_of_a_bring_up() {
    on_every_fresh(&[], |supervised| {
        let bench = supervised.bench.clone();
        bench.modem(|module, _| module.network_mut().attached = false);
        supervised.pass(SECONDS(5));
        bench.at(bench.now() + SECONDS(3), |bench| bench.fail_next_read(ErrorKind::BrokenPipe));
        let deadline = bench.now() + SECONDS(60);
        let ended = bench.block_on(async {
            while bench.now() < deadline {
                let Supervised { modem, supervisors, recovery, .. } = &mut *supervised;
                modem.supervise_until(deadline, supervisors, recovery).await?;
            }
            Ok(())
        });
        assert_eq!(ended, Err(Error::Receive(ErrorKind::BrokenPipe)));
    });
}

/// Without a bring-up, what asks for one is connected to at once, and waited for as long as everything else.
#[test]
fn without_a_bring_up_the_attempts_are_as_rare_and_a_silent_module_is_reset() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut modem = modem(&bench, family, &inbox);
        let mut supervisors = [Supervisor::new(FIRST, &OPTIONS, &filters, POLICY)];
        let resets = Rc::default();
        let hook = ResetHook { bench: bench.clone(), resets: Rc::clone(&resets) };
        let mut recovery = Recovery::new(NoBringUp).with_reset(hook);
        let events = RefCell::new(Vec::new());
        let mut run = |time: Duration| {
            let deadline = bench.now() + time;
            bench.block_on(async {
                while bench.now() < deadline {
                    let next = modem.supervise_until(deadline, &mut supervisors, &mut recovery).await;
                    if let Some(SupervisedEvent::Supervisor(event)) = next.or_transcript(&bench) {
                        events.borrow_mut().push(event.transition);
                    }
                }
            });
        };
        bench.loopback(|broker, _| broker.refuse_connections(Some(25)));
        run(SECONDS(600));
        let failures = events.borrow().iter().filter(|event| is_connect_failure(event, 25)).count();
        assert!((6..=12).contains(&failures), "{failures}");
        assert!(!events.borrow().contains(&Transition::NetworkBack), "{events:?}");
        bench.loopback(|broker, _| broker.refuse_connections(None));
        run(LONGEST_WAIT + SECONDS(15));
        assert!(events.borrow().contains(&Transition::Up), "{events:?}");
        events.borrow_mut().clear();
        let before = resets.get();
        script(&bench, "AT", 0, ScriptedAnswer::Silence);
        run(SECONDS(300));
        assert!(resets.get() > before, "{events:?}");
        let begin: Vec<_> = events.borrow().iter().take(4).copied().collect();
        let is_silent = |event: &Transition| matches!(event, Transition::ConnectFailed(_));
        assert!(is_silent(&begin[1]) && is_silent(&begin[2]) && begin[3] == Transition::Reset, "{begin:?}");
    }
}

#[test]
fn a_bring_up_of_one_client_ends_the_wait_of_the_other_one() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, one, other) = (TestInbox::new(), two_filters(), Filters::new());
        let mut modem = modem(&bench, family, &inbox);
        let mut supervisors =
            [Supervisor::new(FIRST, &OPTIONS, &one, POLICY), Supervisor::new(SECOND, &OTHER, &other, POLICY)];
        let mut recovery = Recovery::new(&APN);
        supervisors[1].pause();
        bench.loopback(|broker, _| broker.refuse_connections(Some(3)));
        let run = |modem: &mut TestModem<'_>, supervisors: &mut [_], recovery: &mut Recovery<_, _>, time| {
            let deadline = bench.now() + time;
            bench.block_on(async {
                while bench.now() < deadline {
                    modem.supervise_until(deadline, supervisors, recovery).await.or_transcript(&bench);
                }
            });
        };
        // The next attempt of the first client comes after minutes, and begins with a bring-up.
        run(&mut modem, &mut supervisors, &mut recovery, SECONDS(2_000));
        let mut quiet = bench.sent().len();
        loop {
            assert!(bench.now() < SECONDS(4_000), "{}", bench.transcript_text());
            run(&mut modem, &mut supervisors, &mut recovery, SECONDS(5));
            let has_connected = sent_since(&bench, quiet).contains("AT+CMQTTCONNECT");
            quiet = bench.sent().len();
            if has_connected {
                break;
            }
        }
        bench.loopback(|broker, _| broker.refuse_connections(None));
        supervisors[1].resume();
        run(&mut modem, &mut supervisors, &mut recovery, SECONDS(30));
        let is_up = supervisors[0].is_up() && supervisors[1].is_up();
        assert!(is_up, "{supervisors:#?}\n{}", bench.transcript_text());
    }
}
