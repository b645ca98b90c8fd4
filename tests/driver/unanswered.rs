//! Calls whose answers were lost on the way: what the module still waits for, or has made of it, is known to the next call.

use core::time::Duration;

use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer};
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::command::{Cgmm, SubStaged};
use crate::driver::error::Illegal;
use crate::driver::{Connection, Error, Event, Family, Publish, QoS, Timeouts};

/// Loses the beginning of the module's answer to the next line, a prompt for example.
fn lose_answer(bench: &Bench, line: &str) {
    let end = bench.sent().len() + line.len();
    bench.after_input(end, |bench| bench.lose(5));
}

/// The filters that the broker knows of the first client.
fn filters(bench: &Bench) -> Vec<Vec<u8>> {
    bench.loopback(|broker, _| broker.subscriptions(0).iter().map(|(filter, _)| filter.clone()).collect())
}

#[test]
fn a_lost_prompt_of_a_subscription_leaves_none_to_slashes() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            lose_answer(&bench, "AT+CMQTTSUB=0,9,1\r");
            let lost = modem.client(FIRST).subscribe("meter-3/a", QoS::AtLeastOnce).await;
            assert!(matches!(lost, Err(Error::NoAnswer { .. })), "{lost:?}");
            modem.client(FIRST).subscribe("meter-3/b", QoS::AtLeastOnce).await.or_transcript(&bench);
            modem.client(FIRST).publish(&Publish::new("meter-3/b", b"x")).await.or_transcript(&bench);
        });
        assert_eq!(filters(&bench), [b"meter-3/b".to_vec()], "{}", bench.transcript_text());
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn a_lost_prompt_of_a_staged_filter_leaves_none_that_would_be_sent() {
    for (family, _) in FAMILIES.into_iter().filter(|(family, _)| family.has_staged_subscriptions()) {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            let all = [("meter-3/a", QoS::AtLeastOnce), ("meter-3/b", QoS::AtMostOnce)];
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            lose_answer(&bench, "AT+CMQTTSUBTOPIC=0,9,1\r");
            let lost = modem.client(FIRST).subscribe_all(&all).await;
            assert!(matches!(lost, Err(Error::NoAnswer { .. })), "{lost:?}");
            modem.client(FIRST).subscribe_all(&all).await.or_transcript(&bench);
            let refused = modem.execute(&SubStaged { client: FIRST }).await;
            assert!(matches!(refused, Err(Error::Illegal { reason: Illegal::FilterStaged, .. })), "{refused:?}");
        });
        assert_eq!(filters(&bench), [b"meter-3/a".to_vec(), b"meter-3/b".to_vec()], "{}", bench.transcript_text());
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn a_prompt_that_nobody_has_seen_may_have_staged_a_filter() {
    for (family, _) in FAMILIES.into_iter().filter(|(family, _)| family.has_staged_subscriptions()) {
        let bench = bench(family);
        let inbox = TestInbox::new();
        bench.block_on(async {
            let all = [("meter-3/a", QoS::AtLeastOnce)];
            {
                let mut modem = modem(&bench, family, &inbox);
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            }
            // The microcontroller is reset while the module waits for a filter.
            bench.modem(|module, _| module.preset_prompt("AT+CMQTTSUBTOPIC=0,9,1", b""));
            let mut modem = modem(&bench, family, &inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            modem.client(FIRST).subscribe_all(&all).await.or_transcript(&bench);
        });
        assert_eq!(filters(&bench), [b"meter-3/a".to_vec()], "{}", bench.transcript_text());
    }
}

#[test]
fn nothing_is_sent_before_the_module_is_found_again() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            lose_answer(&bench, "AT+CMQTTSUB=0,9,1\r");
            let _ = modem.client(FIRST).subscribe("meter-3/a", QoS::AtLeastOnce).await;
            // What ends the subscription to slashes gets no answer either.
            bench.modem(|module, _| {
                let answer = ScriptedAnswer::Silence;
                module.behaviour_mut().overrides = vec![Override { prefix: "AT+CMQTTUNSUB".into(), nth: 1, answer }];
            });
            modem.client(FIRST).publish(&Publish::new("meter-3/b", b"x")).await.or_transcript(&bench);
        });
        let sent = String::from_utf8(bench.sent()).unwrap();
        let (_, behind) = sent.split_once("AT+CMQTTUNSUB=0,9,0\r").expect("the subscription to slashes is ended");
        assert!(behind.starts_with("/////////\rAT+CSQ\r"), "{}", bench.transcript_text());
    }
}

#[test]
fn a_restart_before_the_module_is_found_is_told_once_and_no_obstacle() {
    for (family, _) in FAMILIES {
        let bench = bench_with(family, |behaviour| {
            let answer = ScriptedAnswer::Silence;
            behaviour.overrides = vec![Override { prefix: "AT+CSQ".to_owned(), nth: 1, answer }];
        });
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            bench.at(Duration::from_millis(500), |bench| {
                bench.modem(|module, now| module.emit(now, b"\r\nRDY\r\n"));
            });
            assert_eq!(modem.next_event().await, Ok(Event::ModemRestarted));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Opened);
        });
    }
}

#[test]
fn times_of_the_users_own_stay_when_the_family_is_found() {
    let bench = bench(Family::A76xx);
    let inbox = TestInbox::new();
    let mut modem =
        modem(&bench, Family::A7600, &inbox).with_timeouts(Timeouts::of(Family::A7600).command(Duration::from_secs(2)));
    bench.block_on(async {
        assert_eq!(modem.detect_family().await, Ok(Some(Family::A76xx)));
        bench.modem(|module, _| {
            let answer = ScriptedAnswer::Silence;
            module.behaviour_mut().overrides = vec![Override { prefix: "AT+CGMM".to_owned(), nth: 0, answer }];
        });
        let start = bench.now();
        let lost = modem.execute(&Cgmm).await;
        assert!(matches!(lost, Err(Error::NoAnswer { .. })), "{lost:?}");
        assert!((bench.now() - start).as_secs() < 3, "{:?}", bench.now() - start);
    });
    assert_no_complaints(&bench, &[ComplaintKind::NotStarted]);
}
