//! How long the driver waits for answers: as long as they can arrive, and no longer.

use core::time::Duration;

use simcom_modem_simulator::behaviour::{Point, ScriptedAnswer};
use simcom_modem_simulator::family::Family as ModuleFamily;

use crate::bench::*;
use crate::driver::command::network::{Csq, Rssi};
use crate::driver::command::{Rel, Stop};
use crate::driver::error::Refusal;
use crate::driver::{Connection, Error, Publish, QoS, ServiceState};

const MESSAGE: Publish<'static> = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);

#[test]
fn start_and_stop_may_take_as_long_as_the_manual_says() {
    for order in ["ok-first", "result-first"] {
        for (family, module_family) in FAMILIES {
            let longest = match module_family {
                ModuleFamily::A7600 | ModuleFamily::Sim7600 => "119000",
                ModuleFamily::A76xx | ModuleFamily::Sim767x => "11500",
            };
            let switches =
                [("start-delay", longest), ("stop-delay", "11500"), ("start-order", order), ("stop-order", order)];
            let bench = switched(family, &switches);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(async {
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                modem.client(FIRST).disconnect().await.or_transcript(&bench);
                modem.execute(&Rel { client: FIRST }).await.or_transcript(&bench);
                modem.execute(&Stop).await.or_transcript(&bench);
            });
            assert_eq!(modem.service_state(), ServiceState::Stopped);
            assert_no_complaints(&bench, PROBING);
        }
    }
}

#[test]
fn an_answer_that_begins_with_its_outcome_takes_no_longer() {
    let result_first = |name| (name, "result-first");
    let switches = ["start-order", "stop-order", "disconnect-order"].map(result_first);
    on_every_family(&switches, async |bench, modem, _| {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        modem.execute(&Rel { client: FIRST }).await.or_transcript(bench);
        modem.execute(&Stop).await.or_transcript(bench);
        assert!(bench.now() < Duration::from_millis(1_500), "{}", bench.transcript_text());
    });
}

#[test]
fn a_prompt_that_is_refused_without_a_reason_is_not_waited_for() {
    for prefix in ["AT+CMQTTTOPIC", "AT+CMQTTPAYLOAD"] {
        for answer in [&b"\r\nERROR\r\n"[..], b"\r\n+CME ERROR: 50\r\n"] {
            on_every_connected(async |bench, modem, _| {
                script(bench, prefix, 1, ScriptedAnswer::Exactly(answer.to_vec()));
                let start = bench.now();
                let failed = modem.client(FIRST).publish(&MESSAGE).await;
                let expected = if answer.len() > 9 { Refusal::Equipment(Some(50)) } else { Refusal::Error };
                assert_eq!(refusal(failed, bench), (&prefix[2..], expected));
                assert!(bench.now() - start < Duration::from_millis(300), "{}", bench.transcript_text());
                end_script(bench);
                publish_works(bench, modem).await;
            });
        }
    }
}

#[test]
fn a_prompt_that_times_out_in_the_module_is_not_waited_for() {
    on_every_connected(async |bench, modem, _| {
        // The prompt, and its end before a byte of the data can have arrived.
        script(bench, "AT+CMQTTPAYLOAD", 1, ScriptedAnswer::Exactly(b"\r\n>\r\nERROR\r\n".to_vec()));
        let start = bench.now();
        let failed = modem.client(FIRST).publish(&MESSAGE).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTPAYLOAD", Refusal::Error));
        assert!(bench.now() - start < Duration::from_millis(300), "{}", bench.transcript_text());
    });
}

#[test]
fn a_second_final_result_is_counted_and_ignored() {
    on_every_connected(async |bench, modem, _| {
        script(bench, "AT+CMQTTDISC=", 1, ScriptedAnswer::Exactly(b"\r\nERROR\r\n\r\nOK\r\n".to_vec()));
        let start = bench.now();
        let failed = modem.client(FIRST).disconnect().await;
        assert_eq!(refusal(failed, bench), ("+CMQTTDISC", Refusal::Error));
        assert!(bench.now() - start < Duration::from_secs(1), "{}", bench.transcript_text());
        assert_eq!(modem.counters().stray_results, 1);
    });
}

#[test]
fn of_two_outcomes_the_first_counts() {
    on_every_connected(async |bench, modem, _| {
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        let answer = b"\r\n+CMQTTCONNECT: 0,3\r\n\r\n+CMQTTCONNECT: 0,0\r\n\r\nERROR\r\n".to_vec();
        script(bench, "AT+CMQTTCONNECT=", 1, ScriptedAnswer::Exactly(answer));
        let failed = modem.client(FIRST).connect(&OPTIONS).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTCONNECT", code(3)));
    });
}

#[test]
fn a_lost_network_does_not_hurry_a_query_that_is_slow() {
    on_every_connected(async |bench, modem, _| {
        bench.modem(|module, _| module.behaviour_mut().timing.result = Duration::from_secs(5));
        inject(bench, "AT+CSQ", Point::AfterEcho, b"\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n");
        let signal = modem.execute(&Csq).await.map(|rssi| rssi.map(Rssi::dbm));
        assert_eq!(signal, Ok(Some(-67)), "{}", bench.transcript_text());
    });
}

#[test]
fn a_loss_that_is_reported_late_is_no_answer_to_the_connect_and_start_after_it() {
    on_every_family(&[("start-delay", "5000"), ("connect-delay", "5000")], async |bench, modem, _| {
        inject(bench, "AT+CMQTTSTART", Point::AfterEcho, b"\r\n+CMQTTNONET\r\n");
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        inject(bench, "AT+CMQTTCONNECT=", Point::AfterFinal, b"\r\n+CMQTTCONNLOST: 0,1\r\n");
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
    });
}

#[test]
fn after_an_outcome_that_never_came_the_module_need_not_be_found_again() {
    on_every_connected(async |bench, modem, _| {
        // The module keeps to its own timeout of 60 s; the outcome line itself is lost.
        bench.loopback(|broker, _| broker.silent = true);
        bench.at(bench.now() + Duration::from_secs(50), |bench| bench.lose(b"\r\n+CMQTTPUB: 0,17\r\n".len()));
        let unknown = modem.client(FIRST).publish(&MESSAGE).await;
        assert!(matches!(unknown, Err(Error::OutcomeUnknown { .. })), "{unknown:?}");
        bench.loopback(|broker, _| broker.silent = false);
        let sent = bench.sent().len();
        publish_works(bench, modem).await;
        assert!(bench.sent()[sent..].starts_with(b"AT+CMQTTTOPIC"), "{}", bench.transcript_text());
    });
}
