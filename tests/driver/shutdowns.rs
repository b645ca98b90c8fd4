//! `shutdown` ends every session, client and service, also those from before a reset, and reports what it cannot end.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::modem::Service;

use crate::bench::*;
use crate::driver::error::Refusal;
use crate::driver::{Error, Event};

/// Shuts down a prepared module with the first client connected.
fn shut_down(prepare: impl Fn(&Bench), check: impl Fn(&Bench, Result<(), Error>)) {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        prepare(&bench);
        let inbox = TestInbox::new();
        let ended = bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.shutdown().await.2
        });
        check(&bench, ended);
    }
}

#[test]
fn the_other_client_from_before_a_reset_is_ended_too() {
    let acquired = |bench: &Bench| bench.modem(|module, _| module.preset_acquired(1, "somebody else", false));
    shut_down(acquired, |bench, ended| {
        ended.or_transcript(bench);
        bench.modem(|module, _| assert_eq!(module.service(), Service::Stopped));
    });
}

#[test]
fn a_refusal_on_the_way_does_not_keep_the_service_from_being_stopped() {
    for refused in [ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec()), ScriptedAnswer::Refuse(11)] {
        let refuse = |bench: &Bench| script(bench, "AT+CMQTTDISC=", 1, refused.clone());
        shut_down(refuse, |bench, _| {
            let sent = String::from_utf8(bench.sent()).unwrap();
            assert!(sent.contains("AT+CMQTTREL=0\r") && sent.ends_with("AT+CMQTTSTOP\r"), "{sent}");
        });
    }
}

#[test]
fn a_service_that_cannot_be_stopped_is_reported() {
    let refuse = |bench: &Bench| {
        let answer = ScriptedAnswer::Exactly(b"\r\n+CMQTTSTOP: 21\r\n\r\nERROR\r\n".to_vec());
        script(bench, "AT+CMQTTSTOP", 1, answer);
    };
    shut_down(refuse, |bench, ended| assert_eq!(refusal(ended, bench), ("+CMQTTSTOP", code(21))));
}

#[test]
fn a_service_that_has_stopped_meanwhile_is_a_success() {
    for answer in [ERROR, b"\r\n+CMQTTSTOP: 9\r\n\r\nERROR\r\n", NUMBERED_ERROR] {
        let refuse = |bench: &Bench| {
            script(bench, "AT+CMQTTSTOP", 1, ScriptedAnswer::Exactly(answer.to_vec()));
            script(bench, "AT+CMQTTACCQ?", 2, ScriptedAnswer::Exactly(ERROR.to_vec()));
        };
        shut_down(refuse, |bench, ended| ended.or_transcript(bench));
    }
}

#[test]
fn a_service_that_is_not_started_is_a_success_on_a_module_that_numbers_its_errors() {
    on_every_family(&[], async |bench, modem, _| {
        for command in ["AT+CMQTTDISC=", "AT+CMQTTREL=", "AT+CMQTTSTOP", "AT+CMQTTACCQ?"] {
            script(bench, command, 0, ScriptedAnswer::Exactly(NUMBERED_ERROR.to_vec()));
        }
        let inbox = TestInbox::new();
        let fresh = crate::bench::modem(bench, modem.family(), &inbox);
        fresh.shutdown().await.2.or_transcript(bench);
    });
}

#[test]
fn a_service_that_a_lost_network_has_left_running_is_stopped() {
    for keeps_service in ["on", "off"] {
        on_every_family(&[("nonet", "on"), ("nonet-keeps-service", keeps_service)], async |bench, modem, _| {
            let inbox = TestInbox::new();
            let mut own = crate::bench::modem(bench, modem.family(), &inbox);
            own.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
            own.client(SECOND).connect(&OPTIONS).await.or_transcript(bench);
            bench.modem(|module, now| module.network_lost(now));
            while own.next_event().await.or_transcript(bench) != Event::NetworkLost {}
            own.shutdown().await.2.or_transcript(bench);
            bench.modem(|module, _| assert_eq!(module.service(), Service::Stopped));
        });
    }
}

#[test]
fn a_stop_refused_without_a_code_is_a_failure_where_the_service_is_still_started() {
    for (answer, expected) in [(ERROR, Refusal::Error), (NUMBERED_ERROR, Refusal::Equipment(Some(100)))] {
        let refuse = |bench: &Bench| {
            script(bench, "AT+CMQTTSTOP", 1, ScriptedAnswer::Exactly(answer.to_vec()));
        };
        shut_down(refuse, |bench, ended| assert_eq!(refusal(ended, bench), ("+CMQTTSTOP", expected)));
    }
}

#[test]
fn a_disconnect_has_the_time_that_it_is_given() {
    on_every_connected(async |bench, modem, _| {
        let sent = bench.sent().len();
        let timeout = Duration::from_secs(90);
        modem.client(FIRST).disconnect_within(timeout).await.or_transcript(bench);
        assert_eq!(&bench.sent()[sent..], b"AT+CMQTTDISC=0,90\r");
        let refused = modem.client(FIRST).disconnect_within(Duration::from_secs(181)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    });
}
