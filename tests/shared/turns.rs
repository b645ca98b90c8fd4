//! Every task has its turn, whatever the others do.

use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;
use std::cell::RefCell;

use simcom_modem_simulator::pipe::{Bench, Tasks};

use crate::bed::{
    Bed, FIRST, Filters, LONGEST_WAIT, Module, SECOND, acknowledged, give, on_every_family, options, returned, switched,
};
use crate::driver::command::network::Csq;
use crate::driver::supervisor::{Backoff, NoBringUp, Policy, Recovery, Supervisor};
use crate::driver::{ClientIndex, Error, Family, QoS, RefuseAll};
use crate::shell::shell_modem;

const BOTH: &[ClientIndex] = &[FIRST, SECOND];
/// No call of these tests is polled so often.
pub const MOST_POLLS: usize = 100;

/// What a task that is dropped has called.
#[derive(Clone, Copy, Debug)]
enum Call {
    Connect,
    Publish,
    Subscribe,
    Disconnect,
    Execute,
    Lock,
    Unsubscribe,
    Shutdown,
    WaitUp,
}

async fn make(module: &Module, call: Call) {
    let _ = match call {
        Call::Connect => module.connect(FIRST, options(FIRST)).await.map(|_| ()),
        Call::Publish => module.publish(FIRST, &acknowledged(b"dropped")).await,
        Call::Subscribe => module.subscribe(FIRST, "pump/set", QoS::AtLeastOnce).await,
        Call::Disconnect => module.disconnect(FIRST).await,
        Call::Execute => module.execute(&Csq).await.map(|_| ()),
        Call::Lock => match module.lock(async |modem| modem.execute(&Csq).await).await {
            Ok(answer) => answer.map(|_| ()),
            Err(error) => Err(error),
        },
        Call::Unsubscribe => module.unsubscribe(FIRST, "pump/set").await,
        Call::Shutdown => module.shutdown().await,
        Call::WaitUp => module.wait_up(FIRST).await,
    };
}

/// Drops a call at each of its polls, and checks that other tasks have their turns afterwards. Returns how often it
/// did.
fn drop_at_every_poll(family: Family, call: Call) -> usize {
    for polls in 1..MOST_POLLS {
        let bench = switched(family, &[]);
        let module = Module::new();
        let mut bed = Bed::new(&bench, &module, family, RefuseAll);
        if !matches!(call, Call::Connect | Call::WaitUp) {
            bed.connect(FIRST);
        }
        bed.connect(SECOND);
        let dropped = bed.tasks.spawn("dropped", make(&module, call));
        bed.tasks.run_until_polled(dropped, polls);
        if bed.tasks.has_ended(dropped) {
            return polls;
        }
        bed.tasks.drop_task(dropped);
        let module = &module;
        let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
        let (_, published) = bed.call("publish", async move { module.publish(SECOND, &acknowledged(b"kept")).await });
        let (_, connected) = bed.call("connect", async move { module.connect(FIRST, options(FIRST)).await });
        bed.run_for_seconds(100);
        assert!(returned(&signal, &bench).is_ok(), "{call:?}, poll {polls}\n{}", bench.transcript_text());
        let published = returned(&published, &bench);
        // A shutdown ends the other client too.
        let is_ended =
            matches!(call, Call::Shutdown) && matches!(published, Err(Error::Offline | Error::Illegal { .. }));
        assert!(published.is_ok() || is_ended, "{call:?}, poll {polls}: {published:?}\n{}", bench.transcript_text());
        let connected = returned(&connected, &bench);
        assert!(connected.is_ok(), "{call:?}, poll {polls}: {connected:?}\n{}", bench.transcript_text());
    }
    panic!("{call:?} has not ended after {MOST_POLLS} polls");
}

