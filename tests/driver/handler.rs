//! A user's message handler: it streams messages larger than any buffer, and receives lines that the driver does not
//! know.

use crate::bench::*;
use crate::driver::at::Line;
use crate::driver::{ClientIndex, Event, MessageHandler, QoS, RefuseAll};

#[derive(Default)]
struct Recorder {
    announced: (usize, usize),
    topic: Vec<u8>,
    length: usize,
    sum: u32,
    longest_part: usize,
    ended: usize,
    aborted: usize,
    lines: Vec<Vec<u8>>,
}

impl MessageHandler for Recorder {
    fn begin(&mut self, _: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        self.announced = (topic_length, payload_length);
        true
    }

    fn topic(&mut self, part: &[u8]) {
        self.topic.extend_from_slice(part);
    }

    fn payload(&mut self, part: &[u8]) {
        self.length += part.len();
        self.longest_part = self.longest_part.max(part.len());
        self.sum = part.iter().fold(self.sum, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    }

    fn end(&mut self) -> bool {
        self.ended += 1;
        true
    }

    fn aborted(&mut self) {
        self.aborted += 1;
    }

    fn unknown_line(&mut self, line: Line<'_>) {
        self.lines.push(line.bytes().to_vec());
    }
}

#[test]
fn a_message_of_10240_bytes_is_streamed_without_a_buffer() {
    let payload: Vec<u8> = (0..10_240_u32).map(|index| (index * 7) as u8).collect();
    let sum = payload.iter().fold(0_u32, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let mut recorder = Recorder::default();
        let mut modem = shell_modem(&bench, family, &mut recorder);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).subscribe("log/#", QoS::AtMostOnce).await.or_transcript(&bench);
            bench.loopback(|broker, now| broker.publish(now, b"log/today", &payload, false));
            assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
        });
        drop(modem);
        assert_eq!((recorder.announced, recorder.length, recorder.sum), ((9, 10_240), 10_240, sum));
        assert_eq!((&recorder.topic[..], recorder.ended), (&b"log/today"[..], 1));
        assert!(recorder.longest_part <= 1500, "a part is never larger than the module cuts it");
    }
}

#[test]
fn unknown_lines_go_to_the_handler_and_known_ones_do_not() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let mut recorder = Recorder::default();
        let mut modem = shell_modem(&bench, family, &mut recorder);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            let mut lines = b"\r\n+CMTI: \"SM\",3\r\n\r\n+MSTK: 11, \"".to_vec();
            lines.extend([b'D'; 250]);
            lines.extend(b"\"\r\n\r\n+CMQTTCONNLOST: 0,1\r\n");
            bench.modem(|module, now| module.emit(now, &lines));
            while !matches!(modem.next_event().await, Ok(Event::ConnectionLost { .. })) {}
            assert_eq!(modem.counters().unknown_lines, 2);
        });
        drop(modem);
        assert_eq!(recorder.lines.len(), 2);
        assert_eq!(recorder.lines[0], b"+CMTI: \"SM\",3");
        assert!(recorder.lines[1].starts_with(b"+MSTK: 11, \"DDD") && recorder.lines[1].len() == 64);
    }
}

#[test]
fn a_handler_is_notified_of_an_aborted_message() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let mut recorder = Recorder::default();
        let mut modem = shell_modem(&bench, family, &mut recorder);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            let cut = b"\r\n+CMQTTRXSTART: 0,1,9\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXEND: 0\r\n";
            bench.modem(|module, now| module.emit(now, cut));
            assert_eq!(modem.next_event().await, Ok(Event::MessageAborted { client: FIRST, count: 1 }));
        });
        drop(modem);
        assert_eq!((recorder.aborted, recorder.ended), (1, 0));
    }
}

#[test]
fn a_program_that_only_publishes_refuses_every_message() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let mut modem = shell_modem(&bench, family, RefuseAll);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).subscribe("log/#", QoS::AtMostOnce).await.or_transcript(&bench);
            bench.loopback(|broker, now| broker.publish(now, b"log/today", b"x", false));
            let refused = Event::MessageRefused { client: FIRST, topic_length: 9, payload_length: 1, count: 1 };
            assert_eq!(modem.next_event().await, Ok(refused));
        });
    }
}

/// Takes messages only as a whole: what they are shows at their end.
#[derive(Default)]
struct OnlyEven(usize);

impl MessageHandler for OnlyEven {
    fn begin(&mut self, _: ClientIndex, _: usize, _: usize) -> bool {
        self.0 = 0;
        true
    }

    fn payload(&mut self, part: &[u8]) {
        self.0 += part.len();
    }

    fn end(&mut self) -> bool {
        self.0.is_multiple_of(2)
    }
}

#[test]
fn a_message_that_is_refused_at_its_end_is_reported_so() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let mut modem = shell_modem(&bench, family, OnlyEven::default());
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).subscribe("log/#", QoS::AtMostOnce).await.or_transcript(&bench);
            bench.loopback(|broker, now| broker.publish(now, b"log/odd", b"abc", false));
            let (topic_length, payload_length) = (7, 3);
            let refused = Event::MessageRefused { client: FIRST, topic_length, payload_length, count: 1 };
            assert_eq!(modem.next_event().await, Ok(refused));
            assert_eq!(modem.counters().refused_messages, 1);
            bench.loopback(|broker, now| broker.publish(now, b"log/even", b"abcd", false));
            assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
        });
    }
}
