//! The idle hook: called while the blocking client waits, and able to abort a call.

use core::cell::Cell;
use core::ops::ControlFlow;
use core::time::Duration;

use crate::bench::*;
use crate::driver::{Error, Event, Family, Publish, QoS};
use crate::shell::bare_modem;

#[test]
fn the_call_after_an_aborted_one_resyncs_wherever_it_was() {
    for (family, _) in ALL_FAMILIES {
        for calls in 0..120 {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let left = Cell::new(u32::MAX);
            let mut modem = bare_modem(&bench, family, &inbox).with_idle(|| {
                bench.pass(Duration::from_millis(1));
                left.set(left.get() - 1);
                if left.get() == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            modem.client(FIRST).connect(&OPTIONS).or_transcript(&bench);
            modem.client(FIRST).subscribe("meter-3/#", QoS::AtLeastOnce).or_transcript(&bench);
            left.set(calls + 1);
            let whole = Publish::new("meter-3/before", b"in one piece").qos(QoS::AtLeastOnce);
            let aborted = modem.client(FIRST).publish(&whole);
            assert!(matches!(aborted, Ok(()) | Err(Error::Aborted)), "{aborted:?}");
            left.set(u32::MAX);
            modem.client(FIRST).publish(&Publish::new("meter-3/after", LOOK_ALIKES)).or_transcript(&bench);
            let publications = bench.loopback(|broker, _| broker.publications().to_vec());
            for publication in &publications {
                let before = (&publication.topic[..], &publication.payload[..]) == (b"meter-3/before", b"in one piece");
                let after = (&publication.topic[..], &publication.payload[..]) == (b"meter-3/after", LOOK_ALIKES);
                assert!(before || after, "{publication:?}");
            }
            assert_no_complaints(&bench, PROBING);
        }
    }
}

#[test]
fn a_superloop_takes_events_without_waiting() {
    for (family, _) in ALL_FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = bare_modem(&bench, family, &inbox).with_idle(|| {
            bench.pass(Duration::from_millis(1));
            ControlFlow::Continue(())
        });
        modem.client(FIRST).connect(&OPTIONS).or_transcript(&bench);
        modem.client(FIRST).subscribe("meter-3/#", QoS::AtLeastOnce).or_transcript(&bench);
        assert_eq!(modem.poll_event(), Ok(None));
        bench.loopback(|broker, now| broker.publish(now, b"meter-3/a", b"x", false));
        let start = bench.now();
        assert_eq!(modem.poll_event(), Ok(None));
        assert_eq!(bench.now(), start);
        bench.pass(Duration::from_secs(1));
        assert_eq!(modem.poll_event(), Ok(Some(Event::Message(FIRST))));
        assert_eq!(messages(&inbox), [(FIRST, b"meter-3/a".to_vec(), b"x".to_vec())]);
        assert_eq!(modem.poll_event(), Ok(None));
    }
}

/// A slow source.
struct Slow<'b>(&'b Bench);

impl embedded_io::ErrorType for Slow<'_> {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        self.0.pass(Duration::from_secs(10));
        buffer.fill(b'x');
        Ok(buffer.len())
    }
}

#[test]
fn a_slow_source_takes_nothing_from_the_time_of_the_answer() {
    let family = Family::A76xx;
    let bench = bench_with(family, |_| {});
    let inbox = TestInbox::new();
    let mut modem = bare_modem(&bench, family, &inbox).with_idle(|| {
        bench.pass(Duration::from_millis(1));
        ControlFlow::Continue(())
    });
    modem.client(FIRST).connect(&OPTIONS).or_transcript(&bench);
    let message = Publish::new("meter-3/a", b"");
    modem.client(FIRST).publish_from(&message, 8, &mut Slow(&bench)).or_transcript(&bench);
}
