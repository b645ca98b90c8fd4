//! Readers that keep a payload or a certificate waiting: what the module says meanwhile is taken at once.

use core::cell::Cell;
use core::time::Duration;

use embedded_io_async::{ErrorKind, ErrorType, Read};
use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::pipe::{Chunking, Clock, Direction, ReadChunks};

use crate::bench::*;
use crate::driver::error::Refusal;
use crate::driver::{ClientState, Error, Event, Publish, QoS};

const PAYLOAD: &[u8] = b"0123456789 ten bytes at a time, forty in all";

/// Hands over ten bytes at a time, after a while. A `read` that is dropped loses the bytes that it has taken.
struct Slow<'b> {
    bench: &'b Bench,
    clock: Clock,
    delay: Duration,
    left: &'b [u8],
    /// All that had arrived by the end of a wait had been taken from the UART by then.
    keeps_up: &'b Cell<bool>,
}

impl<'b> Slow<'b> {
    fn new(bench: &'b Bench, seconds: u64, payload: &'b [u8], keeps_up: &'b Cell<bool>) -> Self {
        keeps_up.set(true);
        Self { bench, clock: bench.clock(), delay: Duration::from_secs(seconds), left: payload, keeps_up }
    }
}

impl ErrorType for Slow<'_> {
    type Error = ErrorKind;
}

impl Read for Slow<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let count = self.left.len().min(buffer.len()).min(10);
        let (taken, left) = self.left.split_at(count);
        self.left = left;
        let end = self.clock.now() + self.delay;
        self.clock.wait_until(end).await;
        buffer[..count].copy_from_slice(taken);
        let is_behind = self.bench.read() < self.bench.passed(Direction::ToHost);
        self.keeps_up.set(self.keeps_up.get() && !is_behind);
        Ok(count)
    }
}

/// Publishes `PAYLOAD` from a reader that takes `seconds` for every ten bytes.
async fn publish_slowly(bench: &Bench, modem: &mut TestModem<'_>, seconds: u64) -> Result<(), Error> {
    let keeps_up = Cell::new(true);
    let mut reader = Slow::new(bench, seconds, PAYLOAD, &keeps_up);
    let message = Publish::new("meter-3/log", b"").qos(QoS::AtLeastOnce);
    let result = modem.client(FIRST).publish_from(&message, PAYLOAD.len(), &mut reader).await;
    assert!(keeps_up.get(), "bytes waited for the reader\n{}", bench.transcript_text());
    result
}

/// The module sends these bytes `seconds` from now.
fn emit_after(bench: &Bench, seconds: u64, bytes: &'static [u8]) {
    bench.at(bench.now() + Duration::from_secs(seconds), |bench| {
        bench.modem(|module, now| module.emit(now, bytes));
    });
}

/// What the driver has published.
fn published(bench: &Bench) -> Vec<Vec<u8>> {
    bench.loopback(|broker, _| {
        let publications = broker.publications().iter().filter(|publication| publication.topic != b"meter-3/cmd");
        publications.map(|publication| publication.payload.clone()).collect()
    })
}

