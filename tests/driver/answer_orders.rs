//! Every order of answers that was seen on a module, on every family.

use simcom_modem_simulator::behaviour::{Point, ScriptedAnswer};

use crate::bench::*;
use crate::driver::command::{Accq, Rel, ServerType, Start, Stop};
use crate::driver::error::Refusal;
use crate::driver::urc::LossCause;
use crate::driver::{ClientState, Connection, Event, Family, Publish, QoS, ServiceState};

async fn connected(bench: &Bench, modem: &mut TestModem<'_>) {
    modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
}

#[test]
fn success_comes_in_either_order_for_start_stop_and_disc() {
    for order in ["ok-first", "result-first"] {
        let switches = [("start-order", order), ("stop-order", order), ("disconnect-order", order)];
        on_every_family(&switches, async |bench, modem, _| {
            connected(bench, modem).await;
            modem.client(FIRST).disconnect().await.or_transcript(bench);
            modem.execute(&Rel { client: FIRST }).await.or_transcript(bench);
            modem.execute(&Stop).await.or_transcript(bench);
            assert_eq!(modem.service_state(), ServiceState::Stopped);
            connected(bench, modem).await;
        });
    }
}

#[test]
fn a_service_that_is_up_already_is_no_obstacle() {
    for answer in ["error", "23"] {
        on_every_family(&[("start-again", answer)], async |bench, modem, _| {
            bench.modem(|module, _| module.preset_started());
            // `Start` alone returns the refusal …
            let (command, refusal) = refusal(modem.execute(&Start).await, bench);
            assert_eq!(command, "+CMQTTSTART");
            assert_eq!(refusal, if answer == "23" { code(23) } else { Refusal::Error });
            // … and `connect` continues.
            connected(bench, modem).await;
        });
    }
}

#[test]
fn start_before_the_pdp_context_is_up_fails_with_1_and_works_later() {
    on_every_family(&[("start-failures", "2")], async |bench, modem, _| {
        for _ in 0..2 {
            let failed = modem.client(FIRST).connect(&OPTIONS).await;
            assert_eq!(refusal(failed, bench), ("+CMQTTSTART", code(1)));
        }
        connected(bench, modem).await;
    });
}

#[test]
fn stop_while_a_client_is_acquired_is_refused_by_the_driver_or_with_its_code() {
    for (answer, expected) in [("21", 21), ("19", 19), ("ok-21", 21)] {
        on_every_family(&[("stop-acquired", answer)], async |bench, modem, _| {
            bench.modem(|module, _| module.preset_acquired(0, "meter-3", false));
            assert_eq!(refusal(modem.execute(&Stop).await, bench), ("+CMQTTSTOP", code(expected)));
            connected(bench, modem).await;
        });
    }
}

#[test]
fn stop_of_a_stopped_service_is_refused_in_its_own_words() {
    for (answer, expected) in [("9", code(9)), ("error", Refusal::Error)] {
        on_every_family(&[("stop-not-started", answer)], async |bench, modem, _| {
            assert_eq!(refusal(modem.execute(&Stop).await, bench), ("+CMQTTSTOP", expected));
            connected(bench, modem).await;
        });
    }
}

#[test]
fn an_index_in_use_is_refused_in_its_own_words_and_taken_over_by_connect() {
    let accq = Accq { client: FIRST, client_id: "meter-3", server_type: ServerType::Tcp, version: None };
    for (answer, expected) in [("19", code(19)), ("error", Refusal::Error)] {
        on_every_family(&[("acquire-in-use", answer)], async |bench, modem, _| {
            bench.modem(|module, _| module.preset_acquired(0, "an earlier life", false));
            assert_eq!(refusal(modem.execute(&accq).await, bench), ("+CMQTTACCQ", expected));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
            let id = bench.loopback(|broker, _| broker.connection(0).map(|connection| connection.client_id.clone()));
            assert_eq!(id.as_deref(), Some("meter-3"));
        });
    }
}

#[test]
fn release_of_an_index_that_is_not_acquired_fails_or_succeeds() {
    for (answer, expected) in [("20", Some(code(20))), ("ok", None)] {
        on_every_family(&[("release-not-acquired", answer)], async |bench, modem, _| {
            modem.execute(&Start).await.or_transcript(bench);
            let released = modem.execute(&Rel { client: FIRST }).await;
            match expected {
                Some(expected) => assert_eq!(refusal(released, bench), ("+CMQTTREL", expected)),
                None => released.or_transcript(bench),
            }
            assert_eq!(modem.client(FIRST).state(), ClientState::Released);
            connected(bench, modem).await;
        });
    }
}

