//! Several tasks, each with its own waker.

use core::cell::{Cell, RefCell};
use core::future::{pending, poll_fn};
use core::task::{Poll, Waker};

use super::*;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

async fn sleep(bench: &Bench, time: Duration) {
    let until = bench.now() + time;
    bench.clock().wait_until(until).await;
}

/// Is ready when the value has been set by another task.
async fn set(value: &Cell<bool>, waiting: &RefCell<Option<Waker>>) {
    poll_fn(|context| {
        if value.get() {
            return Poll::Ready(());
        }
        *waiting.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    })
    .await;
}

#[test]
fn a_timer_wakes_its_task_alone() {
    let bench = Bench::new(Family::A7600);
    let mut tasks = Tasks::new(&bench);
    let often = tasks.spawn("often", async {
        for _ in 0..10 {
            sleep(&bench, seconds(1)).await;
        }
    });
    let once = tasks.spawn("once", sleep(&bench, seconds(5)));
    tasks.run_for(seconds(20));
    assert!(tasks.has_ended(often) && tasks.has_ended(once));
    assert_eq!((tasks.polls(often), tasks.polls(once)), (11, 2));
    assert_eq!(bench.now(), seconds(20));
}

#[test]
fn the_pipe_wakes_its_reader_alone() {
    let bench = Bench::new(Family::A7600);
    let (mut receiver, mut transmitter) = bench.host();
    let answer = Cell::new(0);
    let mut tasks = Tasks::new(&bench);
    let reader = tasks.spawn("reader", async {
        answer.set(read_until(&mut receiver, "OK\r\n").await.len());
    });
    let writer = tasks.spawn("writer", async { transmitter.write_all(b"AT\r").await.unwrap() });
    let sleeper = tasks.spawn("sleeper", sleep(&bench, seconds(9)));
    tasks.run_until_ended(reader);
    assert_eq!(answer.get(), b"AT\r\r\nOK\r\n".len());
    assert_eq!((tasks.polls(writer), tasks.polls(sleeper)), (1, 1));
    assert!(!tasks.has_ended(sleeper));
}

#[test]
fn tasks_wake_each_other() {
    let bench = Bench::new(Family::A7600);
    let (is_set, waiting) = (Cell::new(false), RefCell::new(None));
    let mut tasks = Tasks::new(&bench);
    let waiter = tasks.spawn("waiter", set(&is_set, &waiting));
    tasks.spawn("setter", async {
        sleep(&bench, seconds(3)).await;
        is_set.set(true);
        waiting.take().unwrap().wake();
    });
    tasks.run_until_ended(waiter);
    assert_eq!((bench.now(), tasks.polls(waiter)), (seconds(3), 2));
}

#[test]
fn a_task_is_dropped_at_a_poll_and_what_wakes_it_later_does_nothing() {
    struct Noisy<'a>(&'a Cell<bool>);
    impl Drop for Noisy<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let bench = Bench::new(Family::A7600);
    let (is_set, waiting, is_dropped) = (Cell::new(false), RefCell::new(None), Cell::new(false));
    let mut tasks = Tasks::new(&bench);
    let dropped = tasks.spawn("dropped", async {
        let _noisy = Noisy(&is_dropped);
        sleep(&bench, seconds(1)).await;
        set(&is_set, &waiting).await;
        unreachable!("it is dropped before");
    });
    tasks.run_until_polled(dropped, 2);
    tasks.drop_task(dropped);
    assert!(is_dropped.get());
    is_set.set(true);
    waiting.take().unwrap().wake();
    let next = tasks.spawn("next", sleep(&bench, seconds(1)));
    tasks.run_until_ended(next);
    assert_eq!((tasks.polls(dropped), tasks.has_ended(dropped)), (2, false));
}

#[test]
fn woken_tasks_run_in_the_order_of_their_wakes_unless_they_are_shuffled() {
    let order_of = |seed: Option<u64>| {
        let bench = Bench::new(Family::A7600);
        let order = RefCell::new(Vec::new());
        let mut tasks = Tasks::new(&bench);
        if let Some(seed) = seed {
            tasks.shuffle(seed);
        }
        for index in 0..8 {
            let order = &order;
            tasks.spawn("task", async move { order.borrow_mut().push(index) });
        }
        tasks.run_for(seconds(1));
        drop(tasks);
        order.into_inner()
    };
    let usual: Vec<i32> = (0..8).collect();
    assert_eq!(order_of(None), usual);
    assert_eq!(order_of(Some(1)), order_of(Some(1)));
    assert_ne!(order_of(Some(1)), usual);
    assert_ne!(order_of(Some(1)), order_of(Some(2)));
}

#[test]
#[should_panic(expected = "task \"busy\" waits, 1001 polls, 1001 of them at 3s")]
fn a_task_that_keeps_waking_itself_is_found() {
    let bench = Bench::new(Family::A7600);
    let mut tasks = Tasks::new(&bench);
    tasks.spawn("quiet", pending());
    let busy = tasks.spawn("busy", async {
        poll_fn(|context| {
            if bench.now() == seconds(3) {
                context.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        })
        .await;
    });
    bench.pass(seconds(3));
    tasks.run_until_ended(busy);
}

#[test]
#[should_panic(expected = "task \"patient\" waits, 1 polls")]
fn a_task_that_waits_for_nothing_is_found() {
    let bench = Bench::new(Family::A7600);
    let mut tasks = Tasks::new(&bench);
    let patient = tasks.spawn("patient", pending());
    tasks.run_until_ended(patient);
}
