//! `connect` reaches the connected state from any state of the module after a reset of the microcontroller.

use core::time::Duration;

use simcom_modem_simulator::broker::Connection as BrokerConnection;
use simcom_modem_simulator::modem::Modem as Module;
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::command::EchoOff;
use crate::driver::command::network::{Csq, Rssi};
use crate::driver::error::Illegal;
use crate::driver::{Connection, Error, Event, Publish, QoS};

/// The connection of the module before the reset.
fn connection(client_id: &str, host: &str) -> BrokerConnection {
    BrokerConnection::new(host, 1883, client_id)
}

/// On every family, with echo on and off: a prepared module, a driver that does not know its state, one `connect`; then
/// everything works.
fn connects_from(prepare: impl Fn(&mut Module), expected: Connection, tolerated: &[ComplaintKind]) {
    for (family, _) in FAMILIES {
        for echo in [true, false] {
            let bench = bench(family);
            bench.modem(|module, _| {
                module.preset_echo(echo);
                prepare(module);
            });
            let inbox = TestInbox::new();
            bench.block_on(async {
                let mut modem = modem(&bench, family, &inbox);
                let connected = modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                assert_eq!(connected, expected, "{family:?}\n{}", bench.transcript_text());
                modem.client(FIRST).subscribe("meter-3/+", QoS::AtLeastOnce).await.or_transcript(&bench);
                let message = Publish::new("meter-3/a", LOOK_ALIKES).qos(QoS::AtLeastOnce);
                modem.client(FIRST).publish(&message).await.or_transcript(&bench);
                while modem.next_event().await != Ok(Event::Message(FIRST)) {}
                assert_eq!(messages(&inbox), [(FIRST, b"meter-3/a".to_vec(), LOOK_ALIKES.to_vec())]);
            });
            let id = bench.loopback(|broker, _| broker.connection(0).map(|connection| connection.client_id.clone()));
            assert_eq!(id.as_deref(), Some("meter-3"));
            let mut all = vec![ComplaintKind::NotStarted];
            all.extend(tolerated);
            assert_no_complaints(&bench, &all);
        }
    }
}

#[test]
fn a_fresh_module() {
    connects_from(|_| {}, Connection::Opened, &[]);
}

#[test]
fn a_survived_service() {
    connects_from(Module::preset_started, Connection::Opened, &[]);
}

#[test]
fn an_index_acquired_before_the_reset_with_the_same_or_another_client_id() {
    let longest = "x".repeat(128);
    for id in ["meter-3", "somebody else", "meter", "meter-33", &longest] {
        connects_from(|module| module.preset_acquired(0, id, false), Connection::Opened, &[]);
    }
    connects_from(|module| module.preset_acquired(0, "meter-3", true), Connection::Opened, &[]);
}

#[test]
fn a_live_session_with_the_same_options_is_adopted() {
    let ours = || connection("meter-3", "broker.example");
    connects_from(|module| module.preset_connected(0, ours()), Connection::Adopted, &[]);
}

#[test]
fn a_live_session_with_other_options_is_ended() {
    let others = [
        connection("meter-4", "broker.example"),
        connection("meter-3", "other.example"),
        connection("meter-3", "broker.example.org"),
        BrokerConnection { port: 1884, ..connection("meter-3", "broker.example") },
        BrokerConnection { port: 188, ..connection("meter-3", "broker.example") },
        BrokerConnection { tls: true, ..connection("meter-3", "broker.example") },
    ];
    for other in others {
        connects_from(|module| module.preset_connected(0, other.clone()), Connection::Opened, &[]);
    }
}

#[test]
fn a_disc_from_before_the_reset_that_ends_behind_the_adoption_is_a_lost_connection() {
    for (family, _) in FAMILIES {
        let bench = switched(family, &[("disconnect-delay", "3000")]);
        bench.modem(|module, now| {
            module.preset_connected(0, connection("meter-3", "broker.example"));
            module.receive(now, b"AT+CMQTTDISC=0,60\r");
        });
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Adopted);
            let Ok(Event::ConnectionLost { client: FIRST, .. }) = modem.next_event().await else {
                panic!("no loss\n{}", bench.transcript_text())
            };
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Opened);
        });
    }
}

