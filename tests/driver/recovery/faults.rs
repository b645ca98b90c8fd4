//! Silence, lost bytes, broken messages and restarts: each is reported correctly, and the next call works.

use core::time::Duration;

use embedded_io_async::ErrorKind;
use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::broker::Request;
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::command::network::{Csq, Rssi};
use crate::driver::urc::LossCause;
use crate::driver::{Connection, Error, Event, Family, Inbox, Publish, QoS, ServiceState};

#[test]
fn a_command_without_an_answer_is_named_and_the_next_one_works() {
    for prefix in ["AT+CMQTTTOPIC", "AT+CMQTTPAYLOAD", "AT+CMQTTPUB", "AT+CMQTTSUB", "AT+CMQTTUNSUB", "AT+CMQTTDISC"] {
        on_every_subscribed(async |bench, modem, _| {
            silence(bench, prefix);
            let mut client = modem.client(FIRST);
            let silent = match prefix {
                "AT+CMQTTSUB" => client.subscribe("a", QoS::AtMostOnce).await,
                "AT+CMQTTUNSUB" => client.unsubscribe("a").await,
                "AT+CMQTTDISC" => client.disconnect().await,
                _ => client.publish(&Publish::new("a", b"x")).await,
            };
            let Err(Error::NoAnswer { command }) = silent else { panic!("{silent:?}\n{}", bench.transcript_text()) };
            assert_eq!(command.as_str(), &prefix[2..]);
            end_script(bench);
            if prefix == "AT+CMQTTDISC" {
                assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Adopted));
            }
            publish_works(bench, modem).await;
        });
    }
}

#[test]
fn an_outcome_that_never_comes_is_unknown_and_not_failed() {
    on_every_subscribed(async |bench, modem, _| {
        // The module keeps to its own timeout of 60 s; the outcome line itself is lost.
        bench.loopback(|broker, _| broker.silent = true);
        let message = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);
        let start = bench.now();
        bench.at(start + Duration::from_secs(50), |bench| bench.lose(10_000));
        let unknown = modem.client(FIRST).publish(&message).await;
        let Err(Error::OutcomeUnknown { command }) = unknown else { panic!("{unknown:?}") };
        assert_eq!(command.as_str(), "+CMQTTPUB");
        assert_eq!((bench.now() - start).as_secs(), 65, "the timeout of the publish, and a margin");
    });
}

#[test]
fn a_late_outcome_is_not_credited_to_the_next_publish() {
    on_every_subscribed(async |bench, modem, _| {
        let message = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);
        // The first outcome arrives while the second publish waits for its own `OK`.
        let late = b"\r\n+CMQTTPUB: 0,0\r\n\r\nOK\r\n\r\n+CMQTTPUB: 0,6\r\n".to_vec();
        script(bench, "AT+CMQTTPUB", 1, ScriptedAnswer::Exactly(late));
        let failed = modem.client(FIRST).publish(&message).await;
        assert!(matches!(failed, Err(Error::Refused { .. })), "{failed:?}");
    });
}

#[test]
fn a_module_that_is_not_there_is_reported_in_bounded_time() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        bench.modem(|module, _| module.preset_echo(false));
        script(&bench, "AT", 0, ScriptedAnswer::Silence);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            let silent = modem.client(FIRST).connect(&OPTIONS).await;
            assert!(matches!(silent, Err(Error::NoAnswer { .. })), "{silent:?}");
            assert!(bench.now() < Duration::from_secs(30), "{:?}", bench.now());
            end_script(&bench);
            subscribed(&bench, &mut modem).await;
        });
    }
}

#[test]
fn a_restart_at_any_point_is_reported_and_connect_works_again() {
    // The number of bytes of a whole session.
    let family = Family::A76xx;
    for at in (1..1500).step_by(3) {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.after_output(at, |bench| {
            bench.cut_output();
            bench.modem(|module, now| module.restart(now));
        });
        bench.block_on(async {
            let mut restarts = 0;
            loop {
                let round = async {
                    let mut client = modem.client(FIRST);
                    client.connect(&OPTIONS).await?;
                    client.subscribe("meter-3/#", QoS::AtLeastOnce).await?;
                    client.publish(&Publish::new("meter-3/a", LOOK_ALIKES).qos(QoS::AtLeastOnce)).await?;
                    while !matches!(modem.next_event().await?, Event::Message(_)) {}
                    Ok::<_, Error>(())
                };
                match round.await {
                    Ok(()) => break,
                    Err(Error::Illegal { .. } | Error::ModemRestarted { .. } | Error::NoAnswer { .. }) => restarts += 1,
                    Err(Error::ConnectionLost { .. } | Error::NetworkLost { .. }) => restarts += 1,
                    // The restart happened in the middle of a message, and its lines were taken as data.
                    Err(Error::OutcomeUnknown { .. }) => restarts += 1,
                    Err(other) => panic!("{other} at {at}\n{}", bench.transcript_text()),
                }
                assert!(restarts < 4, "at {at}\n{}", bench.transcript_text());
            }
            assert_eq!(messages(&inbox).last(), Some(&(FIRST, b"meter-3/a".to_vec(), LOOK_ALIKES.to_vec())));
        });
    }
}