#[test]
fn messages_that_arrive_while_the_reader_is_pending_are_delivered_and_none_of_its_bytes_is_lost() {
    on_every_subscribed(async |bench, modem, inbox| {
        for second in 1..12 {
            bench.at(bench.now() + Duration::from_secs(second), |bench| {
                bench.loopback(|broker, now| broker.publish(now, b"meter-3/cmd", LOOK_ALIKES, false));
            });
        }
        publish_slowly(bench, modem, 3).await.or_transcript(bench);
        assert_eq!(published(bench), [PAYLOAD]);
        let received = messages(inbox);
        let commands = received.iter().filter(|(_, topic, payload)| topic == b"meter-3/cmd" && payload == LOOK_ALIKES);
        assert_eq!(commands.count(), 11, "{received:?}");
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn bytes_that_the_uart_loses_while_the_reader_is_pending_do_not_end_the_publish() {
    on_every_subscribed(async |bench, modem, _| {
        bench.at(bench.now() + Duration::from_secs(2), |bench| bench.fail_next_read(ErrorKind::Other));
        publish_slowly(bench, modem, 3).await.or_transcript(bench);
        assert_eq!(published(bench), [PAYLOAD]);
        assert_eq!(modem.counters().uart_errors, 1);
    });
}

#[test]
fn a_connection_lost_while_the_reader_is_pending_ends_the_publish_when_the_data_are_out() {
    on_every_subscribed(async |bench, modem, _| {
        bench.at(bench.now() + Duration::from_secs(1), |bench| {
            bench.loopback(|broker, now| broker.close(now, 0, 1));
        });
        let lost = publish_slowly(bench, modem, 3).await;
        assert!(matches!(lost, Err(Error::ConnectionLost { .. })), "{lost:?}\n{}", bench.transcript_text());
        assert_eq!(modem.client(FIRST).state(), ClientState::Acquired);
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_restart_while_the_reader_is_pending_ends_the_call_at_once() {
    on_every_family(&[("reset-urcs", "off")], async |bench, modem, _| {
        subscribed(bench, modem).await;
        bench.at(bench.now() + Duration::from_secs(1), |bench| bench.modem(|module, now| module.restart(now)));
        let start = bench.now();
        let restarted = publish_slowly(bench, modem, 8).await;
        assert!(matches!(restarted, Err(Error::ModemRestarted { .. })), "{restarted:?}\n{}", bench.transcript_text());
        assert!(bench.now() - start < Duration::from_secs(7), "{:?}", bench.now() - start);
        assert_eq!(modem.next_event().await, Ok(Event::ModemRestarted));
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        publish_works(bench, modem).await;
    });
}

#[test]
fn what_the_module_says_while_the_reader_is_pending_ends_the_call_at_once() {
    enum Ends {
        Refused,
        WithCode,
        CutShort,
    }
    let cases: [(&'static [u8], Ends); 3] = [
        (b"\r\nERROR\r\n", Ends::Refused),
        (b"\r\n+CMQTTPAYLOAD: 0,11\r\n\r\nERROR\r\n", Ends::WithCode),
        (b"\r\nOK\r\n", Ends::CutShort),
    ];
    for (line, ends) in cases {
        on_every_subscribed(async |bench, modem, _| {
            // A prompt that waits for nothing.
            script(bench, "AT+CMQTTPAYLOAD", 1, ScriptedAnswer::Exactly(b"\r\n>".to_vec()));
            emit_after(bench, 1, line);
            let start = bench.now();
            let error = publish_slowly(bench, modem, 8).await.unwrap_err();
            let is_right = match ends {
                Ends::Refused => matches!(error, Error::Refused { refusal: Refusal::Error, .. }),
                Ends::WithCode => matches!(error, Error::Refused { refusal: Refusal::Code(_), .. }),
                Ends::CutShort => matches!(error, Error::DataCutShort { .. }),
            };
            assert!(is_right, "{error:?}\n{}", bench.transcript_text());
            assert!(bench.now() - start < Duration::from_secs(3), "{:?}", bench.now() - start);
            assert_eq!(published(bench), Vec::<Vec<u8>>::new());
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
            publish_works(bench, modem).await;
        });
    }
}

#[test]
fn a_reader_that_takes_longer_than_a_command_may_is_given_up_and_the_next_publish_is_right() {
    on_every_subscribed(async |bench, modem, _| {
        let start = bench.now();
        assert_eq!(publish_slowly(bench, modem, 30).await, Err(Error::Source(ErrorKind::TimedOut)));
        let took = bench.now() - start;
        assert!((9..12).contains(&took.as_secs()), "{took:?}");
        publish_works(bench, modem).await;
        assert_eq!(published(bench).len(), 1);
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_reader_that_ends_early_after_messages_arrived_publishes_nothing() {
    on_every_subscribed(async |bench, modem, inbox| {
        bench.at(bench.now() + Duration::from_secs(4), |bench| {
            bench.loopback(|broker, now| broker.publish(now, b"meter-3/cmd", LOOK_ALIKES, false));
        });
        let keeps_up = Cell::new(true);
        let mut short = Slow::new(bench, 3, &PAYLOAD[..25], &keeps_up);
        let message = Publish::new("meter-3/log", b"");
        let ended = modem.client(FIRST).publish_from(&message, PAYLOAD.len(), &mut short).await;
        assert_eq!(ended, Err(Error::SourceEnded));
        assert_eq!(messages(inbox), [(FIRST, b"meter-3/cmd".to_vec(), LOOK_ALIKES.to_vec())]);
        publish_works(bench, modem).await;
        assert_eq!(published(bench), [b"x"]);
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_reader_has_its_time_for_each_of_its_pieces() {
    on_every_subscribed(async |bench, modem, _| {
        let start = bench.now();
        publish_slowly(bench, modem, 8).await.or_transcript(bench);
        assert!(bench.now() - start > Duration::from_secs(39), "{:?}", bench.now() - start);
        assert_eq!(published(bench), [PAYLOAD]);
    });
}

#[test]
fn a_certificate_from_a_slow_reader_is_stored_whole_while_messages_arrive() {
    on_every_subscribed(async |bench, modem, inbox| {
        bench.at(bench.now() + Duration::from_secs(4), |bench| {
            bench.loopback(|broker, now| broker.publish(now, b"meter-3/cmd", LOOK_ALIKES, false));
        });
        let keeps_up = Cell::new(true);
        let mut reader = Slow::new(bench, 3, PAYLOAD, &keeps_up);
        modem.store_certificate("ca.pem", PAYLOAD.len(), &mut reader).await.or_transcript(bench);
        assert!(keeps_up.get(), "{}", bench.transcript_text());
        bench.modem(|module, _| assert_eq!(module.certificates().collect::<Vec<_>>(), [("ca.pem", PAYLOAD)]));
        assert_eq!(messages(inbox), [(FIRST, b"meter-3/cmd".to_vec(), LOOK_ALIKES.to_vec())]);

        let mut slower = Slow::new(bench, 30, PAYLOAD, &keeps_up);
        let ended = modem.store_certificate("ca.pem", PAYLOAD.len(), &mut slower).await;
        assert_eq!(ended, Err(Error::Source(ErrorKind::TimedOut)));
        publish_works(bench, modem).await;
    });
}

#[test]
fn a_publish_from_a_slow_reader_dropped_at_any_poll_is_published_whole_or_not_and_no_message_is_lost() {
    for (family, _) in FAMILIES {
        let mut polls = 0;
        loop {
            polls += 1;
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(subscribed(&bench, &mut modem));
            let read = ReadChunks::AtMost(20);
            bench.set_chunking(Chunking { read, pending_before_read: true, ..Chunking::default() });
            for second in [1, 4, 8] {
                bench.at(bench.now() + Duration::from_secs(second), |bench| {
                    bench.loopback(|broker, now| broker.publish(now, b"meter-3/cmd", LOOK_ALIKES, false));
                });
            }
            let end = bench.now() + Duration::from_secs(20);
            let call = publish_slowly(&bench, &mut modem, 3);
            let ended = bench.poll_then_drop(call, polls);
            if let Some(ended) = &ended {
                assert_eq!(*ended, Ok(()), "{polls}");
            }
            bench.pass(end.saturating_sub(bench.now()));
            bench.block_on(publish_works(&bench, &mut modem));
            let published = published(&bench);
            let (last, before) = published.split_last().unwrap();
            assert_eq!(last, b"x");
            assert!(before.iter().all(|payload| payload == PAYLOAD), "{polls}: {published:?}");
            assert!(before.len() <= 1, "{polls}: {published:?}");
            let received = messages(&inbox);
            let commands =
                received.iter().filter(|(_, topic, payload)| topic == b"meter-3/cmd" && payload == LOOK_ALIKES);
            assert_eq!(commands.count(), 3, "{polls}: {received:?}\n{}", bench.transcript_text());
            if ended.is_some() {
                break;
            }
        }
        assert!(polls > 40, "{polls} polls are too few to mean anything");
    }
}
