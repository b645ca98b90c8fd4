//! Calls whose answers were lost: the next call handles a waiting prompt and anything that the module has staged.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::command::network::Cgmm;
use crate::driver::command::{Answer, Command, CommandInfo, CommandWriter, Request, SubStaged, Subtopic};
use crate::driver::error::Illegal;
use crate::driver::{Connection, Error, Event, Family, Publish, QoS, Timeouts};

/// Loses the beginning of the module's answer to the next line, for example a prompt.
fn lose_answer(bench: &Bench, line: &str) {
    let end = bench.sent().len() + line.len();
    bench.after_input(end, |bench| bench.lose(5));
}

/// One of them is longer than all bytes of the sync queries.
const FILTERS: [&str; 3] = ["a/b", "meter-3/a", "a/filter/that/is/longer/than/three/sync/queries/taken/together/x"];

#[test]
fn a_lost_prompt_of_a_subscription_leaves_no_padded_filter() {
    for filter in FILTERS {
        on_every_connected(async |bench, modem, _| {
            // Longer than resync takes, shorter than the wait for an outcome.
            bench.loopback(|broker, _| broker.latency = Duration::from_secs(6));
            lose_answer(bench, &format!("AT+CMQTTSUB=0,{},1\r", filter.len()));
            let lost = modem.client(FIRST).subscribe(filter, QoS::AtLeastOnce).await;
            assert!(matches!(lost, Err(Error::NoAnswer { .. })), "{lost:?}");
            modem.client(FIRST).subscribe("meter-3/b", QoS::AtLeastOnce).await.or_transcript(bench);
            modem.client(FIRST).publish(&Publish::new("meter-3/b", b"x")).await.or_transcript(bench);
            assert_eq!(filters(bench), [b"meter-3/b".to_vec()], "{}", bench.transcript_text());
            assert_no_complaints(bench, PROBING);
        });
    }
}

#[test]
fn a_lost_prompt_of_a_staged_filter_leaves_none_that_would_be_sent() {
    for filter in FILTERS {
        on_every_connected(async |bench, modem, _| {
            if !modem.family().has_staged_subscriptions() {
                return;
            }
            let all = [(filter, QoS::AtLeastOnce), ("meter-3/b", QoS::AtMostOnce)];
            lose_answer(bench, &format!("AT+CMQTTSUBTOPIC=0,{},1\r", filter.len()));
            let lost = modem.client(FIRST).subscribe_all(&all).await;
            assert!(matches!(lost, Err(Error::NoAnswer { .. })), "{lost:?}");
            modem.client(FIRST).subscribe_all(&all).await.or_transcript(bench);
            let refused = modem.execute(&SubStaged { client: FIRST }).await;
            assert!(matches!(refused, Err(Error::Illegal { reason: Illegal::FilterStaged, .. })), "{refused:?}");
            let known = [filter.as_bytes().to_vec(), b"meter-3/b".to_vec()];
            assert_eq!(filters(bench), known, "{}", bench.transcript_text());
            assert_no_complaints(bench, PROBING);
        });
    }
}

#[test]
fn an_unseen_prompt_may_have_staged_a_filter() {
    for length in [9, 20, 500] {
        on_every_connected(async |bench, before, inbox| {
            if !before.family().has_staged_subscriptions() {
                return;
            }
            // The microcontroller is reset while the module waits for a filter.
            bench.modem(|module, _| module.preset_prompt(&format!("AT+CMQTTSUBTOPIC=0,{length},1"), b""));
            let mut modem = modem(bench, before.family(), inbox);
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
            modem.client(FIRST).subscribe_all(&[("meter-3/a", QoS::AtLeastOnce)]).await.or_transcript(bench);
            assert_eq!(filters(bench), [b"meter-3/a".to_vec()], "{}", bench.transcript_text());
        });
    }
}

#[test]
fn nothing_is_sent_before_resync_succeeds() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            lose_answer(&bench, "AT+CMQTTSUB=0,9,1\r");
            let _ = modem.client(FIRST).subscribe("meter-3/a", QoS::AtLeastOnce).await;
            // The UNSUB of the padded filter gets no answer either.
            silence(&bench, "AT+CMQTTUNSUB");
            modem.client(FIRST).publish(&Publish::new("meter-3/b", b"x")).await.or_transcript(&bench);
        });
        let sent = String::from_utf8(bench.sent()).unwrap();
        let (_, behind) = sent.split_once("AT+CMQTTUNSUB=0,9,0\r").expect("the subscription to slashes is ended");
        assert!(behind.starts_with("/////////\rAT+CSQ\r"), "{}", bench.transcript_text());
    }
}

