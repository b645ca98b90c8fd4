//! A client in an unknown state: `connect` queries it and assumes nothing.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;

use crate::bench::*;
use crate::driver::error::Illegal;
use crate::driver::{Broker, ClientState, ConnectOptions, Connection, Error, Publish};

static ELSEWHERE: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("other.example", 1883), "meter-3");

#[test]
fn a_connection_whose_outcome_was_lost_is_found_and_kept_only_with_its_own_options() {
    for (options, expected) in [(&OPTIONS, Connection::Adopted), (&ELSEWHERE, Connection::Opened)] {
        on_every_connected(async |bench, modem, _| {
            modem.client(FIRST).disconnect().await.or_transcript(bench);
            bench.loopback(|broker, _| broker.latency = Duration::from_secs(5));
            bench.at(bench.now() + Duration::from_secs(3), |bench| bench.lose(b"\r\n+CMQTTCONNECT: 0,0\r\n".len()));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
            bench.loopback(|broker, _| broker.latency = Duration::ZERO);
            assert_eq!(modem.client(FIRST).connect(options).await.or_transcript(bench), expected);
            let host = bench.loopback(|broker, _| broker.connection(0).map(|connection| connection.host.clone()));
            let is_elsewhere = expected == Connection::Opened;
            assert_eq!(host.as_deref(), Some(if is_elsewhere { "other.example" } else { "broker.example" }));
            publish_works(bench, modem).await;
        });
    }
}

#[test]
fn a_staged_payload_of_a_client_in_an_unknown_state_is_discarded() {
    on_every_connected(async |bench, modem, _| {
        // PAYLOAD is carried out, PUB is not: the payload stays staged.
        script(bench, "AT+CMQTTPUB", 1, ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec()));
        assert!(modem.client(FIRST).publish(&Publish::new("meter-3/a", b"staged")).await.is_err());
        let empty = Publish::new("meter-3/empty", b"");
        let refused = modem.client(FIRST).publish(&empty).await;
        assert!(matches!(refused, Err(Error::Illegal { reason: Illegal::PayloadStaged, .. })), "{refused:?}");
        silence(bench, "AT+CMQTTDISC=");
        assert!(modem.client(FIRST).disconnect().await.is_err());
        assert_eq!(modem.client(FIRST).state(), ClientState::Unknown);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        modem.client(FIRST).publish(&empty).await.or_transcript(bench);
        let last = bench.loopback(|broker, _| broker.publications().last().cloned()).unwrap();
        assert_eq!((&last.topic[..], &last.payload[..]), (&b"meter-3/empty"[..], &b""[..]));
    });
}

#[test]
fn a_client_that_is_busy_for_ever_is_given_up() {
    on_every_connected(async |bench, modem, _| {
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        script(bench, "AT+CMQTTCONNECT=", 0, ScriptedAnswer::Refuse(14));
        let start = bench.now();
        let failed = modem.client(FIRST).connect(&OPTIONS).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTCONNECT", code(14)));
        // Its operation takes 120 s at most.
        let waited = (bench.now() - start).as_secs();
        assert!((120..150).contains(&waited), "{waited} s");
    });
}