#[test]
fn a_live_session_with_an_id_and_address_longer_than_the_line_buffer_is_adopted() {
    let (id, host) = ("i".repeat(128), "h".repeat(245));
    for (family, _) in FAMILIES {
        for (client_id, expected) in
            [(id.clone(), Connection::Adopted), ("j".to_owned() + &id[1..], Connection::Opened)]
        {
            let bench = bench(family);
            bench.modem(|module, _| module.preset_connected(0, connection(&client_id, &host)));
            let inbox = TestInbox::new();
            let options = crate::driver::ConnectOptions::new(crate::driver::Broker::tcp(&host, 1883), &id);
            bench.block_on(async {
                let mut modem = modem(&bench, family, &inbox);
                assert_eq!(modem.client(FIRST).connect(&options).await, Ok(expected));
            });
        }
    }
}

#[test]
fn half_a_command_line_of_every_length() {
    for line in ["AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,1", "AT+CMQTTPUB=0,1,60,0", "AT+CMQTTREL=0", "A"] {
        for length in 1..=line.len() {
            // A line that lacks only its CR may be carried out; `connect` succeeds in any case.
            let half = &line[..length];
            let tolerated = [
                ComplaintKind::UnknownCommand,
                ComplaintKind::Garbage,
                ComplaintKind::Malformed,
                ComplaintKind::OutOfRange,
                ComplaintKind::MissingParameter,
                ComplaintKind::NotAcquired,
                ComplaintKind::NotConnected,
            ];
            connects_from(|module| module.preset_half_line(half.as_bytes()), Connection::Opened, &tolerated);
        }
    }
}

#[test]
fn half_a_command_line_that_the_module_does_not_answer() {
    for half in ["A", "AT+CMQTTPUB=0,1", "\"tcp://broker.example", "x", "MQTTSTART"] {
        on_every_family(&[("garbage-line", "silent")], async |bench, modem, _| {
            bench.modem(|module, _| module.preset_half_line(half.as_bytes()));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
            publish_works(bench, modem).await;
            let tolerated = [ComplaintKind::Garbage, ComplaintKind::UnknownCommand, ComplaintKind::OutOfRange];
            assert_no_complaints(bench, &[&tolerated[..], PROBING, &[ComplaintKind::Malformed]].concat());
        });
    }
}

#[test]
fn a_prompt_that_still_waits_for_its_data() {
    let ours = || connection("meter-3", "broker.example");
    let prompts = [
        ("AT+CMQTTTOPIC=0,5", 0),
        ("AT+CMQTTTOPIC=0,1024", 1000),
        ("AT+CMQTTPAYLOAD=0,1", 0),
        ("AT+CMQTTPAYLOAD=0,100", 3),
        ("AT+CMQTTPAYLOAD=0,4096", 0),
        ("AT+CMQTTUNSUB=0,9,0", 4),
    ];
    // Carriage returns after the last data byte are no command.
    let tolerated = [ComplaintKind::BadTopic, ComplaintKind::BytesWhileExecuting, ComplaintKind::Garbage];
    for (command, sent) in prompts {
        let prepare = |module: &mut Module| {
            module.preset_connected(0, ours());
            module.preset_prompt(command, &vec![b'x'; sent]);
        };
        // The staged data must not get into a publish.
        for (family, _) in FAMILIES {
            let bench = bench(family);
            bench.modem(|module, _| prepare(module));
            let inbox = TestInbox::new();
            bench.block_on(async {
                let mut modem = modem(&bench, family, &inbox);
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                let empty = Publish::new("meter-3/empty", b"");
                if let Err(error) = modem.client(FIRST).publish(&empty).await {
                    assert!(matches!(error, Error::Illegal { reason: Illegal::PayloadStaged, .. }), "{error}");
                    assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Opened));
                    modem.client(FIRST).publish(&empty).await.or_transcript(&bench);
                }
            });
            let publications = bench.loopback(|broker, _| broker.publications().to_vec());
            assert_eq!(publications.len(), 1);
            assert_eq!((&publications[0].topic[..], &publications[0].payload[..]), (&b"meter-3/empty"[..], &b""[..]));
            assert_no_complaints(&bench, &[&tolerated[..], PROBING].concat());
        }
    }
}

