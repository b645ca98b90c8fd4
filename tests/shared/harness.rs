//! The executors of these tests find what they are made to find.

use core::time::Duration;
use std::cell::Cell;
use std::rc::Rc;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_io_async::{BufRead, Write};
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::pipe::{Bench, Tasks};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use crate::driver::Timer;
use crate::paused::PausedBench;

const HELD: Duration = Duration::from_millis(100);

/// A task that holds the lock for a while, and others that want it meanwhile.
fn contend(waiters: usize) -> Vec<usize> {
    let bench = Bench::new(Family::A7600);
    let lock = Mutex::<NoopRawMutex, _>::new(());
    let mut tasks = Tasks::new(&bench);
    tasks.spawn("holder", async {
        let _guard = lock.lock().await;
        bench.clock().wait_until(HELD).await;
    });
    let waiting: Vec<_> = (0..waiters)
        .map(|_| {
            tasks.spawn("waiter", async {
                let _guard = lock.lock().await;
                assert!(bench.now() >= HELD, "the lock is exclusive");
            })
        })
        .collect();
    tasks.run_for(Duration::from_secs(1));
    assert!(waiting.iter().all(|id| tasks.has_ended(*id)));
    waiting.iter().map(|id| tasks.polls(*id)).collect()
}

#[test]
fn a_lock_with_one_place_for_a_waker_serves_one_waiter() {
    assert_eq!(contend(1), [2]);
}

/// The two wake each other for ever: each takes the other's place. A single future with one waker for all does not show
/// it.
#[test]
#[should_panic(expected = "the future is polled too often")]
fn a_lock_with_one_place_for_a_waker_keeps_two_waiters_busy() {
    contend(2);
}

#[test]
fn in_paused_tokio_the_module_answers_at_its_time() {
    in_paused_tokio(|| async {
        let bench = PausedBench::new(Bench::new(Family::A7600));
        let (mut receiver, mut transmitter) = bench.host();
        transmitter.write_all(b"AT\r").await.expect("it takes bytes");
        let mut answer = Vec::new();
        while !answer.ends_with(b"OK\r\n") {
            let bytes = receiver.fill_buf().await.expect("no error is injected");
            let count = bytes.len();
            answer.extend_from_slice(bytes);
            receiver.consume(count);
        }
        assert_eq!(answer, b"AT\r\r\nOK\r\n");
        assert_eq!(bench.timer().now(), Duration::from_millis(15));
    });
}

#[test]
fn in_paused_tokio_time_passes_while_every_task_waits() {
    in_paused_tokio(|| async {
        let bench = PausedBench::new(Bench::new(Family::A7600));
        let acted = Rc::new(Cell::new(None));
        let (acted_then, hour) = (acted.clone(), Duration::from_secs(3600));
        bench.bench.at(hour, move |bench| acted_then.set(Some(bench.now())));
        let begin = Instant::now();
        sleep(2 * hour).await;
        assert_eq!((begin.elapsed(), acted.get()), (2 * hour, Some(hour)));
    });
}

fn in_paused_tokio<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(LocalSet::new().run_until(async { test().await }));
}
