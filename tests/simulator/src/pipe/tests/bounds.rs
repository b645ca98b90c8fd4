use embedded_io_async::{BufRead, Write};

use super::*;

const BOUND: Bound = Bound { polls: 100, time: Duration::from_secs(60) };

fn why<F: Future>(bench: &Bench, future: F) -> Option<Why> {
    bench.run(future, BOUND).err().map(|stopped| stopped.why)
}

#[test]
fn a_future_that_ends_in_time_gives_its_output() {
    let bench = Bench::new(Family::A7600);
    let mut clock = bench.clock();
    assert_eq!(bench.run(async { clock.wait_until(Duration::from_secs(60)).await }, BOUND), Ok(()));
}

#[test]
fn a_future_that_does_not_end_is_reported_with_the_reason() {
    let bench = Bench::new(Family::A7600);
    let (mut receiver, _transmitter) = bench.host();
    assert_eq!(why(&bench, receiver.fill_buf()), Some(Why::WaitsForNothing));
    let late = bench.now() + Duration::from_secs(61);
    assert_eq!(why(&bench, bench.clock().wait_until(late)), Some(Why::TimeExceeded));
    let restless = core::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        core::task::Poll::<()>::Pending
    });
    assert_eq!(why(&bench, restless), Some(Why::PollsExceeded));
    let clock = bench.clock();
    assert_eq!(why(&bench, async { while clock.now().is_zero() {} }), Some(Why::Spins));
}

#[test]
fn the_bench_works_on_after_a_future_was_given_up() {
    let bench = Bench::new(Family::A7600);
    let clock = bench.clock();
    assert_eq!(why(&bench, async { while clock.now().is_zero() {} }), Some(Why::Spins));
    bench.pass(Duration::from_secs(1));
    let mut host = bench.host();
    assert_eq!(bench.block_on(command(&mut host, "AT", "OK\r\n")), b"AT\r\r\nOK\r\n");
}

#[test]
#[should_panic(expected = "of the host's own")]
fn a_panic_of_the_host_stays_a_panic() {
    let _ = Bench::new(Family::A7600).run(async { panic!("of the host's own") }, BOUND);
}

/// Answers every byte with its successor, a second later.
#[derive(Default)]
struct Successor(Option<(Duration, u8)>);

impl Module for Successor {
    fn receive(&mut self, now: Duration, bytes: &[u8]) {
        self.0 = bytes.last().map(|byte| (now + Duration::from_secs(1), byte + 1));
    }

    fn output(&mut self, now: Duration) -> Vec<u8> {
        self.0.take_if(|(at, _)| *at <= now).map(|(_, byte)| byte).into_iter().collect()
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.0.map(|(at, _)| at)
    }
}

#[test]
fn a_module_of_the_callers_own_stands_at_the_end_of_the_line() {
    let bench = Bench::of(Successor::default());
    let (mut receiver, mut transmitter) = bench.host();
    bench.block_on(async {
        transmitter.write_all(b"a").await.unwrap();
        assert_eq!(receiver.fill_buf().await.unwrap(), b"b");
    });
    assert_eq!(bench.now(), Duration::from_secs(1));
}
