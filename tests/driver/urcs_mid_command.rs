//! Messages and losses in the middle of a command.

use core::time::Duration;

use simcom_modem_simulator::behaviour::Point;

use crate::bench::*;
use crate::driver::urc::LossCause;
use crate::driver::{Event, Publish, QoS};

const POINTS: [Point; 7] = [
    Point::BeforeEcho,
    Point::AfterEcho,
    Point::AfterPrompt,
    Point::AfterData,
    Point::AfterFinal,
    Point::BeforeOutcome,
    Point::AfterOutcome,
];

/// A message to the first client, and a loss of the second one's connection.
fn urcs() -> Vec<u8> {
    let length = LOOK_ALIKES.len();
    let mut bytes = format!("\r\n+CMQTTRXSTART: 0,1,{length}\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n").into_bytes();
    bytes.extend(format!("+CMQTTRXPAYLOAD: 0,{length}\r\n").bytes());
    bytes.extend(LOOK_ALIKES);
    bytes.extend(b"\r\n+CMQTTRXEND: 0\r\n\r\n+CMQTTCONNLOST: 1,2\r\n");
    bytes
}

#[test]
fn a_message_and_a_loss_at_every_point_of_every_exchange_are_reported_and_disturb_nothing() {
    let with_will = OPTIONS.will(&WILL);
    for point in POINTS {
        for prompt in ["crlf", "bare", "space", "crlf-space"] {
            for (family, _) in FAMILIES {
                let bench = switched(family, &[("prompt", prompt)]);
                let inbox = TestInbox::new();
                let mut modem = modem(&bench, family, &inbox);
                inject(&bench, "AT", point, &urcs());
                bench.block_on(async {
                    let filters = [("tank/level", QoS::AtMostOnce), ("tank/leak", QoS::AtMostOnce)];
                    modem.client(FIRST).connect(&with_will).await.or_transcript(&bench);
                    modem.client(FIRST).subscribe("b/#", QoS::AtLeastOnce).await.or_transcript(&bench);
                    modem.client(FIRST).subscribe_all(&filters).await.or_transcript(&bench);
                    modem.client(FIRST).publish(&Publish::new("c", b"x")).await.or_transcript(&bench);
                    modem.client(FIRST).unsubscribe("b/#").await.or_transcript(&bench);
                    modem.client(FIRST).disconnect().await.or_transcript(&bench);
                    let lost = Event::ConnectionLost { client: SECOND, cause: LossCause::Reset };
                    let events = events_of(&bench, &mut modem, Duration::from_secs(1)).await;
                    assert!(events.contains(&Event::Message(FIRST)) && events.contains(&lost), "{point:?} {events:?}");
                });
                let sent = bench.received().windows(13).filter(|bytes| bytes == b"+CMQTTRXSTART").count();
                let received = messages(&inbox);
                assert_eq!(received.len(), sent, "{point:?} {prompt}\n{}", bench.transcript_text());
                assert!(received.iter().all(|(_, topic, payload)| topic == b"a" && payload == LOOK_ALIKES));
                assert_eq!(modem.counters().aborted_messages, 0);
                assert_no_complaints(&bench, PROBING);
            }
        }
    }
}

#[test]
fn a_topic_in_several_parts_is_put_together() {
    on_every_family(&[("part-size", "100")], async |bench, modem, inbox| {
        subscribed(bench, modem).await;
        let topic = "meter-3/".to_owned() + &"t".repeat(1016);
        bench.loopback(|broker, now| broker.publish(now, topic.as_bytes(), &[b'x'; 250], false));
        assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
        assert_eq!(messages(inbox), [(FIRST, topic.into_bytes(), vec![b'x'; 250])]);
    });
}
