//! One runner keeps the sessions of both clients up, and other tasks have their turns meanwhile.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use simcom_modem_simulator::pipe::{Bench, Tasks};

use crate::bed::{Bed, FIRST, Filters, LONGEST_WAIT, Module, SECOND, acknowledged, give, options, switched};
use crate::driver::command::network::Csq;
use crate::driver::network::Apn;
use crate::driver::supervisor::{Backoff, Policy, Recovery, SupervisedEvent, Supervisor, Transition};
use crate::driver::{Error, Event, QoS, RefuseAll};
use crate::families::ALL_FAMILIES;
use crate::shell::shell_modem;

const UP_AGAIN: Duration = Duration::from_secs(15);

/// On every family: both clients are supervised, and up.
fn on_every_family(test: impl Fn(&mut Bed<'_>)) {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, &[]);
        let (module, filters, none) = (Module::new(), Filters::new(), Filters::new());
        filters.add("pump/set", QoS::AtLeastOnce).unwrap();
        let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters), (SECOND, &none)]);
        bed.run_for_seconds(30);
        expect_up(&bed);
        test(&mut bed);
    }
}

#[track_caller]
fn expect_up(bed: &Bed<'_>) {
    let is_up = bed.module.is_up(FIRST) && bed.module.is_up(SECOND);
    assert!(is_up, "{:?}\n{}", bed.events.borrow(), bed.bench.transcript_text());
}

#[test]
fn both_sessions_come_up_and_are_subscribed() {
    on_every_family(|bed| {
        for event in bed.events.borrow().iter() {
            if let SupervisedEvent::Supervisor(event) = event
                && let Transition::Connected(_) = event.transition
            {
                assert!(event.took > Duration::ZERO, "{event:?}");
            }
        }
        bed.bench.loopback(|broker, _| assert_eq!(broker.subscriptions(0).len(), 1));
        let module = bed.module;
        for client in [FIRST, SECOND] {
            let published = bed.now("publish", async move { module.publish(client, &acknowledged(b"on")).await });
            assert_eq!(published, Ok(()));
        }
    });
}

#[test]
fn a_task_that_makes_one_call_after_the_other_keeps_no_supervisor_and_no_message_waiting() {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, &[]);
        let (module, filters) = (Module::new(), Filters::new());
        filters.add("pump/set", QoS::AtLeastOnce).unwrap();
        let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters)]);
        let module = bed.module;
        bed.tasks.spawn("busy", async move {
            loop {
                let _ = module.execute(&Csq).await;
            }
        });
        bed.run_for_seconds(60);
        assert!(module.is_up(FIRST), "{:?}", bed.events.borrow());
        bench.loopback(|broker, now| broker.publish(now, b"pump/set", b"on", false));
        bed.run_for_seconds(2);
        let refused = Event::MessageRefused { client: FIRST, topic_length: 8, payload_length: 2, count: 1 };
        assert!(bed.has_heard(refused), "{:?}", bed.events.borrow());
    }
}

/// Each of them keeps the others from the client while its outcome is awaited, and the supervisor too.
#[test]
fn tasks_that_publish_without_a_pause_keep_no_change_of_the_subscriptions_waiting() {
    for (family, _) in ALL_FAMILIES {
        for seed in 0..8 {
            let bench = switched(family, &[]);
            let (module, filters) = (Module::new(), Filters::new());
            let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters)]);
            bed.tasks.shuffle(seed);
            bed.run_for_seconds(30);
            let module = bed.module;
            for _ in 0..3 {
                bed.tasks.spawn("publisher", async move {
                    loop {
                        module.publish(FIRST, &acknowledged(b"on")).await.unwrap();
                    }
                });
            }
            for _ in 0..3 {
                bed.run_for_seconds(1);
                filters.add("pump/set", QoS::AtLeastOnce).unwrap();
                bed.run_for_seconds(5);
                assert!(filters.is_subscribed("pump/set"), "{family:?}, seed {seed}");
                filters.remove("pump/set");
                bed.run_for_seconds(5);
                bed.bench.loopback(|broker, _| assert_eq!(broker.subscriptions(0).len(), 0, "{family:?}, seed {seed}"));
            }
        }
    }
}

#[test]
fn after_a_loss_a_restart_and_the_end_of_the_network_they_are_up_again() {
    let causes: [fn(&Bench); 3] = [
        |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)),
        |bench| bench.modem(|modem, now| modem.restart(now)),
        |bench| bench.modem(|modem, now| modem.network_lost(now)),
    ];
    for cause in causes {
        on_every_family(|bed| {
            cause(&bed.bench);
            bed.run_for_seconds(1);
            bed.tasks.run_for(LONGEST_WAIT + UP_AGAIN);
            expect_up(bed);
        });
    }
}