#[test]
fn a_failed_connect_returns_its_code_in_every_order_and_can_be_repeated() {
    for order in ["late", "early", "error-first"] {
        for number in [3, 6, 15, 25, 26, 27, 28, 29, 30, 31, 32] {
            on_every_family(&[("connect-failure", order)], async |bench, modem, _| {
                bench.loopback(|broker, _| broker.refuse_connections(Some(number)));
                let failed = modem.client(FIRST).connect(&OPTIONS).await;
                assert_eq!(refusal(failed, bench), ("+CMQTTCONNECT", code(number)), "{order}");
                assert_eq!(modem.client(FIRST).state(), ClientState::Acquired);
                bench.loopback(|broker, _| broker.refuse_connections(None));
                connected(bench, modem).await;
                assert_no_complaints(bench, PROBING);
            });
        }
    }
}

#[test]
fn connect_with_bad_arguments_is_a_bare_error_or_12() {
    for (answer, expected) in
        [(&b"\r\nERROR\r\n"[..], Refusal::Error), (b"\r\n+CMQTTCONNECT: 0,12\r\n\r\nERROR\r\n", code(12))]
    {
        on_every_family(&[], async |bench, modem, _| {
            script(bench, "AT+CMQTTCONNECT=", 1, ScriptedAnswer::Exactly(answer.to_vec()));
            let failed = modem.client(FIRST).connect(&OPTIONS).await;
            assert_eq!(refusal(failed, bench), ("+CMQTTCONNECT", expected));
            connected(bench, modem).await;
        });
    }
}

#[test]
fn connect_while_connected_is_13_and_the_module_is_asked_once() {
    for answer in [&b"\r\n+CMQTTCONNECT: 0,13\r\n\r\nERROR\r\n"[..], b"\r\nOK\r\n\r\n+CMQTTCONNECT: 0,13\r\n"] {
        on_every_family(&[], async |bench, modem, _| {
            connected(bench, modem).await;
            modem.client(FIRST).disconnect().await.or_transcript(bench);
            script(bench, "AT+CMQTTCONNECT=", 1, ScriptedAnswer::Exactly(answer.to_vec()));
            // The module says that it is not connected after all.
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
            modem.client(FIRST).disconnect().await.or_transcript(bench);
            script(bench, "AT+CMQTTCONNECT=", 0, ScriptedAnswer::Exactly(answer.to_vec()));
            let failed = modem.client(FIRST).connect(&OPTIONS).await;
            assert_eq!(refusal(failed, bench), ("+CMQTTCONNECT", code(13)));
            assert_eq!(modem.client(FIRST).state(), ClientState::Unknown);
            end_script(bench);
            connected(bench, modem).await;
        });
    }
}

#[test]
fn a_refused_prompt_fails_with_its_code_and_the_next_call_works() {
    for (prefix, number) in [
        ("AT+CMQTTTOPIC", 14),
        ("AT+CMQTTPAYLOAD", 22),
        ("AT+CMQTTSUB", 12),
        ("AT+CMQTTUNSUB", 12),
        ("AT+CMQTTWILLTOPIC", 2),
        ("AT+CMQTTWILLMSG", 12),
    ] {
        on_every_family(&[], async |bench, modem, _| {
            let options = OPTIONS.will(&WILL);
            let mut modem = crate::bench::modem(bench, modem.family(), Box::leak(Box::default()));
            if !prefix.contains("WILL") {
                modem.client(FIRST).connect(&options).await.or_transcript(bench);
            }
            script(bench, prefix, 1, ScriptedAnswer::Refuse(number));
            let mut client = modem.client(FIRST);
            let failed = match prefix {
                "AT+CMQTTSUB" => client.subscribe("a/b", QoS::AtMostOnce).await,
                "AT+CMQTTUNSUB" => client.unsubscribe("a/b").await,
                "AT+CMQTTTOPIC" | "AT+CMQTTPAYLOAD" => client.publish(&Publish::new("a/b", b"x")).await,
                _ => client.connect(&options).await.map(|_| ()),
            };
            assert_eq!(refusal(failed, bench), (&prefix[2..], code(number)));
            end_script(bench);
            client.connect(&options).await.or_transcript(bench);
            client.publish(&Publish::new("a/b", b"x")).await.or_transcript(bench);
        });
    }
}