#[test]
fn half_a_message_is_on_its_way() {
    let payload = LOOK_ALIKES.repeat(20);
    let whole = 60 + payload.len();
    for gone in (0..whole).step_by(7) {
        let family = FAMILIES[gone % FAMILIES.len()].0;
        let bench = bench(family);
        bench.modem(|module, now| {
            module.preset_connected(0, connection("meter-3", "broker.example"));
            module.preset_message(now, 0, b"meter-3/a", &payload, gone);
        });
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            // The rest of the payload may look like a restart, which can cost an attempt.
            let mut attempts = 0;
            while let Err(error) = modem.client(FIRST).connect(&OPTIONS).await {
                attempts += 1;
                assert!(attempts < 3, "{error}\n{}", bench.transcript_text());
            }
            modem.client(FIRST).publish(&Publish::new("meter-3/b", b"x")).await.or_transcript(&bench);
        });
    }
}

#[test]
fn a_module_that_reboots_when_its_live_session_is_torn_down() {
    for (family, _) in FAMILIES {
        let bench = bench_with(family, |behaviour| behaviour.live_session_reboots = true);
        bench.modem(|module, _| module.preset_connected(0, connection("somebody else", "broker.example")));
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            let torn_down = modem.client(FIRST).connect(&OPTIONS).await;
            assert!(
                matches!(
                    torn_down,
                    Err(Error::ModemRestarted { .. } | Error::ConnectionLost { .. } | Error::NetworkLost { .. })
                ),
                "{torn_down:?}"
            );
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Opened);
        });
    }
}

#[test]
fn reconnecting_with_the_same_options_sends_no_more_than_it_must() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Adopted));
            bench.loopback(|broker, now| broker.close(now, 0, 1));
            while !matches!(modem.next_event().await, Ok(Event::ConnectionLost { .. })) {}
            let sent = bench.sent().len();
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Opened));
            let line = String::from_utf8(bench.sent()[sent..].to_vec()).unwrap();
            assert_eq!(line, "AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,1\r");
        });
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn connecting_with_other_options_acquires_the_client_again() {
    let other = OPTIONS.will(&WILL);
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.execute(&EchoOff).await.or_transcript(&bench);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            assert_eq!(modem.client(FIRST).connect(&other).await, Ok(Connection::Opened));
            assert!(
                bench.loopback(|broker, _| broker.connection(0).is_some_and(|connection| connection.will.is_some()))
            );
            // DISC does not clear a will: that takes REL and ACCQ.
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Opened));
            assert!(
                bench.loopback(|broker, _| broker.connection(0).is_some_and(|connection| connection.will.is_none()))
            );
        });
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn any_first_call_finds_a_prompt_that_waits() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        bench.modem(|module, _| {
            module.preset_connected(0, connection("meter-3", "broker.example"));
            module.preset_prompt("AT+CMQTTPAYLOAD=0,500", b"");
        });
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        assert_eq!(bench.block_on(modem.execute(&Csq)).or_transcript(&bench).map(Rssi::dbm), Some(-67));
    }
}

#[test]
fn a_restart_between_two_calls_is_noticed_before_anything_is_sent() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            bench.modem(|module, now| module.restart(now));
            bench.pass(Duration::from_secs(20));
            let sent = bench.sent().len();
            let refused = modem.client(FIRST).publish(&Publish::new("meter-3/a", b"x")).await;
            assert!(matches!(refused, Err(Error::Illegal { reason: Illegal::ServiceNotStarted, .. })), "{refused:?}");
            assert!(!String::from_utf8_lossy(&bench.sent()[sent..]).contains("CMQTT"));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Opened);
            assert_no_complaints(&bench, PROBING);
        });
    }
}

#[test]
fn the_other_client_is_not_touched_where_it_is_known_to_be_free() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        bench.modem(|module, _| module.preset_connected(0, connection("meter-3", "broker.example")));
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Adopted));
            let (_, _, ended) = modem.shutdown().await;
            ended.or_transcript(&bench);
        });
        assert_no_complaints(&bench, &[]);
    }
}
