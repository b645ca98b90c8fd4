//! Connect, subscribe, publish, receive, disconnect, shut down: on every family.

use simcom_modem_simulator::pipe::{Chunking, ReadChunks};

use crate::bench::*;
use crate::driver::command::MqttVersion;
use crate::driver::{ClientState, Connection, Event, Family, Publish, QoS, ServiceState};

/// The whole main path, with payloads that look like protocol.
async fn session(bench: &Bench, family: Family, inbox: &TestInbox) {
    let options = OPTIONS.will(&WILL).credentials("meter", "water");
    let mut modem = modem(bench, family, inbox);
    let mut client = modem.client(FIRST);
    assert_eq!(client.connect(&options).await.or_transcript(bench), Connection::Opened);
    assert_eq!(client.state(), ClientState::Connected);
    client.subscribe("meter-3/#", QoS::AtLeastOnce).await.or_transcript(bench);
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let message = Publish::new("meter-3/reading", LOOK_ALIKES).qos(qos);
        client.publish(&message).await.or_transcript(bench);
    }
    client.publish(&Publish::new("meter-3/empty", b"").retained(true)).await.or_transcript(bench);
    assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
    let mut expected = vec![(FIRST, b"meter-3/reading".to_vec(), LOOK_ALIKES.to_vec()); 3];
    expected.push((FIRST, b"meter-3/empty".to_vec(), Vec::new()));
    // The last message may still be in transit when its publish is complete.
    let mut received = messages(inbox);
    while received.len() < expected.len() {
        assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
        received.extend(messages(inbox));
    }
    assert_eq!(received, expected);

    let mut client = modem.client(FIRST);
    client.unsubscribe("meter-3/#").await.or_transcript(bench);
    client.publish(&Publish::new("meter-3/reading", b"43")).await.or_transcript(bench);
    assert_eq!(messages(inbox), []);
    client.disconnect().await.or_transcript(bench);
    assert_eq!(client.state(), ClientState::Acquired);
    assert_eq!(modem.service_state(), ServiceState::Started);
    let (_, _, ended) = modem.shutdown().await;
    ended.or_transcript(bench);
}

#[test]
fn a_session_from_power_on_to_shutdown() {
    for (family, _) in ALL_FAMILIES {
        let bench = bench(family);
        bench.block_on(session(&bench, family, &TestInbox::new()));
        assert_no_complaints(&bench, PROBING);
        bench.modem(|module, _| assert!(module.client(0).acquired.is_none()));
        let publications = bench.loopback(|broker, _| broker.publications().to_vec());
        assert_eq!(publications.len(), 5, "no will was sent");
    }
}

#[test]
fn the_same_session_byte_by_byte() {
    for (family, _) in ALL_FAMILIES {
        let bench = bench(family);
        bench.set_chunking(Chunking {
            read: ReadChunks::AtMost(1),
            pending_before_read: true,
            longest_write: Some(1),
            pending_before_write: true,
        });
        bench.block_on(session(&bench, family, &TestInbox::new()));
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn the_same_session_cut_at_every_byte() {
    let whole = bench(Family::A76xx);
    whole.block_on(session(&whole, Family::A76xx, &TestInbox::new()));
    for split in 1..whole.received().len() {
        let bench = bench(Family::A76xx);
        bench.set_chunking(Chunking { read: ReadChunks::SplitAt(split), ..Chunking::default() });
        bench.block_on(session(&bench, Family::A76xx, &TestInbox::new()));
        assert_eq!(bench.sent(), whole.sent(), "split at {split}");
    }
}

#[test]
fn the_largest_payload_of_the_family_goes_out_and_comes_back() {
    for (family, module) in ALL_FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let payload: Vec<u8> = (0..module.longest_payload()).map(|index| (index * 7 + index / 251) as u8).collect();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            let mut client = modem.client(FIRST);
            client.connect(&OPTIONS).await.or_transcript(&bench);
            client.subscribe("meter-3/log", QoS::AtMostOnce).await.or_transcript(&bench);
            client.publish(&Publish::new("meter-3/log", &payload)).await.or_transcript(&bench);
            let mut reader = &payload[..];
            let message = Publish::new("meter-3/log", b"").qos(QoS::AtLeastOnce);
            client.publish_from(&message, payload.len(), &mut reader).await.or_transcript(&bench);
            let mut received = messages(&inbox);
            while received.len() < 2 {
                assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
                received.extend(messages(&inbox));
            }
            assert!(received == vec![(FIRST, b"meter-3/log".to_vec(), payload.clone()); 2]);
        });
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn a_payload_from_a_reader_arrives_whole_where_the_transmitter_takes_few_bytes_at_a_time() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        bench.set_chunking(Chunking { longest_write: Some(7), ..Chunking::default() });
        let inbox = TestInbox::new();
        let payload: Vec<u8> = (0..=u8::MAX).collect();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            let message = Publish::new("meter-3/log", b"").qos(QoS::AtLeastOnce);
            let mut reader = &payload[..];
            modem.client(FIRST).publish_from(&message, payload.len(), &mut reader).await.or_transcript(&bench);
        });
        let publications = bench.loopback(|broker, _| broker.publications().to_vec());
        assert_eq!(publications.iter().map(|publication| &publication.payload).collect::<Vec<_>>(), [&payload]);
    }
}

