//! Weeks between two calls, and a millisecond clock that wraps: an answer that was due weeks ago is no longer awaited.

use core::time::Duration;

use embedded_io_async::ErrorKind;

use crate::bench::*;
use crate::driver::{Error, Event, Family, Publish, QoS};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// When a 32-bit millisecond clock wraps.
const WRAP: Duration = Duration::from_millis(1 << 32);

const MESSAGE: Publish<'static> = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);

/// Lets weeks pass without counting them as a call that takes too long.
fn pass(bench: &Bench, time: Duration) {
    bench.set_time_limit(bench.now() + time + DAY);
    bench.pass(time);
}

#[test]
fn bytes_lost_weeks_ago_do_not_abort_a_message() {
    for days in [1, 20, 26, 40, 48] {
        let bench = bench(Family::A76xx);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, Family::A76xx, &inbox);
        bench.block_on(async {
            subscribed(&bench, &mut modem).await;
            bench.fail_next_read(ErrorKind::Other);
            assert_eq!(modem.next_event().await, Ok(Event::BytesLost));
            pass(&bench, days * DAY);
            modem.client(FIRST).publish(&MESSAGE).await.or_transcript(&bench);
            assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)), "after {days} days");
        });
    }
}

#[test]
fn a_clock_that_wraps_or_has_come_half_way_ends_no_wait_early_or_late() {
    for start in [WRAP / 2, WRAP, 2 * WRAP] {
        for before in [0, 300, 1_000, 5_000] {
            let bench = bench(Family::A76xx);
            pass(&bench, start - Duration::from_millis(before));
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, Family::A76xx, &inbox);
            bench.block_on(async {
                let begun = bench.now();
                subscribed(&bench, &mut modem).await;
                assert!(bench.now() - begun < Duration::from_secs(5), "{}", bench.transcript_text());
                modem.client(FIRST).publish(&MESSAGE).await.or_transcript(&bench);
                assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
                // The module has its own timeout, and the driver waits for it with a margin.
                bench.loopback(|broker, _| broker.silent = true);
                let begun = bench.now();
                let refused = modem.client(FIRST).publish(&MESSAGE).await;
                assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
                assert_eq!((bench.now() - begun).as_secs(), 60);
            });
        }
    }
}