#[test]
fn a_restart_between_calls_is_an_event_and_the_states_are_known() {
    on_every_subscribed(async |bench, modem, _| {
        bench.modem(|module, now| module.restart(now));
        let mut events = Vec::new();
        while events.last() != Some(&Event::ModemRestarted) {
            events.push(modem.next_event().await.or_transcript(bench));
        }
        assert_eq!(modem.service_state(), ServiceState::Stopped);
        let sent = bench.sent().len();
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        assert!(bench.sent()[sent..].starts_with(b"AT\rAT+CSQ\rATE0\r"), "{}", bench.transcript_text());
        publish_works(bench, modem).await;
        assert_no_complaints(bench, &[ComplaintKind::NotStarted]);
    });
}

#[test]
fn uart_errors_are_counted_and_abort_the_message_they_hit() {
    on_every_subscribed(async |bench, modem, inbox| {
        let payload = LOOK_ALIKES.repeat(30);
        bench.loopback(|broker, now| broker.publish(now, b"meter-3/a", &payload, false));
        let output = bench.received().len();
        bench.after_output(output + 700, |bench| {
            bench.fail_next_read(ErrorKind::InvalidData);
            bench.lose(40);
        });
        let events = [modem.next_event().await, modem.next_event().await];
        let aborted = Event::MessageAborted { client: FIRST, count: 1 };
        assert!(events.contains(&Ok(aborted)) && events.contains(&Ok(Event::BytesLost)), "{events:?}");
        assert_eq!((modem.counters().uart_errors, modem.counters().aborted_messages), (1, 1));
        publish_works(bench, modem).await;
        while messages(inbox).is_empty() {
            modem.next_event().await.or_transcript(bench);
        }
    });
}

#[test]
fn a_message_that_lost_bytes_without_an_error_never_disturbs_the_protocol() {
    let payload = LOOK_ALIKES.repeat(2);
    for lost in [1, 2, 5, 60] {
        for place in (0..payload.len() + 80).step_by(3) {
            let (family, _) = FAMILIES[place % FAMILIES.len()];
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(async {
                subscribed(&bench, &mut modem).await;
                bench.loopback(|broker, now| broker.publish(now, b"meter-3/a", &payload, false));
                let output = bench.received().len();
                bench.after_output(output + place, move |bench| bench.lose(lost));
                bench.pass(Duration::from_secs(1));
                // If a header has lost bytes, its payload is read as lines, which can look like a restart.
                for attempt in 0..3 {
                    match modem.client(FIRST).connect(&OPTIONS).await {
                        Ok(_) => break,
                        Err(error) => assert!(attempt < 2, "{error}\n{}", bench.transcript_text()),
                    }
                }
                publish_works(&bench, &mut modem).await;
            });
        }
    }
}

#[test]
fn an_open_message_without_a_byte_for_two_seconds_is_aborted() {
    on_every_subscribed(async |bench, modem, _| {
        let cut =
            b"\r\n+CMQTTRXSTART: 0,9,100\r\n+CMQTTRXTOPIC: 0,9\r\nmeter-3/a\r\n+CMQTTRXPAYLOAD: 0,100\r\nonly this";
        bench.modem(|module, now| module.emit(now, cut));
        let start = bench.now();
        assert_eq!(modem.next_event().await, Ok(Event::MessageAborted { client: FIRST, count: 1 }));
        let stalled = bench.now() - start;
        assert!(stalled >= Duration::from_secs(2) && stalled < Duration::from_millis(2_010), "{stalled:?}");
        publish_works(bench, modem).await;
    });
}

#[test]
fn a_part_longer_than_its_message_lacks_is_no_data() {
    on_every_subscribed(async |bench, modem, _| {
        let lying = b"\r\n+CMQTTRXSTART: 0,9,5\r\n+CMQTTRXTOPIC: 0,9\r\nmeter-3/a\r\n+CMQTTRXPAYLOAD: 0,6\r\n";
        bench.modem(|module, now| module.emit(now, lying));
        let start = bench.now();
        assert_eq!(modem.next_event().await, Ok(Event::MessageAborted { client: FIRST, count: 1 }));
        assert!(bench.now() - start < Duration::from_millis(10), "it is not waited for");
        publish_works(bench, modem).await;
    });
}

