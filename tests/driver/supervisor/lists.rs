//! The list of topic filters changes while the session is up.

use simcom_modem_simulator::behaviour::ScriptedAnswer;

use super::bench::*;
use crate::bench::*;
use crate::driver::QoS;
use crate::driver::supervisor::Transition;

#[test]
fn what_is_added_is_subscribed_to_and_what_is_removed_is_not_any_more() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut modem = modem(&bench, family, &inbox);
        let mut supervised = Supervised::new(&bench, &mut modem, &OPTIONS, &filters, POLICY);
        supervised.expect_up(SECONDS(10));
        filters.add("new/#", QoS::ExactlyOnce).unwrap();
        assert!(filters.is_subscribed("all/cmd") && filters.remove("all/cmd"));
        assert!(!filters.is_subscribed("all/cmd") && !filters.is_subscribed("new/#"));
        supervised.pass(SECONDS(2));
        assert_eq!(filters_at_broker(&bench), ["meter-3/#", "new/#"]);
        assert!(filters.is_subscribed("new/#"));
        // And the same after a loss.
        bench.loopback(|broker, now| broker.close(now, 0, 1));
        supervised.expect(SECONDS(5), |transition| *transition == Transition::Lost);
        assert!(!filters.is_subscribed("new/#"));
        filters.remove("meter-3/#");
        supervised.expect(SECONDS(5), |transition| *transition == Transition::Up);
        assert_eq!(filters_at_broker(&bench), ["new/#"]);
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn a_filter_that_is_refused_is_reported_once_and_tried_again_with_the_next_connection() {
    on_every_fresh(&[], |supervised| {
        let refused = |transition: &Transition| matches!(transition, Transition::SubscriptionRefused { place: 0, .. });
        supervised.bench.loopback(|broker, _| broker.fail_next_subscribe(31));
        supervised.expect(SECONDS(10), |transition| *transition == Transition::Up);
        assert_eq!(filters_at_broker(supervised.bench), ["all/cmd"]);
        let sent = supervised.bench.sent().len();
        supervised.pass(SECONDS(50));
        assert_eq!(supervised.bench.sent().len(), sent, "{}", supervised.bench.transcript_text());
        assert_eq!(supervised.count(refused), 1);
        supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
        supervised.expect_up(SECONDS(5));
        assert_eq!(supervised.count(refused), 1);
    });
}

/// A bare `ERROR` says nothing of the filter: the line may have been damaged, or the module be busy.
#[test]
fn a_filter_that_is_refused_without_a_code_is_tried_again_before_it_counts_as_refused() {
    let refused = |transition: &Transition| matches!(transition, Transition::SubscriptionRefused { place: 0, .. });
    const EVERY_ONE: usize = 0;
    for (answer, refusals, is_refused) in [
        (ERROR, &[1, 2][..], false),
        (ERROR, &[EVERY_ONE], true),
        (NUMBERED_ERROR, &[1, 2], false),
        (NUMBERED_ERROR, &[EVERY_ONE], true),
    ] {
        on_every_fresh(&[], |supervised| {
            let bench = supervised.bench.clone();
            for nth in refusals {
                script(&bench, "AT+CMQTTSUB", *nth, ScriptedAnswer::Exactly(answer.to_vec()));
            }
            supervised.expect(SECONDS(30), |transition| *transition == Transition::Up);
            assert_eq!(supervised.count(refused), usize::from(is_refused), "{}", bench.transcript_text());
            assert_eq!(filters_at_broker(&bench).contains(&"meter-3/#".to_owned()), !is_refused);
        });
    }
}

#[test]
fn a_filter_that_cannot_be_sent_is_reported_and_does_not_hold_the_others_up() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, filters) = (TestInbox::new(), Filters::new());
        filters.add("a/#/b", QoS::AtMostOnce).unwrap();
        filters.add("c", QoS::AtMostOnce).unwrap();
        let mut modem = modem(&bench, family, &inbox);
        let mut supervised = Supervised::new(&bench, &mut modem, &OPTIONS, &filters, POLICY);
        supervised.expect(SECONDS(10), |transition| *transition == Transition::Up);
        assert_eq!(filters_at_broker(&bench), ["c"]);
        assert_eq!(
            supervised.count(|transition| matches!(transition, Transition::SubscriptionRefused { place: 0, .. })),
            1
        );
    }
}

#[test]
fn a_subscription_whose_outcome_is_lost_is_made_again() {
    on_every_fresh(&[], |supervised| {
        let bench = supervised.bench.clone();
        supervised.expect(SECONDS(10), |transition| matches!(transition, Transition::Connected(_)));
        bench.loopback(|broker, _| broker.silent = true);
        let end = bench.now() + SECONDS(60);
        bench.at(end, |bench| bench.loopback(|broker, _| broker.silent = false));
        supervised.expect_up(SECONDS(300));
    });
}

/// What several supervisors on one module do.
mod both_clients {
    use core::time::Duration;

    use super::*;
    use crate::driver::network::Apn;
    use crate::driver::supervisor::{Recovery, SupervisedEvent, Supervisor};
    use crate::driver::{Broker, ConnectOptions};

