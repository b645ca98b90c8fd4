//! The errors of a `connect` that cannot succeed, and how long it tries.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;

use crate::bench::*;
use crate::driver::command::{MqttVersion, Rel};
use crate::driver::error::Refusal;
use crate::driver::{ClientState, Connection, Error, Event, Family};

/// The step with this prefix is always refused with this answer: `connect` returns an error that is `expected`, and
/// works once the step is accepted.
fn fails_so(prefix: &str, answer: ScriptedAnswer, expected: impl Fn(Result<Connection, Error>, &Bench)) {
    on_every_family(&[], async |bench, modem, _| {
        script(bench, prefix, 0, answer.clone());
        let start = bench.now();
        expected(modem.client(FIRST).connect(&OPTIONS).await, bench);
        assert!(bench.now() - start < Duration::from_secs(30), "{}", bench.transcript_text());
        end_script(bench);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        assert_eq!(modem.client(FIRST).state(), ClientState::Connected);
        publish_works(bench, modem).await;
    });
}

/// The same, where the error is the step's own.
fn is_named(prefix: &str, answer: ScriptedAnswer, expected: (&'static str, Refusal)) {
    fails_so(prefix, answer, |failed, bench| {
        assert_eq!(refusal(failed, bench), expected, "{}", bench.transcript_text());
    });
}

#[test]
fn an_acquire_that_is_always_refused_is_named() {
    is_named("AT+CMQTTACCQ=", ScriptedAnswer::Exactly(ERROR.to_vec()), ("+CMQTTACCQ", Refusal::Error));
    is_named("AT+CMQTTACCQ=", ScriptedAnswer::Refuse(19), ("+CMQTTACCQ", code(19)));
    is_named("AT+CMQTTACCQ=", ScriptedAnswer::Refuse(12), ("+CMQTTACCQ", code(12)));
}

#[test]
fn a_start_that_is_always_refused_without_a_code_is_a_firmware_without_mqtt() {
    fails_so("AT+CMQTTSTART", ScriptedAnswer::Exactly(ERROR.to_vec()), |failed, bench| {
        assert_eq!(failed, Err(Error::NoMqtt), "{}", bench.transcript_text());
    });
}

#[test]
fn a_start_that_is_always_refused_is_named() {
    let no_network = b"\r\nOK\r\n\r\n+CMQTTSTART: 1\r\n".to_vec();
    is_named("AT+CMQTTSTART", ScriptedAnswer::Exactly(no_network), ("+CMQTTSTART", code(1)));
    let numbered = ScriptedAnswer::Exactly(NUMBERED_ERROR.to_vec());
    is_named("AT+CMQTTSTART", numbered, ("+CMQTTSTART", Refusal::Equipment(Some(100))));
}

#[test]
fn an_acquire_that_is_refused_for_another_reason_is_not_tried_again() {
    on_every_family(&[], async |bench, modem, _| {
        script(bench, "AT+CMQTTACCQ=", 1, ScriptedAnswer::Refuse(10));
        let failed = modem.client(FIRST).connect(&OPTIONS).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTACCQ", code(10)));
        let sent = String::from_utf8(bench.sent()).unwrap();
        assert_eq!(sent.matches("AT+CMQTTACCQ=").count(), 1, "{sent}");
        assert!(!sent.contains("AT+CMQTTREL"), "{sent}");
    });
}

#[test]
fn an_acquire_whose_default_version_is_refused_is_repeated_without_it() {
    let answers = [ScriptedAnswer::Refuse(12), ScriptedAnswer::Exactly(NUMBERED_ERROR.to_vec())];
    let answers = answers.into_iter().chain([ScriptedAnswer::Exactly(ERROR.to_vec())]);
    for (answer, is_asked_for) in answers.flat_map(|answer| [(answer.clone(), false), (answer, true)]) {
        let bench = bench(Family::Sim7600);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, Family::Sim7600, &inbox);
        bench.block_on(async {
            script(&bench, "AT+CMQTTACCQ=0,\"meter-3\",0,4", 0, answer);
            if is_asked_for {
                let failed = modem.client(FIRST).connect(&OPTIONS.version(MqttVersion::V3_1_1)).await;
                assert_eq!(refusal(failed, &bench).0, "+CMQTTACCQ");
            } else {
                assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Opened);
                assert!(modem.client(FIRST).skipped_settings().mqtt_version());
                publish_works(&bench, &mut modem).await;
            }
        });
    }
}

/// It is another option than the same version by default, which was skipped.
#[test]
fn a_version_that_is_asked_for_after_the_default_was_skipped_is_sent() {
    let bench = switched(Family::Sim7600, &[("version-choice", "off")]);
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, Family::Sim7600, &inbox);
    bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        let refused = modem.client(FIRST).connect(&OPTIONS.version(MqttVersion::V3_1_1)).await;
        assert_eq!(refusal(refused, &bench).0, "+CMQTTACCQ");
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Opened);
    });
}

#[test]
fn a_started_service_and_an_index_in_use_are_no_obstacle_where_the_module_numbers_its_errors() {
    on_every_family(&[("nonet-keeps-service", "on")], async |bench, modem, _| {
        let numbered = || ScriptedAnswer::Exactly(NUMBERED_ERROR.to_vec());
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTNONET\r\n"));
        while modem.next_event().await.or_transcript(bench) != Event::NetworkLost {}
        script(bench, "AT+CMQTTSTART", 1, numbered());
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        modem.execute(&Rel { client: FIRST }).await.or_transcript(bench);
        bench.modem(|module, _| module.preset_acquired(0, "pump-4", false));
        script(bench, "AT+CMQTTACCQ=", 1, numbered());
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
    });
}

#[test]
fn a_start_that_is_refused_for_another_reason_is_not_tried_again() {
    on_every_family(&[], async |bench, modem, _| {
        let no_network = b"\r\nOK\r\n\r\n+CMQTTSTART: 1\r\n".to_vec();
        script(bench, "AT+CMQTTSTART", 1, ScriptedAnswer::Exactly(no_network));
        let start = bench.now();
        let failed = modem.client(FIRST).connect(&OPTIONS).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTSTART", code(1)));
        assert!(bench.now() - start < Duration::from_secs(1), "{}", bench.transcript_text());
    });
}

#[test]
fn an_index_that_is_in_use_though_it_was_believed_to_be_free_is_taken_over() {
    for answer in [ScriptedAnswer::Refuse(19), ScriptedAnswer::Exactly(ERROR.to_vec())] {
        on_every_family(&[], async |bench, modem, _| {
            script(bench, "AT+CMQTTACCQ=", 1, answer.clone());
            if modem.family() == Family::Sim7600 && answer != ScriptedAnswer::Refuse(19) {
                // Without a code, it may be the argument for the version that is refused: ACCQ follows without it.
                script(bench, "AT+CMQTTACCQ=", 2, answer.clone());
            }
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
            assert!(modem.client(FIRST).skipped_settings().is_empty(), "{}", bench.transcript_text());
            publish_works(bench, modem).await;
        });
    }
}