#[test]
fn a_restart_during_resync_is_reported_once_and_no_obstacle() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        silence(&bench, "AT+CSQ");
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
fn the_users_own_timeouts_stay_when_the_family_is_detected() {
    let bench = bench(Family::A76xx);
    let inbox = TestInbox::new();
    let mut modem =
        modem(&bench, Family::A7600, &inbox).with_timeouts(Timeouts::of(Family::A7600).command(Duration::from_secs(2)));
    bench.block_on(async {
        assert_eq!(modem.detect_family().await, Ok(Some(Family::A76xx)));
        script(&bench, "AT+CGMM", 0, ScriptedAnswer::Silence);
        let start = bench.now();
        let lost = modem.execute(&Cgmm).await;
        assert!(matches!(lost, Err(Error::NoAnswer { .. })), "{lost:?}");
        assert!((bench.now() - start).as_secs() < 3, "{:?}", bench.now() - start);
    });
    assert_no_complaints(&bench, &[ComplaintKind::NotStarted]);
}

#[test]
fn a_lost_prompt_of_the_unsub_of_a_padded_filter_is_resynced_too() {
    on_every_subscribed(async |bench, modem, _| {
        lose_answer(bench, "AT+CMQTTSUB=0,9,1\r");
        let lost = modem.client(FIRST).subscribe("meter-3/a", QoS::AtLeastOnce).await;
        assert!(matches!(lost, Err(Error::NoAnswer { .. })), "{lost:?}");
        lose_answer(bench, "/////////\rAT+CSQ\rAT+CMQTTUNSUB=0,9,0\r");
        publish_works(bench, modem).await;
        assert_eq!(filters(bench), [b"meter-3/#".to_vec()], "{}", bench.transcript_text());
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn nothing_is_sent_before_the_unsub_of_a_padded_filter_is_answered() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            lose_answer(&bench, "AT+CMQTTSUB=0,9,1\r");
            let _ = modem.client(FIRST).subscribe("meter-3/a", QoS::AtLeastOnce).await;
            // Final result and outcome of the UNSUB are lost.
            let resync = "/////////\rAT+CSQ\rAT+CMQTTUNSUB=0,9,0\r/////////";
            bench.after_input(bench.sent().len() + resync.len(), |bench| bench.lose(30));
            modem.client(FIRST).publish(&Publish::new("meter-3/b", b"x")).await.or_transcript(&bench);
        });
        let sent = String::from_utf8(bench.sent()).unwrap();
        let (_, behind) = sent.split_once("AT+CMQTTUNSUB=0,9,0\r/////////").expect("the subscription is ended");
        assert!(behind.starts_with("AT\rAT+CSQ\r"), "{}", bench.transcript_text());
    }
}

#[test]
fn a_filter_staged_before_a_reset_is_not_subscribed_to() {
    for family in staging_families() {
        let bench = bench(family);
        let inbox = TestInbox::new();
        bench.block_on(async {
            {
                let mut modem = modem(&bench, family, &inbox);
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                let staged = Subtopic { client: FIRST, filter: b"meter-3/old", qos: QoS::AtMostOnce };
                modem.execute(&staged).await.or_transcript(&bench);
            }
            let mut modem = modem(&bench, family, &inbox);
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Adopted));
            modem.client(FIRST).subscribe_all(&[("meter-3/a", QoS::AtMostOnce)]).await.or_transcript(&bench);
        });
        assert_eq!(filters(&bench), [b"meter-3/a".to_vec()], "{}", bench.transcript_text());
    }
}

/// A user's command that prompts without declaring it.
struct Surprising;

impl Request for Surprising {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTSUBTOPIC", Answer::Plain) }).text("=0,9,1");
    }
}

impl Command for Surprising {
    type Response = ();
}

#[test]
fn a_query_that_became_the_data_of_a_prompt_is_not_subscribed_to() {
    for family in staging_families() {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            assert!(modem.execute(&Surprising).await.is_err());
            modem.client(FIRST).subscribe_all(&[("meter-3/a", QoS::AtMostOnce)]).await.or_transcript(&bench);
        });
        assert_eq!(filters(&bench), [b"meter-3/a".to_vec()], "{}", bench.transcript_text());
    }
}
