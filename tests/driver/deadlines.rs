//! `next_event_until`: the next event, or none where the deadline comes first.

use core::time::Duration;

use crate::bench::*;
use crate::driver::{Error, Event, QoS};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn without_an_event_it_ends_at_the_deadline_and_sends_nothing() {
    on_every_connected(async |bench, modem, _| {
        for time in [Duration::ZERO, Duration::from_millis(1), MINUTE] {
            let (begun, sent) = (bench.now(), bench.sent().len());
            assert_eq!(modem.next_event_until(modem.now() + time).await, Ok(None));
            // The blocking client of the tests looks every 5 ms.
            let late = bench.now() - begun - time;
            assert!(late < Duration::from_millis(6), "{late:?}");
            assert_eq!(bench.sent().len(), sent);
        }
    });
}

#[test]
fn an_event_before_the_deadline_ends_it() {
    on_every_subscribed(async |bench, modem, _| {
        bench.at(bench.now() + MINUTE / 2, |bench| {
            bench.loopback(|broker, now| broker.publish(now, b"meter-3/a", b"x", false));
        });
        let begun = bench.now();
        assert_eq!(modem.next_event_until(modem.now() + MINUTE).await, Ok(Some(Event::Message(FIRST))));
        assert!(bench.now() - begun < MINUTE / 2 + Duration::from_secs(1));
    });
}

#[test]
fn a_deadline_that_has_passed_takes_what_has_arrived_and_does_not_wait() {
    on_every_subscribed(async |bench, modem, _| {
        modem.client(FIRST).subscribe("log", QoS::AtMostOnce).await.or_transcript(bench);
        bench.loopback(|broker, now| broker.publish(now, b"log", b"x", false));
        bench.pass(Duration::from_secs(1));
        let begun = bench.now();
        assert_eq!(modem.next_event_until(Duration::ZERO).await, Ok(Some(Event::Message(FIRST))));
        assert_eq!(modem.next_event_until(modem.now()).await, Ok(None));
        assert_eq!(bench.now(), begun);
    });
}

#[test]
fn after_lost_bytes_the_module_is_asked_before_the_deadline() {
    on_every_connected(async |bench, modem, _| {
        bench.fail_next_read(embedded_io_async::ErrorKind::Other);
        assert_eq!(modem.next_event_until(modem.now() + MINUTE).await, Ok(Some(Event::BytesLost)));
        let sent = bench.sent().len();
        assert_eq!(modem.next_event_until(modem.now() + MINUTE).await, Ok(None));
        assert!(bench.sent()[sent..].starts_with(b"AT+CMQTTDISC?\r"), "{}", bench.transcript_text());
    });
}

#[test]
fn a_query_that_is_under_way_at_the_deadline_ends_first() {
    on_every_connected(async |bench, modem, _| {
        bench.fail_next_read(embedded_io_async::ErrorKind::Other);
        assert_eq!(modem.next_event_until(modem.now() + MINUTE).await, Ok(Some(Event::BytesLost)));
        bench.modem(|module, now| module.set_mute(now, true));
        let (begun, patience) = (bench.now(), Duration::from_secs(1));
        let result = modem.next_event_until(modem.now() + patience).await;
        assert!(matches!(result, Err(Error::NoAnswer { .. })), "{result:?}");
        assert!(bench.now() - begun > patience, "{}", bench.transcript_text());
    });
}