#[test]
fn a_call_dropped_at_any_poll_leaves_nobody_waiting() {
    for family in [Family::A7600, Family::Sim767x] {
        let calls = [Call::Connect, Call::Publish, Call::Subscribe, Call::Disconnect, Call::Execute, Call::Lock];
        for call in calls.into_iter().chain([Call::Unsubscribe, Call::Shutdown]) {
            let polls = drop_at_every_poll(family, call);
            assert!(polls > 2, "{call:?} had {polls}");
        }
    }
}

/// A task that waits for its turn, for another call of its client, or for the session, is dropped.
#[test]
fn a_waiting_task_that_is_dropped_leaves_its_place_to_another_one() {
    on_every_family(&[], &[FIRST], |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(20));
        let (_, published) = bed.call("publish", async move { module.publish(FIRST, &acknowledged(b"1")).await });
        bed.run_for_seconds(1);
        for _ in 0..20 {
            let waiting: Vec<_> = [Call::Publish, Call::Disconnect, Call::WaitUp, Call::Shutdown, Call::Subscribe]
                .map(|call| bed.tasks.spawn("waiting", make_second(module, call)))
                .into();
            bed.tasks.run_for(Duration::from_millis(200));
            assert!(waiting.iter().all(|task| !bed.tasks.has_ended(*task)));
            waiting.into_iter().for_each(|task| bed.tasks.drop_task(task));
        }
        let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
        bed.run_for_seconds(1);
        assert!(returned(&signal, &bed.bench).is_ok(), "{}", bed.bench.transcript_text());
        bed.run_for_seconds(20);
        assert_eq!(returned(&published, &bed.bench), Ok(()));
        let published = bed.now("publish", async move { module.publish(FIRST, &acknowledged(b"2")).await });
        assert_eq!(published, Ok(()), "{}", bed.bench.transcript_text());
    });
}

/// The listener gives way to a task that has come for its turn, and that is dropped before it has it.
#[test]
fn a_task_that_is_dropped_before_it_has_the_turn_it_came_for_keeps_no_other_one_waiting() {
    on_every_family(&[], &[FIRST], |bed| {
        let module = bed.module;
        for _ in 0..3 {
            let first = bed.tasks.spawn("first", make(module, Call::Execute));
            let second = bed.tasks.spawn("second", make(module, Call::Execute));
            bed.tasks.run_until_polled(first, 1);
            bed.tasks.run_until_polled(second, 1);
            bed.tasks.drop_task(first);
            bed.run_for_seconds(1);
            assert!(bed.tasks.has_ended(second), "{}", bed.bench.transcript_text());
        }
    });
}

/// What is called with the modem in hand has its own outcome: it does not give way.
#[test]
fn a_call_in_a_lock_ends_with_its_outcome() {
    on_every_family(&[("publish-delay", "3000"), ("publish-failure", "ok-first")], &[FIRST], |bed| {
        let module = bed.module;
        bed.bench.loopback(|broker, _| broker.fail_next_publish(7));
        let published = bed.now("locked", async move {
            module.lock(async |modem| modem.client(FIRST).publish(&acknowledged(b"on")).await).await.unwrap()
        });
        assert!(published.is_err(), "{}", bed.bench.transcript_text());
    });
}

/// As [`make`], but it waits for the session of the client that is not connected.
async fn make_second(module: &Module, call: Call) {
    match call {
        Call::WaitUp => drop(module.wait_up(SECOND).await),
        call => make(module, call).await,
    }
}

