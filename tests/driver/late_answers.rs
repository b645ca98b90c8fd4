//! Answers that come late, early or to nobody: none is credited to the wrong command.

use core::time::Duration;

use simcom_modem_simulator::behaviour::{Injection, Override, Point, ScriptedAnswer};

use crate::bench::*;
use crate::driver::error::Refusal;
use crate::driver::{Connection, Error, Publish, QoS, ResultCode};

const MESSAGE: Publish<'static> = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);

fn on_every_family(test: impl AsyncFn(&Bench, &mut TestModem<'_>)) {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            test(&bench, &mut modem).await;
        });
    }
}

fn inject(bench: &Bench, prefix: &str, point: Point, bytes: &[u8]) {
    bench.modem(|module, _| {
        let injection = Injection { prefix: prefix.to_owned(), nth: 0, point, bytes: bytes.to_vec() };
        module.behaviour_mut().injections = vec![injection];
    });
}

#[test]
fn results_of_an_earlier_life_before_the_answer_to_the_fence_do_not_count() {
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
fn an_outcome_shortly_after_error_still_tells_why() {
    on_every_family(async |bench, modem| {
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        bench.modem(|module, _| {
            let answer = ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec());
            module.behaviour_mut().overrides = vec![Override { prefix: "AT+CMQTTCONNECT=".to_owned(), nth: 1, answer }];
        });
        bench.at(bench.now() + Duration::from_millis(200), |bench| {
            bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTCONNECT: 0,32\r\n"));
        });
        let Err(Error::Refused { refusal, .. }) = modem.client(FIRST).reconnect().await else { panic!("no refusal") };
        assert_eq!(refusal, Refusal::Code(ResultCode::HANDSHAKE_FAIL));
    });
}

#[test]
fn a_prompt_that_nobody_awaits_is_no_prompt() {
    for point in [Point::AfterEcho, Point::AfterFinal, Point::AfterOutcome] {
        on_every_family(async |bench, modem| {
            inject(bench, "AT", point, b"\r\n>\r\n");
            if point == Point::AfterEcho {
                // Before a prompt of its own it would be one.
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
        on_every_family(async |bench, modem| {
            inject(bench, prefix, Point::AfterEcho, b"\r\nOK\r\n");
            modem.client(FIRST).subscribe("meter-3/#", QoS::AtMostOnce).await.or_transcript(bench);
            modem.client(FIRST).publish(&MESSAGE).await.or_transcript(bench);
            assert_no_complaints(bench, PROBING);
        });
    }
}

#[test]
fn a_connection_lost_before_the_outcome_ends_the_wait_for_it() {
    on_every_family(async |bench, modem| {
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
fn the_loss_of_the_other_clients_connection_is_none_of_this_clients_business() {
    on_every_family(async |bench, modem| {
        inject(bench, "AT+CMQTTPUB", Point::AfterFinal, b"\r\n+CMQTTCONNLOST: 1,1\r\n");
        // Longer than the outcome would be waited for if the connection were this client's.
        bench.loopback(|broker, _| broker.latency = Duration::from_secs(20));
        modem.client(FIRST).publish(&MESSAGE).await.or_transcript(bench);
    });
}
