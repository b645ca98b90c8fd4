//! Calls that are dropped while they wait for an outcome: the next call waits for it as long as it can arrive.

use core::pin::pin;
use core::time::Duration;

use crate::bench::*;
use crate::driver::{Connection, Publish, QoS};

const MESSAGE: Publish<'static> = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);

/// Drops a call after a second: after `OK`, long before the outcome of a slow broker.
async fn drop_after_a_second(bench: &Bench, call: impl Future) {
    let mut clock = bench.clock();
    let mut call = pin!(call);
    let mut second = pin!(clock.wait_until(bench.now() + Duration::from_secs(1)));
    core::future::poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        second.as_mut().poll(context)
    })
    .await;
}

/// Publishes to a silent broker, and drops the call.
async fn drop_a_publish(bench: &Bench, modem: &mut TestModem<'_>) {
    bench.loopback(|broker, _| broker.silent = true);
    drop_after_a_second(bench, modem.client(FIRST).publish(&MESSAGE)).await;
}

#[test]
fn a_pending_outcome_is_awaited_but_not_after_its_connection_is_lost() {
    for is_lost in [false, true] {
        on_every_connected(async |bench, modem, _| {
            let start = bench.now();
            drop_a_publish(bench, modem).await;
            if is_lost {
                bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTCONNLOST: 0,1\r\n"));
                while modem.next_event().await.is_err() {}
                bench.loopback(|broker, _| broker.silent = false);
                // The module itself is busy until its own timeout.
                assert!(bench.now() - start < Duration::from_secs(2), "{:?}", bench.now() - start);
            } else {
                let next = modem.client(FIRST).subscribe("a", QoS::AtMostOnce).await;
                assert!(next.is_err(), "the broker is silent");
                assert!(bench.now() - start > Duration::from_secs(60), "{:?}", bench.now() - start);
                assert_no_complaints(bench, PROBING);
            }
            let before = bench.now();
            let _ = modem.client(FIRST).connect(&OPTIONS).await;
            assert!(bench.now() - before < Duration::from_secs(5), "{:?}", bench.now() - before);
        });
    }
}

#[test]
fn an_outcome_that_was_due_weeks_ago_is_not_awaited() {
    for days in [1, 20, 26, 40, 48] {
        on_every_connected(async |bench, modem, _| {
            drop_a_publish(bench, modem).await;
            bench.loopback(|broker, _| broker.silent = false);
            let time = Duration::from_secs(days * 24 * 3600);
            bench.set_time_limit(2 * time);
            bench.at(bench.now() + Duration::from_secs(30), |bench| bench.lose(10_000));
            bench.pass(time);
            let start = bench.now();
            let _ = modem.client(FIRST).publish(&MESSAGE).await;
            let took = bench.now() - start;
            assert!(took < Duration::from_secs(10), "{took:?} after {days} days\n{}", bench.transcript_text());
        });
    }
}

#[test]
fn an_earlier_loss_is_no_answer_to_the_dropped_connect() {
    on_every_connected(async |bench, modem, _| {
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        bench.loopback(|broker, _| broker.latency = Duration::from_secs(5));
        drop_after_a_second(bench, modem.client(FIRST).connect(&OPTIONS)).await;
        bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTCONNLOST: 0,1\r\n"));
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Adopted);
        assert_no_complaints(bench, PROBING);
    });
}