/// The longest time that a task which asks for the signal every second has waited for its turn, during half an hour of
/// an outage; the sessions are up again after it.
fn outage(begin: fn(&Bench), end: fn(&Bench), longest_wait: Duration) {
    on_every_family(|bed| {
        let module = bed.module;
        let longest = Rc::new(Cell::new(Duration::ZERO));
        let waited = longest.clone();
        let mut clock = bed.bench.clock();
        bed.tasks.spawn("signal", async move {
            loop {
                clock.wait_until(clock.now() + Duration::from_secs(1)).await;
                let asked = clock.now();
                let turn = module.lock(async |_| ()).await;
                assert!(matches!(turn, Ok(()) | Err(Error::NoAnswer { .. })), "{turn:?}");
                waited.set(waited.get().max(clock.now() - asked));
                let _ = module.execute(&Csq).await;
            }
        });
        for client in [FIRST, SECOND] {
            let mut clock = bed.bench.clock();
            bed.tasks.spawn("publisher", async move {
                loop {
                    clock.wait_until(clock.now() + Duration::from_secs(20)).await;
                    let _ = module.publish(client, &acknowledged(b"on")).await;
                }
            });
        }
        bed.run_for_seconds(60);
        begin(&bed.bench);
        bed.run_for_seconds(1_800);
        end(&bed.bench);
        bed.tasks.run_for(LONGEST_WAIT + UP_AGAIN);
        expect_up(bed);
        assert!(longest.get() <= longest_wait, "{:?}\n{}", longest.get(), bed.bench.transcript_text());
    });
}

#[test]
fn while_the_broker_is_silent_every_task_has_its_turn_within_10_s() {
    outage(
        |bench| bench.loopback(|broker, _| broker.silent = true),
        |bench| bench.loopback(|broker, _| broker.silent = false),
        Duration::from_secs(10),
    );
}

#[test]
fn while_the_broker_refuses_every_task_has_its_turn_within_10_s() {
    outage(
        |bench| {
            bench.loopback(|broker, now| {
                broker.refuse_connections(Some(29));
                broker.close(now, 0, 1);
                broker.close(now, 1, 1);
            });
        },
        |bench| bench.loopback(|broker, _| broker.refuse_connections(None)),
        Duration::from_secs(10),
    );
}

#[test]
fn while_the_radio_is_dead_every_task_has_its_turn_within_10_s() {
    outage(
        |bench| bench.modem(|modem, now| modem.lose_network_silently(now, false)),
        |bench| bench.modem(|modem, now| modem.restore_network(now)),
        Duration::from_secs(10),
    );
}

/// The unanswered command, and its resync.
#[test]
fn while_the_module_is_mute_every_task_has_its_turn_or_an_error_after_one_unanswered_call() {
    outage(
        |bench| bench.modem(|modem, now| modem.set_mute(now, true)),
        |bench| bench.modem(|modem, now| modem.set_mute(now, false)),
        Duration::from_secs(30),
    );
}

/// One client supervised on a module with these switches, on every family. Returns what the test does with it.
fn on_every_fresh(switches: &[(&str, &str)], test: impl Fn(&mut Bed<'_>)) {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, switches);
        let (module, filters) = (Module::new(), Filters::new());
        filters.add("pump/set", QoS::AtLeastOnce).unwrap();
        test(&mut Bed::supervised(&bench, &module, family, RefuseAll, &[(FIRST, &filters)]));
    }
}

#[track_caller]
fn expect_first_up(bed: &Bed<'_>) {
    assert!(bed.module.is_up(FIRST), "{:?}\n{}", bed.events.borrow(), bed.bench.transcript_text());
}

fn is_suspected(bed: &Bed<'_>) -> bool {
    bed.events.borrow().iter().any(|event| match event {
        SupervisedEvent::Supervisor(event) => event.transition == Transition::Suspected,
        SupervisedEvent::Modem(_) => false,
    })
}

/// A publish that the broker does not acknowledge, or does.
fn publish(bed: &mut Bed<'_>, is_acknowledged: bool) {
    let module = bed.module;
    bed.bench.loopback(|broker, _| broker.silent = !is_acknowledged);
    let published = bed.now("publish", async move { module.publish(FIRST, &acknowledged(b"on")).await });
    bed.bench.loopback(|broker, _| broker.silent = false);
    assert_eq!(published.is_ok(), is_acknowledged, "{published:?}\n{}", bed.bench.transcript_text());
}

#[test]
fn two_calls_of_tasks_in_a_row_that_say_nothing_of_the_broker_make_the_session_suspected() {
    on_every_fresh(&[], |bed| {
        bed.run_for_seconds(30);
        publish(bed, false);
        // What another subsystem is answered says nothing of the broker.
        let module = bed.module;
        bed.now("signal", async move { module.execute(&Csq).await }).unwrap();
        publish(bed, false);
        bed.run_for_seconds(1);
        assert!(is_suspected(bed), "{:?}", bed.events.borrow());
        // After the shortest wait, though no task has use for the module.
        bed.run_for_seconds(4);
        expect_first_up(bed);
    });
}