#[test]
fn no_connection_at_the_prompt_corrects_what_the_driver_believed() {
    on_every_family(&[], async |bench, modem, _| {
        connected(bench, modem).await;
        script(bench, "AT+CMQTTTOPIC", 1, ScriptedAnswer::Refuse(11));
        let failed = modem.client(FIRST).publish(&Publish::new("a/b", b"x")).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTTOPIC", code(11)));
        assert_eq!(modem.client(FIRST).state(), ClientState::Unknown);
    });
}

#[test]
fn a_failed_publish_returns_its_code_and_reports_the_lost_connection_in_every_order() {
    for order in ["ok-first", "error-last", "ok-last", "ok-twice"] {
        on_every_family(&[("publish-failure", order)], async |bench, modem, inbox| {
            connected(bench, modem).await;
            bench.loopback(|broker, _| broker.close_at_next_publish(1));
            let message = Publish::new("a/b", b"x").qos(QoS::AtLeastOnce);
            let failed = modem.client(FIRST).publish(&message).await;
            assert_eq!(refusal(failed, bench), ("+CMQTTPUB", code(6)), "{order}");
            let lost = Event::ConnectionLost { client: FIRST, cause: LossCause::Closed };
            assert_eq!(modem.next_event().await, Ok(lost));
            assert_eq!(modem.client(FIRST).state(), ClientState::Acquired);
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Opened));
            modem.client(FIRST).publish(&message).await.or_transcript(bench);
            assert_eq!(messages(inbox), []);
            assert_no_complaints(bench, PROBING);
        });
    }
}

#[test]
fn a_failed_subscribe_returns_its_code_and_reports_the_lost_connection_in_every_order() {
    for order in ["ok-first", "error-last", "ok-last", "ok-twice"] {
        on_every_family(&[("subscribe-failure", order)], async |bench, modem, _| {
            connected(bench, modem).await;
            bench.loopback(|broker, _| broker.close_at_next_subscribe(2));
            let failed = modem.client(FIRST).subscribe("a/b", QoS::AtLeastOnce).await;
            assert_eq!(refusal(failed, bench), ("+CMQTTSUB", code(6)), "{order}");
            let lost = Event::ConnectionLost { client: FIRST, cause: LossCause::Reset };
            assert_eq!(modem.next_event().await, Ok(lost));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Opened));
            modem.client(FIRST).subscribe("a/b", QoS::AtLeastOnce).await.or_transcript(bench);
        });
    }
}

#[test]
fn every_code_of_a_publish_reaches_the_caller() {
    for number in 1..=35 {
        on_every_family(&[], async |bench, modem, _| {
            connected(bench, modem).await;
            bench.loopback(|broker, _| broker.fail_next_publish(number));
            let failed = modem.client(FIRST).publish(&Publish::new("a/b", b"x").qos(QoS::AtLeastOnce)).await;
            assert_eq!(refusal(failed, bench), ("+CMQTTPUB", code(number)));
        });
    }
}

#[test]
fn disc_of_a_client_that_is_not_connected_is_refused() {
    for (answer, expected) in [("11", code(11)), ("error", Refusal::Error)] {
        on_every_family(&[("disconnect-not-connected", answer)], async |bench, modem, _| {
            bench.modem(|module, _| module.preset_acquired(0, "meter-3", false));
            assert_eq!(refusal(modem.client(FIRST).disconnect().await, bench), ("+CMQTTDISC", expected));
            connected(bench, modem).await;
        });
    }
}

#[test]
fn a_message_inside_subscribe_and_publish_is_delivered_before_their_result() {
    for place in ["as-it-comes", "inside", "after"] {
        let switches = [("message-in-subscribe", place), ("message-in-publish", place)];
        on_every_family(&switches, async |bench, modem, inbox| {
            bench.loopback(|broker, now| broker.publish(now, b"a/kept", LOOK_ALIKES, true));
            connected(bench, modem).await;
            modem.client(FIRST).subscribe("a/#", QoS::AtLeastOnce).await.or_transcript(bench);
            let kept = (FIRST, b"a/kept".to_vec(), LOOK_ALIKES.to_vec());
            if place == "inside" {
                assert_eq!(messages(inbox), std::slice::from_ref(&kept));
            }
            let message = Publish::new("a/b", LOOK_ALIKES).qos(QoS::AtLeastOnce);
            modem.client(FIRST).publish(&message).await.or_transcript(bench);
            let mut received = messages(inbox);
            while received.len() < if place == "inside" { 1 } else { 2 } {
                modem.next_event().await.or_transcript(bench);
                received.extend(messages(inbox));
            }
            assert_eq!(received.last(), Some(&(FIRST, b"a/b".to_vec(), LOOK_ALIKES.to_vec())));
            assert_eq!(modem.counters().unknown_lines, 0);
        });
    }
}