/// The runner is dropped at each of its polls, as in a `select`, while other tasks have calls under way. It runs again.
#[test]
fn the_runner_dropped_at_any_poll_goes_on_where_it_was() {
    for family in [Family::A7600, Family::Sim767x] {
        for polls in 1.. {
            let bench = switched(family, &[("publish-delay", "2000"), ("connect-delay", "1000")]);
            let module = Module::new();
            give(&module, shell_modem(&bench, family, RefuseAll));
            let filters = Filters::new();
            filters.add("pump/set", QoS::AtLeastOnce).unwrap();
            let mut supervisors =
                [Supervisor::new(FIRST, options(FIRST), &filters, Policy::new(Backoff::new(7).longest(LONGEST_WAIT)))];
            let mut recovery = Recovery::new(NoBringUp);
            let has_ended = RefCell::new(false);
            let (module, mut tasks) = (&module, Tasks::new(&bench));
            tasks.spawn("runner", async {
                let mut left = polls;
                let mut first = pin!(module.run(&mut supervisors, &mut recovery, |_| {}));
                let until_dropped = poll_fn(|context| {
                    if left == 0 {
                        return Poll::Ready(None);
                    }
                    left -= 1;
                    first.as_mut().poll(context).map(Some)
                });
                let ended = until_dropped.await;
                assert!(ended.is_none(), "{ended:?}");
                *has_ended.borrow_mut() = true;
            });
            tasks.spawn("signal", async {
                loop {
                    let _ = module.execute(&Csq).await;
                    bench.clock().wait_until(bench.now() + Duration::from_millis(700)).await;
                }
            });
            let publisher = async {
                for _ in 0..2 {
                    module.wait_up(FIRST).await.unwrap();
                    let message = acknowledged(b"on");
                    while module.publish(FIRST, &message).await.is_err() {
                        bench.clock().wait_until(bench.now() + Duration::from_secs(1)).await;
                    }
                }
            };
            let publisher = tasks.spawn("publisher", publisher);
            bench.at(Duration::from_secs(8), |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)));
            tasks.run_for(Duration::from_secs(20));
            if !*has_ended.borrow() {
                assert!(tasks.has_ended(publisher), "{}", bench.transcript_text());
                assert!(polls > 50, "{polls}");
                break;
            }
            // Without a runner nobody fetches an outcome; what is dropped comes back with the next one.
            let mut supervisors =
                [Supervisor::new(FIRST, options(FIRST), &filters, Policy::new(Backoff::new(7).longest(LONGEST_WAIT)))];
            tasks.spawn("again", async move {
                let mut recovery = Recovery::new(NoBringUp);
                panic!("{:?}", module.run(&mut supervisors, &mut recovery, |_| {}).await);
            });
            tasks.run_for(Duration::from_secs(150));
            assert!(module.is_up(FIRST), "poll {polls}\n{}", bench.transcript_text());
            assert!(tasks.has_ended(publisher), "poll {polls}\n{}", bench.transcript_text());
        }
    }
}

#[test]
fn calls_have_their_turns_in_the_order_in_which_they_came() {
    on_every_family(&[], &[FIRST], |bed| {
        let module = bed.module;
        let order = std::rc::Rc::new(RefCell::new(Vec::new()));
        for number in 0..6 {
            let order = order.clone();
            bed.tasks.spawn("signal", async move {
                module.execute(&Csq).await.unwrap();
                order.borrow_mut().push(number);
            });
        }
        bed.run_for_seconds(5);
        assert_eq!(*order.borrow(), [0, 1, 2, 3, 4, 5]);
    });
}

/// Each call is polled some times for every answer; a task that is only in the queue is not polled at all.
#[test]
fn a_task_that_waits_for_its_turn_is_not_polled() {
    on_every_family(&[], &[FIRST], |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.result = Duration::from_secs(2));
        let waiting: Vec<_> = (0..6)
            .map(|_| bed.tasks.spawn("signal", async move { assert!(module.execute(&Csq).await.is_ok()) }))
            .collect();
        bed.tasks.run_for(Duration::from_millis(1_500));
        let polls: Vec<_> = waiting.iter().map(|task| bed.tasks.polls(*task)).collect();
        assert!(polls[2..].iter().all(|polls| *polls <= 2), "{polls:?}");
        bed.run_for_seconds(30);
        assert!(waiting.iter().all(|task| bed.tasks.has_ended(*task)));
        let polls: Vec<_> = waiting.iter().map(|task| bed.tasks.polls(*task)).collect();
        assert!(polls.iter().all(|polls| *polls <= 20), "{polls:?}");
    });
}

