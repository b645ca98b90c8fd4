//! Topics, filters and wills that are not UTF-8: refused by the module with 2, unless the options turn its check off.

use crate::bench::*;
use crate::driver::command::CfgRead;
use crate::driver::error::{Parameter, Problem};
use crate::driver::{ClientState, ConnectOptions, Error, Event, Publish, QoS, Will};

const TOPIC: &[u8] = b"meter-3/\xff\xc0\r\n";
static WILL_OF_BYTES: Will<'static> = Will::with_topic_bytes(b"meter-3/\x80", b"vanished");
static UNCHECKED: ConnectOptions<'static> = OPTIONS.check_utf8(false);
static UNCHECKED_WITH_WILL: ConnectOptions<'static> = OPTIONS.check_utf8(false).will(&WILL_OF_BYTES);
static CHECKED_WITH_WILL: ConnectOptions<'static> = OPTIONS.will(&WILL_OF_BYTES);

#[test]
fn topics_filters_and_wills_of_any_bytes_go_both_ways_where_the_check_is_off() {
    on_every_family(&[], async |bench, modem, inbox| {
        modem.client(FIRST).connect(&UNCHECKED_WITH_WILL).await.or_transcript(bench);
        let settings = modem.execute(&CfgRead).await.or_transcript(bench);
        assert_eq!(settings.get(FIRST).map(|settings| settings.check_utf8), Some(false));
        let will = bench.loopback(|broker, _| broker.connection(0).and_then(|connection| connection.will.clone()));
        assert_eq!(will.map(|will| will.topic).as_deref(), Some(&b"meter-3/\x80"[..]));

        let mut client = modem.client(FIRST);
        client.subscribe(TOPIC, QoS::AtLeastOnce).await.or_transcript(bench);
        client.subscribe_all(&[(b"\xfe/+", QoS::AtMostOnce)]).await.or_transcript(bench);
        assert_eq!(filters(bench), [TOPIC, b"\xfe/+"]);
        let message = Publish::with_topic_bytes(TOPIC, b"42").qos(QoS::AtLeastOnce);
        client.publish(&message).await.or_transcript(bench);
        client.publish_from(&message, 2, &mut &b"43"[..]).await.or_transcript(bench);
        let mut received = Vec::new();
        while received.len() < 2 {
            assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
            received.extend(messages(inbox));
        }
        let expected = [b"42", b"43"].map(|payload| (FIRST, TOPIC.to_vec(), payload.to_vec()));
        assert_eq!(received, expected);
        for filter in [TOPIC, b"\xfe/+"] {
            modem.client(FIRST).unsubscribe(filter).await.or_transcript(bench);
        }
        assert_eq!(filters(bench), [] as [&[u8]; 0]);
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn the_check_is_on_by_default_and_the_module_answers_2() {
    on_every_connected(async |bench, modem, _| {
        let message = Publish::with_topic_bytes(TOPIC, b"42");
        assert_eq!(refusal(modem.client(FIRST).publish(&message).await, bench), ("+CMQTTTOPIC", code(2)));
        publish_works(bench, modem).await;
        let subscribed = modem.client(FIRST).subscribe(TOPIC, QoS::AtMostOnce).await;
        assert_eq!(refusal(subscribed, bench), ("+CMQTTSUB", code(2)));
        let unsubscribed = modem.client(FIRST).unsubscribe(TOPIC).await;
        assert_eq!(refusal(unsubscribed, bench), ("+CMQTTUNSUB", code(2)));
        publish_works(bench, modem).await;
    });
}

#[test]
fn a_will_of_bytes_that_the_module_refuses_ends_connect_and_the_next_one_works() {
    on_every_family(&[], async |bench, modem, _| {
        let failed = modem.client(FIRST).connect(&CHECKED_WITH_WILL).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTWILLTOPIC", code(2)));
        assert_eq!(modem.client(FIRST).state(), ClientState::Acquired);
        modem.client(FIRST).connect(&UNCHECKED_WITH_WILL).await.or_transcript(bench);
        publish_works(bench, modem).await;
    });
}

#[test]
fn wildcards_and_lengths_are_checked_in_bytes_too() {
    on_every_family(&[], async |bench, modem, _| {
        modem.client(FIRST).connect(&UNCHECKED).await.or_transcript(bench);
        let sent = bench.sent().len();
        let long = [0xff; 1025];
        for (topic, problem) in [
            (&b"\xff/+"[..], Problem::Wildcard),
            (b"\xff\0", Problem::Character),
            (b"", Problem::Empty),
            (&long, Problem::TooLong(1024)),
        ] {
            let Err(Error::Invalid(invalid)) =
                modem.client(FIRST).publish(&Publish::with_topic_bytes(topic, b"42")).await
            else {
                panic!("{topic:?}")
            };
            assert_eq!((invalid.parameter, invalid.problem), (Parameter::Topic, problem));
        }
        assert_eq!(bench.sent().len(), sent);
    });
}