#[test]
fn urcs_at_every_point_of_every_exchange_disturb_nothing() {
    let points = [
        Point::BeforeEcho,
        Point::AfterEcho,
        Point::AfterData,
        Point::AfterFinal,
        Point::BeforeOutcome,
        Point::AfterOutcome,
    ];
    let mut long = b"\r\n+MSTK: 11, \"".to_vec();
    long.extend(b"D0".repeat(130));
    long.extend(b"\"\r\n");
    for noise in [
        &b"\r\nPB DONE\r\n\r\nSMS DONE\r\n"[..],
        b"\r\n+CGEV: EPS PDN ACT 1\r\n",
        b"\r\n+CMQTTRECV: 0,\"a\",\"b\"\r\n",
        &long,
    ] {
        for point in points {
            on_every_family(&[], async |bench, modem, inbox| {
                inject(bench, "AT", point, noise);
                connected(bench, modem).await;
                modem.client(FIRST).subscribe("a/#", QoS::AtLeastOnce).await.or_transcript(bench);
                modem.client(FIRST).publish(&Publish::new("a/b", b"x")).await.or_transcript(bench);
                modem.client(FIRST).unsubscribe("a/#").await.or_transcript(bench);
                modem.client(FIRST).disconnect().await.or_transcript(bench);
                assert!(modem.counters().unknown_lines > 0);
                assert_eq!(modem.counters().cut_lines > 0, noise.len() > 200);
                assert_eq!(messages(inbox).len(), 1);
                assert_no_complaints(bench, PROBING);
            });
        }
    }
}

#[test]
fn every_style_of_prompt_and_block_layout_is_understood() {
    for prompt in ["crlf", "bare", "space", "crlf-space"] {
        for (blank_lines, separator) in [("0", "crlf"), ("0", "none"), ("1", "crlf"), ("3", "none")] {
            let switches = [
                ("prompt", prompt),
                ("blank-lines", blank_lines),
                ("topic-separator", separator),
                ("payload-separator", separator),
                ("block-separator", separator),
                ("part-size", "100"),
            ];
            on_every_family(&switches, async |bench, modem, inbox| {
                connected(bench, modem).await;
                modem.client(FIRST).subscribe("a/#", QoS::AtLeastOnce).await.or_transcript(bench);
                let payload = LOOK_ALIKES.repeat(4);
                modem.client(FIRST).publish(&Publish::new("a/b", &payload)).await.or_transcript(bench);
                while messages(inbox).is_empty() {
                    modem.next_event().await.or_transcript(bench);
                }
                assert_eq!(modem.counters().unknown_lines, 0, "{}", bench.transcript_text());
                assert_no_complaints(bench, PROBING);
            });
        }
    }
}

#[test]
fn equipment_errors_are_typed() {
    let answers: [(&[u8], _); 2] = [
        (b"\r\n+CME ERROR: 13\r\n", Refusal::Equipment(Some(13))),
        (b"\r\n+CME ERROR: SIM failure\r\n", Refusal::Equipment(None)),
    ];
    for (answer, expected) in answers {
        on_every_family(&[], async |bench, modem, _| {
            script(bench, "AT+CMQTTSTART", 1, ScriptedAnswer::Exactly(answer.to_vec()));
            assert_eq!(refusal(modem.execute(&Start).await, bench), ("+CMQTTSTART", expected));
        });
    }
}

#[test]
fn the_network_is_lost_and_the_service_may_be_up_after_all() {
    for keeps_service in ["off", "on"] {
        let family = Family::A76xx;
        let bench = switched(family, &[("nonet-keeps-service", keeps_service)]);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            connected(&bench, &mut modem).await;
            bench.modem(|module, now| module.network_lost(now));
            let lost = Event::ConnectionLost { client: FIRST, cause: LossCause::Network };
            assert_eq!(modem.next_event().await, Ok(lost));
            assert_eq!(modem.next_event().await, Ok(Event::NetworkLost));
            assert_eq!(modem.service_state(), ServiceState::Stopped);
            bench.modem(|module, now| module.restore_network(now));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Opened);
        });
    }
}
