//! What the async client alone can be asked: its future is dropped, at every poll and again and again, and weeks pass.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::rc::Rc;

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::pipe::{Bench, Chunking};

use crate::bench::*;
use crate::driver::QoS;
use crate::driver::supervisor::{Recovery, Reset, SupervisedEvent, Supervisor, Transition};
use crate::supervisor::bench::*;

/// Polls a future at most this number of times.
async fn at_most<O>(polls: usize, future: impl Future<Output = O>) -> Option<O> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Drops the future after this time.
async fn within<O>(bench: &Bench, time: Duration, future: impl Future<Output = O>) -> Option<O> {
    let (mut clock, end) = (bench.clock(), bench.now() + time);
    let (mut future, mut over) = (pin!(future), pin!(clock.wait_until(end)));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => over.as_mut().poll(context).map(|()| None),
    })
    .await
}

#[test]
fn dropped_at_any_poll_it_goes_on_with_the_next_call() {
    let family = crate::driver::Family::A76xx;
    for polls in 1.. {
        let bench = bench(family);
        bench.set_chunking(Chunking { pending_before_read: true, longest_write: Some(16), ..Chunking::default() });
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut modem = modem(&bench, family, &inbox);
        let mut supervised = Supervised::new(&bench, &mut modem, &OPTIONS, &filters, POLICY);
        // A whole run with a loss in it, cut at one place.
        bench.at(SECONDS(8), |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)));
        let finished = bench.block_on(at_most(polls, async {
            while bench.now() < SECONDS(15) {
                supervised.next(SECONDS(15)).await;
            }
        }));
        supervised.pass(SECONDS(200));
        assert!(supervised.supervisors[0].is_up(), "{polls}: {}", bench.transcript_text());
        assert_eq!(filters_at_broker(&bench), ["all/cmd", "meter-3/#"], "{polls}");
        assert_eq!(supervised.resets.get(), 0);
        if finished.is_some() {
            assert!(polls > 50, "{polls}");
            return;
        }
    }
}

#[test]
fn dropped_every_second_it_comes_up_and_comes_back() {
    for (family, _) in FAMILIES {
        for switches in [&[][..], &[("start-delay", "3000"), ("connect-delay", "5000")]] {
            let bench = switched(family, switches);
            let (inbox, filters) = (TestInbox::new(), two_filters());
            let mut modem = modem(&bench, family, &inbox);
            let mut supervised = Supervised::new(&bench, &mut modem, &OPTIONS, &filters, POLICY);
            bench.at(SECONDS(100), |bench| bench.modem(|module, now| module.restart(now)));
            bench.block_on(async {
                while bench.now() < SECONDS(300) {
                    within(&bench, SECONDS(1), supervised.next(Duration::MAX)).await;
                }
            });
            assert!(supervised.supervisors[0].is_up(), "{:#?}\n{}", supervised.events, bench.transcript_text());
            assert_eq!(filters_at_broker(&bench).len(), 2);
        }
    }
}

/// A CONNECT may take as long as the module's `"optimeout"` allows.
#[test]
fn dropped_every_second_it_waits_for_a_connect_that_takes_100_s() {
    on_every_fresh(&[("connect-delay", "100000")], |supervised| {
        let bench = supervised.bench.clone();
        bench.block_on(async {
            while bench.now() < SECONDS(125) {
                within(&bench, SECONDS(1), supervised.next(Duration::MAX)).await;
            }
        });
        assert!(supervised.supervisors[0].is_up(), "{:#?}\n{}", supervised.events, bench.transcript_text());
        let failures = supervised.count(|transition| matches!(transition, Transition::ConnectFailed(_)));
        assert_eq!(failures, 0, "{:#?}", supervised.events);
    });
}

#[test]
fn dropped_every_second_on_a_mute_module_it_resets_that_all_the_same() {
    on_every_up(&[], |supervised| {
        let bench = supervised.bench.clone();
        script(&bench, "AT", 0, ScriptedAnswer::Silence);
        bench.block_on(async {
            while supervised.resets.get() == 0 {
                assert!(bench.now() < SECONDS(3 * 3_600), "{:#?}", supervised.transitions());
                within(&bench, SECONDS(5), supervised.next(Duration::MAX)).await;
            }
        });
        end_script(&bench);
        supervised.expect_up(LONGEST_WAIT + SECONDS(15));
    });
}