    static OTHER: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("other.example", 1883), "meter-3-b");
    static APN: Apn<'static> = Apn::new("internet");

    #[test]
    fn a_bring_up_of_one_counts_for_the_other_and_both_come_back() {
        for (family, _) in FAMILIES {
            let bench = switched(family, &[("nonet", "on")]);
            let (inbox, one, other) = (TestInbox::new(), two_filters(), Filters::new());
            other.add("b/#", QoS::AtMostOnce).unwrap();
            let mut modem = modem(&bench, family, &inbox);
            let mut supervisors =
                [Supervisor::new(FIRST, &OPTIONS, &one, POLICY), Supervisor::new(SECOND, &OTHER, &other, POLICY)];
            let mut recovery = Recovery::new(&APN);
            let mut run = |time| {
                let deadline = bench.now() + time;
                let mut bring_ups = Vec::new();
                bench.block_on(async {
                    while bench.now() < deadline {
                        let next = modem.supervise_until(deadline, &mut supervisors, &mut recovery).await;
                        if let Some(SupervisedEvent::Supervisor(event)) = next.or_transcript(&bench)
                            && event.transition == Transition::BroughtUp
                        {
                            bring_ups.push(event.client);
                        }
                    }
                });
                assert!(supervisors.iter().all(Supervisor::is_up), "{supervisors:#?}\n{}", bench.transcript_text());
                bring_ups
            };
            let count = || bench.sent().windows(9).filter(|sent| *sent == b"AT+CPIN?\r").count();
            run(SECONDS(15));
            assert_eq!(count(), 1, "{}", bench.transcript_text());
            bench.modem(|module, now| module.network_lost(now));
            let bring_ups = run(SECONDS(15));
            assert_eq!(bring_ups.len(), 2);
            assert_eq!(count(), 2, "{}", bench.transcript_text());
            assert_eq!(bench.loopback(|broker, _| broker.subscriptions(1).len()), 1);
        }
    }

    #[test]
    fn a_client_whose_messages_come_faster_than_they_are_dealt_with_does_not_keep_the_other_one_down() {
        for (family, _) in FAMILIES {
            let bench = bench(family);
            let (inbox, one, other) = (TestInbox::new(), two_filters(), Filters::new());
            other.add("b/#", QoS::AtMostOnce).unwrap();
            let mut modem = modem(&bench, family, &inbox);
            let mut recovery = Recovery::new(&APN);
            let mut supervise = |supervisors: &mut [Supervisor<'_, &Filters>], deadline| {
                let mut messages = 0;
                while bench.now() < deadline {
                    let next = bench.block_on(modem.supervise_until(deadline, supervisors, &mut recovery));
                    if let Some(SupervisedEvent::Modem(_)) = next.or_transcript(&bench) {
                        messages += 1;
                        let (mut clock, dealt_with) = (bench.clock(), bench.now() + Duration::from_millis(150));
                        bench.block_on(clock.wait_until(dealt_with));
                        // This call finds the next message.
                        let _ = bench.block_on(modem.execute(&crate::driver::command::network::Csq));
                    }
                }
                messages
            };
            let mut first = [Supervisor::new(FIRST, &OPTIONS, &one, POLICY)];
            supervise(&mut first, SECONDS(10));
            for tenths in 0..600 {
                bench.at(SECONDS(10) + Duration::from_millis(100) * tenths, |bench| {
                    bench.loopback(|broker, now| broker.publish(now, b"meter-3/cmd", b"on", false));
                });
            }
            let [first] = first;
            let mut supervisors = [first, Supervisor::new(SECOND, &OTHER, &other, POLICY)];
            let messages = supervise(&mut supervisors, SECONDS(40));
            assert!(supervisors.iter().all(Supervisor::is_up), "{messages} messages: {supervisors:#?}");
            assert!(messages > 100, "{messages}");
            assert_eq!(bench.loopback(|broker, _| broker.subscriptions(1).len()), 1);
        }
    }

    #[test]
    fn a_broker_that_refuses_one_does_not_reset_the_module_of_the_other() {
        for (family, _) in FAMILIES {
            let bench = bench(family);
            let (inbox, one, other) = (TestInbox::new(), two_filters(), Filters::new());
            let mut modem = modem(&bench, family, &inbox);
            let mut supervisors = [Supervisor::new(FIRST, &OPTIONS, &one, POLICY)];
            let mut recovery = Recovery::new(&APN);
            let deadline = SECONDS(10);
            let _ = bench.block_on(async {
                while bench.now() < deadline {
                    modem.supervise_until(deadline, &mut supervisors, &mut recovery).await?;
                }
                Ok::<(), crate::driver::Error>(())
            });
            let [first] = supervisors;
            bench.loopback(|broker, _| broker.refuse_connections(Some(3)));
            let second = Supervisor::new(SECOND, &OTHER, &other, POLICY);
            let mut supervisors = [first, second];
            let hook = crate::shell::ResetHook { bench: bench.clone(), resets: Default::default() };
            let resets = hook.resets.clone();
            let mut recovery = Recovery::new(&APN).with_reset(hook);
            let deadline = SECONDS(7_200);
            bench.block_on(async {
                while bench.now() < deadline {
                    let next = modem.supervise_until(deadline, &mut supervisors, &mut recovery).await;
                    next.or_transcript(&bench);
                }
            });
            assert!(supervisors[0].is_up() && !supervisors[1].is_up());
            assert_eq!(resets.get(), 0);
        }
    }
}
