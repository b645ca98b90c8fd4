//! Late, early and unexpected answers: none is attributed to the wrong command.

use core::time::Duration;

use simcom_modem_simulator::behaviour::{Point, ScriptedAnswer};
use simcom_modem_simulator::pipe::{Chunking, ReadChunks};

use crate::bench::*;
use crate::driver::command::network::{Csq, Rssi};
use crate::driver::error::Refusal;
use crate::driver::{Connection, Error, Publish, QoS, ResultCode};

const MESSAGE: Publish<'static> = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);

#[test]
fn results_before_the_answer_to_the_sync_query_do_not_count() {
    for stale in [&b"\r\nOK\r\n"[..], b"\r\nERROR\r\n", b"\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n\r\nERROR\r\n"] {
        for (family, _) in FAMILIES {
            let bench = bench(family);
            inject(&bench, "AT+CSQ", Point::AfterEcho, stale);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            let connected = bench.block_on(async { modem.client(FIRST).connect(&OPTIONS).await });
            assert_eq!(connected.or_transcript(&bench), Connection::Opened);
            assert_no_complaints(&bench, PROBING);
        }
    }
}

#[test]
fn an_outcome_shortly_after_error_gives_the_reason() {
    on_every_connected(async |bench, modem, _| {
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        script(bench, "AT+CMQTTCONNECT=", 1, ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec()));
        bench.at(bench.now() + Duration::from_millis(200), |bench| {
            bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTCONNECT: 0,32\r\n"));
        });
        let refused = refusal(modem.client(FIRST).connect(&OPTIONS).await, bench);
        assert_eq!(refused, ("+CMQTTCONNECT", Refusal::Code(ResultCode::HANDSHAKE_FAIL)));
    });
}

/// A damaged byte has cut the line in two, and the module answers both halves.
#[test]
fn a_second_error_is_not_the_answer_to_the_next_command() {
    for prefix in ["AT+CMQTTTOPIC=", "AT+CMQTTPAYLOAD=", "AT+CMQTTPUB="] {
        on_every_connected(async |bench, modem, _| {
            script(bench, prefix, 1, ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec()));
            let failed = modem.client(FIRST).publish(&MESSAGE).await;
            assert!(failed.is_err(), "{}", bench.transcript_text());
            bench.at(bench.now() + Duration::from_millis(20), |bench| {
                bench.modem(|module, now| module.emit(now, b"\r\nERROR\r\n"));
            });
            let connected = modem.client(FIRST).connect(&OPTIONS).await;
            assert_eq!(connected.or_transcript(bench), Connection::Adopted);
            modem.client(FIRST).publish(&MESSAGE).await.or_transcript(bench);
        });
    }
}

#[test]
fn a_prompt_that_is_not_awaited_is_no_prompt() {
    for point in [Point::AfterEcho, Point::AfterFinal, Point::AfterOutcome] {
        on_every_connected(async |bench, modem, _| {
            inject(bench, "AT", point, b"\r\n>\r\n");
            if point == Point::AfterEcho {
                // While a prompt is awaited it would be one.
                inject(bench, "AT+CMQTTPUB", point, b"\r\n>\r\n");
            }
            modem.client(FIRST).publish(&MESSAGE).await.or_transcript(bench);
            modem.client(FIRST).publish(&MESSAGE).await.or_transcript(bench);
            assert_no_complaints(bench, PROBING);
        });
    }
}

#[test]
fn a_stale_ok_before_a_prompt_does_not_end_its_command() {
    for prefix in ["AT+CMQTTTOPIC", "AT+CMQTTPAYLOAD", "AT+CMQTTSUB"] {
        on_every_connected(async |bench, modem, _| {
            inject(bench, prefix, Point::AfterEcho, b"\r\nOK\r\n");
            modem.client(FIRST).subscribe("meter-3/#", QoS::AtMostOnce).await.or_transcript(bench);
            modem.client(FIRST).publish(&MESSAGE).await.or_transcript(bench);
            assert_no_complaints(bench, PROBING);
        });
    }
}

#[test]
fn a_connection_lost_before_the_outcome_ends_the_wait_for_it() {
    on_every_connected(async |bench, modem, _| {
        bench.loopback(|broker, _| broker.silent = true);
        let start = bench.now();
        bench.at(start + Duration::from_secs(2), |bench| {
            bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTCONNLOST: 0,1\r\n"));
        });
        let lost = modem.client(FIRST).publish(&MESSAGE).await;
        assert!(matches!(lost, Err(Error::ConnectionLost { .. })), "{lost:?}");
        assert!(bench.now() - start < Duration::from_secs(4));
    });
}

#[test]
fn the_loss_of_the_other_clients_connection_does_not_affect_this_client() {
    on_every_connected(async |bench, modem, _| {
        inject(bench, "AT+CMQTTPUB", Point::AfterFinal, b"\r\n+CMQTTCONNLOST: 1,1\r\n");
        // Longer than the wait for the outcome if this client's connection were lost.
        bench.loopback(|broker, _| broker.latency = Duration::from_secs(20));
        modem.client(FIRST).publish(&MESSAGE).await.or_transcript(bench);
    });
}

#[test]
fn answers_that_come_in_one_go_after_a_silence_do_not_put_the_queries_out_of_step() {
    for chunk in [1, 7, 100] {
        on_every_connected(async |bench, modem, _| {
            bench.set_chunking(Chunking { read: ReadChunks::AtMost(chunk), ..Chunking::default() });
            // The module stalls for more than ten seconds, and then answers everything.
            script(bench, "AT+CSQ", 1, ScriptedAnswer::Silence);
            script(bench, "AT", 2, ScriptedAnswer::Silence);
            let burst = b"\r\n+CSQ: 20,0\r\n\r\nOK\r\n\r\nOK\r\n\r\n+CSQ: 20,0\r\n\r\nOK\r\n".to_vec();
            script(bench, "AT+CSQ", 2, ScriptedAnswer::Exactly(burst));
            let silent = modem.execute(&Csq).await;
            assert!(matches!(silent, Err(Error::NoAnswer { .. })), "{silent:?}");
            let now = modem.execute(&Csq).await.map(|rssi| rssi.map(Rssi::dbm));
            assert_eq!(now, Ok(Some(-67)), "{}", bench.transcript_text());
        });
    }
}