#[test]
fn a_change_of_the_list_is_made_while_supervise_waits() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut modem = modem(&bench, family, &inbox);
        let mut supervised = Supervised::new(&bench, &mut modem, &OPTIONS, &filters, POLICY);
        supervised.expect_up(SECONDS(10));
        let added = bench.now() + SECONDS(5);
        bench.block_on(async {
            let mut clock = bench.clock();
            let mut add = pin!(async {
                clock.wait_until(added).await;
                filters.add("new/#", QoS::AtMostOnce).unwrap();
                clock.wait_until(added + SECONDS(1)).await;
            });
            let mut supervise = pin!(supervised.next(added + SECONDS(30)));
            poll_fn(|context| {
                let is_over = supervise.as_mut().poll(context).is_ready();
                if add.as_mut().poll(context).is_ready() || is_over { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        assert_eq!(filters_at_broker(&bench), ["all/cmd", "meter-3/#", "new/#"], "{}", bench.transcript_text());
    }
}

#[test]
fn no_event_is_lost_with_the_future() {
    on_every_up(&[], |supervised| {
        let bench = supervised.bench.clone();
        let mut is_lost = false;
        bench.loopback(|broker, now| broker.close(now, 0, 1));
        bench.block_on(async {
            for _ in 0..200 {
                let next = within(&bench, Duration::from_millis(20), supervised.next(Duration::MAX)).await;
                is_lost |= matches!(next, Some(Some(SupervisedEvent::Modem(_))));
            }
        });
        supervised.expect_up_or_still_up(SECONDS(20));
        assert!(is_lost);
        assert!(supervised.transitions().starts_with(&[Transition::Lost]));
        assert!(supervised.transitions().contains(&Transition::Up), "{:#?}", supervised.transitions());
    });
}

#[test]
fn a_change_of_the_list_is_made_however_long_the_session_has_been_up() {
    // Here, since the clock of the blocking bench ticks. At the end of the 49 days after which a clock of milliseconds
    // begins again.
    with_policy(&[], POLICY.probe_after(SECONDS(100_000)), |supervised| {
        supervised.bench.set_time_limit(SECONDS(100 * 86_400));
        supervised.expect_up(SECONDS(10));
        supervised.pass(SECONDS(49 * 86_400));
        assert!(supervised.filters.remove("all/cmd"));
        supervised.pass(SECONDS(2));
        assert_eq!(filters_at_broker(supervised.bench), ["meter-3/#"]);
        supervised.pass(SECONDS(10 * 86_400));
        supervised.bench.loopback(|broker, now| broker.close(now, 0, 1));
        let lost = supervised.expect(SECONDS(1), |transition| *transition == Transition::Lost);
        assert_eq!(lost.took, SECONDS(40 * 86_400));
    });
}

/// A probe that never comes to its end says as little of the session as one that is not answered.
#[test]
fn dropped_again_and_again_a_probe_that_takes_longer_makes_the_session_suspected() {
    on_every_up(&[], |supervised| {
        let bench = supervised.bench.clone();
        bench.modem(|module, _| module.behaviour_mut().timing.result = Duration::from_millis(1_500));
        let deadline = bench.now() + SECONDS(60 + 2 * 200);
        bench.block_on(async {
            while !supervised.transitions().contains(&Transition::Suspected) {
                assert!(bench.now() < deadline, "{:?}\n{}", supervised.transitions(), bench.transcript_text());
                within(&bench, SECONDS(1), supervised.next(Duration::MAX)).await;
            }
        });
    });
}

/// Notes which reset it is, and does not help.
struct Attempts(Rc<RefCell<Vec<u32>>>);

impl Reset for Attempts {
    async fn reset(&mut self, attempt: u32) {
        self.0.borrow_mut().push(attempt);
    }
}

#[test]
fn the_hook_is_told_the_number_of_the_reset_until_one_has_helped() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, filters) = (TestInbox::new(), two_filters());
        let mut modem = modem(&bench, family, &inbox);
        let mut supervisors = [Supervisor::new(FIRST, &OPTIONS, &filters, POLICY)];
        let attempts = Rc::default();
        let mut recovery = Recovery::new(&APN).with_reset(Attempts(Rc::clone(&attempts)));
        for _ in 0..2 {
            script(&bench, "AT", 0, ScriptedAnswer::Silence);
            let mut run = |is_over: &dyn Fn() -> bool| {
                bench.block_on(async {
                    while !is_over() {
                        let deadline = bench.now() + SECONDS(1);
                        let next = modem.supervise_until(deadline, &mut supervisors, &mut recovery).await;
                        next.or_transcript(&bench);
                    }
                });
            };
            run(&|| attempts.borrow().len() == 3);
            assert_eq!(attempts.take(), [1, 2, 3]);
            end_script(&bench);
            run(&|| filters_at_broker(&bench).len() == 2);
            bench.loopback(|broker, now| broker.close(now, 0, 1));
        }
    }
}