#[test]
fn a_payload_of_10240_bytes_comes_in_on_every_family() {
    for (family, _) in ALL_FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let payload = LOOK_ALIKES.repeat(10_240 / LOOK_ALIKES.len() + 1)[..10_240].to_vec();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).subscribe("+/log", QoS::AtMostOnce).await.or_transcript(&bench);
            bench.loopback(|broker, now| broker.publish(now, b"meter-4/log", &payload, false));
            assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
            assert!(messages(&inbox) == [(FIRST, b"meter-4/log".to_vec(), payload)]);
        });
    }
}

#[test]
fn both_clients_are_connected_at_once_and_do_not_mix() {
    for (family, _) in ALL_FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let second_options =
            crate::driver::ConnectOptions::new(crate::driver::Broker::tcp("other.example", 1884), "pump-1");
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(SECOND).connect(&second_options).await.or_transcript(&bench);
            modem.client(FIRST).subscribe("a/first", QoS::AtLeastOnce).await.or_transcript(&bench);
            modem.client(SECOND).subscribe("a/second", QoS::AtLeastOnce).await.or_transcript(&bench);
            for round in 0..5_u8 {
                let to_second = Publish::new("a/second", core::slice::from_ref(&round)).qos(QoS::AtLeastOnce);
                let to_first = Publish::new("a/first", core::slice::from_ref(&round));
                modem.client(FIRST).publish(&to_second).await.or_transcript(&bench);
                modem.client(SECOND).publish(&to_first).await.or_transcript(&bench);
            }
            let mut received = messages(&inbox);
            while received.len() < 10 {
                modem.next_event().await.or_transcript(&bench);
                received.extend(messages(&inbox));
            }
            for (client, topic) in [(FIRST, &b"a/first"[..]), (SECOND, b"a/second")] {
                let payloads: Vec<_> = received.iter().filter(|message| message.0 == client).collect();
                let expected: Vec<_> = (0..5).map(|round| (client, topic.to_vec(), vec![round])).collect();
                assert_eq!(payloads, expected.iter().collect::<Vec<_>>());
            }
            modem.client(FIRST).disconnect().await.or_transcript(&bench);
            assert_eq!(modem.client(SECOND).state(), ClientState::Connected);
            let (_, _, ended) = modem.shutdown().await;
            ended.or_transcript(&bench);
        });
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn connect_sends_what_the_options_say() {
    for (family, _) in ALL_FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let options = OPTIONS
            .will(&WILL)
            .credentials("meter", "water")
            .keep_alive(core::time::Duration::from_secs(90))
            .operation_timeout(core::time::Duration::from_secs(30))
            .clean_session(false);
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&options).await.or_transcript(&bench);
        });
        let connection = bench.loopback(|broker, _| broker.connection(0).cloned()).expect("a connection");
        assert_eq!((connection.host.as_str(), connection.port), ("broker.example", 1883));
        assert_eq!(connection.client_id, "meter-3");
        assert_eq!(connection.user.as_deref(), Some("meter"));
        assert_eq!(connection.password.as_deref(), Some("water"));
        assert_eq!(connection.keep_alive, 90);
        assert!(!connection.clean_session);
        let will = connection.will.expect("a will");
        assert_eq!((&will.topic[..], &will.message[..], will.qos), (&b"meter-3/state"[..], &b"vanished"[..], 0));
        let version = if family == Family::A7600 { 3 } else { 4 };
        assert_eq!(connection.version, version, "3.1.1 where the family can choose: {family:?}");
        bench.modem(|module, _| assert_eq!(module.client(0).settings.operation_timeout, 30));
    }
}

#[test]
fn the_version_can_be_chosen_where_the_family_has_a_choice() {
    for family in [Family::A76xx, Family::Sim7600, Family::Sim767x] {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let options = OPTIONS.version(MqttVersion::V3_1);
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&options).await.or_transcript(&bench);
        });
        assert_eq!(bench.loopback(|broker, _| broker.connection(0).map(|connection| connection.version)), Some(3));
    }
}