#[test]
fn data_whose_beginning_was_lost_are_still_data() {
    on_every_subscribed(async |bench, modem, inbox| {
        let mut headless = b"\r\n+CMQTTRXPAYLOAD: 0,".to_vec();
        headless.extend(LOOK_ALIKES.len().to_string().bytes());
        headless.extend(b"\r\n");
        headless.extend(LOOK_ALIKES);
        headless.extend(b"\r\n+CMQTTRXEND: 0\r\n");
        bench.modem(|module, now| module.emit(now, &headless));
        assert_eq!(modem.next_event().await, Ok(Event::MessageAborted { client: FIRST, count: 1 }));
        publish_works(bench, modem).await;
        while messages(inbox).is_empty() {
            modem.next_event().await.or_transcript(bench);
        }
    });
}

#[test]
fn a_message_longer_than_the_inbox_is_reported_with_its_sizes_and_later_ones_are_intact() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = Inbox::<64>::new();
        let mut modem = shell_modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).subscribe("meter-3/#", QoS::AtLeastOnce).await.or_transcript(&bench);
            for (topic, length) in [("meter-3/long", 2000), ("meter-3/short", 5)] {
                bench.loopback(|broker, now| broker.publish(now, topic.as_bytes(), &vec![b'x'; length], false));
            }
            let refused = Event::MessageRefused { client: FIRST, topic_length: 12, payload_length: 2000, count: 1 };
            let events = [modem.next_event().await, modem.next_event().await];
            assert!(events.contains(&Ok(refused)) && events.contains(&Ok(Event::Message(FIRST))), "{events:?}");
            assert_eq!(modem.counters().refused_messages, 1);
        });
        let mut buffer = [0; 64];
        let message = inbox.take(&mut buffer).unwrap();
        assert_eq!((message.topic(), message.payload()), (&b"meter-3/short"[..], &b"xxxxx"[..]));
    }
}

#[test]
fn a_receiver_that_is_gone_is_an_error_and_not_a_spin() {
    on_every_subscribed(async |bench, modem, _| {
        bench.fail_next_read(ErrorKind::BrokenPipe);
        assert_eq!(modem.execute(&Csq).await, Err(Error::Receive(ErrorKind::BrokenPipe)));
        for _ in 0..16 {
            bench.fail_next_read(ErrorKind::Other);
        }
        assert_eq!(modem.execute(&Csq).await, Err(Error::Receive(ErrorKind::Other)));
        assert_eq!(modem.execute(&Csq).await.map(|rssi| rssi.map(Rssi::dbm)), Ok(Some(-67)));
    });
}

#[test]
fn a_reader_that_ends_early_publishes_nothing_and_the_next_publish_is_right() {
    on_every_subscribed(async |bench, modem, _| {
        let message = Publish::new("meter-3/a", b"");
        let mut short = &b"too short"[..];
        let ended = modem.client(FIRST).publish_from(&message, 100, &mut short).await;
        assert_eq!(ended, Err(Error::SourceEnded));
        publish_works(bench, modem).await;
        let publishes = bench.loopback(|broker, _| {
            broker.requests().iter().filter(|request| matches!(request, Request::Publish { .. })).count()
        });
        assert_eq!(publishes, 1);
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_connection_lost_between_calls_is_an_event_with_its_cause() {
    for (number, cause) in [(1, LossCause::Closed), (2, LossCause::Reset), (3, LossCause::Network)] {
        on_every_subscribed(async |bench, modem, _| {
            bench.loopback(|broker, now| broker.close(now, 0, number));
            assert_eq!(modem.next_event().await, Ok(Event::ConnectionLost { client: FIRST, cause }));
            let refused = modem.client(FIRST).publish(&Publish::new("a", b"x")).await;
            assert!(matches!(refused, Err(Error::Illegal { .. })), "{refused:?}");
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Opened));
        });
    }
}

#[test]
fn two_clients_messages_in_a_row_stay_apart() {
    on_every_subscribed(async |bench, modem, inbox| {
        let mut both = Vec::new();
        for client in 0..2 {
            both.extend(format!("\r\n+CMQTTRXSTART: {client},1,2\r\n+CMQTTRXTOPIC: {client},1\r\na\r\n").bytes());
            both.extend(format!("+CMQTTRXPAYLOAD: {client},2\r\n\r\n\r\n+CMQTTRXEND: {client}\r\n").bytes());
        }
        bench.modem(|module, now| module.emit(now, &both));
        assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)));
        assert_eq!(modem.next_event().await, Ok(Event::Message(SECOND)));
        let expected = |client| (client, b"a".to_vec(), b"\r\n".to_vec());
        assert_eq!(messages(inbox), [expected(FIRST), expected(SECOND)]);
    });
}