#[test]
fn a_call_of_a_task_that_succeeds_between_two_others_clears_the_session_of_suspicion() {
    on_every_fresh(&[], |bed| {
        bed.run_for_seconds(30);
        for _ in 0..3 {
            publish(bed, false);
            publish(bed, true);
        }
        bed.run_for_seconds(1);
        assert!(!is_suspected(bed), "{:?}", bed.events.borrow());
    });
}

/// A call of the other client says nothing of this one's session.
#[test]
fn the_calls_of_each_client_count_for_its_own_session() {
    on_every_family(|bed| {
        let module = bed.module;
        for client in [FIRST, SECOND] {
            bed.bench.loopback(|broker, _| broker.silent = true);
            let failed = bed.now("publish", async move { module.publish(client, &acknowledged(b"on")).await });
            assert!(failed.is_err());
            bed.bench.loopback(|broker, _| broker.silent = false);
        }
        bed.run_for_seconds(1);
        assert!(!is_suspected(bed), "{:?}", bed.events.borrow());
    });
}

#[test]
fn a_session_is_up_when_it_is_subscribed_and_not_before() {
    on_every_fresh(&[("subscribe-delay", "5000")], |bed| {
        let module = bed.module;
        let (_, up) = bed.call("up", async move { module.wait_up(FIRST).await });
        while bed.bench.loopback(|broker, _| broker.connection(0).is_none()) {
            bed.tasks.poll_next_or_fail();
        }
        bed.run_for_seconds(2);
        let offline = bed.now("publish", async move { module.publish(FIRST, &acknowledged(b"on")).await });
        assert_eq!(offline, Err(Error::Offline), "{}", bed.bench.transcript_text());
        assert!(up.borrow().is_none() && !module.is_up(FIRST));
        bed.run_for_seconds(20);
        assert!(up.borrow().is_some() && module.is_up(FIRST));
    });
}

/// A card that has got a wrong PIN three times is locked.
#[test]
fn a_wrong_pin_is_sent_once_however_often_the_bring_up_is_tried() {
    static LOCKED: Apn<'static> = Apn::new("internet").pin("1234");
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, &[("sim-pin", "4321")]);
        let (module, filters) = (Module::new(), Filters::new());
        give(&module, shell_modem(&bench, family, RefuseAll));
        let mut tasks = Tasks::new(&bench);
        tasks.spawn("runner", async {
            let policy = Policy::new(Backoff::new(7).longest(LONGEST_WAIT));
            let mut supervisors = [Supervisor::new(FIRST, options(FIRST), &filters, policy)];
            let mut recovery = Recovery::new(&LOCKED);
            panic!("{:?}", module.run(&mut supervisors, &mut recovery, |_| {}).await);
        });
        tasks.run_for(Duration::from_secs(1_800));
        let sent = String::from_utf8_lossy(&bench.sent()).into_owned();
        assert!(sent.matches("AT+CPIN?").count() > 5, "{sent}");
        assert_eq!(sent.matches("AT+CPIN=").count(), 1, "{sent}");
    }
}

#[test]
fn what_a_mute_module_owes_keeps_no_session_down_once_it_answers_again() {
    for ((family, _), mute_s) in ALL_FAMILIES.into_iter().flat_map(|family| [(family, 20), (family, 35)]) {
        let bench = switched(family, &[("connect-delay", "5000")]);
        let (module, filters, none) = (Module::new(), Filters::new(), Filters::new());
        let clients = [(FIRST, &filters), (SECOND, &none)];
        let mut bed = Bed::supervised(&bench, &module, family, RefuseAll, &clients);
        bed.run_for_seconds(40);
        expect_up(&bed);
        let module = bed.module;
        let mut clock = bench.clock();
        bed.tasks.spawn("signal", async move {
            loop {
                let _ = module.execute(&Csq).await;
                clock.wait_until(clock.now() + Duration::from_secs(5)).await;
            }
        });
        // The outcome of the second client's CONNECT is among what it does not send.
        bench.loopback(|broker, now| (0..2).for_each(|client| broker.close(now, client, 1)));
        let connects = || bench.transcript_text().matches("AT+CMQTTCONNECT=1").count();
        let connected = connects();
        while connects() == connected {
            bed.run_for_seconds(1);
        }
        bed.run_for_seconds(1);
        bench.modem(|modem, now| modem.set_mute(now, true));
        bed.run_for_seconds(mute_s);
        bench.modem(|modem, now| modem.set_mute(now, false));
        bed.tasks.run_for(LONGEST_WAIT + UP_AGAIN);
        expect_up(&bed);
    }
}