#[test]
fn in_whatever_order_the_tasks_are_polled_every_call_ends() {
    for seed in 0..40 {
        let bench = switched(Family::Sim7600, &[]);
        let module = Module::new();
        let mut bed = Bed::new(&bench, &module, Family::Sim7600, RefuseAll);
        bed.tasks.shuffle(seed);
        BOTH.iter().for_each(|client| bed.connect(*client));
        let module = &module;
        let mut calls = Vec::new();
        for client in [FIRST, SECOND, FIRST, SECOND] {
            calls.push(bed.call("publish", async move { module.publish(client, &acknowledged(b"on")).await }).1);
        }
        let (_, signal) = bed.call("signal", async move { module.execute(&Csq).await });
        bed.run_for_seconds(60);
        assert!(calls.iter().all(|call| returned(call, &bench).is_ok()), "seed {seed}");
        assert!(returned(&signal, &bench).is_ok());
    }
}

#[test]
fn one_call_more_than_there_are_places_is_refused_and_no_other_one_disturbed() {
    on_every_family(&[], &[], |bed| {
        let module = bed.module;
        // One of the eight places is for the runner.
        let waiting: Vec<_> = (0..7).map(|_| bed.call("signal", async move { module.execute(&Csq).await }).1).collect();
        let (_, refused) = bed.call("refused", async move { module.execute(&Csq).await });
        bed.run_for_seconds(10);
        assert_eq!(returned(&refused, &bed.bench).err(), Some(Error::QueueFull));
        assert!(waiting.iter().all(|call| returned(call, &bed.bench).is_ok()));
    });
}

#[test]
fn a_call_before_there_is_a_modem_waits_and_may_be_dropped() {
    let bench = Bench::new(simcom_modem_simulator::family::Family::A7600);
    let module: Module = Module::new();
    let mut tasks = Tasks::new(&bench);
    let early = tasks.spawn("early", async { assert!(module.execute(&Csq).await.is_ok()) });
    let dropped = tasks.spawn("dropped", async { assert!(module.execute(&Csq).await.is_err()) });
    tasks.run_for(Duration::from_secs(60));
    assert!(!tasks.has_ended(early));
    tasks.drop_task(dropped);
    give(&module, shell_modem(&bench, Family::A7600, RefuseAll));
    let another = Box::leak(Box::new(shell_modem(&bench, Family::A7600, RefuseAll)));
    assert!(module.give(another).is_err(), "there is one already");
    tasks.run_for(Duration::from_secs(10));
    assert!(tasks.has_ended(early));
}

/// Its future is kept, and polled again when the outcome has long come.
#[test]
fn a_task_that_comes_late_for_its_outcome_keeps_no_other_one_waiting() {
    on_every_family(&[], BOTH, |bed| {
        let module = bed.module;
        bed.bench.modem(|modem, _| modem.behaviour_mut().timing.publish = Duration::from_secs(2));
        let (bench, begin) = (bed.bench.clone(), bed.bench.now());
        let (_, late) = bed.call("late", async move {
            let message = acknowledged(b"late");
            let mut publish = pin!(module.publish(FIRST, &message));
            // The last poll before the outcome comes.
            while bench.now() < begin + Duration::from_secs(1) {
                assert!(poll_once(publish.as_mut()).await.is_pending());
                bench.clock().wait_until(bench.now() + Duration::from_millis(10)).await;
            }
            bench.clock().wait_until(begin + Duration::from_secs(60)).await;
            publish.await
        });
        bed.run_for_seconds(10);
        for client in [SECOND, FIRST] {
            let (_, published) =
                bed.call("publish", async move { module.publish(client, &acknowledged(b"in time")).await });
            bed.run_for_seconds(5);
            assert_eq!(returned(&published, &bed.bench), Ok(()), "{}", bed.bench.transcript_text());
        }
        bed.run_for_seconds(60);
        assert_eq!(returned(&late, &bed.bench), Ok(()));
        let payloads = bed.bench.loopback(|broker, _| broker.publications().len());
        assert_eq!(payloads, 3);
    });
}

/// Polls a future once.
pub async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}
