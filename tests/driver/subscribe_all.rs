//! Several topic filters in one call, and detection of the family.

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::broker::Request;
use simcom_modem_simulator::family::Family as ModuleFamily;

use crate::bench::*;
use crate::driver::error::{Parameter, Problem};
use crate::driver::{Error, Family, Publish, QoS};

fn subscribe_requests(bench: &Bench) -> usize {
    bench.loopback(|broker, _| {
        broker.requests().iter().filter(|request| matches!(request, Request::Subscribe { .. })).count()
    })
}

#[test]
fn several_filters_go_to_the_broker_together_where_the_family_can() {
    on_every_connected(async |bench, modem, _| {
        let filters = [("a/+", QoS::AtMostOnce), ("b/#", QoS::AtLeastOnce), ("c", QoS::ExactlyOnce)];
        modem.client(FIRST).subscribe_all(&filters).await.or_transcript(bench);
        let granted = bench.loopback(|broker, _| broker.subscriptions(0).to_vec());
        let expected: Vec<_> = filters.iter().map(|(filter, qos)| (filter.as_bytes().to_vec(), *qos as u8)).collect();
        assert_eq!(granted, expected);
        assert_eq!(subscribe_requests(bench), if modem.family() == Family::Sim767x { 3 } else { 1 });
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn more_than_a_module_can_stage_is_sent_in_turns() {
    on_every_connected(async |bench, modem, _| {
        let long: Vec<String> = (0..7).map(|index| format!("{index}{}", "x".repeat(1023))).collect();
        let filters: Vec<_> = long.iter().map(|filter| (filter.as_str(), QoS::AtMostOnce)).collect();
        modem.client(FIRST).subscribe_all(&filters).await.or_transcript(bench);
        assert_eq!(bench.loopback(|broker, _| broker.subscriptions(0).len()), 7);
        let turns = match module_family(modem.family()) {
            ModuleFamily::Sim7600 => 2,
            ModuleFamily::Sim767x => 7,
            ModuleFamily::A7600 | ModuleFamily::A76xx => 1,
        };
        assert_eq!(subscribe_requests(bench), turns);
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn one_bad_filter_among_several_sends_none() {
    on_every_connected(async |bench, modem, _| {
        let sent = bench.sent().len();
        for (filters, expected) in [
            (&[("a", QoS::AtMostOnce), ("b#", QoS::AtMostOnce)][..], Problem::MisplacedWildcard),
            (&[], Problem::Empty),
        ] {
            let Err(Error::Invalid(invalid)) = modem.client(FIRST).subscribe_all(filters).await else { panic!() };
            assert_eq!((invalid.parameter, invalid.problem), (Parameter::Filter, expected));
        }
        assert_eq!(bench.sent().len(), sent);
    });
}

#[test]
fn filters_of_a_call_that_failed_are_not_subscribed_to_by_the_next() {
    for family in staging_families() {
        for refused in 1..=3 {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(async {
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                script(&bench, "AT+CMQTTSUBTOPIC=", refused, ScriptedAnswer::Refuse(12));
                let three = ["a/1", "a/2", "a/3"].map(|filter| (filter, QoS::AtMostOnce));
                let failed = modem.client(FIRST).subscribe_all(&three).await;
                assert_eq!(refusal(failed, &bench), ("+CMQTTSUBTOPIC", code(12)));
                end_script(&bench);
                let others = [("tank/level", QoS::AtMostOnce), ("tank/leak", QoS::AtMostOnce)];
                modem.client(FIRST).subscribe_all(&others).await.or_transcript(&bench);
                assert_eq!(
                    filters(&bench),
                    [b"tank/level".to_vec(), b"tank/leak".to_vec()],
                    "{}",
                    bench.transcript_text()
                );
            });
        }
    }
}

#[test]
fn the_family_is_found_by_its_model_and_its_limits_are_used_from_then_on() {
    for (family, _) in FAMILIES {
        for wrong in [Family::A7600, Family::Sim767x] {
            let bench = bench(family);
            let inbox = TestInbox::new();
            let mut modem = modem(&bench, wrong, &inbox);
            bench.block_on(async {
                assert_eq!(modem.detect_family().await, Ok(Some(family)));
                assert_eq!(modem.family(), family);
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
                modem.client(FIRST).publish(&Publish::new("a", &[0; 4096])).await.or_transcript(&bench);
            });
            assert_no_complaints(&bench, PROBING);
        }
    }
}

#[test]
fn the_family_of_a_model_without_a_known_name_is_found_by_its_ranges() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        script(&bench, "AT+CGMM", 0, ScriptedAnswer::Exactly(b"\r\nMODULE 1\r\n\r\nOK\r\n".to_vec()));
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, Family::A7600, &inbox);
        assert_eq!(bench.block_on(modem.detect_family()), Ok(Some(family)));
    }
}

#[test]
fn the_family_is_found_by_ranges_that_stand_behind_the_end_of_a_line_buffer() {
    let blank = " ".repeat(70);
    for (family, module_family) in FAMILIES {
        let bench = bench(family);
        script(&bench, "AT+CGMM", 0, ScriptedAnswer::Exactly(b"\r\nMODULE 1\r\n\r\nOK\r\n".to_vec()));
        let (longest, version) = match module_family {
            ModuleFamily::Sim767x => (4096, ""),
            ModuleFamily::Sim7600 => (10_240, ",(3-4)"),
            ModuleFamily::A7600 | ModuleFamily::A76xx => (10_240, ""),
        };
        for (prefix, ranges) in [
            ("+CMQTTPAYLOAD", format!("(0-1),{blank}(1-{longest})")),
            ("+CMQTTACCQ", format!("(0-1),(1-128)[,{blank}(0-1){version}]")),
        ] {
            let answer = format!("\r\n{prefix}: {ranges}\r\n\r\nOK\r\n").into_bytes();
            script(&bench, &format!("AT{prefix}=?"), 0, ScriptedAnswer::Exactly(answer));
        }
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, Family::A7600, &inbox);
        assert_eq!(bench.block_on(modem.detect_family()), Ok(Some(family)), "{}", bench.transcript_text());
    }
}

#[test]
fn several_subscriptions_end_together_where_the_family_can_stage_them() {
    let filters = ["pump/set", "pump/log", "fan/#"];
    on_every_connected(async |bench, modem, _| {
        let all = filters.map(|filter| (filter, QoS::AtMostOnce));
        modem.client(FIRST).subscribe_all(&all).await.or_transcript(bench);
        modem.client(FIRST).subscribe("meter-3/set", QoS::AtMostOnce).await.or_transcript(bench);
        let sent = bench.sent().len();
        modem.client(FIRST).unsubscribe_all(&filters).await.or_transcript(bench);
        assert_eq!(crate::bench::filters(bench), [b"meter-3/set".to_vec()]);
        let lines = String::from_utf8(bench.sent()[sent..].to_vec()).unwrap();
        let is_staging = modem.family().has_staged_subscriptions();
        assert_eq!(lines.matches("AT+CMQTTUNSUB=").count(), if is_staging { 1 } else { filters.len() }, "{lines}");
        let refused = modem.client(FIRST).unsubscribe_all(&[]).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    });
}
